// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "data/dataset.hpp"
#include "report/csv.hpp"
#include "spinconv/version.hpp"
#include "train/fit_support.hpp"

namespace spinconv::train::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
namespace core = spinconv::test;

// The program itself, as a user runs it.
class TrainCommand : public FitProgram {
 protected:
  // A configuration that trains the 20 frames of ethanol in seconds.
  std::string config(int epochs = 2) const {
    return write_config(ethanol_data(),
                        "epochs: " + std::to_string(epochs) + ", batch_size: 4, precision: double",
                        "name: ethanol, license: CC-BY-4.0");
  }
};

TEST_F(TrainCommand, FitWritesThePotentialTheLogAndTheReport) {
  const auto fit = run({"fit", config(3)});
  ASSERT_EQ(fit.exit_code, 0) << fit.output;
  EXPECT_THAT(fit.output, AllOf(HasSubstr("epoch 3/3"), HasSubstr(in_run("ethanol.pt")),
                                HasSubstr(in_run("report.html"))));
  for (const char* file :
       {"ethanol.pt", "log.csv", "report.html", "config.yaml", "checkpoint.pt"}) {
    EXPECT_GT(std::filesystem::file_size(in_run(file)), 0u) << file;
  }
  const auto log = EpochLog::read(in_run("log.csv"));
  ASSERT_EQ(log.size(), 3u);
  EXPECT_TRUE(std::isfinite(log[2].validation_force_mae));

  const auto potential = Potential::load(in_run("ethanol.pt"));
  const auto& m = potential.metadata;
  EXPECT_EQ(m.at("name"), "ethanol");
  EXPECT_EQ(m.at("license"), "CC-BY-4.0");
  EXPECT_EQ(m.at("precision"), "double");
  EXPECT_EQ(m.at("training").at("train_frames"), 6);
  EXPECT_EQ(m.at("training").at("validation_frames"), 2);
  EXPECT_EQ(m.at("training").at("epochs"), 3);
  EXPECT_EQ(potential.model.config().elements, (std::vector<std::string>{"H", "C", "O"}));
  // what the file claims of its validation frames is what the log measured in the best epoch
  const auto best = m.at("training").at("best_epoch").get<std::size_t>();
  EXPECT_NEAR(m.at("errors").at("validation").at("force_mae_ev_a").get<double>(),
              log.at(best - 1).validation_force_mae, 1e-10);
  EXPECT_EQ(m.at("errors").at("test").at("n_frames"), 3);
}

TEST_F(TrainCommand, FitRefusesToOverwriteUnlessTold) {
  ASSERT_EQ(run({"fit", config()}).exit_code, 0);
  const auto before = core::read_bytes(in_run("ethanol.pt"));
  const auto log = core::read_bytes(in_run("log.csv"));
  const auto again = run({"fit", config(), "--set", "training.seed=9"});
  EXPECT_NE(again.exit_code, 0);
  EXPECT_THAT(again.output, AllOf(HasSubstr(in_run("checkpoint.pt")), HasSubstr("--resume"),
                                  HasSubstr("--overwrite")));
  EXPECT_EQ(core::read_bytes(in_run("ethanol.pt")), before);
  EXPECT_EQ(core::read_bytes(in_run("log.csv")), log);

  // the configuration that a training leaves behind repeats it
  const auto repeated =
      run({"fit", in_run("config.yaml"), "--set", "output.folder=" + (folder_ / "second")});
  ASSERT_EQ(repeated.exit_code, 0) << repeated.output;
  expect_same_weights(in_run("ethanol.pt"), folder_ / "second/ethanol.pt");

  const auto anew = run({"fit", config(), "--overwrite", "--set", "training.epochs=1"});
  EXPECT_EQ(anew.exit_code, 0) << anew.output;
  EXPECT_EQ(EpochLog::read(in_run("log.csv")).size(), 1u);
}

