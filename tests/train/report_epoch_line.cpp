// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "report/epoch_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spinconv::train {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

EpochRecord record() {
  EpochRecord r;
  r.epoch = 1;
  r.seconds = 140.2;
  r.learning_rate = 3.2e-3;
  r.train_loss = 70.4618;
  r.train_energy_mae = 0.4;
  r.train_force_mae = 0.69287;
  r.validation_loss = 91.0;
  r.validation_energy_mae_per_atom = 0.39336;
  r.validation_force_mae = 0.91133;
  return r;
}

EpochLineOptions options() {
  EpochLineOptions o;
  o.epochs = 50;
  o.best = true;
  return o;
}

TEST(ReportEpochLine, HasAllFiguresInALog) {
  EXPECT_EQ(epoch_line(record(), options()),
            "epoch  1/50  loss   70.4618  train F  692.87  validation F  911.33 meV/A  "
            "E 393.360 meV/atom  lr 3.20e-03  2 min 20 s  *");
}

TEST(ReportEpochLine, FitsTheTerminal) {
  auto o = options();
  for (int columns = 1; columns < 200; ++columns) {
    o.columns = columns;
    EXPECT_LE(epoch_line(record(), o).size(), static_cast<std::size_t>(columns));
  }
  o.columns = 79;
  EXPECT_EQ(epoch_line(record(), o),
            "epoch  1/50  loss 70.46  F 692.9|911.3 meV/A  E 393.4 meV/atom  2 min 20 s  *");
}

TEST(ReportEpochLine, HasTheSameFieldsInEveryEpochOfATerminal) {
  auto o = options();
  o.columns = 79;
  EpochRecord r = record();
  r.epoch = 2;
  r.train_loss = 7;
  r.train_force_mae = r.validation_force_mae = 0.003;
  r.seconds = 3;
  o.best = false;
  EXPECT_EQ(epoch_line(r, o), "epoch  2/50  loss 7  F 3|3 meV/A  E 393.4 meV/atom  3.0 s");
}

TEST(ReportEpochLine, LeavesOutWhatWasNotMeasured) {
  EpochRecord r = record();
  r.train_force_mae = r.validation_force_mae = EpochRecord::none;
  auto o = options();
  for (const auto& columns : {std::optional<int>(), std::optional<int>(79)}) {
    o.columns = columns;
    EXPECT_THAT(epoch_line(r, o),
                AllOf(Not(HasSubstr("nan")), Not(HasSubstr("F ")), HasSubstr("meV/atom")));
    r.validation_force_mae = 0.5;  // the training data alone have no forces
    EXPECT_THAT(epoch_line(r, o), AllOf(Not(HasSubstr("nan")), HasSubstr("500")));
    r.validation_force_mae = EpochRecord::none;
  }
}

TEST(ReportEpochLine, WithoutValidationHasTheErrorsOfTheTraining) {
  EpochRecord r = record();
  r.validation_loss = r.validation_energy_mae_per_atom = r.validation_force_mae = EpochRecord::none;
  auto o = options();
  o.validation = false;
  EXPECT_THAT(epoch_line(r, o), AllOf(HasSubstr("train F  692.87 meV/A  train E 400.000 meV/atom"),
                                      Not(HasSubstr("nan")), Not(HasSubstr("validation"))));
  o.columns = 79;
  EXPECT_THAT(epoch_line(r, o), HasSubstr("F 692.9 meV/A  E 400 meV/atom"));
}

TEST(ReportEpochLine, AValidationThatFailedIsSeen) {
  EpochRecord r = record();
  r.validation_loss = r.validation_energy_mae_per_atom = r.validation_force_mae = EpochRecord::none;
  EXPECT_THAT(epoch_line(r, options()), HasSubstr("validation loss nan"));
}

TEST(ReportEpochLine, OtherTargetsAndStressHaveTheirUnits) {
  auto o = options();
  EpochRecord r = record();
  r.train_stress_mae = 0.002;
  r.validation_stress_mae = 0.003;
  o.stress = true;
  EXPECT_THAT(epoch_line(r, o), HasSubstr("meV/atom  stress   3.000 meV/A^3"));
  o.target = Target{"mu", "D", ""};
  EXPECT_THAT(epoch_line(r, o), HasSubstr("train    0.4000  validation    0.3934 D  lr"));
}

}  // namespace
}  // namespace spinconv::train
