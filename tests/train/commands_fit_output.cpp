// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
// Where a `fit` writes: what is tested before it trains, and what a failure leaves.
#include <gmock/gmock.h>

#include <fstream>

#include "commands/fit_output.hpp"
#include "data/folder_lock.hpp"
#include "report/csv.hpp"
#include "train/fit_support.hpp"
#include "train/trainer_support.hpp"

namespace spinconv::train::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
namespace core = spinconv::test;
namespace fs = std::filesystem;

std::string everything_in(const std::string& folder) {
  std::vector<std::string> entries;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    entries.push_back(entry.path().string() +
                      (entry.is_regular_file() ? core::read_bytes(entry.path().string()) : ""));
  }
  std::sort(entries.begin(), entries.end());
  std::string all;
  for (const auto& entry : entries) {
    all += entry + "\n";
  }
  return all;
}

class FitOutputOf : public FitProgram {};

TEST_F(FitOutputOf, AFitThatFailsBeforeItsFirstStepLeavesNothing) {
  ethanol();
  core::write_bytes(folder_ / "no.pt", "no potential");
  core::write_bytes(folder_ / "bad.npz", "no data");
  const auto before = everything_in(folder_.path().string());
  const std::vector<std::vector<std::string>> failures = {
      {"--init", folder_ / "no.pt"},
      {"--init", folder_ / "missing.pt"},
      {"--set", "data.file=" + (folder_ / "bad.npz")},
      {"--set", "model.elements=[H, C]"},
      {"--set", "data.split.train=900"},
      {"--set", "training.loss={energy_weight: 0, force_weight: 0}"},
      {"--set", "output.folder=" + (folder_ / "a/b/c"), "model.cutoff=-1"},
      {"--resume"}};
  for (const auto& words : failures) {
    const auto result = fit(words);
    EXPECT_EQ(result.exit_code, 1) << result.output;
    EXPECT_EQ(everything_in(folder_.path().string()), before) << words.back();
  }
  // and what an earlier training has written stays as it is
  ASSERT_EQ(fit().exit_code, 0);
  const auto trained = everything_in(folder_.path().string());
  for (auto words : failures) {
    if (words.front() != "--resume") {
      words.push_back("--overwrite");
      const auto result = fit(words);
      EXPECT_EQ(result.exit_code, 1) << result.output;
      EXPECT_EQ(everything_in(folder_.path().string()), trained) << words[1];
    }
  }
}

