// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
// What --resume compares with the checkpoint, what it lets change, and how it is told to the user.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "commands/command_line.hpp"
#include "data/dataset.hpp"
#include "data/files.hpp"
#include "report/csv.hpp"
#include "train/fit_support.hpp"
#include "trainer/checkpoint.hpp"
#include "trainer/config_changes.hpp"

namespace spinconv::train::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
namespace core = spinconv::test;

class FitResumed : public FitProgram {
 protected:
  // The frames of graphite, the first line of energies changed where `shift` is not 0.
  void write_cells(const std::string& name, int frames, double shift = 0.0) const {
    std::istringstream in(core::read_bytes(core::environment("SPINCONV_SOURCE_DIR") +
                                           "/examples/train/data/gap17_graphite_46.extxyz"));
    std::string text, line;
    for (int f = 0; f < frames && std::getline(in, line); ++f) {
      const int atoms = std::stoi(line);
      text += line + "\n";
      for (int i = 0; i <= atoms && std::getline(in, line); ++i) {
        const auto energy = line.find(" energy=");
        if (i == 0 && f == 0 && shift != 0.0 && energy != std::string::npos) {
          const auto end = line.find(' ', energy + 1);
          line.replace(
              energy, end - energy,
              " energy=" +
                  std::to_string(std::stod(line.substr(energy + 8, end - energy - 8)) + shift));
        }
        text += line + "\n";
      }
    }
    core::write_bytes(folder_ / name, text);
  }

  std::string cells(const std::string& training = "") const {
    return config("  file: " + (folder_ / "train.extxyz") +
                      "\n  validation: " + (folder_ / "validation.extxyz"),
                  training);
  }
};

TEST_F(FitResumed, OfOtherDataIsRefusedWithBothHashes) {
  write_cells("train.extxyz", 6);
  write_cells("validation.extxyz", 3);
  cells();
  ASSERT_EQ(fit().exit_code, 0);
  const auto checkpoint = core::read_bytes(in_run("checkpoint.pt"));
  const auto refused = [&](const std::string& part, const std::string& file,
                           const std::string& before) {
    const auto result = fit({"--resume"});
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_THAT(result.output, AllOf(HasSubstr("the " + part + " data '" + (folder_ / file) + "'"),
                                     HasSubstr(before), HasSubstr(file_hash(folder_ / file)),
                                     HasSubstr("restore it")));
    EXPECT_EQ(core::read_bytes(in_run("checkpoint.pt")), checkpoint);
    return result.output;
  };
  const auto train = file_hash(folder_ / "train.extxyz");
  const auto validation = file_hash(folder_ / "validation.extxyz");
  write_cells("train.extxyz", 6, 0.5);
  EXPECT_THAT(refused("training", "train.extxyz", train), Not(HasSubstr("frames then")));
  write_cells("train.extxyz", 7);
  EXPECT_THAT(refused("training", "train.extxyz", train), HasSubstr("6 frames then and 7 now"));
  write_cells("train.extxyz", 6);
  write_cells("validation.extxyz", 3, 0.5);
  refused("validation", "validation.extxyz", validation);
  write_cells("validation.extxyz", 3);
  EXPECT_EQ(fit({"--resume"}).exit_code, 0);
}

