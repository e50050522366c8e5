// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>
#include <sstream>

#include "report/csv.hpp"
#include "support/error_text.hpp"
#include "train/fit_support.hpp"
#include "train/trainer_support.hpp"
#include "trainer/cost_estimate.hpp"
#include "trainer/initial_weights.hpp"

namespace spinconv::train::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
namespace core = spinconv::test;

class FitFromAPotential : public FitProgram {
 protected:
  FitFromAPotential() { config(ethanol_data("train: 8, validation: 4")); }

  double first_validation_error(const std::string& run) const {
    return EpochLog::read(folder_ / (run + "/log.csv")).at(0).validation_force_mae;
  }
};

// With a learning rate of 0 the figures of the first epoch are those of the weights begun with.
TEST_F(FitFromAPotential, BeginsWithItsWeightsWhateverTheOrderOfTheElements) {
  ASSERT_EQ(fit_into("first", {"--set", "training.epochs=20", "training.ema_decay=0"}).exit_code,
            0);
  const auto log = EpochLog::read(folder_ / "first/log.csv");
  const auto best = Potential::load(folder_ / "first/p.pt")
                        .metadata.at("training")
                        .at("best_epoch")
                        .get<std::size_t>();
  const double trained = log.at(best - 1).validation_force_mae;
  const std::vector<std::string> still = {"--init", folder_ / "first/p.pt", "--set",
                                          "training.learning_rate=0"};
  for (const char* elements : {"[H, C, O]", "[O, H, C]", "[N, O, C, Fe, H]"}) {
    auto more = still;
    more.push_back(std::string("model.elements=") + elements);
    more.push_back("--overwrite");
    const auto second = fit_into("second", more);
    ASSERT_EQ(second.exit_code, 0) << second.output;
    EXPECT_NEAR(first_validation_error("second"), trained, 1e-9) << elements;
    EXPECT_THAT(second.output, HasSubstr("reference energies changed by"));
    if (std::string(elements).find('N') != std::string::npos) {
      EXPECT_THAT(second.output, HasSubstr("lacks the element: N Fe"));
    }
  }
  // back from more elements to fewer
  const auto third = fit_into("third", {"--init", folder_ / "second/p.pt", "--set",
                                        "training.learning_rate=0", "model.elements=[C, O, H]"});
  ASSERT_EQ(third.exit_code, 0) << third.output;
  EXPECT_NEAR(first_validation_error("third"), trained, 1e-9);
  const auto potential = Potential::load(folder_ / "third/p.pt");
  EXPECT_EQ(potential.metadata.at("training").at("init"), "p.pt");
  EXPECT_EQ(potential.model.config().elements, (std::vector<std::string>{"C", "O", "H"}));
}

TEST_F(FitFromAPotential, EnergiesThatAreShiftedChangeTheReferenceEnergiesAlone) {
  ASSERT_EQ(fit_into("first", {"--set", "training.epochs=10"}).exit_code, 0);
  std::ostringstream text;  // the same frames, every atom 0.25 eV higher
  text.precision(17);
  for (const auto& frame : read_frames(source_of(sample("rmd17_ethanol_20.npz")))) {
    text << frame.size() << "\nProperties=species:S:1:pos:R:3:forces:R:3 energy="
         << *frame.energy + 0.25 * double(frame.size()) << "\n";
    for (std::size_t i = 0; i < frame.size(); ++i) {
      text << (frame.atomic_numbers[i] == 1 ? "H" : frame.atomic_numbers[i] == 6 ? "C" : "O");
      for (const auto* values : {&frame.positions, &frame.forces}) {
        for (std::size_t k = 3 * i; k < 3 * i + 3; ++k) {
          text << " " << (*values)[k];
        }
      }
      text << "\n";
    }
  }
  core::write_bytes(folder_ / "shifted.extxyz", text.str());
  const std::vector<std::string> still = {"--init", folder_ / "first/p.pt", "--set",
                                          "training.learning_rate=0"};
  ASSERT_EQ(fit_into("same", still).exit_code, 0);
  auto more = still;
  more.push_back("data.file=" + (folder_ / "shifted.extxyz"));
  const auto shifted = fit_into("shifted", more);
  ASSERT_EQ(shifted.exit_code, 0) << shifted.output;
  const auto a = EpochLog::read(folder_ / "same/log.csv").at(0);
  const auto b = EpochLog::read(folder_ / "shifted/log.csv").at(0);
  EXPECT_NEAR(a.validation_energy_mae_per_atom, b.validation_energy_mae_per_atom, 1e-8);
  EXPECT_NEAR(a.validation_force_mae, b.validation_force_mae, 1e-9);
}

