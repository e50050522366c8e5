// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cache/manifest.hpp"
#include "train/cache_support.hpp"
#include "train/fit_support.hpp"

namespace spinconv::train::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
namespace core = spinconv::test;
namespace fs = std::filesystem;

// `prepare` and the commands that read what it writes, as a user runs them.
class PrepareCommand : public FitProgram {
 protected:
  PrepareCommand() {
    core::write_bytes(data_, mixed_extxyz(40));
    write_config("  file: " + data_ + "\n  split: {train: 24, validation: 9, test: 7}",
                 "epochs: 3, batch_size: 5, precision: double, loss: {free_atoms_only: true}");
  }

  core::CommandResult prepare(std::vector<std::string> words) const {
    words.insert(words.begin(), "prepare");
    return run(words);
  }
  // Into folder `name`, in shards of a few frames.
  std::string made(const std::string& name, std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {data_, folder_ / name, "--shard-size", "0.004"});
    const auto result = prepare(more);
    EXPECT_EQ(result.exit_code, 0) << result.output;
    return folder_ / name;
  }

  // The learning curve without the times.
  std::string curve(const std::string& name) const {
    std::istringstream lines(core::read_bytes(folder_ / (name + "/log.csv")));
    std::string all;
    for (std::string line; std::getline(lines, line);) {
      const auto first = line.find(','), second = line.find(',', first + 1);
      all += line.substr(0, first) + line.substr(second) + "\n";
    }
    return all;
  }
  // The errors on the test set, as the log of the training has them.
  static std::string errors(const std::string& output) {
    const auto begin = output.find("errors on the test set");
    return output.substr(begin, output.find("potential: ") - begin);
  }

  const std::string data_ = folder_ / "mixed.extxyz";
};

TEST_F(PrepareCommand, TrainingFromTheCacheEqualsTrainingFromTheSourceBitByBit) {
  const auto source = fit_into("source");
  ASSERT_EQ(source.exit_code, 0) << source.output;
  const auto plain = made("plain", {"--cutoff", "3"});
  const auto edges = made("edges", {"--cutoff", "3", "--edges"});
  const auto other = made("other", {"--cutoff", "2.5"});
  struct Case {
    std::string name, cache, setting;
  };
  for (const auto& [name, cache, setting] :
       {Case{"a", plain, "data.prefetch=1"}, Case{"b", plain, "data.prefetch=0"},
        Case{"c", plain, "data.prefetch=3"}, Case{"d", edges, "data.prefetch=2"},
        Case{"e", other, "data.prefetch=1"}}) {
    const auto cached = fit_into(name, {"--set", "data.file=" + cache, setting});
    ASSERT_EQ(cached.exit_code, 0) << cached.output;
    EXPECT_EQ(curve(name), curve("source")) << name;
    EXPECT_EQ(errors(cached.output), errors(source.output)) << name;
    EXPECT_EQ(cached.output.find("another cutoff") != std::string::npos, cache == other);
  }
  ASSERT_EQ(fit_into("source2", {}, 2).exit_code, 0);
  for (const auto& cache : {plain, edges, other}) {
    const auto cached = fit_into("ranks", {"--overwrite", "--set", "data.file=" + cache}, 2);
    ASSERT_EQ(cached.exit_code, 0) << cached.output;
    EXPECT_EQ(curve("ranks"), curve("source2")) << cache;
  }
}

TEST_F(PrepareCommand, LossesOfStressAndOfLengthsCountTheLabelsOfTheCache) {
  const auto cache = made("plain", {"--cutoff", "3"});
  const std::vector<std::string> settings = {"--set", "training.loss.type=norm",
                                             "training.loss.stress_weight=10"};
  for (const int ranks : {1, 2}) {
    auto more = settings;
    more.push_back("--overwrite");
    const auto source = fit_into("source", more, ranks);
    ASSERT_EQ(source.exit_code, 0) << source.output;
    more.push_back("--set");
    more.push_back("data.file=" + cache);
    const auto cached = fit_into("cached", more, ranks);
    ASSERT_EQ(cached.exit_code, 0) << cached.output;
    EXPECT_THAT(curve("source"), HasSubstr("train_stress_mae"));
    EXPECT_EQ(curve("cached"), curve("source")) << ranks << " ranks";
  }
}

