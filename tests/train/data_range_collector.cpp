// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/range_collector.hpp"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "data/dataset.hpp"
#include "spinconv/training_ranges_json.hpp"
#include "train/cache_support.hpp"
#include "train/data_support.hpp"

namespace spinconv::train::test {
namespace {

using ::testing::HasSubstr;

constexpr double never = std::numeric_limits<double>::infinity();

// Water in the plane, O at the origin, H at 0.9 along x and at 1.2 along y.
Frame water() {
  Frame f;
  f.source = "water";
  f.atomic_numbers = {8, 1, 1};
  f.positions = {0, 0, 0, 0.9, 0, 0, 0, 1.2, 0};
  f.forces = {3, 0, 4, -3, 0, 0, 0, 0, -4};
  return f;
}

// Two C atoms 1.5 apart in a cell of 2 x 3 x 4, each with images of both at 2.
Frame cell() {
  Frame f;
  f.source = "cell";
  f.atomic_numbers = {6, 6};
  f.positions = {0.5, 0.5, 0.5, 0.5, 0.5, 2.0};
  f.cell = {2, 0, 0, 0, 3, 0, 0, 0, 4};
  f.pbc = {true, true, true};
  f.stress = std::array<double, 6>{0.1, 0.1, 0.1, 0, 0, 0};
  return f;
}

TrainingRanges ranges_of(const std::vector<Frame>& frames, double cutoff,
                         const std::vector<std::string>& elements = {"H", "C", "O"},
                         bool learned = true) {
  RangeCollector collector(elements);
  for (const auto& frame : frames) {
    collector.add(frame, build_edges(frame, cutoff));
  }
  return collector.ranges(true, learned);
}

TEST(RangeCollectorTest, HasTheRangesOfSmallFramesByHand) {
  const auto r = ranges_of({water(), cell()}, 2.2);
  EXPECT_EQ(r.elements, (std::vector<std::string>{"H", "C", "O"}));
  EXPECT_EQ(r.frames, 2);
  EXPECT_EQ(r.atoms.min, 2);
  EXPECT_EQ(r.atoms.max, 3);
  EXPECT_EQ(r.compositions, (std::vector<std::vector<std::int64_t>>{{0, 2, 0}, {2, 0, 1}}));
  EXPECT_EQ(r.atoms_of_element[0].min, 0);
  EXPECT_EQ(r.atoms_of_element[0].max, 2);
  EXPECT_EQ(r.atoms_of_element[2].max, 1);
  EXPECT_EQ(r.not_periodic, 1);
  EXPECT_EQ(r.partly_periodic, 0);
  EXPECT_EQ(r.fully_periodic, 1);
  EXPECT_DOUBLE_EQ(r.volume_per_atom->min, 12.0);
  EXPECT_DOUBLE_EQ(r.volume_per_atom->max, 12.0);
  const std::vector<double> nearest = {1.5, never, 0.9, never, 1.5, never, 0.9, never, never};
  for (std::size_t k = 0; k < 9; ++k) {
    EXPECT_DOUBLE_EQ(r.nearest[k], nearest[k]) << k;
  }
  // within 2.2: both others for each atom of water; the other atom and its own images at 2 along x
  EXPECT_EQ(r.neighbors[0]->min, 2);
  EXPECT_EQ(r.neighbors[0]->max, 2);
  EXPECT_EQ(r.neighbors[1]->min, 3);
  EXPECT_EQ(r.neighbors[1]->max, 3);
  EXPECT_DOUBLE_EQ(r.neighbors[1]->mean, 3.0);
  EXPECT_DOUBLE_EQ(r.forces->max, 5.0);
  EXPECT_DOUBLE_EQ(r.forces->rms, std::sqrt(50.0 / 9.0));
  EXPECT_EQ(r.stress->frames, 1);
  EXPECT_TRUE(r.stress->learned);
  EXPECT_FALSE(r.temperature.has_value());
  EXPECT_TRUE(r.config_types.empty());
}

TEST(RangeCollectorTest, FollowsTheCutoff) {
  const auto r = ranges_of({water()}, 1.0);
  EXPECT_DOUBLE_EQ(r.nearest_of(0, 2), 0.9);
  EXPECT_EQ(r.nearest_of(0, 0), never);
  EXPECT_EQ(r.neighbors[0]->min, 0);
  EXPECT_EQ(r.neighbors[0]->max, 1);
  EXPECT_DOUBLE_EQ(r.neighbors[0]->mean, 0.5);
  EXPECT_FALSE(r.neighbors[1].has_value());
  EXPECT_FALSE(r.volume_per_atom.has_value());
  EXPECT_EQ(r.stress->frames, 0);
}

// An atom alone in a periodic cell has no density, and missing labels no size.
TEST(RangeCollectorTest, LeavesOutWhatAFrameDoesNotHave) {
  Frame alone = cell();
  alone.atomic_numbers = {6};
  alone.positions = {0, 0, 0};
  alone.cell = {9, 0, 0, 0, 9, 0, 0, 0, 9};
  alone.stress.reset();
  Frame slab = cell();
  slab.pbc = {true, true, false};
  slab.forces = {1, 2, 2, std::nan(""), std::nan(""), std::nan("")};
  const auto r = ranges_of({alone, slab}, 2.2);
  EXPECT_FALSE(r.volume_per_atom.has_value());
  EXPECT_EQ(r.fully_periodic, 1);
  EXPECT_EQ(r.partly_periodic, 1);
  EXPECT_EQ(r.stress->frames, 0);  // that of a slab is no label
  EXPECT_DOUBLE_EQ(r.forces->max, 3.0);
  EXPECT_DOUBLE_EQ(r.forces->rms, std::sqrt(3.0));
  EXPECT_FALSE(ranges_of({alone}, 2.2).forces.has_value());
  RangeCollector collector({"C"});
  collector.add(alone, build_edges(alone, 2.2));
  EXPECT_FALSE(collector.ranges(false, false).stress.has_value());
}

TEST(RangeCollectorTest, RefusesAnElementThatTheModelDoesNotHave) {
  EXPECT_THAT(error_of([] {
                ranges_of({water()}, 2.0, {"H", "C"});
              }),
              AllOf(HasSubstr("water"), HasSubstr("element O")));
}

TEST(RangeCollectorTest, ListsFewCompositionsAndGroups) {
  std::vector<Frame> frames;
  for (int n = 1; n <= 11; ++n) {
    Frame row;
    row.source = "row";
    for (int i = 0; i < n; ++i) {
      row.atomic_numbers.push_back(1);
      row.positions.insert(row.positions.end(), {1.1 * i, 0, 0});
    }
    row.config_type = n % 2 == 0 ? "even" : "odd\n";
    row.temperature = 100.0 * n;
    frames.push_back(row);
  }
  auto r = ranges_of({frames.begin(), frames.end() - 1}, 1.5, {"H"});
  EXPECT_EQ(r.compositions.size(), 10u);
  r = ranges_of(frames, 1.5, {"H"});
  EXPECT_TRUE(r.compositions.empty());
  EXPECT_EQ(r.atoms_of_element[0].max, 11);
  EXPECT_EQ(r.temperature->min, 100.0);
  EXPECT_EQ(r.temperature->max, 1100.0);
  EXPECT_EQ(r.config_types, (std::map<std::string, std::int64_t>{{"even", 5}, {"odd\\n", 6}}));
  for (int k = 0; k < 200; ++k) {
    frames.push_back(frames[0]);
    frames.back().config_type = "frame-" + std::to_string(k);
  }
  EXPECT_TRUE(ranges_of(frames, 1.5, {"H"}).config_types.empty());
}

class RangesOfFiles : public DataTest {};

// What several processes collect is what one does.
TEST_F(RangesOfFiles, AreMergedToThoseOfAllFrames) {
  auto frames = read_frames(source_of(write("mixed.extxyz", mixed_extxyz(60))));
  for (std::size_t i = 0; i < frames.size(); ++i) {
    frames[i].config_type = i % 3 == 0 ? "" : "group " + std::to_string(i % 4);
    if (i % 2 == 0) {
      frames[i].temperature = 300.0 + double(i);
    }
  }
  const std::vector<std::string> elements = {"Cu", "O", "C", "H", "Au"};
  RangeCollector all(elements), merged(elements);
  std::vector<RangeCollector> parts(4, RangeCollector(elements));  // the last one stays empty
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const auto edges = build_edges(frames[i], 3.0);
    all.add(frames[i], edges);
    parts[i % 3].add(frames[i], edges);
  }
  for (const auto& part : parts) {
    merged.merge(part.state());
  }
  auto expected = to_json(all.ranges(true, false)), found = to_json(merged.ranges(true, false));
  EXPECT_NEAR(found["force"]["rms"].get<double>(), expected["force"]["rms"].get<double>(), 1e-14);
  found["force"]["rms"] = expected["force"]["rms"];
  EXPECT_EQ(found, expected);
  EXPECT_EQ(expected["frames"], 60);
  EXPECT_EQ(expected["nearest_distance"]["Cu-Au"], nullptr);
  EXPECT_GT(expected["periodic"]["partly"], 0);
}

TEST_F(RangesOfFiles, HaveTemperaturesAndGroupsOfExtendedXyz) {
  const auto path = write("groups.extxyz",
                          "1\nconfig_type=\"liquid water\" temperature=330.5\nO 0 0 0\n"
                          "1\nTemperature=1200\nO 0 0 0\n"
                          "1\nconfig_type=gas temperature=300K\nO 0 0 0\n"
                          "1\ntemperature=-5 config_type=\"\"\nO 0 0 0\n");
  SourceRecord record;
  const auto frames = read_frames(source_of(path), &record);
  ASSERT_EQ(frames.size(), 4u);
  EXPECT_EQ(frames[0].config_type, "liquid water");
  EXPECT_EQ(frames[0].temperature, 330.5);
  EXPECT_EQ(frames[1].temperature, 1200.0);
  EXPECT_EQ(frames[1].config_type, "");
  EXPECT_EQ(frames[2].config_type, "gas");
  EXPECT_FALSE(frames[2].temperature.has_value());
  EXPECT_FALSE(frames[3].temperature.has_value());
  // what is no temperature was not read
  EXPECT_THAT(record.not_read, ::testing::ElementsAre("config_type", "temperature"));
}

}  // namespace
}  // namespace spinconv::train::test
