// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/dataset.hpp"

#include "data/files.hpp"
#include "train/data_support.hpp"

namespace spinconv::train {
namespace {

using test::content_of;
using test::DataTest;
using test::error_of;
using test::sample;
using test::source_of;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class DatasetTest : public DataTest {};

TEST_F(DatasetTest, ChoosesTheReaderByTheEndingOfTheName) {
  SourceRecord record;
  EXPECT_EQ(read_frames(source_of(sample("rmd17_ethanol_20.npz")), &record).size(), 20u);
  EXPECT_EQ(record.format, "npz");
  EXPECT_EQ(read_frames(source_of(sample("ethanol_methanol_4.extxyz")), &record).size(), 4u);
  EXPECT_EQ(record.format, "extxyz");
  EXPECT_EQ(read_frames(source_of(sample("oc20_random1000100_3.extxyz.xz"))).size(), 3u);
  EXPECT_EQ(read_frames(source_of(write("a.xyz", "1\n\nH 0 0 0\n"))).size(), 1u);
}

TEST_F(DatasetTest, RefusesOtherEndingsFoldersAndMissingFiles) {
  EXPECT_THAT(error_of([&] { read_frames(source_of(write("a.db", "x"))); }),
              AllOf(HasSubstr("a.db"), HasSubstr(".extxyz.xz")));
  EXPECT_THAT(error_of([&] { read_frames(source_of(write("a.txt.xz", "x"))); }),
              HasSubstr("not known"));
  EXPECT_THAT(error_of([&] { read_frames(source_of(path(""))); }), HasSubstr("folder"));
  EXPECT_THAT(error_of([&] { read_frames(source_of(path("no.npz"))); }),
              AllOf(HasSubstr("no.npz"), HasSubstr("no such file"), HasSubstr("relative to")));
  EXPECT_THAT(error_of([&] { read_frames(source_of(write("e.xyz", ""))); }), HasSubstr("is empty"));
  EXPECT_THAT(error_of([&] { read_frames(source_of(write("b.xyz", "\n\n"))); }),
              HasSubstr("no frames"));
}

TEST_F(DatasetTest, TakesTheFramesOfTheSlice) {
  auto source = source_of(sample("rmd17_ethanol_20.npz"));
  const auto all = read_frames(source);
  const auto energies = [&](const std::string& slice) {
    source.slice = Slice::parse(slice);
    std::vector<double> values;
    for (const auto& frame : read_frames(source)) {
      values.push_back(*frame.energy);
    }
    return values;
  };
  EXPECT_THAT(energies("5"), ElementsAre(*all[5].energy));
  EXPECT_THAT(energies("-1"), ElementsAre(*all[19].energy));
  EXPECT_THAT(energies("16::2"), ElementsAre(*all[16].energy, *all[18].energy));
  EXPECT_THAT(energies("-2:"), ElementsAre(*all[18].energy, *all[19].energy));
  EXPECT_EQ(energies(":100").size(), 20u);
  EXPECT_EQ(energies(":-15").size(), 5u);
  EXPECT_THAT(error_of([&] { energies("20:"); }),
              AllOf(HasSubstr("slice"), HasSubstr("20 frames")));
  SourceRecord record;
  source.slice = Slice::parse("::7");
  const auto few = read_frames(source, &record);
  EXPECT_EQ(record.n_frames, 3u);
  EXPECT_THAT(few[2].source, HasSubstr("rmd17_ethanol_20.npz:14"));
}

TEST(SliceTest, RefusesWhatIsNoSlice) {
  for (const char* bad : {"", "a", "1:2:3:4", "::0", "::-1", "1.5:", "1 :2", "99999999999999:"}) {
    EXPECT_THAT(error_of([&] { Slice::parse(bad); }), HasSubstr("frames: ")) << bad;
  }
}

TEST_F(DatasetTest, HashesTheBytesOfTheFile) {
  // published test vectors of FNV-1a, 64 bit
  EXPECT_EQ(file_hash(write("a", "a")), "fnv1a64:af63dc4c8601ec8c");
  EXPECT_EQ(file_hash(write("foobar", "foobar")), "fnv1a64:85944171f73967e8");
}

TEST_F(DatasetTest, SummaryNamesWhatWasReadAndWhatIsMissing) {
  const auto frames = read_frames(source_of(
      write("a.xyz",
            "2\nProperties=species:S:1:pos:R:3:forces:R:3 Lattice=\"5 0 0 0 5 0 0 0 5\" energy=-4\n"
            "O 0 0 0 3 4 0\nH 0 0 1 -3 -4 0\n1\nconfig=x\nH 0 0 0\n")));
  const auto summary = summarize(frames);
  EXPECT_EQ(summary.n_frames, 2u);
  EXPECT_EQ(summary.n_atoms, 3u);
  EXPECT_EQ(summary.min_atoms, 1u);
  EXPECT_EQ(summary.max_atoms, 2u);
  EXPECT_EQ(summary.n_periodic, 1u);
  EXPECT_EQ(summary.n_energy, 1u);
  EXPECT_EQ(summary.n_forces, 1u);
  EXPECT_EQ(summary.n_stress, 0u);
  EXPECT_DOUBLE_EQ(summary.max_force, 5.0);
  EXPECT_DOUBLE_EQ(summary.min_energy_per_atom, -2.0);
  EXPECT_THAT(summary.text(),
              AllOf(HasSubstr("2 frames of 1 to 2 atoms"), HasSubstr("H 2 O 1"),
                    HasSubstr("energies: 1 (missing in 1)"), HasSubstr("stresses: none")));
  EXPECT_THAT(summary.elements(), ElementsAre("H", "O"));
}

TEST_F(DatasetTest, RecordSaysKeysUnitsAndWhatWasNotRead) {
  SourceRecord record;
  read_frames(source_of(sample("rmd17_ethanol_20.npz")), &record);
  EXPECT_THAT(record.text(),
              AllOf(HasSubstr("20 frames"), HasSubstr("kcal/mol, Ang (from the file)"),
                    HasSubstr("energy from E, forces from F"), HasSubstr("old_indices"),
                    HasSubstr("fnv1a64:"), Not(HasSubstr("no energy was read"))));
  read_frames(source_of(write("a.xyz", "1\nEnergy_total=3 pbc=\"F F F\"\nH 0 0 0\n")), &record);
  EXPECT_THAT(record.text(), AllOf(HasSubstr("energy from none"), HasSubstr("Energy_total"),
                                   HasSubstr("data.keys: {energy: Energy_total}")));
  read_frames(source_of(write("a.xyz", "1\nQ17=3 pbc=\"F F F\"\nH 0 0 0\n")), &record);
  EXPECT_THAT(record.text(), HasSubstr("keys: {energy: NAME}"));
}

}  // namespace
}  // namespace spinconv::train
