// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include "report/csv.hpp"
#include "support/occurrences.hpp"
#include "train/fit_support.hpp"
#include "trainer/checkpoint.hpp"

namespace spinconv::train::test {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;
namespace core = spinconv::test;

// Starts one process for each rank in the way of torchrun (or of Slurm), sends a signal to one of
// them when the log has so many lines, and prints "rank R ended with S" for each.
constexpr const char* start_ranks = R"(
n=$1 launcher=$2 lines=$3 signal=$4 victim=$5 log=$6; shift 6
export MASTER_PORT=$((20000 + $$ % 20000))
if [ $launcher = torchrun ]; then export WORLD_SIZE=$n MASTER_ADDR=127.0.0.1; fi
if [ $launcher = slurm ]; then export SLURM_NTASKS=$n SLURM_JOB_NODELIST=localhost; fi
pids=; r=0
while [ $r -lt $n ]; do
  if [ $launcher = torchrun ]; then export RANK=$r; else export SLURM_PROCID=$r SLURM_LOCALID=$r; fi
  "$@" & pids="$pids $!"
  if [ $r = $victim ]; then hit=$!; fi
  r=$((r + 1))
done
count() { cat "$log" 2>/dev/null | wc -l; }
while [ $signal != none ] && kill -0 $hit 2>/dev/null && [ $(count) -lt $lines ]; do sleep 0.02; done
if [ $signal != none ]; then kill -$signal $hit; fi
r=0
for pid in $pids; do
  if [ $pid = "${hit:-}" ] && [ $signal = STOP ]; then r=$((r + 1)); continue; fi
  wait $pid; echo "rank $r ended with $?"
  r=$((r + 1))
done
if [ $signal = STOP ]; then kill -9 $hit; fi
exit 0
)";

class FitOnRanks : public FitProgram {
 protected:
  void SetUp() override {
    FitProgram::SetUp();
    ASSERT_TRUE(std::filesystem::exists(mpiexec_)) << "SPINCONV_MPIEXEC: '" << mpiexec_ << "'";
    core::write_bytes(folder_ / "ranks.sh", start_ranks);
    write_frames(folder_ / "mixed.extxyz");
  }

  // Frames of 2 to 9 atoms; some without an energy, some without forces, one atom without a force.
  static void write_frames(const std::string& path) {
    std::mt19937_64 random(7);
    const auto uniform = [&] { return double(random() >> 11) / double(1ULL << 53) - 0.5; };
    std::ostringstream out;
    out.precision(12);
    const char* const symbols[] = {"H", "C", "O"};
    for (int f = 0; f < 24; ++f) {
      const int n = 2 + f % 8;
      const bool has_forces = f % 5 != 3;
      out << n << "\nProperties=species:S:1:pos:R:3" << (has_forces ? ":forces:R:3" : "");
      if (f % 7 != 4) {
        out << " energy=" << -3.0 * n + uniform();
      }
      out << " pbc=\"F F F\"\n";
      for (int i = 0; i < n; ++i) {
        out << symbols[i % 3];
        for (int k = 0; k < 3; ++k) {
          out << " " << 1.3 * (k == 0 ? i % 3 : k == 1 ? i / 3 : 0) + 0.2 * uniform();
        }
        for (int k = 0; has_forces && k < 3; ++k) {
          if (f == 8 && i == 0) {
            out << " nan";
          } else {
            out << " " << uniform();
          }
        }
        out << "\n";
      }
    }
    core::write_bytes(path, out.str());
  }

  std::string config(int epochs, const std::string& training = "") const {
    return write_config(
        "  file: " + (folder_ / "mixed.extxyz") + "\n  split: {train: 14, validation: 6, test: 4}",
        "epochs: " + std::to_string(epochs) +
            ", batch_size: 4, precision: double, gradient_clip: 5.0, "
            "ema_decay: 0.9" +
            training,
        "name: p",
        "cutoff: 3.0, layers: 2, message_channels: 4, hidden_channels: 8, "
        "l_max: 1, m_max: 1, product_channels: 4, gaussians: 6");
  }