TEST_F(FitResumed, OfOtherReferenceEnergiesOrAnotherBeginningIsRefused) {
  write_cells("train.extxyz", 6);
  write_cells("validation.extxyz", 3);
  core::write_bytes(folder_ / "reference.csv", ",-600.0\n");
  config("  file: " + (folder_ / "train.extxyz") + "\n  reference: " + (folder_ / "reference.csv") +
         "\n  split: {validation: 2}");
  ASSERT_EQ(fit().exit_code, 0);
  const auto before = file_hash(folder_ / "reference.csv");
  core::write_bytes(folder_ / "reference.csv", ",-600.5\n");
  EXPECT_THAT(fit({"--resume"}).output, AllOf(HasSubstr("reference.csv"), HasSubstr(before),
                                              HasSubstr(file_hash(folder_ / "reference.csv"))));

  cells();
  const std::string first = folder_ / "first.pt";
  ASSERT_EQ(fit({"--overwrite"}).exit_code, 0);
  std::filesystem::rename(in_run("p.pt"), first);
  ASSERT_EQ(fit({"--overwrite", "--init", first}).exit_code, 0);
  const auto of_first = file_hash(first);
  std::filesystem::copy_file(in_run("p.pt"), first,
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_THAT(fit({"--resume", "--init", first}).output,
              AllOf(HasSubstr("the potential '" + first + "'"), HasSubstr(of_first),
                    HasSubstr(file_hash(first))));
}

TEST_F(FitResumed, FilesOfTheSameHashMayHaveMoved) {
  write_cells("train.extxyz", 6);
  write_cells("validation.extxyz", 3);
  cells();
  ASSERT_EQ(fit().exit_code, 0);
  std::filesystem::rename(folder_ / "train.extxyz", folder_ / "moved.extxyz");
  std::filesystem::rename(folder_ / "run", folder_ / "elsewhere");
  const auto result = fit({"--resume", "--set", "data.file=" + (folder_ / "moved.extxyz"),
                           "output.folder=" + (folder_ / "elsewhere")});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, AllOf(HasSubstr("moved.extxyz"), HasSubstr("same hash")));
}

TEST_F(FitResumed, ACheckpointOfVersionOneGoesOnWithANote) {
  ethanol(", schedule: {type: plateau}");
  ASSERT_EQ(fit().exit_code, 0);
  auto old = Checkpoint::load(in_run("checkpoint.pt"));
  // as version 0.1.0 wrote it
  for (const char* key :
       {"data", "model", "potential", "best_errors", "validation_frames", "finished"}) {
    ASSERT_EQ(old.state.erase(key), 1u) << key;
  }
  const auto& s = old.state.at("schedule");
  old.state["schedule"] = {s.at("plateau_scale"), s.at("best"), s.at("bad_epochs")};
  const auto& sums = old.state.at("sums");
  old.state["sums"] = {sums.at("loss"), sums.at("energy"), sums.at("force"), 0, 0, 0, 0.0, 0};
  old.save(in_run("checkpoint.pt"));
  const auto exported = run({"export", in_run("checkpoint.pt"), folder_ / "x.pt"});
  EXPECT_EQ(exported.exit_code, 1);
  EXPECT_THAT(exported.output, AllOf(HasSubstr("resume the training once"), HasSubstr("--resume")));

  const auto resumed = fit({"--resume", "--set", "training.epochs=4"});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.output;
  EXPECT_THAT(resumed.output, HasSubstr("kept no hashes of the data"));
  EXPECT_EQ(run({"export", in_run("checkpoint.pt"), folder_ / "x.pt"}).exit_code, 0);
  std::filesystem::rename(in_run("p.pt"), folder_ / "resumed.pt");
  ASSERT_EQ(fit({"--overwrite", "--set", "training.epochs=4"}).exit_code, 0);
  expect_same_weights(folder_ / "resumed.pt", in_run("p.pt"));
}

TEST_F(FitResumed, MoreEpochsGiveTheTrainingThatHadThemFromTheBeginning) {
  ethanol(", schedule: {type: constant}");
  ASSERT_EQ(fit().exit_code, 0);
  const auto more = fit({"--resume", "--set", "training.epochs=5"});
  ASSERT_EQ(more.exit_code, 0) << more.output;
  EXPECT_THAT(more.output, AllOf(HasSubstr("training.epochs was 2 and is 5"),
                                 Not(HasSubstr("cosine schedule"))));
  EXPECT_EQ(EpochLog::read(in_run("log.csv")).size(), 5u);
  EXPECT_EQ(Potential::load(in_run("p.pt")).metadata.at("training").at("epochs"), 5);
  std::filesystem::rename(in_run("p.pt"), folder_ / "more.pt");
  const auto fewer = fit({"--resume", "--set", "training.epochs=4"});
  EXPECT_EQ(fewer.exit_code, 1);
  EXPECT_THAT(fewer.output,
              AllOf(HasSubstr("training.epochs is 4"), HasSubstr("5 epochs are done")));
  ASSERT_EQ(fit({"--overwrite", "--set", "training.epochs=5"}).exit_code, 0);
  expect_same_weights(folder_ / "more.pt", in_run("p.pt"));
}

