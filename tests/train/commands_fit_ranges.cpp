// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <nlohmann/json.hpp>

#include "data/dataset.hpp"
#include "data/range_collector.hpp"
#include "data/split.hpp"
#include "spinconv/training_ranges_json.hpp"
#include "train/fit_support.hpp"

// `fit` stores what its training frames have.
namespace spinconv::train::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class FitRanges : public FitProgram {
 protected:
  nlohmann::json trained_on() const {
    return Potential::load(in_run("p.pt")).metadata.at("trained_on");
  }
};

TEST_F(FitRanges, AreThoseOfTheTrainingFramesAlone) {
  ethanol();
  const auto result = fit();
  ASSERT_EQ(result.exit_code, 0) << result.output;
  const auto all = read_frames(source_of(sample("rmd17_ethanol_20.npz")));
  const SplitRequest split{Share::count(6), Share::count(2), Share::count(3), 0};
  RangeCollector collector({"H", "C", "O"});
  for (const std::size_t i : split_frames(all.size(), split).train) {
    collector.add(all[i], build_edges(all[i], 3.0));
  }
  const auto expected = to_json(collector.ranges(true, false));
  EXPECT_EQ(trained_on(), expected);
  EXPECT_EQ(expected.at("compositions"), nlohmann::json::parse(R"([{"H": 6, "C": 2, "O": 1}])"));
  EXPECT_EQ(expected.at("nearest_distance").at("O-O"), nullptr);
  EXPECT_THAT(result.output, AllOf(HasSubstr("trained compositions: H6 C2 O; no cell\n"),
                                   HasSubstr("no stress labels")));

  const auto info = run({"info", in_run("p.pt")});
  EXPECT_THAT(info.output,
              AllOf(HasSubstr("trained compositions: H6 C2 O; no cell\n"),
                    HasSubstr("never within the cutoff: O-O"), HasSubstr("no stress labels")));
  EXPECT_EQ(nlohmann::json::parse(run({"info", in_run("p.pt"), "--json"}).output).at("trained_on"),
            expected);
}

TEST_F(FitRanges, OfTwoProcessesAreThoseOfOne) {
  ethanol();
  ASSERT_EQ(fit().exit_code, 0);
  auto expected = trained_on();
  const auto result = fit_into("run", {"--overwrite"}, 2);
  ASSERT_EQ(result.exit_code, 0) << result.output;
  auto found = trained_on();
  EXPECT_NEAR(found["force"]["rms"].get<double>(), expected["force"]["rms"].get<double>(), 1e-12);
  found["force"]["rms"] = expected["force"]["rms"];
  EXPECT_EQ(found, expected);
}

TEST_F(FitRanges, StayWhereATrainingGoesOnAndInItsCheckpoint) {
  ethanol();
  const auto stopped = fit_until(3, {"--set", "training.epochs=200"});
  ASSERT_EQ(stopped.exit_code, 130) << stopped.output;
  const auto before = trained_on();
  const auto resumed = fit({"--resume", "--set", "training.epochs=200"});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.output;
  EXPECT_EQ(trained_on(), before);
  ASSERT_EQ(run({"export", in_run("checkpoint.pt"), folder_ / "best.pt"}).exit_code, 0);
  EXPECT_EQ(Potential::load(folder_ / "best.pt").metadata.at("trained_on"), before);
}

TEST_F(FitRanges, OfACacheAreThoseOfItsSource) {
  const std::string source = folder_ / "frames.extxyz";
  std::string text;
  for (int k = 0; k < 8; ++k) {
    text += "2\nLattice=\"" + std::to_string(3.0 + 0.05 * k) +
            " 0 0 0 3 0 0 0 3\" Properties=species:S:1:pos:R:3:forces:R:3 energy=" +
            std::to_string(-1.0 - 0.1 * k) + " temperature=" + std::to_string(300 + k) +
            " config_type=" + (k % 2 == 0 ? "a" : "b") +
            " stress=\"0.1 0 0 0 0.1 0 0 0 0.1\"\nC 0 0 0 0.1 0 0\nC 1.5 0.1 0 -0.1 0 0\n";
  }
  spinconv::test::write_bytes(source, text);
  const auto trained = [&](const std::string& file, const std::string& setting) {
    config("  file: " + file + "\n  split: {train: 6, validation: 2}");
    const auto result = fit({"--overwrite", "--set", setting});
    EXPECT_EQ(result.exit_code, 0) << result.output;
    return trained_on();
  };
  const auto expected = trained(source, "training.loss.stress_weight=10");
  EXPECT_EQ(expected.at("stress"), (nlohmann::json{{"frames", 6}, {"learned", true}}));
  EXPECT_EQ(expected.at("config_types").at("a").get<int>() +
                expected.at("config_types").at("b").get<int>(),
            6);
  EXPECT_GE(expected.at("temperature")[0], 300.0);
  EXPECT_LE(expected.at("temperature")[1], 307.0);
  EXPECT_GE(expected.at("volume_per_atom")[0], 13.5);
  for (const std::string cutoff : {"3", "2.5"}) {  // stored edges, and others
    const auto prepared =
        run({"prepare", source, folder_ / "cache", "--edges", "--cutoff", cutoff, "--overwrite"});
    ASSERT_EQ(prepared.exit_code, 0) << prepared.output;
    EXPECT_EQ(trained(folder_ / "cache", "training.loss.stress_weight=10"), expected) << cutoff;
  }
  const auto without = trained(source, "training.loss.stress_weight=0");
  EXPECT_EQ(without.at("stress"), (nlohmann::json{{"frames", 6}, {"learned", false}}));
}

}  // namespace
}  // namespace spinconv::train::test