  core::CommandResult start(int ranks, const std::string& launcher, const std::string& signal,
                            int victim, std::vector<std::string> more = {}) {
    if (signal != "none") {
      std::filesystem::remove(in_run("log.csv"));  // lines of an earlier run do not count
    }
    std::vector<std::string> words = {"sh",
                                      folder_ / "ranks.sh",
                                      std::to_string(ranks),
                                      launcher,
                                      "3",
                                      signal,
                                      std::to_string(victim),
                                      in_run("log.csv"),
                                      program_,
                                      "fit",
                                      folder_ / "fit.yaml"};
    words.insert(words.end(), more.begin(), more.end());
    return core::run_command(words);
  }

  // Weights and figures of two runs.
  void expect_near(const std::string& a, const std::string& b, double tolerance) const {
    const auto x = Potential::load(folder_ / (a + "/p.pt"));
    const auto y = Potential::load(folder_ / (b + "/p.pt"));
    const auto p = x.model.parameters(), q = y.model.parameters();
    ASSERT_EQ(p.size(), q.size());
    double largest = 0.0;
    for (std::size_t i = 0; i < p.size(); ++i) {
      largest = std::max(largest, (p[i] - q[i]).abs().max().item<double>());
    }
    EXPECT_LE(largest, tolerance) << a << " " << b;
    for (const char* part : {"validation", "test"}) {
      const auto &m = x.metadata.at("errors").at(part), &n = y.metadata.at("errors").at(part);
      EXPECT_EQ(m.at("n_frames"), n.at("n_frames"));
      EXPECT_EQ(m.at("n_frames_without_energy"), n.at("n_frames_without_energy"));
      for (const char* key : {"energy_mae_ev", "force_mae_ev_a", "force_rmse_ev_a", "force_cos",
                              "force_max_error_ev_a"}) {
        EXPECT_NEAR(m.at(key).get<double>(), n.at(key).get<double>(), tolerance) << part << key;
      }
    }
    const auto r = EpochLog::read(folder_ / (a + "/log.csv"));
    const auto s = EpochLog::read(folder_ / (b + "/log.csv"));
    ASSERT_EQ(r.size(), s.size());
    for (std::size_t k = 0; k < r.size(); ++k) {
      const double scale = tolerance * 100;  // losses are of the order of 100
      EXPECT_NEAR(r[k].train_loss, s[k].train_loss, scale);
      EXPECT_NEAR(r[k].train_energy_mae, s[k].train_energy_mae, tolerance);
      EXPECT_NEAR(r[k].train_force_mae, s[k].train_force_mae, tolerance);
      EXPECT_NEAR(r[k].validation_loss, s[k].validation_loss, scale);
      EXPECT_NEAR(r[k].validation_force_mae, s[k].validation_force_mae, tolerance);
    }
  }
};

// 14 frames in batches of 4: the last batch has 2, so that of five ranks three have nothing then.
TEST_F(FitOnRanks, TwoThreeAndFiveGiveTheWeightsOfOneAndExactFigures) {
  config(6);
  const auto one = fit_into("one");
  ASSERT_EQ(one.exit_code, 0) << one.output;
  for (const int ranks : {2, 3, 5}) {
    const std::string name = "of" + std::to_string(ranks);
    const auto many = fit_into(name, {}, ranks);
    ASSERT_EQ(many.exit_code, 0) << many.output;
    EXPECT_THAT(many.output, HasSubstr(std::to_string(ranks) + " ranks (mpiexec)"));
    EXPECT_EQ(core::occurrences(many.output, "epoch 6/6  loss"), 1)
        << many.output;  // one rank speaks
    EXPECT_TRUE(std::filesystem::exists(folder_ / (name + "/report.html")));
    expect_near("one", name, 1e-10);
  }
  ASSERT_EQ(fit_into("again", {}, 3).exit_code, 0);
  expect_near("of3", "again", 0.0);
}

