// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "data/dataset.hpp"
#include "spinconv/fused/packing.hpp"
#include "support/command.hpp"
#include "support/structures.hpp"
#include "support/temporary_folder.hpp"
#include "support/test_models.hpp"
#include "train/data_support.hpp"

// spinconv-train evaluate: what it writes, and what it says where there is nothing to compare.
namespace spinconv::train {
namespace {

using test::content_of;
using test::DataTest;
using test::source_of;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
namespace core = spinconv::test;

class EvaluateCommand : public DataTest {
 protected:
  core::CommandResult evaluate(std::vector<std::string> words) const {
    return evaluate_of(core::environment("SPINCONV_SOURCE_DIR") + "/potentials/rmd17-ethanol.pt",
                       std::move(words));
  }
  static core::CommandResult evaluate_of(const std::string& potential,
                                         std::vector<std::string> words) {
    words.insert(words.begin(), {core::environment("SPINCONV_TRAIN_EXE"), "evaluate", potential});
    return core::run_command(words);
  }
  // Two frames of OH above one another, `comment` in the lines of both.
  std::string frames(const std::string& comment) const {
    std::string text;
    for (const char* z : {"0.97", "1.05"}) {
      text +=
          "2\nLattice=\"9 0 0 0 9 0 0 0 9\" "
          "Properties=species:S:1:pos:R:3:move_mask:L:1:tags:I:1 " +
          comment + "\nO 0 0 0 F 0\nH 0 0 " + z + " T 2\n";
    }
    return write("a.extxyz", text);
  }
  bool exists(const std::string& name) const { return std::filesystem::exists(path(name)); }
};

TEST_F(EvaluateCommand, PredictionsKeepAllThatTheFramesSay) {
  const auto data = frames("energy=-3 sid=random17 fid=4 pbc=\"T T T\"");
  const auto result = evaluate({data, "--predictions", path("p.extxyz")});
  ASSERT_EQ(result.exit_code, 0) << result.output;
  const auto given = read_frames(source_of(data)),
             predicted = read_frames(source_of(path("p.extxyz")));
  ASSERT_EQ(predicted.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(predicted[i].positions, given[i].positions);
    EXPECT_EQ(predicted[i].cell, given[i].cell);
    EXPECT_EQ(predicted[i].pbc, given[i].pbc);
    EXPECT_EQ(predicted[i].tags, given[i].tags);
    EXPECT_EQ(predicted[i].fixed, given[i].fixed);
    EXPECT_EQ(predicted[i].system, "random17");
    EXPECT_EQ(predicted[i].frame_number, 4);
    EXPECT_EQ(predicted[i].forces.size(), 6u);
    EXPECT_TRUE(predicted[i].stress);
    EXPECT_NE(predicted[i].energy, -3.0);  // the label
  }
  EXPECT_NE(predicted[0].energy, predicted[1].energy);
}

TEST_F(EvaluateCommand, NothingToCompareIsNoSuccess) {
  const auto data = frames("REF_energy=-3 pbc=\"T T T\"");
  auto result = evaluate({data, "--json", path("e.json")});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output,
              AllOf(HasSubstr("nothing to compare"), HasSubstr("'REF_energy'"),
                    HasSubstr("--energy-key REF_energy"), HasSubstr("--predictions")));
  EXPECT_FALSE(exists("e.json"));
  EXPECT_EQ(evaluate({data, "--energy-key", "REF_energy"}).exit_code, 0);
  // a label that is nan is none
  result = evaluate({frames("energy=nan pbc=\"T T T\"")});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output, HasSubstr("nothing to compare"));
  // predictions need no labels
  result = evaluate({data, "--predictions", path("p.extxyz")});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output,
              AllOf(HasSubstr("nothing to compare"), HasSubstr("p.extxyz"), Not(HasSubstr("nan"))));
  EXPECT_EQ(read_frames(source_of(path("p.extxyz"))).size(), 2u);
}

