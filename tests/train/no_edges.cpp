// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "report/csv.hpp"
#include "support/command.hpp"
#include "support/temporary_folder.hpp"
#include "support/variants.hpp"
#include "train/gradient_check.hpp"
#include "train/trainer_support.hpp"
#include "trainer/cost_estimate.hpp"
#include "trainer/loss.hpp"
#include "trainer/mixed_precision.hpp"

// Training on frames in which no atom sees another.
namespace spinconv::train::test {
namespace {

namespace core = spinconv::test;
using ::testing::HasSubstr;
using ::testing::Not;

const std::vector<int> numbers_of_types = {1, 6, 8};  // of the types 0, 1, 2

Frame labelled(const core::Structure& s, double energy) {
  Frame frame = frame_of(s, numbers_of_types);
  frame.energy = energy;
  for (std::size_t k = 0; k < 3 * s.size(); ++k) {
    frame.forces.push_back(0.1 * double(k % 5) - 0.2);
  }
  return frame;
}

Frame isolated_atom(int type, double energy) {
  core::Structure s;
  s.types = {type};
  s.positions = {{1, 2, 3}};
  return labelled(s, energy);
}

// Two atoms out of sight of each other in a periodic cell, with a stress.
Frame thin_gas() {
  core::Structure s;
  s.types = {1, 2};
  s.positions = {{1, 2, 3}, {16, 17, 18}};
  s.cell = {{{30, 0, 0}, {0, 30, 0}, {0, 0, 30}}};
  s.pbc = {true, true, true};
  Frame frame = labelled(s, -3.0);
  frame.stress.emplace().fill(0.01);
  return frame;
}

std::vector<Frame> frames_without_edges() {
  return {isolated_atom(0, -1.1), thin_gas(), isolated_atom(2, -2.2)};
}

class TrainingWithoutEdgesOf : public ::testing::TestWithParam<core::Variant> {
 protected:
  const ModelConfig& config() const { return GetParam().config; }
  bool direct() const { return config().has_direct_forces(); }

