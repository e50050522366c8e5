// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "report/csv.hpp"
#include "spinconv/evaluator.hpp"
#include "support/error_text.hpp"
#include "train/fit_support.hpp"

namespace spinconv::train::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
namespace core = spinconv::test;

class FitTarget : public FitProgram {
 protected:
  core::CommandResult fit(const std::string& data, std::vector<std::string> more = {}) const {
    write_config("  file: " + sample("qm9_16.npz") + "\n" + data +
                     "\n  split: {train: 10, validation: 3, test: 3}",
                 "epochs: 40, batch_size: 5", "name: p",
                 "cutoff: 4.0, layers: 1, message_channels: 4, hidden_channels: 16, l_max: 1, "
                 "m_max: 1, product_channels: 4, gaussians: 8");
    more.insert(more.begin(), "--overwrite");
    return FitProgram::fit(more);
  }
  std::string potential() const { return in_run("p.pt"); }
};

TEST_F(FitTarget, LearnsAPropertyWithoutForcesByTheDefaultSettings) {
  const auto result = fit("  target: alpha", {"--set", "training.epochs=150"});
  ASSERT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output,
              AllOf(HasSubstr("target: alpha (bohr^3) from alpha"), HasSubstr("reference values"),
                    HasSubstr("of a frame"), HasSubstr("alpha: MAE"), HasSubstr("bohr^3"),
                    Not(HasSubstr("meV")), Not(HasSubstr("nan"))));
  const auto records = EpochLog::read(folder_ / "run/log.csv");
  EXPECT_THAT(core::read_bytes(folder_ / "run/log.csv"), HasSubstr("validation_target_mae"));
  // of ten molecules the composition explains nearly all
  EXPECT_LT(records.back().train_energy_mae, 0.9 * records.front().train_energy_mae);
  EXPECT_NEAR(records.back().train_loss, records.back().train_energy_mae, 1e-6);

  const Potential p = Potential::load(potential());
  EXPECT_EQ(p.target(), (Target{"alpha", "bohr^3", ""}));
  EXPECT_EQ(p.metadata.at("format_version"), 2);
  EXPECT_NE(p.model.config().energy_offset, 0.0);
  EXPECT_EQ(p.metadata.at("errors").at("test").at("unit"), "bohr^3");

  EXPECT_THAT(run({"info", potential()}).output,
              AllOf(HasSubstr("target alpha (bohr^3): no potential energy"),
                    HasSubstr("test errors: alpha MAE")));
  const auto html = core::read_bytes(folder_ / "run/report.html");
  EXPECT_THAT(html, AllOf(HasSubstr("alpha MAE"), HasSubstr("alpha error (MAE)"),
                          HasSubstr("bohr^3"), Not(HasSubstr("meV")), Not(HasSubstr("Force"))));
}

TEST_F(FitTarget, IsEvaluatedInItsUnitWhateverTheFile) {
  ASSERT_EQ(fit("  target: homo", {"--set", "training.epochs=3"}).exit_code, 0);
  const auto json = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"evaluate", potential()});
    words.insert(words.end(), {"--json", folder_ / "e.json", "--report", folder_ / "e.html"});
    const auto result = run(words);
    EXPECT_EQ(result.exit_code, 0) << result.output;
    return nlohmann::json::parse(core::read_bytes(folder_ / "e.json"));
  };
  const auto npz = json({sample("qm9_16.npz"), "--frames", "3"});
  const auto xyz = json({sample("qm9_3.extxyz"), "--frames", "0", "--energy-unit", "Hartree",
                         "--predictions", folder_ / "out.extxyz"});
  EXPECT_EQ(npz.at("target"), "homo");
  EXPECT_EQ(npz.at("unit"), "meV");
  EXPECT_EQ(npz.at("n_frames_without_target"), 0);
  EXPECT_FALSE(npz.contains("force_mae_ev_a"));
  // the coordinates of the two files differ in the seventh digit
  EXPECT_NEAR(npz.at("target_mae").get<double>(), xyz.at("target_mae").get<double>(), 0.1);
  const auto out = core::read_bytes(folder_ / "out.extxyz");
  EXPECT_THAT(out, AllOf(HasSubstr(" homo=-"), Not(HasSubstr("forces")), Not(HasSubstr("energy"))));
  EXPECT_THAT(run({"evaluate", potential(), sample("qm9_3.extxyz")}).output,
              HasSubstr("--energy-unit Hartree"));
  EXPECT_THAT(run({"evaluate", potential(), sample("qm9_16.npz"), "--task", "s2ef"}).output,
              AllOf(HasSubstr("--task s2ef"), HasSubstr("homo")));
}

