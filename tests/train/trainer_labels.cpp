// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
// No label is no perfect score: what `fit` refuses, and warns of, before it trains.
#include <gmock/gmock.h>

#include <sstream>

#include "commands/fit_checks.hpp"
#include "train/fit_support.hpp"
#include "train/trainer_support.hpp"
#include "trainer/error_sums.hpp"
#include "trainer/trainer.hpp"

namespace spinconv::train::test {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
namespace core = spinconv::test;

// What the frames of a file have, by the names of keys and columns ("": none).
struct Labels {
  std::string energy{}, forces{}, stress{};
  std::string value = "0.5";  // of each energy, force and stress
  bool fixed = false;         // all atoms
  int frames = 4;
  std::string element = "H";
};

std::string text_of(const Labels& labels) {
  std::ostringstream out;
  for (int f = 0; f < labels.frames; ++f) {
    out << "2\nLattice=\"9 0 0 0 9 0 0 0 9\" Properties=species:S:1:pos:R:3"
        << (labels.forces.empty() ? "" : ":" + labels.forces + ":R:3")
        << (labels.fixed ? ":move_mask:L:1" : "");
    if (!labels.energy.empty()) {
      out << " " << labels.energy << "=" << labels.value;
    }
    if (!labels.stress.empty()) {
      out << " " << labels.stress << "=\"";
      for (int k = 0; k < 9; ++k) {
        out << (k ? " " : "") << (k % 4 == 0 ? labels.value : "0");
      }
      out << "\"";
    }
    out << " pbc=\"T T T\"\n";
    for (int i = 0; i < 2; ++i) {
      out << labels.element << " 0 0 " << i * (1.0 + 0.1 * f);
      if (!labels.forces.empty()) {
        for (int k = 0; k < 3; ++k) {
          out << " " << labels.value;
        }
      }
      out << (labels.fixed ? " F" : "") << "\n";
    }
  }
  return out.str();
}

class LabelsOfTheLoss : public DataTest {
 protected:
  LabelsOfTheLoss() {
    config_.model = tiny_model({});
    config_.model.elements.clear();
    config_.data.split.validation = Share::count(0);
  }

  // The warnings, or the error as the only line.
  std::vector<std::string> check(const Labels& training,
                                 const std::optional<Labels>& validation = {},
                                 const std::optional<Labels>& test = {}) {
    config_.data.train = source_of(write("train.extxyz", text_of(training)));
    config_.data.validation.reset();
    config_.data.test.reset();
    if (validation) {
      config_.data.validation = source_of(write("val.extxyz", text_of(*validation)));
    }
    if (test) {
      config_.data.test = source_of(write("test.extxyz", text_of(*test)));
    }
    try {
      require_a_loss(config_.training.loss, config_.data.train.target);
      Parts parts = read_parts(config_.data);
      config_.model.elements = parts.training.summary.elements();
      Part::Preparation how;
      how.free_atoms_only = config_.training.loss.free_atoms_only;
      how.show = false;
      for (Part* part : {&parts.training, &parts.validation, &parts.test}) {
        part->prepare(config_.model, how);
      }
      return require_labels(config_, parts);
    } catch (const Error& error) {
      return {std::string("error: ") + error.what()};
    }
  }

  LossConfig& loss() { return config_.training.loss; }