TEST_F(TrainCommand, FitStoppedBySignalIsResumedToTheSameWeights) {
  const std::string file = config(200);
  core::write_bytes(folder_ / "stop.sh",
                    "signal=$1 log=$3; lines() { cat \"$log\" 2>/dev/null | wc -l; }\n"
                    "least=$(( $(lines) + $2 )); shift 3\n"
                    "\"$@\" & pid=$!\n"
                    "while kill -0 $pid && [ $(lines) -lt $least ]; do sleep 0.02; done\n"
                    "kill -$signal $pid; wait $pid\n");
  const auto stopped = core::run_command(
      {"sh", folder_ / "stop.sh", "TERM", "3", in_run("log.csv"), program_, "fit", file});
  ASSERT_EQ(stopped.exit_code, 130) << stopped.output;
  EXPECT_THAT(stopped.output, AllOf(HasSubstr("interrupted in epoch"), HasSubstr("--resume")));
  EXPECT_TRUE(std::filesystem::exists(in_run("ethanol.pt")));  // of the best epoch so far
  EXPECT_LT(EpochLog::read(in_run("log.csv")).size(), 200u);

  const auto other = run({"fit", file, "--resume", "--set", "training.learning_rate=0.001"});
  EXPECT_NE(other.exit_code, 0);
  EXPECT_THAT(other.output, HasSubstr("learning_rate"));

  // the terminal is lost
  const auto lost = core::run_command({"sh", folder_ / "stop.sh", "HUP", "2", in_run("log.csv"),
                                       program_, "fit", file, "--resume"});
  ASSERT_EQ(lost.exit_code, 130) << lost.output;
  EXPECT_THAT(lost.output, HasSubstr("interrupted in epoch"));

  // which does not matter to nohup
  const auto resumed =
      core::run_command({"sh", "-c", "trap '' HUP; exec sh \"$@\"", "sh", folder_ / "stop.sh",
                         "HUP", "2", in_run("log.csv"), program_, "fit", file, "--resume"});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.output;
  const auto log = EpochLog::read(in_run("log.csv"));
  ASSERT_EQ(log.size(), 200u);
  for (int k = 0; k < 200; ++k) {
    EXPECT_EQ(log[k].epoch, k + 1);
  }
  std::filesystem::rename(in_run("ethanol.pt"), folder_ / "resumed.pt");
  const auto whole = run({"fit", file, "--overwrite"});
  ASSERT_EQ(whole.exit_code, 0) << whole.output;
  expect_same_weights(folder_ / "resumed.pt", in_run("ethanol.pt"));
  const auto expected = EpochLog::read(in_run("log.csv"));
  for (int k = 0; k < 200; ++k) {
    EXPECT_EQ(log[k].train_loss, expected[k].train_loss) << k;
    EXPECT_EQ(log[k].validation_loss, expected[k].validation_loss) << k;
  }
}

TEST_F(TrainCommand, FitNamesWhatIsWrongBeforeItTrains) {
  const auto error_of_fit = [&](const std::string& setting) {
    const auto result = run({"fit", config(), "--set", setting});
    EXPECT_NE(result.exit_code, 0) << setting;
    EXPECT_FALSE(std::filesystem::exists(in_run("ethanol.pt"))) << setting;
    return result.output;
  };
  EXPECT_THAT(error_of_fit("data.file=none.npz"), HasSubstr("none.npz"));
  EXPECT_THAT(error_of_fit("model.m_max=5"), HasSubstr("m_max"));
  EXPECT_THAT(error_of_fit("model.elements=[H, C]"), AllOf(HasSubstr("ethanol"), HasSubstr("O")));
  EXPECT_THAT(error_of_fit("data.split.train=900"), HasSubstr("900"));
  EXPECT_THAT(error_of_fit("data.units.energy=parsec"), HasSubstr("parsec"));
  EXPECT_THAT(run({"fit", config(), "--resume"}).output,
              AllOf(HasSubstr(in_run("checkpoint.pt")), HasSubstr("--resume")));
  const auto missing = run({"fit", folder_ / "nothing.yaml"});
  EXPECT_NE(missing.exit_code, 0);
  EXPECT_THAT(missing.output, HasSubstr(folder_ / "nothing.yaml"));
}

TEST_F(TrainCommand, EvaluateWritesFiguresAndPredictionsThatAgree) {
  ASSERT_EQ(run({"fit", config()}).exit_code, 0);
  const auto result = run({"evaluate", in_run("ethanol.pt"), sample("rmd17_ethanol_20.npz"),
                           "--json", folder_ / "e.json", "--predictions", folder_ / "p.extxyz",
                           "--report", folder_ / "e.html", "--frames", "3:17:2"});
  ASSERT_EQ(result.exit_code, 0) << result.output;
  EXPECT_GT(std::filesystem::file_size(folder_ / "e.html"), 1000u);
  const auto json = nlohmann::json::parse(core::read_bytes(folder_ / "e.json"));

  // the same figures from the predictions and the labels
  auto source = source_of(sample("rmd17_ethanol_20.npz"));
  source.slice = Slice::parse("3:17:2");
  const auto labels = read_frames(source);
  const auto predictions = read_frames(source_of(folder_ / "p.extxyz"));
  ASSERT_EQ(labels.size(), 7u);
  ASSERT_EQ(predictions.size(), labels.size());
  double energy = 0.0, force = 0.0, square = 0.0, oxygen = 0.0, cosine = 0.0;
  int components = 0, oxygens = 0, atoms = 0;
  for (std::size_t f = 0; f < labels.size(); ++f) {
    const auto &l = labels[f], &p = predictions[f];
    ASSERT_EQ(p.atomic_numbers, l.atomic_numbers);
    ASSERT_TRUE(p.energy.has_value());
    energy += std::abs(*p.energy - *l.energy);
    for (std::size_t i = 0; i < l.size(); ++i, ++atoms) {
      double dot = 0.0, pp = 0.0, ll = 0.0;
      for (std::size_t k = 3 * i; k < 3 * i + 3; ++k, ++components) {
        EXPECT_NEAR(p.positions[k], l.positions[k], 1e-12);
        const double difference = std::abs(p.forces[k] - l.forces[k]);
        force += difference;
        square += difference * difference;
        if (l.atomic_numbers[i] == 8) {
          oxygen += difference;
          ++oxygens;
        }
        dot += p.forces[k] * l.forces[k];
        pp += p.forces[k] * p.forces[k];
        ll += l.forces[k] * l.forces[k];
      }
      cosine += dot / std::sqrt(pp * ll);
    }
  }
  EXPECT_EQ(json.at("n_frames"), 7);
  EXPECT_EQ(json.at("n_atoms"), 63);
  EXPECT_NEAR(json.at("energy_mae_ev").get<double>(), energy / 7, 1e-9);
  EXPECT_NEAR(json.at("energy_mae_per_atom_ev").get<double>(), energy / 63, 1e-9);
  EXPECT_NEAR(json.at("force_mae_ev_a").get<double>(), force / components, 1e-10);
  EXPECT_NEAR(json.at("force_rmse_ev_a").get<double>(), std::sqrt(square / components), 1e-10);
  EXPECT_NEAR(json.at("force_cos").get<double>(), cosine / atoms, 1e-10);
  EXPECT_NEAR(json.at("per_element").at("O").at("force_mae_ev_a").get<double>(), oxygen / oxygens,
              1e-10);
  EXPECT_EQ(json.at("per_element").at("H").at("n_atoms"), 42);
  EXPECT_EQ(json.at("precision"), "double");

  const auto single =
      run({"evaluate", "--potential", in_run("ethanol.pt"), "--data",
           sample("rmd17_ethanol_20.npz"), "--precision", "single", "--json", folder_ / "s.json"});
  ASSERT_EQ(single.exit_code, 0) << single.output;
  EXPECT_EQ(nlohmann::json::parse(core::read_bytes(folder_ / "s.json")).at("n_frames"), 20);

  const auto info = run({"info", in_run("ethanol.pt")});
  EXPECT_EQ(info.exit_code, 0);
  EXPECT_THAT(info.output, AllOf(HasSubstr("ethanol"), HasSubstr("H C O"), HasSubstr("CC-BY-4.0")));
  const auto metadata = nlohmann::json::parse(run({"info", in_run("ethanol.pt"), "--json"}).output);
  EXPECT_EQ(metadata.at("units").at("energy"), "eV");
  EXPECT_EQ(metadata.at("model").at("cutoff"), 3.0);
}

