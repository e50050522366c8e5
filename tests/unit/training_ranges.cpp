// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/training_ranges.hpp"

#include <gmock/gmock.h>
#include <torch/script.h>

#include <functional>
#include <limits>

#include "spinconv/potential.hpp"
#include "spinconv/training_ranges_json.hpp"
#include "support/error_text.hpp"
#include "support/random_model.hpp"
#include "support/test_models.hpp"
#include "support/training_ranges.hpp"

// What a potential file says of the frames that it was trained on.
namespace spinconv::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// Of two molecules and cells of H, C and O, cutoff 4 Angstrom; O never met O.
TrainingRanges some_ranges() {
  TrainingRanges r;
  r.elements = {"H", "C", "O"};
  r.frames = 12;
  r.atoms = {6, 9};
  r.compositions = {{4, 1, 1}, {6, 2, 1}};
  r.atoms_of_element = {{4, 6}, {1, 2}, {1, 1}};
  r.not_periodic = 7;
  r.partly_periodic = 2;
  r.fully_periodic = 3;
  r.volume_per_atom = {11.25, 12.5};
  r.nearest.assign(9, 1.5);
  set_nearest(r, 0, 1, 0.9625);
  set_nearest(r, 2, 2, std::numeric_limits<double>::infinity());
  r.neighbors = {TrainingRanges::Neighbors{3, 8, 5.5}, TrainingRanges::Neighbors{5, 5, 5.0},
                 std::nullopt};
  r.forces = {4.25, 1.125};
  r.temperature = {300.0, 600.0};
  r.stress = {3, true};
  r.config_types = {{"bulk", 3}, {"gas", 9}};
  return r;
}

class TrainedOn : public ::testing::Test {
 protected:
  std::string path() const { return folder_ / "some.pt"; }

  void write(const TrainingRanges& ranges) const {
    write_random_potential(path(), small_config());
    write_with_ranges(path(), path(), ranges);
  }

  // What is said of a file whose `trained_on` was changed.
  std::string error_after(const std::function<void(nlohmann::json&)>& change) const {
    Potential potential{random_model(small_config(), 3), {}};
    potential.metadata["trained_on"] = to_json(some_ranges());
    change(potential.metadata["trained_on"]);
    potential.save(path(), "double");
    const auto text = error_of([&] { Potential::load(path()); });
    EXPECT_EQ(error_of([&] { Potential::read_metadata(path()); }), text);
    return text;
  }

  TemporaryFolder folder_;
};

TEST_F(TrainedOn, ComesBackAsItWasWritten) {
  write(some_ranges());
  const auto potential = Potential::load(path());
  EXPECT_EQ(potential.metadata.at("trained_on"), to_json(some_ranges()));
  const auto back = potential.training_ranges();
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(to_json(*back), to_json(some_ranges()));
  EXPECT_EQ(back->nearest_of(1, 0), 0.9625);
  EXPECT_EQ(back->nearest_of(0, 1), 0.9625);
  EXPECT_EQ(back->nearest_of(2, 2), std::numeric_limits<double>::infinity());
  EXPECT_EQ(back->compositions, some_ranges().compositions);
  EXPECT_FALSE(back->neighbors[2].has_value());
  EXPECT_EQ(potential.metadata.at("format_version"), 1);  // older builds read it

  const Evaluator evaluator(path());
  ASSERT_NE(evaluator.training_ranges(), nullptr);
  EXPECT_EQ(to_json(*evaluator.training_ranges()), to_json(some_ranges()));
}

TEST_F(TrainedOn, HasWhatTheDocumentationSays) {
  const auto expected = nlohmann::json::parse(R"({
    "frames": 12, "atoms": [6, 9],
    "compositions": [{"H": 4, "C": 1, "O": 1}, {"H": 6, "C": 2, "O": 1}],
    "atoms_of_element": {"H": [4, 6], "C": [1, 2], "O": [1, 1]},
    "periodic": {"not": 7, "partly": 2, "fully": 3},
    "volume_per_atom": [11.25, 12.5],
    "nearest_distance": {"H-H": 1.5, "H-C": 0.9625, "H-O": 1.5, "C-C": 1.5, "C-O": 1.5,
                         "O-O": null},
    "neighbors": {"H": {"min": 3, "mean": 5.5, "max": 8}, "C": {"min": 5, "mean": 5.0, "max": 5}},
    "force": {"max": 4.25, "rms": 1.125}, "temperature": [300.0, 600.0],
    "stress": {"frames": 3, "learned": true}, "config_types": {"bulk": 3, "gas": 9}})");
  EXPECT_EQ(to_json(some_ranges()), expected);
}