  FitConfig config_;
};

const Labels both{.energy = "energy", .forces = "forces"};
const Labels energies{.energy = "energy"};
const Labels forces{.forces = "forces"};

TEST_F(LabelsOfTheLoss, TrainingDataWithoutAnyAreRefusedWithWhatTheFileHolds) {
  EXPECT_THAT(check({.energy = "REF_energy", .forces = "REF_forces"}),
              ElementsAre(AllOf(HasSubstr("error: "), HasSubstr("train.extxyz"),
                                HasSubstr("no training frame (of 4) has an energy or forces"),
                                HasSubstr("energy_weight 1, force_weight 100"),
                                HasSubstr("no energies were read; no forces were read"),
                                HasSubstr("data.keys: {energy: REF_energy, forces: REF_forces}"))));
  EXPECT_THAT(check({}), ElementsAre(AllOf(HasSubstr("no training frame (of 4)"),
                                           HasSubstr("data.keys: {energy: NAME, forces: NAME}"))));
  EXPECT_THAT(check(both), IsEmpty());
}

TEST_F(LabelsOfTheLoss, OfOneKindAreEnoughWhereItHasAWeight) {
  EXPECT_THAT(check(energies), ElementsAre(AllOf(HasSubstr("warning: no training frame has forces"),
                                                 HasSubstr("training.loss.force_weight"))));
  EXPECT_THAT(check(forces), ElementsAre(HasSubstr("warning: no training frame has an energy")));
  loss().force_weight = 0.0;
  EXPECT_THAT(check(energies), IsEmpty());
  EXPECT_THAT(check(forces), ElementsAre(AllOf(HasSubstr("error"), HasSubstr("has an energy,"))));
  loss().force_weight = 1.0;
  loss().energy_weight = 0.0;
  EXPECT_THAT(check(forces), IsEmpty());
  EXPECT_THAT(check(energies), ElementsAre(AllOf(HasSubstr("error"), HasSubstr("has forces,"))));
}

TEST_F(LabelsOfTheLoss, OfAValidationWithoutAnyAreRefused) {
  EXPECT_THAT(check(both, Labels{.energy = "DFT_energy", .forces = "DFT_forces"}),
              ElementsAre(AllOf(HasSubstr("error: "), HasSubstr("val.extxyz"),
                                HasSubstr("no validation frame (of 4) has an energy or forces"),
                                HasSubstr("DFT_forces"), HasSubstr("data.validation.keys"),
                                HasSubstr("data.split.validation: 0"))));
  EXPECT_THAT(check(both, both), IsEmpty());
  // labels, but none of those that the loss weighs, or that the training has
  loss().energy_weight = 0.0;
  EXPECT_THAT(check(both, energies), ElementsAre(AllOf(HasSubstr("error"), HasSubstr("forces,"))));
  loss().energy_weight = 1.0;
  EXPECT_THAT(check(forces, energies),
              ElementsAre(AllOf(HasSubstr("error"), HasSubstr("forces,"))));
  loss().force_weight = 0.0;
  EXPECT_THAT(check(both, forces), ElementsAre(HasSubstr("error")));
}

TEST_F(LabelsOfTheLoss, OfAValidationWithOtherKindsThanTheTrainingAreWarnedOf) {
  EXPECT_THAT(check(both, energies),
              ElementsAre(HasSubstr("the validation loss is of energies, the training loss of "
                                    "energies and forces")));
  EXPECT_THAT(check(both, forces), ElementsAre(HasSubstr("the validation loss is of forces")));
  EXPECT_THAT(check(energies, both),
              ElementsAre(HasSubstr("no training frame has forces"),
                          HasSubstr("the validation loss is of energies and forces")));
}

TEST_F(LabelsOfTheLoss, OfStressAloneAreEnoughAndMissingOnesAreRefused) {
  loss().energy_weight = loss().force_weight = 0.0;
  loss().stress_weight = 10.0;
  const Labels stress{.stress = "stress"};
  EXPECT_THAT(check(stress, stress), IsEmpty());
  EXPECT_THAT(check(both), ElementsAre(AllOf(HasSubstr("error"), HasSubstr("a stress"))));
  EXPECT_THAT(check(stress, both), ElementsAre(AllOf(HasSubstr("error"), HasSubstr("val.extxyz"))));
  loss().energy_weight = 1.0;
  EXPECT_THAT(check(both), ElementsAre(AllOf(HasSubstr("error"), HasSubstr("stress_weight"))));
}

TEST_F(LabelsOfTheLoss, ThatAreNanAreNone) {
  Labels nan = both;
  nan.value = "nan";
  EXPECT_THAT(check(nan), ElementsAre(AllOf(HasSubstr("error"), HasSubstr("is missing, or NaN"))));
  EXPECT_THAT(check(both, nan), ElementsAre(AllOf(HasSubstr("error"), HasSubstr("val.extxyz"))));
}

TEST_F(LabelsOfTheLoss, OfFixedAtomsDoNotCountWhereFreeOnesAloneDo) {
  Labels fixed = forces;
  fixed.fixed = true;
  loss().energy_weight = 0.0;
  EXPECT_THAT(check(fixed), IsEmpty());
  loss().free_atoms_only = true;
  EXPECT_THAT(check(fixed), ElementsAre(AllOf(HasSubstr("error"), HasSubstr("free_atoms_only"))));
  EXPECT_THAT(check(forces, fixed), ElementsAre(HasSubstr("free_atoms_only")));
}

TEST_F(LabelsOfTheLoss, AreMissedWhereEarlyStopOrPlateauGoByThem) {
  config_.data.split.validation = Share::fraction(0.1);
  EXPECT_THAT(check(both), ElementsAre(AllOf(HasSubstr("0.1 of the frames are none"),
                                             HasSubstr("the last epoch counts as the best"))));
  config_.training.early_stop = 3;
  config_.training.schedule.type = "plateau";
  EXPECT_THAT(check(both),
              ElementsAre(HasSubstr("early_stop has no effect"), HasSubstr("the training loss")));
  EXPECT_THAT(check(both, both), IsEmpty());
}

TEST_F(LabelsOfTheLoss, OfTestFramesAreWarnedOf) {
  EXPECT_THAT(check(both, both, Labels{.energy = "my_energy"}),
              ElementsAre(AllOf(HasSubstr("warning"), HasSubstr("test.extxyz"),
                                HasSubstr("no test frame (of 4) has a label"))));
  EXPECT_THAT(check(both, both, energies), IsEmpty());
}

TEST_F(LabelsOfTheLoss, AreOfNoUseWithoutAWeight) {
  loss().energy_weight = loss().force_weight = 0.0;
  EXPECT_THAT(check(both), ElementsAre(AllOf(HasSubstr("energy_weight"), HasSubstr("all 0"))));
  EXPECT_THAT(error_of([&] {
                LossConfig none;
                none.energy_weight = 0;
                require_a_loss(none, {"alpha", "bohr^3", ""});
              }),
              AllOf(HasSubstr("alpha"), HasSubstr("energy_weight is 0")));
}

class ElementsOfTheParts : public DataTest {
 protected:
  std::string check(const std::vector<std::string>& elements) {
    try {
      const Parts parts = read_parts(config_.data);
      config_.model.elements = elements.empty() ? parts.training.summary.elements() : elements;
      std::string text;
      for (const auto& line : require_elements(config_, parts, !elements.empty())) {
        text += line + "\n";
      }
      return text;
    } catch (const Error& error) {
      return error.what();
    }
  }