TEST_F(PrepareCommand, AnInterruptedTrainingFromTheCacheGoesOnToTheSameWeights) {
  const auto cache = made("cache", {"--cutoff", "3"});
  ASSERT_EQ(fit_into("source", {"--set", "training.epochs=30"}).exit_code, 0);
  const auto stopped = fit_until(3, {"--set", "data.file=" + cache, "training.epochs=30"});
  ASSERT_EQ(stopped.exit_code, 130) << stopped.output;
  const auto resumed = fit({"--resume", "--set", "data.file=" + cache, "training.epochs=30"});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.output;
  EXPECT_EQ(curve("run"), curve("source"));
}

TEST_F(PrepareCommand, ValidationTestAndInitialWeightsWorkFromCaches) {
  core::write_bytes(folder_ / "more.extxyz", mixed_extxyz(11, 3));
  const auto cache = made("cache");
  const auto other = prepare({folder_ / "more.extxyz", folder_ / "other"});
  ASSERT_EQ(other.exit_code, 0) << other.output;
  const std::string split = "data.split={train: rest}";
  // units of the training data are not asked of a cache
  const auto source =
      fit_into("source", {"--set", split, "data.units={energy: eV}",
                          "data.validation=" + (folder_ / "more.extxyz"), "data.test=" + data_});
  ASSERT_EQ(source.exit_code, 0) << source.output;
  const auto cached =
      fit_into("cached", {"--set", split, "data.units={energy: eV}",
                          "data.validation=" + (folder_ / "other"), "data.test=" + cache});
  ASSERT_EQ(cached.exit_code, 0) << cached.output;
  EXPECT_EQ(curve("cached"), curve("source"));
  EXPECT_EQ(errors(cached.output), errors(source.output));

  const std::string init = folder_ / "source/p.pt";
  ASSERT_EQ(fit_into("again", {"--init", init}).exit_code, 0);
  const auto from_cache = fit_into("again2", {"--init", init, "--set", "data.file=" + cache});
  ASSERT_EQ(from_cache.exit_code, 0) << from_cache.output;
  EXPECT_EQ(curve("again2"), curve("again"));
  const auto plan = fit_into("plan", {"--dry-run", "--set", "data.file=" + cache});
  EXPECT_EQ(plan.exit_code, 0) << plan.output;
  EXPECT_THAT(plan.output, HasSubstr("steps an epoch"));
}

TEST_F(PrepareCommand, EvaluateAndInfoReadTheCache) {
  ASSERT_EQ(fit_into("run").exit_code, 0);
  const auto cache = made("cache", {"--cutoff", "3"});
  nlohmann::json figures[2];
  for (const int k : {0, 1}) {
    const auto result =
        run({"evaluate", folder_ / "run/p.pt", k ? cache : data_, "--json", folder_ / "e.json",
             "--predictions", folder_ / ("p" + std::to_string(k) + ".extxyz"), "--frames", "3:"});
    ASSERT_EQ(result.exit_code, 0) << result.output;
    figures[k] = nlohmann::json::parse(core::read_bytes(folder_ / "e.json"));
    EXPECT_THAT(figures[k].at("data").at("hash").get<std::string>(),
                HasSubstr(k ? "crc64:" : "fnv1a64:"));
    figures[k].erase("data");
  }
  EXPECT_EQ(figures[0], figures[1]);
  EXPECT_EQ(core::read_bytes(folder_ / "p0.extxyz"), core::read_bytes(folder_ / "p1.extxyz"));

  const auto info = run({"info", cache});
  EXPECT_THAT(info.output, AllOf(HasSubstr("40 frames of 2 to 9 atoms"), HasSubstr(data_),
                                 HasSubstr("edges within 3 Angstrom: counted"),
                                 HasSubstr("neighbors per atom")));
  const auto json = nlohmann::json::parse(run({"info", "--json", cache}).output);
  EXPECT_EQ(json.at("summary").at("frames"), 40);
  EXPECT_EQ(json.at("summary").at("elements"), (std::vector<std::string>{"H", "C", "O", "Cu"}));
  EXPECT_LT(json.at("summary").at("frames_with_energy"), 40);
  EXPECT_GT(json.at("statistics").at("force_rms_ev_a"), 0.0);
}

