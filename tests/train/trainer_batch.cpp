// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "trainer/batch.hpp"

#include <gmock/gmock.h>

#include "spinconv/potential.hpp"
#include "support/error_text.hpp"
#include "train/trainer_support.hpp"
#include "trainer/predictor.hpp"

namespace spinconv::train::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
namespace core = spinconv::test;

const std::vector<int> atomic_numbers = {1, 6, 8};  // of the types 0, 1, 2

// Molecules of two sizes, a dense triclinic crystal, a cell thinner than the cutoff and a slab.
std::vector<core::Structure> structures() {
  auto thin = core::random_triclinic(3, 3, 8);
  thin.cell = {{{2.9, 0.2, 0.0}, {0.7, 3.3, -0.1}, {-0.4, 0.6, 2.7}}};
  thin.positions = {{0.3, 0.4, 0.2}, {1.5, 1.3, 0.4}, {0.9, 2.4, 1.7}};
  auto slab = core::random_triclinic(6, 3, 9);
  slab.pbc = {true, true, false};
  return {core::random_molecule(8, 3, 1), core::random_triclinic(6, 3, 2), thin,
          core::random_molecule(4, 2, 3), slab};
}

Prepared prepared_structures() {
  std::vector<Frame> frames;
  for (const auto& s : structures()) {
    frames.push_back(frame_of(s, atomic_numbers));
  }
  return Prepared(frames, core::small_config());
}

TEST(TrainerBatch, EdgesOfTheNeighborListGiveTheResultsOfASumOverImages) {
  const core::TemporaryFolder folder;
  const Model model = core::random_model(core::small_config(), 5);
  Potential{model, {}}.save(folder / "p.pt", "double");
  Evaluator evaluator(folder / "p.pt");
  const auto data = prepared_structures();
  const auto weights = all_weights(model);
  for (std::size_t i = 0; i < data.prepared.size(); ++i) {
    const auto pointers = std::vector{&data.prepared[i]};
    const Batch batch = make_batch(pointers, model, weights);
    const auto ours = predict(model, weights, batch, false, true);
    const auto expected = core::calculate(evaluator, structures()[i]);
    EXPECT_NEAR(ours.energies.item<double>(), expected.energy, 1e-12) << i;
    const auto forces = ours.forces.contiguous();
    for (std::size_t a = 0; a < expected.forces.size(); ++a) {
      for (int k = 0; k < 3; ++k) {
        EXPECT_NEAR(forces.data_ptr<double>()[3 * a + k], expected.forces[a][k], 1e-11) << i;
      }
    }
    for (int k = 0; k < 9; ++k) {
      EXPECT_NEAR(ours.virials.contiguous().data_ptr<double>()[k], expected.virial[k / 3][k % 3],
                  1e-10)
          << i;
    }
  }
}

TEST(TrainerBatch, FramesTogetherAreFramesOneByOne) {
  const Model model = core::random_model(core::small_config(), 5);
  const auto weights = all_weights(model);
  const auto data = prepared_structures();
  const auto all = data.pointers();
  const auto together = predict(model, weights, make_batch(all, model, weights), false, true);
  std::int64_t atom = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto alone = predict(
        model, weights, make_batch(std::span(all).subspan(i, 1), model, weights), false, true);
    const auto n = all[i]->atoms();
    EXPECT_NEAR(together.energies[static_cast<long>(i)].item<double>(),
                alone.energies.item<double>(), 1e-12);
    EXPECT_TRUE(torch::allclose(together.forces.narrow(0, atom, n), alone.forces, 0, 1e-11));
    EXPECT_TRUE(
        torch::allclose(together.virials[static_cast<long>(i)], alone.virials[0], 0, 1e-10));
    atom += n;
  }
  EXPECT_EQ(atom, together.forces.size(0));
}

