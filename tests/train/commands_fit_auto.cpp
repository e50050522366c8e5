// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <filesystem>

#include "train/fit_support.hpp"
#include "train/labelled_frames.hpp"

namespace spinconv::train::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
namespace core = spinconv::test;

// A model that trains in a moment, on top of what is chosen.
const std::vector<std::string> tiny_sizes = {
    "model.cutoff=3.0", "model.layers=1", "model.message_channels=4", "model.hidden_channels=8",
    "model.l_max=1",    "model.m_max=1",  "model.product_channels=4", "model.gaussians=6"};

class FitOfDataAlone : public FitProgram {
 protected:
  void SetUp() override {
    FitProgram::SetUp();
    std::string text = single_atom("H", -13.6) + single_atom("C", -37.2);
    for (int k = 0; k < 20; ++k) {
      text += molecule(3 + k % 7, k, k % 3 == 0 ? "gas" : "");
    }
    core::write_bytes(data_, text);
  }
  core::CommandResult fit_data(const std::string& input, const std::string& folder, int epochs,
                               std::vector<std::string> more = {}) const {
    std::vector<std::string> words = {"fit", input, "--set"};
    words.insert(words.end(), tiny_sizes.begin(), tiny_sizes.end());
    words.insert(words.end(), {"training.epochs=" + std::to_string(epochs),
                               "output.folder=" + (folder_ / folder), "output.name=p"});
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  }

  const std::string data_ = folder_ / "frames.extxyz";
};

TEST_F(FitOfDataAlone, IsTheTrainingOfTheConfigurationThatPresetAutoPrints) {
  const auto preset = run({"preset", "auto", data_});
  ASSERT_EQ(preset.exit_code, 0) << preset.output;
  core::write_bytes(folder_ / "my.yaml", preset.output);
  const auto data = fit_data(data_, "a", 3);
  ASSERT_EQ(data.exit_code, 0) << data.output;
  EXPECT_THAT(data.output, AllOf(HasSubstr("chosen for " + data_), HasSubstr("isolated atoms"),
                                 HasSubstr("expected time: about "), HasSubstr("for 3 epochs")));
  const auto yaml = fit_data(folder_ / "my.yaml", "b", 3);
  ASSERT_EQ(yaml.exit_code, 0) << yaml.output;
  EXPECT_THAT(yaml.output, Not(HasSubstr("chosen for")));
  expect_same_weights(folder_ / "a/p.pt", folder_ / "b/p.pt");
  EXPECT_EQ(Potential::load(folder_ / "a/p.pt").model.config().reference_energies,
            Potential::load(folder_ / "b/p.pt").model.config().reference_energies);
}

TEST_F(FitOfDataAlone, GoesOnAndIsNotWrittenOver) {
  core::write_bytes(folder_ / "stop.sh",
                    "log=$1; shift\n\"$@\" & pid=$!\n"
                    "count() { cat \"$log\" 2>/dev/null | wc -l; }\n"
                    "while kill -0 $pid && [ $(count) -lt 3 ]; do sleep 0.01; done\n"
                    "kill -TERM $pid; wait $pid\n");
  std::vector<std::string> words = {
      "sh", folder_ / "stop.sh", folder_ / "part/log.csv", program_, "fit", data_, "--set"};
  words.insert(words.end(), tiny_sizes.begin(), tiny_sizes.end());
  words.insert(words.end(),
               {"training.epochs=400", "output.folder=" + (folder_ / "part"), "output.name=p"});
  const auto stopped = core::run_command(words);
  ASSERT_EQ(stopped.exit_code, 130) << stopped.output;
  const auto refused = fit_data(data_, "part", 400);
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.output, HasSubstr("--resume"));
  const auto resumed = fit_data(data_, "part", 400, {"--resume"});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.output;
  EXPECT_THAT(resumed.output, HasSubstr("resumed after epoch"));
  ASSERT_EQ(fit_data(data_, "at_once", 400).exit_code, 0);
  expect_same_weights(folder_ / "part/p.pt", folder_ / "at_once/p.pt");
}

TEST_F(FitOfDataAlone, TakesACache) {
  ASSERT_EQ(run({"prepare", data_, folder_ / "cache", "--cutoff", "3"}).exit_code, 0);
  const auto preset = run({"preset", "auto", folder_ / "cache"});
  ASSERT_EQ(preset.exit_code, 0) << preset.output;
  EXPECT_THAT(preset.output, AllOf(HasSubstr("cutoff: 3 "), HasSubstr("that of the cache")));
  ASSERT_EQ(fit_data(folder_ / "cache", "a", 2).exit_code, 0);
  ASSERT_EQ(fit_data(data_, "b", 2).exit_code, 0);
  expect_same_weights(folder_ / "a/p.pt", folder_ / "b/p.pt");
}

TEST_F(FitOfDataAlone, IsPlannedByDryRun) {
  const auto result = fit_data(data_, "a", 3, {"--dry-run"});
  ASSERT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("3 epochs"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "a"));
}

TEST_F(FitOfDataAlone, ReadsTheDataAsItIsTold) {
  const std::string npz = sample("rmd17_ethanol_20.npz");
  const auto preset =
      run({"preset", "auto", npz, "--set", "data.frames=:10", "data.max_force=100"});
  ASSERT_EQ(preset.exit_code, 0) << preset.output;
  EXPECT_THAT(preset.output, AllOf(HasSubstr("10 frames of 9 atoms"), HasSubstr("max_force: 100"),
                                   HasSubstr("frames: :10:1")));
  core::write_bytes(folder_ / "my.yaml", preset.output);
  ASSERT_EQ(fit_data(folder_ / "my.yaml", "a", 2).exit_code, 0);
  ASSERT_EQ(fit_data(npz, "b", 2, {"data.frames=:10", "data.max_force=100"}).exit_code, 0);
  expect_same_weights(folder_ / "a/p.pt", folder_ / "b/p.pt");
}

TEST_F(FitOfDataAlone, RefusesWhatItCannotChooseFor) {
  const auto refusal = [&](std::vector<std::string> words, int status) {
    const auto result = run(std::move(words));
    EXPECT_EQ(result.exit_code, status) << result.output;
    return result.output;
  };
  EXPECT_THAT(refusal({"preset", "auto"}, 2), HasSubstr("preset auto DATA"));
  EXPECT_THAT(refusal({"preset", "auto", data_, data_}, 2), HasSubstr("spinconv-train prepare"));
  EXPECT_THAT(refusal({"preset", "auto", data_, "--keys"}, 2), HasSubstr("--keys"));
  EXPECT_THAT(refusal({"preset", "auto", data_, "--set", "training.epochs=3"}, 2),
              HasSubstr("training.epochs=3"));
  EXPECT_THAT(refusal({"preset", "small", data_}, 2), HasSubstr("preset auto"));
  EXPECT_THAT(refusal({"preset", "autom"}, 2), HasSubstr("did you mean 'auto'"));
  EXPECT_THAT(refusal({"preset", "auto", folder_ / "nowhere.extxyz"}, 1),
              HasSubstr("no such file"));
  EXPECT_THAT(refusal({"fit", folder_ / "nowhere.npz"}, 1), HasSubstr("no such file"));
  EXPECT_THAT(refusal({"fit", data_, "--set", "training.epoch=3"}, 1),
              HasSubstr("did you mean 'training.epochs'"));
}

}  // namespace
}  // namespace spinconv::train::test