TEST_F(FitOnRanks, TrainingOnStressAndOnLengthsOfForcesIsTheSameToo) {
  config(3);
  // some frames have no virial: its means are over other numbers of labels than those of forces
  std::string frames = core::read_bytes(core::environment("SPINCONV_SOURCE_DIR") +
                                        "/examples/train/data/gap17_graphite_46.extxyz");
  for (std::size_t at = 0, k = 0; (at = frames.find("virial=", at)) != std::string::npos; ++at) {
    if (k++ % 3 == 1) {
      frames.replace(at, 7, "nolabel=");
    }
  }
  core::write_bytes(folder_ / "cells.extxyz", frames);
  const std::vector<std::string> settings = {"--set", "data.file=" + (folder_ / "cells.extxyz"),
                                             "--set", "data.frames=':24'",
                                             "--set", "training.loss.type=norm",
                                             "--set", "training.loss.stress_weight=100"};
  const auto one = fit_into("one", settings);
  ASSERT_EQ(one.exit_code, 0) << one.output;
  for (const int ranks : {2, 3}) {
    const std::string name = "of" + std::to_string(ranks);
    const auto many = fit_into(name, settings, ranks);
    ASSERT_EQ(many.exit_code, 0) << many.output;
    expect_near("one", name, 1e-10);
    const auto a = EpochLog::read(folder_ / "one/log.csv");
    const auto b = EpochLog::read(folder_ / (name + "/log.csv"));
    for (std::size_t k = 0; k < a.size(); ++k) {
      EXPECT_NEAR(a[k].train_stress_mae, b[k].train_stress_mae, 1e-12);
      EXPECT_NEAR(a[k].validation_stress_mae, b[k].validation_stress_mae, 1e-12);
      EXPECT_GT(a[k].validation_stress_mae, 0.0);
    }
  }
  const auto refused = fit_into("none", {"--set", "training.loss.stress_weight=100"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.output,
              AllOf(HasSubstr("mixed.extxyz"), HasSubstr("stress_weight"), HasSubstr("virial")));
}

TEST_F(FitOnRanks, TheVariablesOfTorchrunAndOfSlurmStartThemToo) {
  config(3);
  ASSERT_EQ(fit_into("one").exit_code, 0);
  for (const char* launcher : {"torchrun", "slurm"}) {
    const auto result = start(2, launcher, "none", 0, {"--overwrite"});
    EXPECT_THAT(result.output, AllOf(HasSubstr("rank 0 ended with 0"),
                                     HasSubstr("rank 1 ended with 0"), HasSubstr("2 ranks")));
    expect_near("one", "run", 1e-10);
  }
}

TEST_F(FitOnRanks, AKilledRankIsNamedAndItsTrainingGoesOnFromTheCheckpoint) {
  config(60);
  for (const int victim : {0, 2}) {
    const auto killed = start(3, "torchrun", "KILL", victim, {"--overwrite"});
    EXPECT_THAT(killed.output,
                AllOf(HasSubstr("rank " + std::to_string(victim) + " of 3"),
                      HasSubstr("does not answer"), HasSubstr("--resume"),
                      HasSubstr("rank " + std::to_string(victim) + " ended with 137"),
                      HasSubstr("rank 1 ended with 1")));
    EXPECT_TRUE(std::filesystem::exists(in_run("p.pt")));  // of the best epoch so far
    // rank 0 wrote where the others had come to; where it is the lost one, the last one counts
    const auto state = Checkpoint::load(in_run("checkpoint.pt")).state;
    EXPECT_GE(state.at("step").get<int>(), victim == 0 ? 0 : 8);
    EXPECT_EQ(state.at("ranks"), 3);
  }
  // with another number of ranks it is the same training to rounding
  const auto resumed = fit({"--resume"});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.output;
  EXPECT_THAT(resumed.output, HasSubstr("1 rank in place of 3"));
  ASSERT_EQ(fit_into("whole").exit_code, 0);
  expect_near("whole", "run", 1e-9);
}

TEST_F(FitOnRanks, ARankThatHangsIsNamedAfterTheTimeOut) {
  config(400);
  // longer than two processes that start together are apart on a busy machine
  const auto result = start(2, "torchrun", "STOP", 1, {"--rank-timeout", "15"});
  EXPECT_THAT(result.output, AllOf(HasSubstr("rank 1 of 2"), HasSubstr("does not answer"),
                                   HasSubstr("rank 0 ended with 1")));
  EXPECT_GE(Checkpoint::load(in_run("checkpoint.pt")).state.at("step").get<int>(), 8);
}

TEST_F(FitOnRanks, ASignalToAnyRankStopsAllAndResumeEqualsAnUninterruptedTrainingBitByBit) {
  config(40);
  const auto stopped = start(2, "torchrun", "TERM", 1);
  EXPECT_THAT(stopped.output,
              AllOf(HasSubstr("interrupted in epoch"), HasSubstr("rank 0 ended with 130"),
                    HasSubstr("rank 1 ended with 130"), Not(HasSubstr("error"))));
  EXPECT_TRUE(std::filesystem::exists(in_run("p.pt")));  // of the best epoch so far
  const auto resumed = start(2, "torchrun", "none", 0, {"--resume"});
  EXPECT_THAT(resumed.output, AllOf(HasSubstr("rank 1 ended with 0"), Not(HasSubstr("rounding"))));
  ASSERT_EQ(fit_into("whole", {}, 2).exit_code, 0);
  expect_near("whole", "run", 0.0);
}

TEST_F(FitOnRanks, UnderMpiexecAKilledRankEndsAllAndLeavesAUsableCheckpoint) {
  config(400, ", checkpoint_minutes: 0");
  core::write_bytes(
      folder_ / "kill.sh",
      "\"$1\" -n 2 sh -c 'echo $$ > \"$0\".$PMI_RANK; exec \"$@\"' \"$2\" \"$3\" fit \"$4\" & "
      "pid=$!\n"
      "while kill -0 $pid && [ $(cat \"$5\" 2>/dev/null | wc -l) -lt 3 ]; do sleep 0.02; done\n"
      "kill -9 $(cat \"$2\".1); wait $pid; echo ended with $?\n");
  const auto killed = core::run_command({"sh", folder_ / "kill.sh", mpiexec_, folder_ / "pid",
                                         program_, folder_ / "fit.yaml", in_run("log.csv")});
  EXPECT_THAT(killed.output, AllOf(Not(HasSubstr("ended with 0")),
                                   AnyOf(HasSubstr("rank 1 of 2"), HasSubstr("BAD TERMINATION"))));
  EXPECT_GE(Checkpoint::load(in_run("checkpoint.pt")).state.at("step").get<int>(), 4);
}

TEST_F(FitOnRanks, AnErrorIsReportedOnceAndEndsAllOfThem) {
  config(2);
  for (const char* setting : {"data.file=none.npz", "training.learning_rate=1e200"}) {
    const auto result = fit_into("run", {"--set", setting, "training.epochs=20"}, 3);
    EXPECT_NE(result.exit_code, 0) << setting;
    EXPECT_EQ(core::occurrences(result.output, "spinconv-train: error:"), 1) << result.output;
    std::filesystem::remove_all(folder_ / "run");
  }
  ASSERT_EQ(fit_into("run").exit_code, 0);
  const auto refused = fit_into("run", {}, 2);
  EXPECT_NE(refused.exit_code, 0);
  EXPECT_EQ(core::occurrences(refused.output, "--overwrite to begin anew"), 1) << refused.output;
  const auto evaluate = core::run_command(
      {mpiexec_, "-n", "2", program_, "evaluate", in_run("p.pt"), folder_ / "mixed.extxyz"});
  EXPECT_NE(evaluate.exit_code, 0);
  EXPECT_THAT(evaluate.output, HasSubstr("evaluate runs in one process"));
}

TEST_F(FitOnRanks, RanksThatDoNotComeAreNamed) {
  config(2);
  const auto alone =
      core::run_command({"env", "WORLD_SIZE=3", "RANK=0", "MASTER_ADDR=127.0.0.1",
                         "MASTER_PORT=" + std::to_string(20000 + ::getpid() % 20000), program_,
                         "fit", folder_ / "fit.yaml", "--rank-timeout", "2"});
  EXPECT_EQ(alone.exit_code, 1);
  EXPECT_THAT(alone.output, AllOf(HasSubstr("no sign came of 1, 2"), HasSubstr("--rank-timeout")));
  const auto lost =
      core::run_command({"env", "WORLD_SIZE=2", "RANK=1", "MASTER_ADDR=127.0.0.1", "MASTER_PORT=1",
                         program_, "fit", folder_ / "fit.yaml", "--rank-timeout", "2"});
  EXPECT_EQ(lost.exit_code, 1);
  EXPECT_THAT(lost.output, AllOf(HasSubstr("does not reach rank 0"), HasSubstr("127.0.0.1:1")));
}

}  // namespace
}  // namespace spinconv::train::test