  FitConfig config_;
};

TEST_F(ElementsOfTheParts, ThatTrainingLacksAreToldWithWhoDealtThemWhere) {
  const std::string hydrogen = text_of(both);
  Labels one = both;
  one.element = "He";
  one.frames = 1;
  config_.data.train = source_of(write("all.extxyz", hydrogen + text_of(one)));
  config_.data.split.validation = Share::count(2);
  std::string refused;
  for (config_.data.split.seed = 0; config_.data.split.seed < 50; ++config_.data.split.seed) {
    refused = check({});
    if (!refused.empty()) {
      break;
    }
  }
  EXPECT_THAT(refused,
              AllOf(HasSubstr("all.extxyz:4 (validation set): element He is in no training frame"),
                    HasSubstr("data.split (seed " + std::to_string(config_.data.split.seed) + ")"),
                    HasSubstr("0 to training, 1 to validation, 0 to test"),
                    HasSubstr("another data.split.seed"), HasSubstr("model.elements: [H, He]")));
  EXPECT_THAT(check({"H", "He"}), HasSubstr("no training frame has He of model.elements"));
  EXPECT_THAT(check({"H"}), AllOf(HasSubstr("not among model.elements [H]"), HasSubstr("[H, He]")));

  config_.data.train = source_of(write("h.extxyz", hydrogen));
  config_.data.split = SplitRequest();
  config_.data.split.validation = Share::count(0);
  config_.data.test = source_of(write("he.extxyz", text_of(one)));
  EXPECT_THAT(check({}), AllOf(HasSubstr("he.extxyz:0 (test set): element He"),
                               HasSubstr("1 frame of data.test"), Not(HasSubstr("data.split"))));
}

TEST(ErrorSumsTest, GoToNumbersAndBackAndAddUp) {
  ErrorSums a;
  double next = 1.0;
  for_each_sum(a, [&](const char*, double& value) { value = next++; });
  EXPECT_EQ(a.loss, 1.0);
  EXPECT_EQ(a.n_stresses, 7.0);
  auto numbers = a.numbers();
  numbers.push_back(99.0);  // of somebody else
  ErrorSums b = ErrorSums::from(numbers);
  b += a;
  EXPECT_EQ(b.numbers(), (std::vector<double>{2, 4, 6, 8, 10, 12, 14}));
  EXPECT_TRUE(std::isnan(ErrorSums::mean(0.0, 0.0)));
  EXPECT_EQ(ErrorSums::mean(3.0, 2.0), 1.5);
}

class FitLines : public FitProgram {};

TEST_F(FitLines, HaveNoFigureOfWhatIsNotThere) {
  core::write_bytes(folder_ / "e.extxyz", text_of(energies));
  config("  file: " + (folder_ / "e.extxyz") + "\n  split: {validation: 0}");
  const auto alone = fit();
  ASSERT_EQ(alone.exit_code, 0) << alone.output;
  EXPECT_THAT(alone.output,
              AllOf(ContainsRegex("epoch 2/2  loss +[0-9.]+  train E +[0-9.]+ meV/atom  lr"),
                    Not(HasSubstr("nan"))));
  config("  file: " + (folder_ / "e.extxyz") + "\n  split: {validation: 2}");
  const auto validated = fit({"--overwrite"});
  EXPECT_THAT(validated.output,
              AllOf(ContainsRegex("epoch 2/2  loss +[0-9.]+  E +[0-9.]+ meV/atom  lr"),
                    Not(HasSubstr("nan"))));
}

// A validation whose loss is no number must not leave the weights that the training began with.
TEST_F(FitLines, EndWhereTheValidationLossIsNoNumber) {
  core::write_bytes(folder_ / "t.extxyz", text_of(both));
  Labels huge = both;
  huge.value = "1e200";
  core::write_bytes(folder_ / "v.extxyz", text_of(huge));
  config("  file: " + (folder_ / "t.extxyz") + "\n  validation: " + (folder_ / "v.extxyz"),
         ", loss: {type: l2}");
  const auto result = fit();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output, HasSubstr("validation loss is not a number after epoch 1"));
}

}  // namespace
}  // namespace spinconv::train::test