TEST_F(FitTarget, OfOtherDataHasItsNameUnitAndKey) {
  const auto result =
      fit("  target: {name: constant, unit: GHz, key: A}",
          {"--set", "data.file=" + sample("qm9_3.extxyz"), "--set",
           "data.split={train: 2, validation: 1, test: 0}", "--set", "training.epochs=2"});
  ASSERT_EQ(result.exit_code, 0) << result.output;
  EXPECT_EQ(Potential::load(potential()).target(), (Target{"constant", "GHz", "A"}));
  EXPECT_THAT(core::read_bytes(folder_ / "run/config.yaml"),
              HasSubstr("target: {name: constant, unit: GHz, key: A}"));
  const auto evaluated = run({"evaluate", potential(), sample("qm9_3.extxyz")});
  EXPECT_THAT(evaluated.output,
              AllOf(HasSubstr("constant (GHz) from A"), HasSubstr("constant: MAE")));
}

TEST_F(FitTarget, ResumesFromTheConfigurationItWrote) {
  ASSERT_EQ(fit("  target: mu", {"--set", "training.epochs=2"}).exit_code, 0);
  const auto resumed = run({"fit", folder_ / "run/config.yaml", "--resume"});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.output;
}

TEST_F(FitTarget, RefusesWhatATargetCannotHave) {
  EXPECT_THAT(fit("  target: alhpa").output,
              AllOf(HasSubstr("fit.yaml:3: data.target"), HasSubstr("did you mean 'alpha'")));
  EXPECT_THAT(fit("  target: {name: charge}").output, HasSubstr("name and unit"));
  EXPECT_THAT(fit("  target: {name: mu, unit: e}").output, HasSubstr("has its unit"));
  EXPECT_THAT(fit("  target: {name: charge, units: e}").output, HasSubstr("did you mean"));
  EXPECT_THAT(fit("").output, AllOf(HasSubstr("data.target"), HasSubstr("alpha gap")));
  EXPECT_THAT(fit("  target: mu", {"--set", "model.forces=direct"}).output,
              AllOf(HasSubstr("model.forces"), HasSubstr("no forces")));
  EXPECT_THAT(fit("  target: mu", {"--set", "training.loss.stress_weight=1"}).output,
              AllOf(HasSubstr("stress_weight"), HasSubstr("no stress")));
}

TEST_F(FitTarget, IsNoPotentialForAnEngineNorABeginningForOne) {
  ASSERT_EQ(fit("  target: U0", {"--set", "training.epochs=1"}).exit_code, 0);
  EXPECT_THAT(core::error_of([&] { Evaluator evaluator(potential()); }),
              AllOf(HasSubstr(potential()), HasSubstr("U0 (eV)"),
                    HasSubstr("not a potential energy"), HasSubstr("spinconv-train evaluate")));
  EXPECT_THAT(
      fit("  target: mu", {"--init", potential(), "--set", "output.folder=" + (folder_ / "other")})
          .output,
      AllOf(HasSubstr("--init"), HasSubstr("U0 (eV)"), HasSubstr("mu (D)")));
  const auto further = fit("  target: U0", {"--init", potential(), "--set", "training.epochs=1",
                                            "--set", "output.folder=" + (folder_ / "other")});
  EXPECT_EQ(further.exit_code, 0) << further.output;
}

}  // namespace
}  // namespace spinconv::train::test