TEST_F(PrepareCommand, SeveralInputsFollowEachOtherAndOptionsChooseFrames) {
  core::write_bytes(folder_ / "more.extxyz", mixed_extxyz(11, 3));
  core::write_bytes(folder_ / "both.extxyz", mixed_extxyz(40) + mixed_extxyz(11, 3));
  const auto two = prepare({data_, folder_ / "more.extxyz", folder_ / "two"});
  ASSERT_EQ(two.exit_code, 0) << two.output;
  ASSERT_EQ(fit_into("a", {"--set", "data.file=" + (folder_ / "both.extxyz")}).exit_code, 0);
  ASSERT_EQ(fit_into("b", {"--set", "data.file=" + (folder_ / "two")}).exit_code, 0);
  EXPECT_EQ(curve("a"), curve("b"));

  ASSERT_EQ(fit_into("c", {"--set", "data.max_force=0.7", "data.reference=last",
                           "data.frames=2:100", "data.split={train: 6}"})
                .exit_code,
            1);  // a frame has no energy
  ASSERT_EQ(fit_into("c", {"--set", "data.max_force=0.7", "data.frames=2:100",
                           "data.split={train: 6, validation: 3}"})
                .exit_code,
            0);
  const auto chosen = made("chosen", {"--max-force", "0.7", "--frames", "2:100"});
  ASSERT_EQ(fit_into("d", {"--set", "data.file=" + chosen, "data.split={train: 6, validation: 3}"})
                .exit_code,
            0);
  EXPECT_EQ(curve("c"), curve("d"));

  const auto npz = prepare({sample("rmd17_ethanol_20.npz"), folder_ / "npz"});
  EXPECT_THAT(npz.output, AllOf(HasSubstr("20 frames"), HasSubstr("npz")));
}

TEST_F(PrepareCommand, ACacheGoesOnWithTheLabelsItWasBegunWithAlone) {
  // frames with two stresses, one of them also as a virial
  std::string text = mixed_extxyz(20);
  for (std::size_t at = 0; (at = text.find(" stress=", at)) != std::string::npos; at += 8) {
    const std::string same = text.substr(at + 8, text.find('"', at + 9) - at - 7);
    text.insert(at, " DFT_stress=" + same + " DFT_virial=" + same);
    at = text.find(" stress=", at);
  }
  core::write_bytes(data_, text);
  const auto plain = made("cache");
  const auto bytes = core::read_bytes(plain + "/frames-00000.bin");
  struct Case {
    std::vector<std::string> options;
    std::string message;
  };
  const std::vector<Case> cases = {
      {{"--stress-key", "DFT_stress"}, "stress_key was not given and is \"DFT_stress\""},
      {{"--virial-key", "DFT_virial"}, "virial_key was not given and is \"DFT_virial\""}};
  for (const auto& c : cases) {
    auto words = c.options;
    words.insert(words.begin(), {data_, plain, "--shard-size", "0.004"});
    const auto refused = prepare(words);
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_THAT(refused.output, AllOf(HasSubstr(c.message), HasSubstr("--overwrite")));
    EXPECT_EQ(core::read_bytes(plain + "/frames-00000.bin"), bytes);
    words.push_back("--overwrite");
    ASSERT_EQ(prepare(words).exit_code, 0);
    const auto back = prepare({data_, plain, "--shard-size", "0.004"});
    EXPECT_EQ(back.exit_code, 1);
    EXPECT_THAT(back.output, HasSubstr("and is not given"));
    made("cache", {"--overwrite"});
  }
  // what versions before did not note is the same where it is not given
  const auto request =
      nlohmann::json::parse(core::read_bytes(plain + "/spinconv-cache.json")).at("request");
  std::vector<std::string> keys;
  for (const auto& [key, value] : request.items()) {
    keys.push_back(key);
  }
  EXPECT_THAT(keys, ::testing::ElementsAre("cutoff", "edges", "energy_key", "energy_unit",
                                           "forces_key", "frames", "inputs", "length_unit",
                                           "max_energy", "max_force", "reference", "shard_bytes"));
}