TEST_F(FitResumed, OfACosineSaysHowTheLearningRateChanges) {
  ethanol();
  ASSERT_EQ(fit().exit_code, 0);
  const auto more = fit({"--resume", "--set", "training.epochs=4"});
  ASSERT_EQ(more.exit_code, 0) << more.output;
  // 4 of 4 and of 8 steps: 0, and half of 0.004
  EXPECT_THAT(more.output,
              HasSubstr("the cosine schedule now ends with epoch 4: the learning rate of the next "
                        "step is 2.00e-03 in place of 0.00e+00"));
}

TEST_F(FitResumed, TakesNewTextsAndNamesWhatItDoesNotTakeWithBothValues) {
  ethanol();
  ASSERT_EQ(fit().exit_code, 0);
  const auto texts =
      fit({"--resume", "--set", "output.description=two words", "output.license=CC0-1.0",
           "output.citation=a paper", "output.name=q", "training.checkpoint_minutes=1"});
  ASSERT_EQ(texts.exit_code, 0) << texts.output;
  const auto m = Potential::load(in_run("q.pt")).metadata;
  EXPECT_EQ(m.at("description"), "two words");
  EXPECT_EQ(m.at("license"), "CC0-1.0");
  EXPECT_EQ(m.at("citation"), "a paper");
  EXPECT_EQ(m.at("name"), "q");
  expect_same_weights(in_run("p.pt"), in_run("q.pt"));

  const auto refused = fit({"--resume", "--set", "training.learning_rate=0.001",
                            "training.loss.type=l2", "output.name=q"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.output, AllOf(HasSubstr("training.learning_rate was 0.004 and is 0.001"),
                                    HasSubstr("training.loss.type was l1 and is l2"),
                                    HasSubstr("what may differ: training.epochs")));

  core::write_bytes(in_run("other.pt"), "somebody's");
  EXPECT_THAT(fit({"--resume", "--set", "output.potential=" + in_run("other.pt")}).output,
              AllOf(HasSubstr("output.potential"), HasSubstr("other.pt"), HasSubstr("exists")));
  EXPECT_EQ(core::read_bytes(in_run("other.pt")), "somebody's");
}

TEST_F(FitResumed, StoppedEarlyStaysStoppedUnlessPatienceGrows) {
  ethanol(", learning_rate: 0, early_stop: 2");
  const auto whole = fit({"--set", "training.epochs=20"});
  ASSERT_EQ(whole.exit_code, 0);
  EXPECT_THAT(whole.output, HasSubstr("stopped early"));
  EXPECT_EQ(EpochLog::read(in_run("log.csv")).size(), 3u);
  const auto again = fit({"--resume", "--set", "training.epochs=20"});
  EXPECT_THAT(again.output, HasSubstr("stopped early"));
  EXPECT_EQ(EpochLog::read(in_run("log.csv")).size(), 3u);
  EXPECT_EQ(fit({"--resume", "--set", "training.epochs=20", "training.early_stop=4"}).exit_code, 0);
  EXPECT_EQ(EpochLog::read(in_run("log.csv")).size(), 5u);
}

TEST_F(FitResumed, TheHintIsTheWholeCommandAndGoesOn) {
  ethanol();
  ASSERT_EQ(fit({"--set", "training.epochs=1"}).exit_code, 0);
  const auto stopped = fit_until(
      3, {"--overwrite", "--set", "training.epochs=4000", "output.description=it's $HOME"});
  ASSERT_EQ(stopped.exit_code, 130) << stopped.output;
  const std::string hint = "continue with: ";
  const auto begin = stopped.output.find(hint);
  ASSERT_NE(begin, std::string::npos);
  const auto command = stopped.output.substr(
      begin + hint.size(), stopped.output.find('\n', begin) - begin - hint.size());
  EXPECT_THAT(command, AllOf(HasSubstr("training.epochs=4000"), HasSubstr(" --resume"),
                             Not(HasSubstr("--overwrite"))));
  // as a shell reads it, but for the number of epochs
  core::write_bytes(folder_ / "go.sh", "spinconv-train() { \"" + program_ +
                                           "\" \"$@\" --set training.epochs=$n; }\n" +
                                           "n=$(tail -n 1 \"$1\" | cut -d, -f1)\n" + command);
  const auto resumed = core::run_command({"bash", folder_ / "go.sh", in_run("log.csv")});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.output;
  EXPECT_EQ(Potential::load(in_run("p.pt")).metadata.at("description"), "it's $HOME");
}

TEST_F(FitResumed, APotentialIsThereFromTheFirstBestEpochOn) {
  ethanol();
  const auto stopped = fit_until(3, {"--set", "training.epochs=4000"});
  ASSERT_EQ(stopped.exit_code, 130) << stopped.output;
  EXPECT_THAT(stopped.output, HasSubstr("potential so far: " + in_run("p.pt")));
  const auto log = EpochLog::read(in_run("log.csv"));
  const auto m = Potential::load(in_run("p.pt")).metadata;
  const auto& training = m.at("training");
  EXPECT_EQ(training.at("finished"), false);
  const auto best = training.at("best_epoch").get<std::size_t>();
  for (const auto& record : log) {
    EXPECT_GE(record.validation_loss, log.at(best - 1).validation_loss);
  }
  EXPECT_EQ(m.at("errors").at("validation").at("force_mae_ev_a").get<double>(),
            log.at(best - 1).validation_force_mae);
  EXPECT_THAT(run({"info", in_run("p.pt")}).output, HasSubstr("not finished"));

  const auto end = std::to_string(log.size() + 1);
  const auto resumed = fit({"--resume", "--set", "training.epochs=" + end});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.output;
  EXPECT_FALSE(Potential::load(in_run("p.pt")).metadata.at("training").contains("finished"));
}

TEST(ResumeCommand, QuotesForTheShellAndHasResumeOnce) {
  EXPECT_EQ(resume_command({"--threads", "1", "fit", "my run.yaml", "--overwrite", "--set", "a=1",
                            "b='x'", "c=[1, 2]"}),
            "spinconv-train --threads 1 fit 'my run.yaml' --set a=1 'b='\\''x'\\''' 'c=[1, 2]' "
            "--resume");
  EXPECT_EQ(resume_command({"fit", "a.yaml", "--resume"}), "spinconv-train fit a.yaml --resume");
  EXPECT_EQ(command_text({"fit", ""}), "spinconv-train fit ''");
}

TEST(ConfigChanges, AreFoundByKeyAndNumbersAreComparedAsNumbers) {
  const auto changes = config_changes(
      "a: {x: 0.0040000000000000001, y: [1, 2.50], z: text}\nb: 1\nc: 0.10000000000000001\n"
      "gone: {k: yes}\n",
      "a: {x: 0.004, y: [1, 2.5], z: other}\nb: 1.0\nc: 0.2\nnew: [H, C]\n");
  ASSERT_EQ(changes.size(), 4u);
  EXPECT_EQ(changes[0].key + " " + changes[0].then + " " + changes[0].now, "a.z text other");
  EXPECT_EQ(changes[1].key + " " + changes[1].then + " " + changes[1].now, "c 0.1 0.2");
  EXPECT_EQ(changes[2].key + " " + changes[2].then + " " + changes[2].now, "new not set [H, C]");
  EXPECT_EQ(changes[3].key + " " + changes[3].then + " " + changes[3].now, "gone.k yes not set");
}

}  // namespace
}  // namespace spinconv::train::test
