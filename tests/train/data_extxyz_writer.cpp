// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/extxyz_writer.hpp"

#include <gmock/gmock.h>

#include <random>

#include "data/dataset.hpp"
#include "data/target.hpp"
#include "support/temporary_folder.hpp"

namespace spinconv::train {
namespace {

using spinconv::test::TemporaryFolder;
using spinconv::test::write_bytes;
using ::testing::HasSubstr;
using ::testing::Not;

Frame full_frame() {
  std::mt19937 random(8);
  std::uniform_real_distribution<double> uniform(-1.0, 1.0);
  Frame f;
  f.atomic_numbers = {1, 78, 8};
  f.cell = {-3.1, 2.2, 4.4, 1.5, -4.9, 2.1, 3.3, 3.1, 3.7};
  f.pbc = {true, true, true};
  for (int k = 0; k < 9; ++k) {
    f.positions.push_back(uniform(random));
    f.forces.push_back(uniform(random));
  }
  f.tags = {2, 0, 1};
  f.fixed = {0, 1, 0};
  f.energy = -1.0 / 3.0;
  f.stress = {0.1, -0.2, 1.0 / 3.0, 1e-17, 0.05, 7.0};
  f.system = "random 17 \"=\\[x]";
  f.frame_number = 12;
  return f;
}

Frame back(const Frame& frame, const Target& target = {}) {
  const TemporaryFolder folder;
  write_bytes(folder / "x.extxyz", to_extxyz(frame, target));
  DataSource source;
  source.path = folder / "x.extxyz";
  source.target = target;
  return read_frames(source).front();
}

// Every number is the same, and nothing is lost.
TEST(ExtxyzWriter, WritesWhatIsReadBackTheSame) {
  const Frame frame = full_frame();
  const Frame read = back(frame);
  EXPECT_EQ(read.atomic_numbers, frame.atomic_numbers);
  EXPECT_EQ(read.positions, frame.positions);
  EXPECT_EQ(read.forces, frame.forces);
  EXPECT_EQ(read.cell, frame.cell);
  EXPECT_EQ(read.pbc, frame.pbc);
  EXPECT_EQ(read.energy, frame.energy);
  EXPECT_EQ(read.stress, frame.stress);
  EXPECT_EQ(read.tags, frame.tags);
  EXPECT_EQ(read.fixed, frame.fixed);
  EXPECT_EQ(read.system, frame.system);
  EXPECT_EQ(read.frame_number, frame.frame_number);
}

TEST(ExtxyzWriter, LeavesOutWhatTheFrameHasNot) {
  Frame frame;
  frame.atomic_numbers = {1};
  frame.positions = {1, 2, 3};
  EXPECT_EQ(to_extxyz(frame), "1\nProperties=species:S:1:pos:R:3 pbc=\"F F F\"\nH 1 2 3\n");
  // as ASE has it for a wire: vectors without meaning are zero
  frame.cell = {0, 0, 0, 0, 0, 0, 0, 0, 4.5};
  frame.pbc = {false, false, true};
  EXPECT_EQ(back(frame).cell, frame.cell);
  EXPECT_EQ(back(frame).pbc, frame.pbc);
}

TEST(ExtxyzWriter, GivesAnotherTargetItsOwnKey) {
  Frame frame = full_frame();
  frame.forces.clear();
  frame.stress.reset();
  const Target target{"charge", "e", "total charge"};
  EXPECT_THAT(to_extxyz(frame, target), AllOf(HasSubstr(" \"total charge\"=-0.3333333333333333 "),
                                              Not(HasSubstr("energy="))));
  EXPECT_EQ(back(frame, target).energy, frame.energy);
}

}  // namespace
}  // namespace spinconv::train
