// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>

#include "data/dataset.hpp"
#include "data/frame_stream.hpp"
#include "data/relaxations.hpp"
#include "data/s2ef.hpp"
#include "support/command.hpp"
#include "support/error_text.hpp"
#include "support/temporary_folder.hpp"

// OC20 data: folders, reference energies, filters, relaxations.
namespace spinconv::train::test {
namespace {

namespace core = spinconv::test;
namespace fs = std::filesystem;
using core::error_of;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string real_file() {
  return core::environment("SPINCONV_SOURCE_DIR") + "/tests/data/oc20_random1000100_3.extxyz.xz";
}

// Two atoms in a box of 10 Angstrom; the second one is free.
std::string frame(const std::string& system, int number, double energy, double x, double force) {
  return "2\nLattice=\"10 0 0 0 10 0 0 0 10\" "
         "Properties=species:S:1:pos:R:3:move_mask:L:1:tags:I:1:forces:R:3 sid=" +
         system + " fid=" + std::to_string(number) + " energy=" + std::to_string(energy) +
         "\nCu 0 0 0 F 0 0 0 0\nO " + std::to_string(x) + " 0 0 T 2 " + std::to_string(force) +
         " 0 0\n";
}

std::vector<double> energies_of(const std::vector<Frame>& frames) {
  std::vector<double> result;
  for (const auto& f : frames) {
    result.push_back(f.energy.value_or(NAN));
  }
  return result;
}

class Oc20Data : public ::testing::Test {
 protected:
  // Two chunks of S2EF data, 10 before 9 in plain order.
  void write_s2ef() {
    core::write_bytes(folder_ / "10.extxyz", frame("b", 0, -20, 2, 1) + frame("b", 7, -21, 2, 1));
    core::write_bytes(folder_ / "10.txt", "b,frame0,-19.5\nb,frame7,-19.5\n");
    core::write_bytes(folder_ / "9.extxyz", frame("a", 0, -5, 2, 60));
    core::write_bytes(folder_ / "9.txt", "a,3,-6.0\n");
  }
  std::vector<Frame> read(const std::string& reference = "", double max_energy = 0,
                          double max_force = 0, const std::string& slice = ":") {
    DataSource source;
    source.path = folder_.path();
    source.reference = reference;
    source.max_energy = max_energy;
    source.max_force = max_force;
    source.slice = Slice::parse(slice);
    return read_frames(source, &record_);
  }
  std::string refusal() {
    return error_of([&] { read(); });
  }

  core::TemporaryFolder folder_;
  SourceRecord record_;
};

TEST_F(Oc20Data, ARealFileHasTagsFixedAtomsAndItsSystem) {
  DataSource source;
  source.path = real_file();
  const auto frames = read_frames(source);
  ASSERT_EQ(frames.size(), 3u);
  for (const auto& f : frames) {
    EXPECT_EQ(f.system, "random1000100");
    ASSERT_EQ(f.tags.size(), f.size());
    ASSERT_EQ(f.fixed.size(), f.size());
    EXPECT_EQ(std::count(f.fixed.begin(), f.fixed.end(), 1), 17);
    for (std::size_t i = 0; i < f.size(); ++i) {
      EXPECT_EQ(f.fixed[i] == 1, f.tags[i] == 0) << i;
    }
    EXPECT_EQ(f.tags.back(), 2);
  }
  EXPECT_EQ(frames[0].frame_number, 0);
  EXPECT_GT(*frames[2].frame_number, *frames[1].frame_number);
}

TEST_F(Oc20Data, AFolderIsReadInNaturalOrderWithItsReferenceEnergies) {
  write_s2ef();
  const auto frames = read();
  EXPECT_THAT(energies_of(frames), ElementsAre(1.0, -0.5, -1.5));
  EXPECT_EQ(frames[0].system, "a");
  EXPECT_EQ(frames[0].frame_number, 3);
  EXPECT_EQ(frames[2].frame_number, 7);
  EXPECT_EQ(record_.format, "s2ef");
  EXPECT_THAT(record_.text(), HasSubstr("reference energies of the .txt files"));
  EXPECT_THAT(energies_of(read("", 0, 0, "-1:")), ElementsAre(-1.5));
}

TEST_F(Oc20Data, AFolderWithoutReferencesHasOneSystemInEachFile) {
  write_s2ef();
  fs::remove(folder_ / "9.txt");
  fs::remove(folder_ / "10.txt");
  EXPECT_THAT(energies_of(read()), ElementsAre(-5.0, -20.0, -21.0));
  EXPECT_THAT(energies_of(read("last")), ElementsAre(0.0, 1.0, 0.0));
  core::write_bytes(folder_ / "ref.csv", "system,energy\na,-4\nb,-20\n");
  EXPECT_THAT(energies_of(read(folder_ / "ref.csv")), ElementsAre(-1.0, 0.0, -1.0));
  core::write_bytes(folder_ / "ref.csv", "a,-4\n");
  EXPECT_THAT(error_of([&] { read(folder_ / "ref.csv"); }),
              AllOf(HasSubstr("10.extxyz:0"), HasSubstr("'b'"), HasSubstr("ref.csv")));
  core::write_bytes(folder_ / "ref.csv", "a,-4\nb,x\n");
  EXPECT_THAT(error_of([&] { read(folder_ / "ref.csv"); }), HasSubstr("ref.csv:2"));
}

TEST_F(Oc20Data, FiltersCountWhatTheyLeaveOut) {
  write_s2ef();
  EXPECT_THAT(energies_of(read("", 1.2, 50.0)), ElementsAre(-0.5));
  EXPECT_EQ(record_.n_dropped_energy, 1u);
  EXPECT_EQ(record_.n_dropped_force, 1u);
  EXPECT_THAT(record_.text(), HasSubstr("left out: 1 frames by max_energy, 1 by max_force"));
}

TEST_F(Oc20Data, FoldersThatDoNotFitAreRefused) {
  EXPECT_THAT(refusal(), HasSubstr("no .extxyz"));
  write_s2ef();
  core::write_bytes(folder_ / "10.txt", "b,frame0,-19.5\n");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("10.txt"), HasSubstr("1 lines"), HasSubstr("truncated")));
  core::write_bytes(folder_ / "10.txt", "b,0,-19.5\nb,7,-19.5\nb,8,-19.5\n");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("3 lines"), HasSubstr("2 frames")));
  core::write_bytes(folder_ / "10.txt", "b,0,-19.5\nb,7\n");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("10.txt:2"), HasSubstr("2 fields")));
  core::write_bytes(folder_ / "10.txt", "b,0,-19.5\nb,7,nan\n");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("10.txt:2"), HasSubstr("reference energy")));
  core::write_bytes(folder_ / "10.txt", "b,0,-19.5\nb,x,-19.5\n");
  EXPECT_THAT(refusal(), HasSubstr("frame number"));
  fs::remove(folder_ / "10.txt");
  EXPECT_THAT(refusal(),
              AllOf(HasSubstr("10.extxyz"), HasSubstr("10.txt.xz"), HasSubstr("missing")));
}