TEST_F(TrainedOn, IsToldInAFewLines) {
  write(some_ranges());
  const auto text = Evaluator(path()).summary();
  for (const char* part :
       {"trained compositions: H4 C O; H6 C2 O; no cell (7 frames); partly periodic (2 frames); "
        "periodic, 11.25 to 12.5 A^3/atom (3 frames)\n",
        "trained distances: nearest H-H 1.5, H-C 0.9625, H-O 1.5, C-C 1.5, C-O 1.5 A; never within "
        "the cutoff: O-O\n",
        "trained neighbors: H 3 to 8 (mean 5.5), C 5\n",
        "trained labels: forces up to 4.25 eV/A (RMS 1.125); stress of 3 frames; temperatures 300 "
        "to 600 K\n",
        "trained groups: bulk 3, gas 9\n"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST_F(TrainedOn, SaysWhereThereIsNoStress) {
  auto ranges = some_ranges();
  ranges.stress = {0, true};
  EXPECT_THAT(ranges.text(), HasSubstr("no stress labels"));
  ranges.stress = {3, false};
  EXPECT_THAT(ranges.text(), HasSubstr("stress labels of 3 frames, which were not learned"));
  ranges.stress.reset();  // a property of molecules
  EXPECT_THAT(ranges.text(), Not(HasSubstr("stress")));
}

TEST_F(TrainedOn, IsShortForManyElementsAndCompositions) {
  std::vector<std::string> elements;
  for (const char* symbol : {"H", "C", "N", "O", "F", "Na", "Mg", "Al", "Si", "P", "S", "Cl"}) {
    elements.push_back(symbol);
  }
  auto ranges = wide_ranges(elements);
  ranges.atoms = {2, 80};
  const auto text = ranges.text();
  EXPECT_THAT(text,
              AllOf(HasSubstr("2 to 80 atoms (H 0 to 1000, C 0 to 1000"),
                    HasSubstr("P 0 to 1000 and 2 more)"), HasSubstr("H-P 0.5 and 68 more A")));
  EXPECT_LT(text.size(), 1000u);
}

TEST_F(TrainedOn, IsNotInFilesOfEarlierVersions) {
  write_random_potential(path(), small_config());
  EXPECT_FALSE(Potential::load(path()).training_ranges().has_value());
  const Evaluator evaluator(path());
  EXPECT_EQ(evaluator.training_ranges(), nullptr);
  EXPECT_THAT(evaluator.summary(), Not(HasSubstr("trained")));
}

TEST_F(TrainedOn, IsRefusedWhereNoFramesCanHaveIt) {
  const auto refused = [&](const std::function<void(nlohmann::json&)>& change,
                           const std::string& key, const std::string& reason) {
    EXPECT_THAT(error_after(change),
                AllOf(HasSubstr(path()), HasSubstr("trained_on"), HasSubstr(key), HasSubstr(reason),
                      HasSubstr("get it again")));
  };
  refused([](auto& j) { j = 5; }, "trained_on", "5 is not an object");
  refused([](auto& j) { j["nearest_distanc"] = 1; }, "'nearest_distanc'",
          "did you mean 'nearest_distance'");
  for (const char* key :
       {"frames", "atoms", "atoms_of_element", "periodic", "nearest_distance", "neighbors"}) {
    refused([&](auto& j) { j.erase(key); }, std::string("key '") + key + "'", "not found");
  }
  refused([](auto& j) { j["frames"] = 0; }, "'frames'", "0 is not a whole number, at least 1");
  refused([](auto& j) { j["frames"] = 9000000000000000000; }, "'frames'", "whole number");
  refused([](auto& j) { j["frames"] = 13; }, "'periodic'", "do not sum to the 13");
  refused([](auto& j) { j["atoms"] = {9, 6}; }, "'atoms'", "ends before it begins");
  refused([](auto& j) { j["atoms"] = {1.5, 6}; }, "'atoms'", "1.5 is not a whole number");
  refused([](auto& j) { j["volume_per_atom"] = {11.0}; }, "'volume_per_atom'", "two ends");
  refused([](auto& j) { j["volume_per_atom"] = {0, 11.0}; }, "'volume_per_atom'", "positive");
  refused([](auto& j) { j["nearest_distance"]["H-H"] = -1.0; }, "'nearest_distance'", "positive");
  refused([](auto& j) { j["nearest_distance"]["H-H"] = 4.5; }, "'nearest_distance'", "cutoff");
  refused([](auto& j) { j["nearest_distance"]["H-H"] = "near"; }, "'nearest_distance'", "number");
  refused([](auto& j) { j["nearest_distance"]["C-H"] = 1.0; }, "'C-H'", "pair");
  refused([](auto& j) { j["nearest_distance"].erase("C-O"); }, "'nearest_distance'", "C-O");
  refused([](auto& j) { j["neighbors"]["N"] = j["neighbors"]["H"]; }, "'neighbors'", "'N'");
  refused([](auto& j) { j["neighbors"]["H"].erase("mean"); }, "'neighbors'", "mean");
  refused([](auto& j) { j["compositions"][0]["Au"] = 1; }, "'compositions'", "'Au'");
  refused([](auto& j) { j["force"]["max"] = nullptr; }, "'force'", "number");
  refused([](auto& j) { j["temperature"] = {-1, 300}; }, "'temperature'", "0 or more");
  refused([](auto& j) { j["stress"]["learned"] = 1; }, "'stress'", "boolean");
  refused([](auto& j) { j["config_types"]["bulk"] = -3; }, "'config_types'", "-3");
}

}  // namespace
}  // namespace spinconv::test
