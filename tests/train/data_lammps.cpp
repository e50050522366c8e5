// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

#include "data/lammps_data.hpp"
#include "data/lammps_dump.hpp"
#include "data/lammps_log.hpp"
#include "data/neighbors.hpp"
#include "support/error_text.hpp"
#include "support/temporary_folder.hpp"

// Structures go into LAMMPS's box and come back.
namespace spinconv::train::test {
namespace {

namespace core = spinconv::test;
using core::error_of;
using ::testing::AllOf;
using ::testing::HasSubstr;

Frame random_frame(const Matrix3& cell, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> uniform(0.0, 1.0);
  Frame f;
  f.cell = cell;
  f.pbc = {true, true, true};
  f.source = "random:0";
  for (int i = 0; i < 5; ++i) {
    f.atomic_numbers.push_back(i % 2 == 0 ? 8 : 78);
    const Vector3 x = row_times({uniform(random), uniform(random), uniform(random)}, cell);
    for (int d = 0; d < 3; ++d) {
      f.positions.push_back(x[d]);
      f.forces.push_back(uniform(random) - 0.5);
    }
    f.tags.push_back(i % 3);
    f.fixed.push_back(i < 2 || i == 4 ? 1 : 0);
  }
  f.system = "s1";
  return f;
}

const std::vector<Matrix3> cells = {
    {5, 0, 0, 0, 6, 0, 0, 0, 7},                      // a plain box
    {8.7, 0, -0.29, -4.19, 12.1, 0.57, 0, 0, 32.9},   // of OC20, general orientation
    {5, 0, 0, 14, 6, 0, -9, 11, 7},                   // tilted by more than its lengths
    {0, 5, 0, 6, 0, 0, 0, 0, 7},                      // left-handed
    {-3.1, 2.2, 4.4, 1.5, -4.9, 2.1, 3.3, 3.1, 3.7},  // anything
};

std::vector<double> sorted_distances(const Frame& f) {
  const auto edges = build_edges(f, 6.0);
  std::vector<double> d;
  for (std::size_t e = 0; e < edges.size(); ++e) {
    d.push_back(
        std::hypot(edges.vectors[3 * e], edges.vectors[3 * e + 1], edges.vectors[3 * e + 2]));
  }
  std::sort(d.begin(), d.end());
  return d;
}

TEST(GeneralCell, BecomesABoxOfLammpsWithTheSameDistances) {
  for (const auto& cell : cells) {
    const Frame frame = random_frame(cell, 3);
    const auto s = to_lammps(frame, {});
    const auto& c = s.box.cell;
    EXPECT_EQ(c[1], 0.0);
    EXPECT_EQ(c[2], 0.0);
    EXPECT_EQ(c[5], 0.0);
    EXPECT_GT(std::min({c[0], c[4], c[8]}), 0.0);
    EXPECT_LE(std::abs(c[3]), 0.5 * c[0] + 1e-9);
    EXPECT_LE(std::abs(c[6]), 0.5 * c[0] + 1e-9);
    EXPECT_LE(std::abs(c[7]), 0.5 * c[4] + 1e-9);
    EXPECT_NEAR(determinant(s.box.rotation), 1.0, 1e-13);
    EXPECT_NEAR(std::abs(determinant(s.box.basis)), 1.0, 1e-13);
    Frame turned = frame;
    turned.cell = c;
    for (std::size_t i = 0; i < frame.size(); ++i) {
      const auto x = row_times(
          {frame.positions[3 * i], frame.positions[3 * i + 1], frame.positions[3 * i + 2]},
          s.box.rotation);
      std::copy(x.begin(), x.end(), turned.positions.begin() + 3 * i);
    }
    const auto before = sorted_distances(frame), after = sorted_distances(turned);
    ASSERT_EQ(before.size(), after.size());
    ASSERT_GT(before.size(), 5u);
    for (std::size_t k = 0; k < before.size(); ++k) {
      EXPECT_NEAR(before[k], after[k], 1e-10);
    }
  }
}

// What LAMMPS would dump of the structure, its box at another origin and stretched by `factor`.
std::string dump_of(const LammpsStructure& s, double factor) {
  const auto& c = s.box.cell;
  const double xy = factor * c[3], xz = factor * c[6], yz = factor * c[7];
  std::string text = "ITEM: TIMESTEP\n20\nITEM: NUMBER OF ATOMS\n" +
                     std::to_string(s.frame.size()) + "\nITEM: BOX BOUNDS xy xz yz pp pp pp\n";
  char line[256];
  const auto add = [&](double a, double b, double t) {
    std::snprintf(line, sizeof line, "%.17g %.17g %.17g\n", a, b, t);
    text += line;
  };
  add(std::min({0.0, xy, xz, xy + xz}), factor * c[0] + std::max({0.0, xy, xz, xy + xz}), xy);
  add(std::min(0.0, yz), factor * c[4] + std::max(0.0, yz), xz);
  add(0.0, factor * c[8], yz);
  text += "ITEM: ATOMS type id fx fy fz xu yu zu\n";
  for (std::size_t k = s.frame.size(); k-- > 0;) {  // not by id
    const auto at = [&](const std::vector<double>& v) {
      return row_times({v[3 * k], v[3 * k + 1], v[3 * k + 2]}, s.box.rotation);
    };
    const auto x = at(s.frame.positions), f = at(s.frame.forces);
    std::snprintf(line, sizeof line, "%d %zu %.17g %.17g %.17g %.17g %.17g %.17g\n",
                  s.frame.atomic_numbers[k] == 8 ? 1 : 2, k + 1, f[0], f[1], f[2], factor * x[0],
                  factor * x[1], factor * x[2]);
    text += line;
  }
  return text;
}

// All frames of a dump, of a run in units metal.
std::vector<Frame> dump_frames(const std::string& path, const LammpsStructure* original,
                               const LammpsLog* log = nullptr) {
  DumpOptions options;
  options.original = original;
  options.log = log;
  options.units = "metal";
  LammpsDump dump(path, options);
  std::vector<Frame> frames;
  for (Frame frame; dump.next(frame);) {
    frames.push_back(frame);
  }
  return frames;
}

TEST(GeneralCell, ComesBackFromADump) {
  const core::TemporaryFolder folder;
  for (const auto& cell : cells) {
    for (const double factor : {1.0, 1.1}) {
      const Frame frame = random_frame(cell, 4);
      const auto json = to_lammps(frame, {}).to_json().dump();
      const auto s = LammpsStructure::from_json(nlohmann::json::parse(json), "x.json");
      auto with_forces = s;
      with_forces.frame.forces = frame.forces;
      core::write_bytes(folder / "x.dump", dump_of(with_forces, factor));
      core::write_bytes(folder / "log", "Step PotEng\n20 -3.5\n");
      const LammpsLog log(folder / "log");
      const auto frames = dump_frames(folder / "x.dump", &s, &log);
      ASSERT_EQ(frames.size(), 1u);
      const Frame& back = frames[0];
      EXPECT_EQ(back.atomic_numbers, frame.atomic_numbers);
      EXPECT_EQ(back.tags, frame.tags);
      EXPECT_EQ(back.fixed, frame.fixed);
      EXPECT_EQ(back.system, "s1");
      EXPECT_EQ(back.frame_number, 20);
      EXPECT_EQ(back.energy, -3.5);
      for (std::size_t k = 0; k < 15; ++k) {
        EXPECT_NEAR(back.positions[k], factor * frame.positions[k], 1e-11);
        EXPECT_NEAR(back.forces[k], frame.forces[k], 1e-12);
      }
      for (std::size_t k = 0; k < 9; ++k) {
        EXPECT_NEAR(back.cell[k], factor * cell[k], 1e-11);
      }
    }
  }
}

TEST(LammpsData, NamesTypesMassesAndFixedAtoms) {
  const Frame frame = random_frame(cells[1], 5);
  const auto s = to_lammps(frame, {"Pt", "H", "O"});
  EXPECT_THAT(s.data_file(),
              AllOf(HasSubstr("5 atoms\n3 atom types"), HasSubstr("boundary p p p"),
                    HasSubstr("1 195.084  # Pt"), HasSubstr("\n1 3 "), HasSubstr("xy xz yz")));
  EXPECT_THAT(s.include_file(), AllOf(HasSubstr("variable elements string \"Pt H O\"\n"),
                                      HasSubstr("group fixed id 1:2 5\n")));
  EXPECT_THAT(error_of([&] { to_lammps(frame, {"Pt", "H"}); }), HasSubstr("element O"));
}

TEST(LammpsData, AMoleculeWithoutACellGetsABox) {
  Frame frame = random_frame(cells[0], 6);
  frame.cell = {};
  frame.pbc = {};
  frame.fixed.clear();
  const auto s = to_lammps(frame, {});
  EXPECT_THAT(s.data_file(), HasSubstr("boundary s s s"));
  EXPECT_THAT(s.include_file(), HasSubstr("group fixed empty\n"));
  EXPECT_GT(s.box.cell[0], 20.0);
}

// A cell whose directions `pbc` are periodic, the others zero, as ASE writes molecules, wires and
// slabs, or with vectors that mean nothing; both hands.
struct PartlyPeriodic {
  Matrix3 cell;
  std::array<bool, 3> pbc;
};
const std::vector<PartlyPeriodic> partly_periodic = {
    {{5, 0, 0, 1, 6, 0, 0, 0, 0}, {true, true, false}},
    {{0, 0, 0, 0, 0, 0, 1, 2, 4}, {false, false, true}},
    {{0, 0, 0, -1, 6, 2, 0, 4, 7}, {false, true, true}},
    {{4, 1, 0, 0, 0, 0, 5, -1, 7}, {true, false, true}},
    {{4, 1, 0, 9, 9, 9, 5, -1, 7}, {true, false, true}},  // tilted against the others
    {{5, 0, 0, 1, 6, 0, 0, 0, -9}, {true, true, false}},  // left-handed
    {{5, 0, 0, 1, 6, 0, 3, 2, 0}, {true, true, false}},   // in the plane of the others
    {{0, 0, 0, 0, 0, 0, 0, 0, 0}, {false, false, false}},
};

TEST(GeneralCell, PartlyPeriodicBecomesABoxAndComesBack) {
  const core::TemporaryFolder folder;
  for (const auto& [cell, pbc] : partly_periodic) {
    Frame frame = random_frame(cells[4], 9);  // its positions, in no relation to the cell
    frame.cell = cell;
    frame.pbc = pbc;
    const auto s = to_lammps(frame, {});
    EXPECT_GT(std::min({s.box.cell[0], s.box.cell[4], s.box.cell[8]}), 0.0);
    EXPECT_TRUE(s.box.cell[3] == 0.0 || (pbc[0] && pbc[1]));
    EXPECT_TRUE(s.box.cell[6] == 0.0 || (pbc[0] && pbc[2]));
    EXPECT_TRUE(s.box.cell[7] == 0.0 || (pbc[1] && pbc[2]));
    EXPECT_NEAR(determinant(s.box.rotation), 1.0, 1e-13);
    // the same distances, images included
    Frame turned = frame;
    turned.cell = s.box.cell;
    for (std::size_t i = 0; i < frame.size(); ++i) {
      const auto x = row_times(
          {frame.positions[3 * i], frame.positions[3 * i + 1], frame.positions[3 * i + 2]},
          s.box.rotation);
      for (std::size_t d = 0; d < 3; ++d) {
        turned.positions[3 * i + d] = x[d];
        if (!pbc[d]) {  // inside the box
          EXPECT_GE(x[d], s.origin[d]);
          EXPECT_LE(x[d], s.origin[d] + s.box.cell[4 * d]);
        }
      }
    }
    const auto before = sorted_distances(frame), after = sorted_distances(turned);
    ASSERT_EQ(before.size(), after.size());
    for (std::size_t k = 0; k < before.size(); ++k) {
      EXPECT_NEAR(before[k], after[k], 1e-10);
    }
    auto with_forces = s;
    with_forces.frame.forces = frame.forces;
    std::string text = dump_of(with_forces, 1.0);
    std::string flags;
    for (const bool p : pbc) {
      flags += p ? " pp" : " ss";
    }
    text.replace(text.find(" pp pp pp"), 9, flags);
    core::write_bytes(folder / "x.dump", text);
    const auto back = dump_frames(folder / "x.dump", &s)[0];
    EXPECT_EQ(back.pbc, pbc);
    for (std::size_t k = 0; k < 15; ++k) {
      EXPECT_NEAR(back.positions[k], frame.positions[k], 1e-11);
      EXPECT_NEAR(back.forces[k], frame.forces[k], 1e-12);
    }
    for (std::size_t k = 0; k < 9; ++k) {
      EXPECT_NEAR(back.cell[k], cell[k], 1e-11);
    }
  }
}

TEST(LammpsData, APeriodicDirectionNeedsItsVector) {
  Frame frame = random_frame(cells[0], 6);
  frame.cell = {5, 0, 0, 0, 6, 0, 0, 0, 0};
  EXPECT_THAT(
      error_of([&] { to_lammps(frame, {}); }),
      AllOf(HasSubstr("random:0"), HasSubstr("vector c is zero"), HasSubstr("pbc=\"T T F\"")));
  frame.cell = {5, 0, 0, 10, 0, 0, 0, 0, 7};
  EXPECT_THAT(error_of([&] { to_lammps(frame, {}); }), HasSubstr("not independent"));
}

TEST(LammpsDump, ThatIsDamagedIsRefusedByLine) {
  const core::TemporaryFolder folder;
  const auto s = to_lammps(random_frame(cells[0], 7), {});
  const std::string good = dump_of(s, 1.0);
  const auto refusal = [&](std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    text.replace(at, from.size(), to);
    core::write_bytes(folder / "x.dump", text);
    return error_of([&] { dump_frames(folder / "x.dump", &s); });
  };
  EXPECT_THAT(refusal(good, " id ", " q "), HasSubstr("no column id"));
  EXPECT_THAT(refusal(good, "xu yu zu", "a b c"), HasSubstr("no positions"));
  EXPECT_THAT(refusal(good, "ITEM: NUMBER OF ATOMS\n5", "ITEM: NUMBER OF ATOMS\n6"),
              AllOf(HasSubstr("x.dump:"), HasSubstr("truncated")));
  EXPECT_THAT(refusal(good, "ITEM: NUMBER OF ATOMS\n5", "ITEM: NUMBER OF ATOMS\nx"),
              HasSubstr("x.dump:4"));
  EXPECT_THAT(refusal(good, "ITEM: TIMESTEP", "hello"), HasSubstr("x.dump:1"));
  auto fewer = s;
  fewer.frame.atomic_numbers.pop_back();
  core::write_bytes(folder / "x.dump", good);
  EXPECT_THAT(error_of([&] { dump_frames(folder / "x.dump", &fewer); }),
              HasSubstr("5 atoms, the structure 4"));
}

}  // namespace
}  // namespace spinconv::train::test