TEST_F(Oc20Data, ATruncatedXzTailIsAnError) {
  const auto whole = core::read_bytes(real_file());
  core::write_bytes(folder_ / "1.extxyz.xz", whole.substr(0, whole.size() - 40));
  EXPECT_THAT(refusal(), HasSubstr("1.extxyz.xz"));
}

TEST_F(Oc20Data, TagsAndMasksThatAreNoneAreRefused) {
  auto text = frame("a", 0, 0, 2, 1);
  text.replace(text.find(" F 0"), 4, " X 0");
  core::write_bytes(folder_ / "1.extxyz", text);
  EXPECT_THAT(refusal(), AllOf(HasSubstr("1.extxyz:3"), HasSubstr("move_mask")));
  text = frame("a", 0, 0, 2, 1);
  text.replace(text.find(" T 2"), 4, " T q");
  core::write_bytes(folder_ / "1.extxyz", text);
  EXPECT_THAT(refusal(), AllOf(HasSubstr("1.extxyz:4"), HasSubstr("tags")));
}

TEST_F(Oc20Data, RelaxationsAreFirstAndLastFrames) {
  write_s2ef();
  DataSource source;
  source.path = folder_.path();
  const auto relaxations = read_relaxations(source, record_);
  ASSERT_EQ(relaxations.size(), 2u);
  EXPECT_EQ(relaxations[1].system, "b");
  EXPECT_EQ(relaxations[1].initial.frame_number, 0);
  EXPECT_EQ(relaxations[1].relaxed.frame_number, 7);
  EXPECT_EQ(*relaxations[1].relaxed.energy, -1.5);
  source.path = core::environment("SPINCONV_SOURCE_DIR") + "/tests/data/ethanol_methanol_4.extxyz";
  EXPECT_THAT(error_of([&] { read_relaxations(source, record_); }), HasSubstr("sid="));
}

// Memory of a stream does not grow: a long file is read frame by frame.
TEST_F(Oc20Data, AStreamGivesTheFramesOneByOneAndStopsAtTheSlice) {
  std::string text;
  for (int k = 0; k < 50; ++k) {
    text += frame("a", k, -k, 2, 1);
  }
  core::write_bytes(folder_ / "1.extxyz", text + "damaged\n");
  DataSource source;
  source.path = folder_.path();
  source.slice = Slice::parse("10:40:10");
  SourceRecord record;
  const auto stream = open_frames(source, record);
  Frame f;
  std::vector<std::int64_t> numbers;
  while (stream->next(f)) {
    numbers.push_back(*f.frame_number);
  }
  EXPECT_THAT(numbers, ElementsAre(10, 20, 30));
  EXPECT_EQ(record.n_frames, 3u);
}

}  // namespace
}  // namespace spinconv::train::test