// Frames whose labels make the first loss infinite.
TEST_F(FitOutputOf, AFirstStepThatFailsLeavesNothingEither) {
  std::string frames;
  for (const char* energy : {"1e200", "-1e200"}) {
    frames += std::string("2\nProperties=species:S:1:pos:R:3:forces:R:3 energy=") + energy +
              " pbc=\"F F F\"\nH 0 0 0 1 0 0\nH 0 0 1 -1 0 0\n";
  }
  core::write_bytes(folder_ / "huge.extxyz", frames);
  config("  file: " + (folder_ / "huge.extxyz") + "\n  split: {validation: 0}");
  const auto before = everything_in(folder_.path().string());
  const auto result =
      fit({"--set", "training.loss.type=l2", "model.elements=[H]", "model.reference_energies=[0]"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output, HasSubstr("not a number at step 1"));
  EXPECT_EQ(everything_in(folder_.path().string()), before);
}

TEST_F(FitOutputOf, PathsAreTestedBeforeTheFirstEpochAndByADryRun) {
  ethanol();
  fs::create_directory(folder_ / "folder");
  fs::create_directories(folder_ / "taken/log.csv");
  core::write_bytes(folder_ / "file", "");
  const auto before = everything_in(folder_.path().string());
  const auto refused = [&](const std::string& setting, const std::vector<std::string>& texts) {
    for (const char* dry : {"--dry-run", "--overwrite"}) {
      const auto result = fit({dry, "--set", setting});
      EXPECT_EQ(result.exit_code, 1) << setting;
      for (const auto& text : texts) {
        EXPECT_THAT(result.output, HasSubstr(text));
      }
      EXPECT_THAT(result.output, Not(HasSubstr("reference energies")));  // before the data
      EXPECT_EQ(everything_in(folder_.path().string()), before) << setting;
    }
  };
  refused("output.folder=" + (folder_ / "file"), {"output.folder", "is a file"});
  refused("output.folder=" + (folder_ / "file/run"), {"output.folder", folder_ / "file/run"});
  refused("output.folder=" + (folder_ / "taken"), {"log.csv", "is a folder"});
  refused("output.folder=/proc/run", {"output.folder", "/proc/run"});
  refused("output.potential=" + (folder_ / "folder"), {"output.potential", "is a folder"});
  refused("output.potential=" + (folder_ / "none/p.pt"),
          {"there is no folder '" + (folder_ / "none") + "'"});
  refused("output.potential=" + (folder_ / "file/p.pt"), {"is no folder"});
  refused("output.potential=/proc/p.pt", {"cannot write to the folder '/proc'"});
  refused("output.name=a/b", {"output.name", "without '/'"});
  refused("output.name=checkpoint", {"over the checkpoint"});
  refused("output.potential=" + sample("rmd17_ethanol_20.npz"), {"over the training data"});
}

TEST_F(FitOutputOf, ADryRunSaysWhatATrainingWouldRefuse) {
  ethanol();
  ASSERT_EQ(fit().exit_code, 0);
  const auto before = everything_in(folder_.path().string());
  const auto dry = fit({"--dry-run"});
  EXPECT_EQ(dry.exit_code, 0);
  EXPECT_THAT(dry.output, AllOf(HasSubstr("checkpoint.pt' exists"), HasSubstr("--overwrite")));
  EXPECT_EQ(everything_in(folder_.path().string()), before);
}

TEST_F(FitOutputOf, TwoTrainingsInOneFolderAreKeptApart) {
  ethanol();
  core::write_bytes(folder_ / "two.sh",
                    "\"$1\" fit \"$2\" --set training.epochs=4000 >/dev/null 2>&1 & pid=$!\n"
                    "while kill -0 $pid && [ ! -e \"$3/checkpoint.pt\" ] && "
                    "[ $(cat \"$3/log.csv\" 2>/dev/null | wc -l) -lt 2 ]; do sleep 0.01; done\n"
                    "for how in --overwrite --resume; do \"$1\" fit \"$2\" $how; echo $?; done\n"
                    "kill -KILL $pid; wait $pid\n"
                    "\"$1\" fit \"$2\" --overwrite; echo after $?\n");
  const auto result = core::run_command(
      {"sh", folder_ / "two.sh", program_, folder_ / "fit.yaml", folder_ / "run"});
  EXPECT_THAT(result.output, AllOf(HasSubstr("'" + (folder_ / "run") +
                                             "' is being written by "
                                             "another process (process "),
                                   HasSubstr("1\n"), HasSubstr("after 0")));
  EXPECT_EQ(EpochLog::read(in_run("log.csv")).size(), 2u);
  EXPECT_FALSE(fs::exists(in_run(".spinconv-fit.lock")));
}

TEST(FolderLockTest, IsOneProcesssAndLeavesNoFile) {
  const core::TemporaryFolder folder;
  const auto lock = [&] { return std::make_unique<FolderLock>(folder.path().string(), ".lock"); };
  {
    const auto first = lock();
    EXPECT_THAT(error_of([&] { lock(); }),
                AllOf(HasSubstr("another process"), HasSubstr(std::to_string(::getpid()))));
    EXPECT_EQ(folder.entries(), 1u);
  }
  EXPECT_EQ(folder.entries(), 0u);
  core::write_bytes(folder / ".lock", "what a killed process left");
  EXPECT_NE(lock(), nullptr);
  EXPECT_THAT(error_of([] { FolderLock("/proc", ".lock"); }), HasSubstr("cannot write to '/proc'"));
}

}  // namespace
}  // namespace spinconv::train::test
