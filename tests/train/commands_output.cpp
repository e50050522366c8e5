// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
// How the program ends: the statuses of docs/training.md, and output that cannot be written.
#include <gmock/gmock.h>

#include <filesystem>

#include "report/csv.hpp"
#include "train/fit_support.hpp"

namespace spinconv::train::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
namespace core = spinconv::test;
namespace fs = std::filesystem;

class TrainProgram : public FitProgram {
 protected:
  // `script` of the shell, in which "$@" is the program with its words.
  core::CommandResult shell(const std::string& script, std::vector<std::string> words) const {
    words.insert(words.begin(), {"sh", "-c", script, "sh", program_});
    return core::run_command(words);
  }

  std::string config(int epochs) const {
    return write_config(ethanol_data(), "epochs: " + std::to_string(epochs) + ", batch_size: 4");
  }
};

TEST_F(TrainProgram, EndsWithTheStatusesOfTheTable) {
  EXPECT_EQ(run({"preset", "small"}).exit_code, 0);
  EXPECT_EQ(run({"--help"}).exit_code, 0);
  EXPECT_EQ(run({"--version"}).exit_code, 0);
  EXPECT_EQ(run({"info", folder_ / "none.pt"}).exit_code, 1);
  EXPECT_EQ(run({"fit", folder_ / "none.yaml"}).exit_code, 1);
  struct Case {
    std::vector<std::string> words;
    std::string text;
  };
  const std::vector<Case> wrong = {
      {{}, "a command is missing: fit, export, evaluate"},
      {{"fti"}, "did you mean 'fit'"},
      {{"fit"}, "fit: config is required; 'spinconv-train fit --help'"},
      {{"fit", "a.yaml", "b.yaml"}, "b.yaml"},
      {{"fit", "a.yaml", "--overwite"}, "did you mean '--overwrite'"},
      {{"prepare", "a.extxyz"}, "data"},
      {{"preset", "grd"}, "did you mean 'grid'"},
      {{"evaluate", "a", "b", "--frames", "x"}, "--frames: 'x' is not a slice"},
      {{"evaluate", "a", "b", "--task", "s2e"}, "did you mean 's2ef'"},
      {{"evaluate", "a", "b", "--precision", "half"}, "Valid: single, double"},
      {{"evaluate", "a", "b", "--max-energy", "-1"}, "a number that is not negative"},
      {{"evaluate", "a", "b", "--force-rotations", "101"}, "a whole number from 1 to 100"},
      {{"evaluate", "a", "b", "--force-seed", "-1"}, "negative"},
      {{"prepare", "a", "b", "--cutoff", "0"}, "'0' is not a number above 0"},
      {{"prepare", "a", "b", "--cutoff", "nan"}, "a number above 0"},
      {{"prepare", "a", "b", "--shard-size", "1e9"}, "from 0.001 to 2000"},
      {{"convert", "a", "b", "--frame", "1.5"}, "a whole number"},
      {{"fit", "a.yaml", "--rank-timeout", "0x10"}, "hexadecimal; write 16"},
      {{"info", "a.pt", "--threads", "0"},
       "--threads: '0' is not a whole number from 1 on; leave "
       "--threads out for OMP_NUM_THREADS, or all cores"},
      {{"info", "a.pt", "--threads", "04"}, "write 4"},
      {{"info", "a.pt", "--threads", "many"}, "'many' is not a whole number"},
      {{"info", "a.pt", "--threads", "99999999999"}, "range"}};
  for (const auto& c : wrong) {
    const auto result = run(c.words);
    EXPECT_EQ(result.exit_code, 2) << result.output;
    EXPECT_THAT(result.output, AllOf(HasSubstr("spinconv-train: error: "), HasSubstr(c.text)));
  }
}