TEST_F(FitFromAPotential, AnotherArchitectureIsRefusedWithEveryKeyBothValuesAndTheCure) {
  ASSERT_EQ(fit_into("first").exit_code, 0);
  const auto refused = fit_into(
      "second", {"--init", folder_ / "first/p.pt", "--set", "model.cutoff=4", "model.layers=2"});
  EXPECT_NE(refused.exit_code, 0);
  EXPECT_THAT(refused.output,
              AllOf(HasSubstr("model.cutoff is 3 in the potential and 4 in the configuration"),
                    HasSubstr("model.layers is 1 in the potential and 2"),
                    HasSubstr("--set model.cutoff=3 model.layers=1")));
  EXPECT_THAT(fit_into("second", {"--init", folder_ / "none.pt"}).output, HasSubstr("none.pt"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "second/p.pt"));
}

// A grid has no harmonics: their degree is in its file, and cannot be given in a configuration.
TEST(FitFromAGrid, KeysWithoutAnEffectAreThoseOfThePotential) {
  ModelConfig potential = ModelConfig::preset("grid");
  potential.elements = {"H"};
  potential.reference_energies = {0.0};
  ModelConfig model = potential;
  potential.l_max = potential.m_max = 1;
  potential.normalization = "group";
  EXPECT_NO_THROW(require_same_architecture(model, potential, "p.pt"));
  adopt_scales(model, potential);
  EXPECT_EQ(model.l_max, 1);
  Model begun = Model::create(model, 1);
  EXPECT_NO_THROW(adopt_weights(begun, Model::create(potential, 2)));
  potential.latitudes = 6;
  EXPECT_THAT(core::error_of([&] { require_same_architecture(model, potential, "p.pt"); }),
              AllOf(HasSubstr("model.latitudes is 6"), Not(HasSubstr("normalization"))));
  model.sphere = potential.sphere = "harmonics";
  model.l_max = 3;
  EXPECT_THAT(core::error_of([&] { require_same_architecture(model, potential, "p.pt"); }),
              HasSubstr("model.l_max is 1"));
}

TEST_F(FitFromAPotential, ResumeWantsTheSameBeginning) {
  ASSERT_EQ(fit_into("first").exit_code, 0);
  ASSERT_EQ(fit_into("second", {"--init", folder_ / "first/p.pt"}).exit_code, 0);
  const auto without = fit_into("second", {"--resume"});
  EXPECT_NE(without.exit_code, 0);
  EXPECT_THAT(without.output, HasSubstr("init"));
  EXPECT_EQ(fit_into("second", {"--resume", "--init", folder_ / "first/p.pt"}).exit_code, 0);
}

TEST_F(FitFromAPotential, ADryRunPrintsThePlanAndWritesNothing) {
  const auto dry = fit_into("run", {"--dry-run"});
  ASSERT_EQ(dry.exit_code, 0) << dry.output;
  EXPECT_THAT(dry.output,
              AllOf(HasSubstr("20 frames"), HasSubstr("parameters"), HasSubstr("8 frames"),
                    HasSubstr("2 steps an epoch"), HasSubstr("one step"), HasSubstr("MB"),
                    HasSubstr("for 2 epochs"), Not(HasSubstr("epoch 1/2"))));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run"));
}

TEST(CostEstimateTest, CountsTheEdgesOfTheLargestBatchAndLeavesTheWeights) {
  auto config = tiny_fit();
  const Prepared data(ethanol_frames(7), config.model);
  auto model_config = config.model;
  model_config.reference_energies = {0.0, 0.0, 0.0};
  Model model = Model::create(model_config, 1);
  const auto before = model.clone();
  const HeldFrames training(data.pointers()), validation({});
  const auto estimate = estimate_cost(config, model, training, validation);
  std::vector<std::int64_t> edges;
  for (const auto& frame : data.prepared) {
    edges.push_back(frame.edge_count());
  }
  std::sort(edges.rbegin(), edges.rend());
  EXPECT_EQ(estimate.largest_batch_edges, edges[0] + edges[1]);
  EXPECT_EQ(estimate.steps_per_epoch, 4);
  EXPECT_GT(estimate.step_bytes, 1000);
  EXPECT_GT(estimate.step_seconds, 0.0);
  EXPECT_GE(estimate.memory(), estimate.process_bytes + estimate.step_bytes);
  const auto p = before.parameters(), q = model.parameters();
  for (std::size_t i = 0; i < p.size(); ++i) {
    EXPECT_TRUE(torch::equal(p[i], q[i]));
    EXPECT_FALSE(q[i].grad().defined());
  }
}

}  // namespace
}  // namespace spinconv::train::test