TEST(TrainerBatch, AFrameOfOneAtomHasNoForce) {
  const Model model = core::random_model(core::small_config(), 5);
  const auto weights = all_weights(model);
  core::Structure isolated;
  isolated.types = {2};
  isolated.positions = {{1, 2, 3}};
  const Prepared data({frame_of(isolated, atomic_numbers)}, core::small_config());
  for (const bool differentiable : {false, true}) {
    const auto p =
        predict(model, weights, make_batch(data.pointers(), model, weights), differentiable, true);
    EXPECT_TRUE(std::isfinite(p.energies.item<double>()));
    EXPECT_EQ(p.forces.abs().max().item<double>(), 0.0);
    EXPECT_EQ(p.virials.abs().max().item<double>(), 0.0);
  }
}

TEST(TrainerBatch, AnElementOutsideTheModelIsNamedWithItsFrame) {
  auto frame = frame_of(core::random_molecule(4, 3, 1), {1, 6, 79});
  frame.source = "data.extxyz:17";
  EXPECT_THAT(core::error_of([&] {
                prepare_frame(frame, tiny_model({"H", "C"}));
              }),
              AllOf(HasSubstr("data.extxyz:17"), HasSubstr("Au"), HasSubstr("H C")));
}

TEST(TrainerBatch, PredictionsDoNotDependOnTheSizeOfTheBatches) {
  const Model model = core::random_model(core::small_config(), 5);
  auto data = prepared_structures();
  for (auto& frame : data.frames) {
    frame.energy = -1.0;
    frame.forces.assign(3 * frame.size(), 0.1);
  }
  std::vector<const Frame*> frames;
  for (const auto& frame : data.frames) {
    frames.push_back(&frame);
  }
  std::vector<std::vector<double>> runs;
  std::vector<double> errors;
  for (const std::int64_t edges : {1, 300, 100000}) {
    auto& values = runs.emplace_back();
    std::size_t next = 0;
    Predictor predictor(model, nullptr);
    const auto evaluation = evaluate_frames(
        predictor, frames, data.pointers(),
        [&](std::size_t frame, const FramePrediction& p) {
          const auto stress = p.stress.value_or(std::array<double, 6>{});
          EXPECT_EQ(frame, next++);
          values.push_back(p.energy);
          values.insert(values.end(), p.forces.begin(), p.forces.end());
          values.insert(values.end(), stress.begin(), stress.end());
        },
        {}, edges);
    EXPECT_EQ(next, frames.size());
    errors.push_back(evaluation.metrics.force().mae);
  }
  EXPECT_LT(core::largest_difference(runs[0], runs[1]), 1e-11);
  EXPECT_LT(core::largest_difference(runs[0], runs[2]), 1e-11);
  EXPECT_NEAR(errors[0], errors[2], 1e-12);
}

TEST(TrainerBatch, StressIsTheStrainDerivativeOverTheVolumeAndZeroForMolecules) {
  const Model model = core::random_model(core::small_config(), 5);
  const core::TemporaryFolder folder;
  Potential{model, {}}.save(folder / "p.pt", "double");
  Evaluator evaluator(folder / "p.pt");
  const auto data = prepared_structures();
  std::vector<const Frame*> frames;
  for (const auto& frame : data.frames) {
    frames.push_back(&frame);
  }
  Predictor predictor(model, nullptr);
  evaluate_frames(predictor, frames, data.pointers(), [&](std::size_t i, const FramePrediction& p) {
    const auto stress = p.stress.value_or(std::array<double, 6>{});
    const auto s = structures()[i];
    const int order[6][2] = {{0, 0}, {1, 1}, {2, 2}, {1, 2}, {0, 2}, {0, 1}};
    for (int k = 0; k < 6; ++k) {
      double expected = 0.0;
      if (s.pbc[0] && s.pbc[1] && s.pbc[2]) {
        const auto virial = core::finite_difference_virial(evaluator, s, 2.5e-4);
        expected = -virial[order[k][0]][order[k][1]] / s.volume();
      }
      EXPECT_NEAR(stress[k], expected, 1e-9) << i << " " << k;
    }
  });
}

}  // namespace
}  // namespace spinconv::train::test