TEST_F(TrainProgram, OutputThatIsLostIsAnError) {
  if (!fs::exists("/dev/full")) {
    GTEST_SKIP() << "no /dev/full";
  }
  ASSERT_EQ(run({"fit", config(1)}).exit_code, 0);
  const std::string potential = folder_ / "run/p.pt", data = sample("rmd17_ethanol_20.npz");
  const std::vector<std::vector<std::string>> commands = {{"preset", "small"},
                                                          {"--help"},
                                                          {"--version"},
                                                          {"info", potential},
                                                          {"info", potential, "--json"},
                                                          {"evaluate", potential, data},
                                                          {"prepare", data, folder_ / "cache"},
                                                          {"fit", config(1), "--overwrite"}};
  for (const auto& words : commands) {
    for (const auto& [script, cause] : {std::pair{"\"$@\" > /dev/full", "No space left on device"},
                                        {"\"$@\" >&-", "Bad file descriptor"}}) {
      if (words[0] == "prepare") {
        fs::remove_all(folder_ / "cache");
      }
      const auto result = shell(script, words);
      EXPECT_EQ(result.exit_code, 1) << words[0] << script << result.output;
      EXPECT_THAT(result.output,
                  AllOf(HasSubstr("cannot write to the standard output"), HasSubstr(cause)))
          << words[0];
    }
  }
  // what was asked for as a file is there
  EXPECT_EQ(run({"info", folder_ / "cache"}).exit_code, 0);
  EXPECT_EQ(run({"info", potential}).exit_code, 0);
  EXPECT_EQ(run({"preset", "small"}).exit_code, 0);
  EXPECT_EQ(shell("\"$@\" 2>&-", {"evaluate", potential, data}).exit_code, 0);

  for (const char* option : {"--json", "--report", "--predictions"}) {
    const auto full = run({"evaluate", potential, data, option, "/dev/full"});
    EXPECT_EQ(full.exit_code, 1) << option;
    EXPECT_THAT(full.output, AllOf(HasSubstr("/dev/full"), HasSubstr("No space left"))) << option;
    const auto early = run({"evaluate", potential, data, option, folder_ / "none/out"});
    EXPECT_EQ(early.exit_code, 1) << option;
    EXPECT_THAT(early.output,
                AllOf(HasSubstr("none/out"), HasSubstr("create its folder"), Not(HasSubstr("MAE"))))
        << option;
  }
  const auto both = shell("\"$@\" > \"" + (folder_ / "all.txt") + "\"",
                          {"evaluate", potential, data, "--json", "/dev/stdout"});
  EXPECT_EQ(both.exit_code, 0) << both.output;
  EXPECT_THAT(
      core::read_bytes(folder_ / "all.txt"),
      AllOf(HasSubstr("meV/atom"), HasSubstr("\"force_mae_ev_a\""), HasSubstr("figures: ")));
}

TEST_F(TrainProgram, ATrainingWhoseLogIsNotReadAnyMoreGoesOn) {
  const auto result =
      shell("{ \"$@\" 2>&1; echo $? > \"" + (folder_ / "status") + "\"; } | head -n 1",
            {"fit", config(4)});
  EXPECT_EQ(core::read_bytes(folder_ / "status"), "1\n");
  EXPECT_THAT(result.output, HasSubstr("rmd17_ethanol_20.npz"));
  EXPECT_EQ(EpochLog::read(folder_ / "run/log.csv").size(), 4u);
  for (const char* file : {"p.pt", "report.html", "checkpoint.pt"}) {
    EXPECT_TRUE(fs::exists(folder_ / ("run/" + std::string(file)))) << file;
  }
}

TEST_F(TrainProgram, ARedirectedLogHasWholeLinesWithoutControlCharacters) {
  const auto fit = run({"fit", config(2)});
  ASSERT_EQ(fit.exit_code, 0) << fit.output;
  const auto evaluate = run({"evaluate", folder_ / "run/p.pt", sample("rmd17_ethanol_20.npz")});
  EXPECT_THAT(evaluate.output, HasSubstr("evaluating: 20 frames in "));
  for (const std::string& text : {fit.output, evaluate.output}) {
    EXPECT_THAT(text, AllOf(Not(HasSubstr("\r")), Not(HasSubstr("\x1b")), Not(HasSubstr("/0 ")),
                            Not(HasSubstr("nan"))));
  }
  // in the order in which it happened, though stdout and stderr are two streams
  EXPECT_LT(fit.output.find("parameters"), fit.output.find("epoch 1/2"));
  EXPECT_LT(fit.output.find("epoch 2/2"), fit.output.find("errors on the validation set"));
}

}  // namespace
}  // namespace spinconv::train::test