TEST_F(EvaluateCommand, ByKernelsAndByTheGraphIsTheSame) {
  if (fused::instruction_sets().empty()) {
    GTEST_SKIP() << "this processor has no fused multiply-add";
  }
  core::write_random_potential(path("p.pt"), core::small_spinconv2_config());
  const auto data = frames("energy=-3 pbc=\"T T T\"");
  const auto evaluated = [&](const std::string& precision, const std::string& implementation) {
    const auto result =
        evaluate_of(path("p.pt"), {data, "--precision", precision, "--implementation",
                                   implementation, "--predictions", path("o.extxyz"), "--json",
                                   path("o.json"), "--report", path("o.html")});
    EXPECT_EQ(result.exit_code, 0) << result.output;
    const auto json = nlohmann::json::parse(content_of(path("o.json")));
    EXPECT_EQ(json.at("precision"), precision);
    const auto used = json.at("implementation").get<std::string>();
    EXPECT_THAT(used, ::testing::StartsWith(implementation == "graph" ? "graph" : "fused ("));
    EXPECT_THAT(result.output,
                HasSubstr(precision + " precision, device cpu, implementation " + used + "\n"));
    EXPECT_THAT(content_of(path("o.html")), HasSubstr(used));
    return read_frames(source_of(path("o.extxyz")));
  };
  for (const std::string precision : {"double", "single"}) {
    SCOPED_TRACE(precision);
    const auto expected = evaluated(precision, "graph");
    const double tolerance = precision == "single" ? 1e-5 : 1e-10;
    for (const char* implementation : {"fused", "auto"}) {
      const auto found = evaluated(precision, implementation);
      ASSERT_EQ(found.size(), 2u);
      for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_NEAR(*found[i].energy, *expected[i].energy, tolerance);
        EXPECT_GT(std::abs(expected[i].forces[2]), 1e-3);
        EXPECT_LT(core::largest_difference(found[i].forces, expected[i].forces), tolerance);
        EXPECT_GT(std::abs(expected[i].stress->at(2)), 1e-6);
        for (std::size_t c = 0; c < 6; ++c) {
          EXPECT_NEAR(found[i].stress->at(c), expected[i].stress->at(c), tolerance);
        }
      }
    }
  }
}

TEST_F(EvaluateCommand, ByKernelsIsRefusedWhereThereAreNone) {
  core::write_random_potential(path("harmonics.pt"), core::small_config());
  const auto data = frames("energy=-3 pbc=\"T T T\"");
  auto result = evaluate_of(path("harmonics.pt"), {data, "--implementation", "fused"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output, AllOf(HasSubstr("harmonics.pt"), HasSubstr("fused kernels"),
                                   HasSubstr("auto or graph")));
  result = evaluate_of(path("harmonics.pt"), {data});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("implementation graph\n"));
  EXPECT_THAT(evaluate_of(path("harmonics.pt"), {data, "--implementation", "fast"}).output,
              AllOf(HasSubstr("--implementation"), HasSubstr("fused")));
}

TEST_F(EvaluateCommand, PredictionsAreThereAsAWholeOrNot) {
  const auto data = frames("energy=-3 pbc=\"T T T\"");
  std::filesystem::create_symlink("/dev/full", path("full.extxyz"));
  auto result = evaluate({data, "--predictions", path("full.extxyz")});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output, AllOf(HasSubstr("cannot write"), HasSubstr("free some space")));
  // a frame that cannot be read behind some that were written: the file of before stays
  std::string text = content_of(data);
  for (int i = 0; i < 6; ++i) {
    text += text;
  }
  const auto damaged = write("b.extxyz", text + "2\nenergy=x\n");
  write("p.extxyz", "what was there");
  result = evaluate({damaged, "--predictions", path("p.extxyz")});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(content_of(path("p.extxyz")), "what was there");
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(path(""))) {
    files += entry.path().filename().string().starts_with(".") ? 1 : 0;
  }
  EXPECT_EQ(files, 0u);
}

}  // namespace
}  // namespace spinconv::train