TEST_F(PrepareCommand, AKilledWriterGoesOnToTheBytesOfOneThatWasNot) {
  core::write_bytes(data_, mixed_extxyz(6000));
  core::write_bytes(folder_ / "kill.sh",
                    "\"$1\" prepare \"$2\" \"$3\" --shard-size 0.01 & pid=$!\n"
                    "while kill -0 $pid && [ ! -e \"$3/frames-00005.bin\" ]; do sleep 0.01; done\n"
                    "kill -9 $pid; wait $pid; exit 0\n");
  const std::string killed = folder_ / "killed", whole = folder_ / "whole";
  core::run_command({"sh", folder_ / "kill.sh", program_, data_, killed});
  const auto left = Manifest::read(killed);
  ASSERT_FALSE(left.complete) << "it was too fast to be killed";
  EXPECT_GE(left.shards.size(), 5u);
  EXPECT_THAT(run({"info", killed}).output, HasSubstr("not complete"));
  const auto early = fit_into("early", {"--set", "data.file=" + killed});
  EXPECT_NE(early.exit_code, 0);
  EXPECT_THAT(early.output, AllOf(HasSubstr(killed), HasSubstr("not complete")));

  const auto other = prepare({data_, killed, "--shard-size", "0.01", "--cutoff", "4"});
  EXPECT_NE(other.exit_code, 0);
  EXPECT_THAT(other.output,
              AllOf(HasSubstr("cutoff was 5.0 and is 4.0"), HasSubstr("--overwrite")));
  const auto on = prepare({data_, killed, "--shard-size", "0.01"});
  ASSERT_EQ(on.exit_code, 0) << on.output;
  EXPECT_THAT(on.output, AllOf(HasSubstr("going on"), HasSubstr("6000 frames")));
  ASSERT_EQ(prepare({data_, whole, "--shard-size", "0.01"}).exit_code, 0);
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(whole)) {
    const std::string name = entry.path().filename().string();
    EXPECT_EQ(core::read_bytes(entry.path().string()), core::read_bytes(killed + "/" + name))
        << name;
    ++files;
  }
  EXPECT_EQ(files, static_cast<std::size_t>(std::distance(fs::directory_iterator(killed), {})));
}

TEST_F(PrepareCommand, ADamagedShardIsNamedByTheTrainingAndWrittenAgain) {
  const auto cache = made("cache");
  const std::string file = cache + "/frames-00002.bin";
  const auto good = core::read_bytes(file);
  auto bad = good;
  bad[500] = static_cast<char>(bad[500] ^ 4);
  core::write_bytes(file, bad);
  for (const int ranks : {1, 2}) {
    const auto result = fit_into("run", {"--set", "data.file=" + cache}, ranks);
    EXPECT_NE(result.exit_code, 0);
    EXPECT_THAT(result.output, AllOf(HasSubstr(file), HasSubstr("damaged"), HasSubstr("prepare")));
    fs::remove_all(folder_ / "run");
  }
  const auto again = prepare({data_, cache, "--shard-size", "0.004"});
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_THAT(again.output, AllOf(HasSubstr("written again"), HasSubstr("frames-00002.bin")));
  EXPECT_EQ(core::read_bytes(file), good);
  EXPECT_THAT(prepare({data_, cache, "--shard-size", "0.004"}).output,
              HasSubstr("all checksums are right"));
}

TEST_F(PrepareCommand, RefusesWhatItCannotDoAndWritesNothing) {
  const auto cache = made("cache");
  const auto manifest = core::read_bytes(cache + "/spinconv-cache.json");
  core::write_bytes(data_, mixed_extxyz(41));
  const auto changed = prepare({data_, cache, "--shard-size", "0.004"});
  EXPECT_NE(changed.exit_code, 0);
  EXPECT_THAT(changed.output, AllOf(HasSubstr(data_), HasSubstr("has changed since")));
  EXPECT_EQ(core::read_bytes(cache + "/spinconv-cache.json"), manifest);
  EXPECT_THAT(prepare({data_, cache, "--shard-size", "0.004", "--overwrite"}).output,
              HasSubstr("41 frames"));

  EXPECT_THAT(prepare({data_, folder_ / "x", "--edgs"}).output, HasSubstr("--edges"));
  EXPECT_THAT(prepare({folder_ / "none.extxyz", folder_ / "x"}).output, HasSubstr("no such file"));
  EXPECT_FALSE(fs::exists(folder_ / "x"));
  const auto foreign = prepare({data_, folder_.path().string(), "--overwrite"});
  EXPECT_THAT(foreign.output, AllOf(HasSubstr("not of a cache"), HasSubstr("a folder of its own")));
  EXPECT_THAT(prepare({data_, folder_ / "y", "--frames", "100:"}).output,
              HasSubstr("no frame is left"));
  EXPECT_THAT(prepare({data_, folder_ / "z", "--energy-key", "E0"}).output, HasSubstr("E0"));
  EXPECT_THAT(prepare({cache, cache}).output, HasSubstr("is input and output"));
  const auto units = fit_into("u", {"--set", "data.file=" + cache, "data.units.energy=kcal/mol"});
  EXPECT_NE(units.exit_code, 0);
  EXPECT_THAT(units.output, AllOf(HasSubstr("kcal/mol"), HasSubstr("belongs to prepare")));
  EXPECT_THAT(fit_into("u", {"--set", "data.prefech=2"}).output, HasSubstr("data.prefetch"));
  EXPECT_THAT(fit_into("u", {"--set", "data.prefetch=-1"}).output, HasSubstr("data.prefetch"));
}

}  // namespace
}  // namespace spinconv::train::test