  LossConfig loss_config() const {
    LossConfig loss;
    loss.type = "l2";
    loss.stress_weight = direct() ? 0.0 : 1.0;
    return loss;
  }
  torch::Tensor loss_of(const Model& model, const Prepared& data) const {
    const auto weights = all_weights(model);
    const Batch batch = make_batch(data.pointers(), model, weights);
    return compute_loss(loss_config(), predict(model, weights, batch, true, !direct()), batch)
        .value;
  }
};

INSTANTIATE_TEST_SUITE_P(Models, TrainingWithoutEdgesOf, ::testing::ValuesIn(core::all_variants()),
                         [](const auto& info) { return info.param.name; });

TEST_P(TrainingWithoutEdgesOf, TheLossHasItsGradientInTheWeights) {
  const Model model = core::random_model(config(), 5);
  const Prepared data(frames_without_edges(), config());
  ASSERT_EQ(data.prepared[1].edge_count(), 0);
  // the energies' biases at least are felt
  EXPECT_GT(expect_gradient(model, [&] { return loss_of(model, data); }, {1e-3, 1e-4}),
            config().sphere == "spinconv2" ? 2 : 3);
}

TEST_P(TrainingWithoutEdgesOf, ABatchWithOthersGivesWhatEachFrameGives) {
  const Model model = core::random_model(config(), 5);
  auto frames = frames_without_edges();
  frames.insert(frames.begin() + 1, labelled(core::random_molecule(6, 3, 3), -9.0));
  const Prepared data(frames, config());
  const auto weights = all_weights(model);
  const auto all = data.pointers();
  const auto together = predict(model, weights, make_batch(all, model, weights), false, !direct());
  std::int64_t atom = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (const bool differentiable : {false, true}) {
      const auto alone =
          predict(model, weights, make_batch(std::span(all).subspan(i, 1), model, weights),
                  differentiable, !direct());
      const auto n = all[i]->atoms();
      EXPECT_NEAR(together.energies[static_cast<long>(i)].item<double>(),
                  alone.energies.item<double>(), 1e-12);
      EXPECT_TRUE(torch::allclose(together.forces.narrow(0, atom, n), alone.forces, 0, 1e-11));
      if (!direct() && i != 1) {
        EXPECT_EQ(alone.forces.abs().max().item<double>(), 0.0);
        EXPECT_EQ(alone.virials.abs().max().item<double>(), 0.0);
      }
    }
    atom += all[i]->atoms();
  }
}

TEST_P(TrainingWithoutEdgesOf, SingleAndMixedPrecisionTakeThem) {
  Model model = core::random_model(config(), 5);
  const Prepared data(frames_without_edges(), config());
  const double expected = loss_of(model, data).item<double>();
  model.to(torch::kFloat32, torch::kCPU);
  for (const bool mixed : {false, true}) {
    const MixedPrecision guard(mixed, torch::kCPU);
    const auto loss = loss_of(model, data);
    EXPECT_NEAR(loss.item<double>() / expected, 1.0, mixed ? 0.05 : 1e-4);
    loss.backward();
    for (const auto& p : model.parameters()) {
      EXPECT_TRUE(!p.grad().defined() || p.grad().isfinite().all().item<bool>());
    }
  }
}

TEST(CostEstimateWithoutEdges, MeasuresABatchThatHasEdgesWhereThereIsOne) {
  auto config = tiny_fit();
  config.model.reference_energies = {0.0, 0.0, 0.0};
  Model model = Model::create(config.model, 1);
  auto frames = frames_without_edges();
  for (int k = 0; k < 3; ++k) {
    frames.push_back(isolated_atom(k, -1.0));
  }
  const HeldFrames none({});
  {
    const Prepared data(frames, config.model);
    const auto estimate = estimate_cost(config, model, HeldFrames(data.pointers()), none);
    EXPECT_EQ(estimate.measured_edges, 0);
    EXPECT_NEAR(estimate.epoch_seconds, 3.0 * estimate.step_seconds, 1e-12);
    EXPECT_EQ(estimate.memory(),
              estimate.process_bytes + estimate.weight_bytes + estimate.step_bytes);
  }
  frames.push_back(labelled(core::random_molecule(6, 3, 3), -9.0));
  const Prepared data(frames, config.model);
  const auto estimate = estimate_cost(config, model, HeldFrames(data.pointers()), none);
  EXPECT_EQ(estimate.measured_edges, data.prepared.back().edge_count());
  EXPECT_EQ(estimate.measured_edges, estimate.largest_batch_edges);
  EXPECT_NEAR(estimate.epoch_seconds, estimate.step_seconds, 1e-12);
}

// The program itself.
class FramesWithoutEdges : public ::testing::Test {
 protected:
  core::CommandResult run(std::vector<std::string> words) const {
    words.insert(words.begin(), {core::environment("SPINCONV_TRAIN_EXE"), "--threads", "1"});
    return core::run_command(words);
  }
  core::CommandResult fit(const std::string& model, const std::string& data,
                          std::vector<std::string> more = {}) const {
    core::write_bytes(folder_ / "fit.yaml",
                      "data: {file: " + (folder_ / data) + ", split: {validation: 1}}\nmodel: {" +
                          model +
                          ", cutoff: 3.0, layers: 1, hidden_channels: 8, message_channels: 8, "
                          "gaussians: 6}\n"
                          "training: {epochs: 2, batch_size: 1, precision: double}\n"
                          "output: {folder: " +
                          (folder_ / "run") + ", name: p}\n");
    more.insert(more.begin(), {"fit", folder_ / "fit.yaml", "--overwrite"});
    return run(more);
  }
  static std::string hydrogen(const std::vector<double>& distances) {
    std::ostringstream text;
    const std::string head = "Properties=species:S:1:pos:R:3:forces:R:3 pbc=\"F F F\" energy=";
    for (const double d : distances) {
      text << 2 << "\n"
           << head << d - 3.0 << "\nH 0 0 0 0 0 " << 0.9 - d << "\nH 0 0 " << d << " 0 0 "
           << d - 0.9 << "\n";
      text << 1 << "\n" << head << -1.0 << "\nH 0 0 0 0 0 0\n";
    }
    return text.str();
  }

  core::TemporaryFolder folder_;
};

TEST_F(FramesWithoutEdges, AreTrainedOnEvaluatedAndPlanned) {
  core::write_bytes(folder_ / "some.extxyz", hydrogen({0.85, 1.0, 1.1}));
  core::write_bytes(folder_ / "none.extxyz", hydrogen({100.0, 200.0}));
  for (const std::string data : {"some.extxyz", "none.extxyz"}) {
    const auto plan = fit("preset: grid", data, {"--dry-run"});
    EXPECT_EQ(plan.exit_code, 0) << plan.output;
    EXPECT_THAT(plan.output, HasSubstr("steps an epoch"));
    for (const std::string model :
         {"preset: small", "preset: grid", "preset: grid, forces: direct"}) {
      if (data == "none.extxyz" && model.find("forces") != std::string::npos) {
        continue;  // the same graphs
      }
      SCOPED_TRACE(model + ", " + data);
      const auto training = fit(model, data);
      ASSERT_EQ(training.exit_code, 0) << training.output;
      EXPECT_THAT(training.output, Not(HasSubstr("nan")));
      const bool warned = training.output.find("no atom has another inside") != std::string::npos;
      EXPECT_EQ(warned, data == "none.extxyz");
      const auto log = EpochLog::read(folder_ / "run/log.csv");
      ASSERT_EQ(log.size(), 2u);
      EXPECT_TRUE(std::isfinite(log[1].train_loss) && std::isfinite(log[1].validation_loss));
      const auto evaluation = run(
          {"evaluate", folder_ / "run/p.pt", folder_ / data, "--json", folder_ / "errors.json"});
      ASSERT_EQ(evaluation.exit_code, 0) << evaluation.output;
      std::ifstream in(folder_ / "errors.json");
      EXPECT_TRUE(nlohmann::json::parse(in).at("energy_mae_ev").is_number());
    }
  }
}

}  // namespace
}  // namespace spinconv::train::test