TEST_F(TrainCommand, EvaluateAndInfoNameTheFileThatIsNoPotential) {
  core::write_bytes(folder_ / "text.pt", "not a potential");
  for (const auto& words : {std::vector<std::string>{"info", folder_ / "text.pt"},
                            {"evaluate", folder_ / "text.pt", sample("rmd17_ethanol_20.npz")}}) {
    const auto result = run(words);
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_THAT(result.output, HasSubstr(folder_ / "text.pt"));
  }
}

TEST_F(TrainCommand, PresetPrintsAConfigurationThatFitTakes) {
  const auto preset = run({"preset", "small"});
  ASSERT_EQ(preset.exit_code, 0) << preset.output;
  core::write_bytes(folder_ / "preset.yaml", preset.output);
  const auto fit =
      run({"fit", folder_ / "preset.yaml", "--set", "data.file=" + sample("rmd17_ethanol_20.npz"),
           "--set", "data.frames=:6", "--set", "output.folder=" + (folder_ / "run"), "--set",
           "training.epochs=1"});
  EXPECT_EQ(fit.exit_code, 0) << fit.output;
  EXPECT_TRUE(std::filesystem::exists(in_run("my-potential.pt")));
  const auto unknown = run({"preset", "smal"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.output, HasSubstr("did you mean 'small'"));
}

TEST_F(TrainCommand, UnknownCommandsAndOptionsAreRefusedWithTheNearestName) {
  const auto refused = [&](const std::vector<std::string>& words, const std::string& text) {
    const auto result = run(words);
    EXPECT_EQ(result.exit_code, 2) << words[0];
    EXPECT_THAT(result.output, HasSubstr(text));
  };
  refused({"evalute", "a.pt", "b.npz"}, "did you mean 'evaluate'");
  refused({"fit", "x.yaml", "--resme"}, "did you mean '--resume'");
  refused({"fit", "x.yaml", "--theads", "2"}, "did you mean '--threads'");
  refused({"evaluate", "a.pt", "b.npz", "--predictoins=x"}, "did you mean '--predictions'");
  refused({"info", "a.pt", "--jsn"}, "did you mean '--json'");
  refused({"--verson"}, "did you mean '--version'");
  refused({"evaluate", "a.pt", "b.npz", "--precision", "half"}, "single");
  refused({"fit"}, "config");
  refused({"--threads", "0", "info", "a.pt"}, "--threads");
  refused({"info", "a.pt", "-json"}, "did you mean '--json'");
}

TEST_F(TrainCommand, HelpAndVersionSucceed) {
  const auto version = run({"--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_THAT(version.output, HasSubstr(SPINCONV_VERSION));
  const auto help = run({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  for (const char* command : {"fit", "evaluate", "info", "preset"}) {
    EXPECT_THAT(help.output, HasSubstr(command));
    EXPECT_EQ(run({command, "--help"}).exit_code, 0) << command;
  }
}

}  // namespace
}  // namespace spinconv::train::test
