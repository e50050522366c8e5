// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/extxyz.hpp"

#include <array>
#include <cmath>

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
using ::testing::IsEmpty;

class ExtxyzTest : public DataTest {
 protected:
  std::vector<Frame> read(const DataSource& source) {
    record = SourceRecord();
    return read_extxyz(source, record);
  }
  std::vector<Frame> read_text(const std::string& content) {
    return read(source_of(write("a.extxyz", content)));
  }
  // One H atom in a 2 x 3 x 4 box with more in the comment line.
  Frame read_comment(const std::string& entries) {
    return read_text("1\nLattice=\"2 0 0 0 3 0 0 0 4\" " + entries + "\nH 0 0 0\n")[0];
  }
  std::string error_with(const std::string& content) {
    return error_of([&] { read_text(content); });
  }

  SourceRecord record;
};

TEST_F(ExtxyzTest, ReadsMoleculesOfTwoSizesFromRealData) {
  const auto frames = read(source_of(sample("ethanol_methanol_4.extxyz")));
  ASSERT_EQ(frames.size(), 4u);
  EXPECT_EQ(frames[0].size(), 6u);
  EXPECT_EQ(frames[3].size(), 9u);
  EXPECT_EQ(frames[0].energy, -3142.2563665078364);
  EXPECT_EQ(frames[0].atomic_numbers[0], 6);
  EXPECT_EQ(frames[0].positions[1], -0.51117013);
  EXPECT_EQ(frames[0].forces[2], 2.40017560);
  EXPECT_THAT(frames[0].pbc, ElementsAre(false, false, false));
  EXPECT_EQ(record.energy_key, "energy");
  EXPECT_EQ(record.units_from, "format");
  EXPECT_EQ(frames[0].config_type, "methanol");
  EXPECT_EQ(frames[3].config_type, "ethanol");
  EXPECT_THAT(record.not_read, ElementsAre());
}

TEST_F(ExtxyzTest, ReadsACompressedTriclinicSlabAndTellsWhatWasLeftOut) {
  const auto frames = read(source_of(sample("oc20_random1000100_3.extxyz.xz")));
  ASSERT_EQ(frames.size(), 3u);
  EXPECT_EQ(frames[2].size(), 33u);
  EXPECT_EQ(frames[2].cell[2], -0.28636745);
  EXPECT_EQ(frames[2].cell[3], -4.18633851);
  EXPECT_THAT(frames[2].pbc, ElementsAre(true, true, true));
  EXPECT_EQ(frames[2].energy, -60.58567902);
  EXPECT_EQ(frames[0].forces[0], -0.03768235);   // behind move_mask and tags
  EXPECT_EQ(frames[2].system, "random1000100");  // sid
  EXPECT_EQ(frames[0].tags.front(), 0);
  EXPECT_EQ(frames[0].tags.back(), 2);
  EXPECT_EQ(frames[0].fixed.front(), 1);  // move_mask F
  EXPECT_EQ(frames[0].fixed.back(), 0);
  EXPECT_THAT(record.not_read, ElementsAre("free_energy"));
}

TEST_F(ExtxyzTest, ReadsColumnsInAnyOrder) {
  const auto frames = read_text(
      "2\nProperties=force:R:3:magmom:R:1:Z:I:1:pos:R:3 pbc=\"F F F\"\n"
      "1 2 3 0.5 8 4 5 6\n-1 -2 -3 0.5 1 7 8 9\n");
  EXPECT_THAT(frames[0].atomic_numbers, ElementsAre(8, 1));
  EXPECT_THAT(frames[0].positions, ElementsAre(4, 5, 6, 7, 8, 9));
  EXPECT_THAT(frames[0].forces, ElementsAre(1, 2, 3, -1, -2, -3));
  EXPECT_EQ(record.forces_key, "force");
  EXPECT_THAT(record.not_read, ElementsAre("magmom"));
}

TEST_F(ExtxyzTest, ReadsEveryFormOfQuoting) {
  const auto frames = read_text(
      "1\nname='a b = c' note=\"say \\\"hi\\\"\" Lattice=[[2, 0, 0], [0, 3, 0], [0, 0, 4]] flag "
      "pbc={T F T} energy = -1.5 \"odd key\"=3\nH 0 0 0\n");
  EXPECT_THAT(frames[0].cell, ElementsAre(2, 0, 0, 0, 3, 0, 0, 0, 4));
  EXPECT_THAT(frames[0].pbc, ElementsAre(true, false, true));
  EXPECT_EQ(frames[0].energy, -1.5);
  EXPECT_THAT(record.not_read, ElementsAre("name", "note", "odd key"));
}

TEST_F(ExtxyzTest, ReadsNumbersAsFortranAndOthersWriteThem) {
  const auto frames = read_text("1\nenergy=-1.25D+02\nH +1e-3 -.5 1.E2\n");
  EXPECT_EQ(frames[0].energy, -125.0);
  EXPECT_THAT(frames[0].positions, ElementsAre(0.001, -0.5, 100.0));
}

TEST_F(ExtxyzTest, ReadsPlainXyzWithAnyComment) {
  const auto frames =
      read_text("1\n it's a \"water molecule\nH 0 0 0\n\n2\n\nO 0 0 0\r\nH 0 0 1\n\n");
  ASSERT_EQ(frames.size(), 2u);
  EXPECT_EQ(frames[1].size(), 2u);
  EXPECT_FALSE(frames[0].energy);
  EXPECT_THAT(frames[1].forces, IsEmpty());
  EXPECT_THAT(frames[1].pbc, ElementsAre(false, false, false));
}

TEST_F(ExtxyzTest, TakesAFrameWithLatticeAsPeriodicUnlessItSaysOtherwise) {
  EXPECT_THAT(read_comment("").pbc, ElementsAre(true, true, true));
  EXPECT_THAT(read_comment("pbc=\"T T F\"").pbc, ElementsAre(true, true, false));
  EXPECT_THAT(read_comment("pbc=\"True False 1\"").pbc, ElementsAre(true, false, true));
}

TEST_F(ExtxyzTest, GivesStressTheSignOfAse) {
  const auto frame = read_comment("stress=\"1 6 5 6 2 4 5 4 3\"");
  ASSERT_TRUE(frame.stress);
  EXPECT_THAT(*frame.stress, ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_EQ(record.stress_key, "stress");
  EXPECT_THAT(*read_comment("stress=\"1 2 3 4 5 6\"").stress, ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(ExtxyzTest, TurnsAVirialIntoAStress) {
  // the volume is 24 and virial = -dE/dstrain
  const auto frame = read_comment("virial=\"24 0 0 0 48 0 0 0 -24\"");
  EXPECT_THAT(*frame.stress, ElementsAre(-1, -2, 1, 0, 0, 0));
  EXPECT_EQ(record.stress_key, "virial");
  EXPECT_THAT(*read_comment("virial=\"24 0 0 0 48 0 0 0 -24\" stress=\"1 2 3 4 5 6\"").stress,
              ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(record.not_read, ElementsAre("virial"));
}

TEST_F(ExtxyzTest, ConvertsUnitsThatAreGiven) {
  const auto file =
      write("a.xyz",
            "1\nLattice=\"1 0 0 0 1 0 0 0 1\" Properties=species:S:1:pos:R:3:forces:R:3 "
            "energy=2 stress=\"1 1 1 0 0 0\"\nH 1 2 3 4 5 6\n");
  const auto frame = read(source_of(file, "Hartree", "Bohr"))[0];
  constexpr double hartree = 27.211386245988;
  constexpr double bohr = 0.529177210903;
  EXPECT_DOUBLE_EQ(*frame.energy, 2 * hartree);
  EXPECT_DOUBLE_EQ(frame.positions[2], 3 * bohr);
  EXPECT_DOUBLE_EQ(frame.cell[4], bohr);
  EXPECT_DOUBLE_EQ(frame.forces[0], 4 * hartree / bohr);
  EXPECT_DOUBLE_EQ((*frame.stress)[0], hartree / std::pow(bohr, 3));
  EXPECT_EQ(record.units_from, "configuration");
  read(source_of(file, "Hartree"));
  EXPECT_EQ(record.units_from, "format, configuration");
}

TEST_F(ExtxyzTest, ReadsTheLabelsThatAreNamed) {
  auto source = source_of(sample("oc20_random1000100_3.extxyz.xz"));
  source.keys.energy = "free_energy";
  EXPECT_EQ(read(source)[0].energy, -57.74473025);
  EXPECT_EQ(record.energy_key, "free_energy");
  source.keys.energy = "free_enrgy";
  EXPECT_THAT(error_of([&] { read(source); }),
              AllOf(HasSubstr("keys: energy"), HasSubstr("did you mean 'free_energy'?")));
  source.keys = {};
  source.keys.stress = "stress";
  source.keys.virial = "virial";
  EXPECT_THAT(error_of([&] { read(source); }), HasSubstr("not both"));
}

TEST_F(ExtxyzTest, CountsNanLabelsAsMissing) {
  const auto frame = read_text(
      "1\nLattice=\"1 0 0 0 1 0 0 0 1\" Properties=species:S:1:pos:R:3:forces:R:3 energy=nan "
      "stress=\"nan nan nan nan nan nan\"\nH 1 2 3 NaN NaN NaN\n")[0];
  EXPECT_FALSE(frame.energy);
  EXPECT_FALSE(frame.stress);
  EXPECT_THAT(frame.forces, IsEmpty());
}

TEST_F(ExtxyzTest, NamesFileAndLineOfABadNumber) {
  const std::string head = "2\nProperties=species:S:1:pos:R:3:forces:R:3\nH 0 0 0 0 0 0\n";
  EXPECT_THAT(error_with(head + "H 0 0 1,5 0 0 0\n"),
              AllOf(HasSubstr("a.extxyz:4:"), HasSubstr("'1,5' in column 4")));
  EXPECT_THAT(error_with(head + "H 0 0 ****** 0 0 0\n"), HasSubstr("a.extxyz:4:"));
  EXPECT_THAT(error_with(head + "H 0 nan 1 0 0 0\n"),
              AllOf(HasSubstr("a.extxyz:4:"), HasSubstr("position")));
  EXPECT_THAT(error_with(head + "H 0 0 1e999 0 0 0\n"), HasSubstr("a.extxyz:4:"));
  EXPECT_THAT(error_with(head + "H 0 0 1 nan 0 0\n"),
              AllOf(HasSubstr("a.extxyz:4:"), HasSubstr("nan for all")));
  EXPECT_THAT(error_with(head + "H 0 0 1 inf 0 0\n"), HasSubstr("a.extxyz:4: force"));
  EXPECT_THAT(error_with(head + "h 0 0 1 0 0 0\n"),
              AllOf(HasSubstr("a.extxyz:4:"), HasSubstr("did you mean 'H'?")));
  EXPECT_THAT(error_with("1\nenergy=-1.2eV\nH 0 0 0\n"),
              AllOf(HasSubstr("a.extxyz:2:"), HasSubstr("energy=-1.2eV")));
}

TEST_F(ExtxyzTest, NamesTheLineWhereTheColumnsDoNotFit) {
  EXPECT_THAT(error_with("2\n\nH 0 0 0\nH 0 0 1 0 0 0\n"),
              AllOf(HasSubstr("a.extxyz:4:"), HasSubstr("7 columns"), HasSubstr("Properties")));
  EXPECT_THAT(error_with("1\n\nH 0 0 0\nH 0 0 1\n"),
              AllOf(HasSubstr("a.extxyz:4:"), HasSubstr("number of atoms")));
  EXPECT_THAT(error_with("0\n\n"), HasSubstr("a.extxyz:1:"));
  EXPECT_THAT(error_with("3\n\nH 0 0 0\n"), AllOf(HasSubstr("1 of the 3"), HasSubstr("truncated")));
  EXPECT_THAT(error_with("3\n"), HasSubstr("truncated"));
}

TEST_F(ExtxyzTest, RefusesPropertiesItCannotUse) {
  const auto properties = [&](const std::string& value) {
    return error_with("1\nProperties=" + value + "\nH 0 0 0\n");
  };
  EXPECT_THAT(properties("species:S:1"), HasSubstr("no positions"));
  EXPECT_THAT(properties("pos:R:3"), HasSubstr("no elements"));
  EXPECT_THAT(properties("species:S:1:pos:R"), HasSubstr("name:type:count"));
  EXPECT_THAT(properties("species:S:1:pos:R:2"), HasSubstr("'pos' has 2 columns, not 3"));
  EXPECT_THAT(properties("species:S:1:pos:Q:3"), HasSubstr("S, R, I or L"));
  EXPECT_THAT(properties("species:S:1:pos:R:3:pos:R:3"), HasSubstr("second"));
}

TEST_F(ExtxyzTest, RefusesCellsAndStressesThatCannotBe) {
  EXPECT_THAT(error_with("1\nLattice=\"1 0 0 0 1 0 0 0\"\nH 0 0 0\n"),
              AllOf(HasSubstr("a.extxyz:2:"), HasSubstr("9 numbers")));
  EXPECT_THAT(error_with("1\npbc=\"T T T\"\nH 0 0 0\n"), HasSubstr("without a Lattice"));
  EXPECT_THAT(error_of([&] { read_comment("pbc=\"T T\""); }), HasSubstr("three of T and F"));
  EXPECT_THAT(error_of([&] { read_comment("stress=\"1 2 3\""); }), HasSubstr("9 numbers"));
  EXPECT_THAT(error_of([&] { read_comment("stress=\"1 6 5 7 2 4 5 4 3\""); }),
              HasSubstr("not symmetric"));
  EXPECT_THAT(error_with("1\nstress=\"1 2 3 4 5 6\"\nH 0 0 0\n"), HasSubstr("needs a cell"));
  EXPECT_THAT(error_with("1\nLattice=\"1 0 0 0 1 0 0 0 1\nH 0 0 0\n"),
              AllOf(HasSubstr("a.extxyz:2:"), HasSubstr("not closed")));
}

TEST_F(ExtxyzTest, RefusesDamagedXzData) {
  const std::string whole = content_of(sample("oc20_random1000100_3.extxyz.xz"));
  EXPECT_THAT(
      error_of([&] { read(source_of(write("cut.extxyz.xz", whole.substr(0, whole.size() / 2)))); }),
      AllOf(HasSubstr("cut.extxyz.xz"), HasSubstr("end too early")));
  std::string flipped = whole;
  flipped[whole.size() / 2] ^= 0x10;
  EXPECT_THAT(error_of([&] { read(source_of(write("bad.extxyz.xz", flipped))); }),
              AllOf(HasSubstr("bad.extxyz.xz"), HasSubstr("damaged")));
  EXPECT_THAT(
      error_of([&] { read(source_of(write("plain.xyz.xz", "1\na plain file\nH 0 0 0\n"))); }),
      AllOf(HasSubstr("plain.xyz.xz"), HasSubstr("not xz data")));
}

TEST_F(ExtxyzTest, ReadsConcatenatedXzStreamsAndLongLines) {
  const std::string one = content_of(sample("oc20_random1000100_3.extxyz.xz"));
  EXPECT_EQ(read(source_of(write("two.extxyz.xz", one + one))).size(), 6u);
  // a line longer than any block that is read at once
  const std::string note(1 << 18, 'x');
  EXPECT_EQ(read_comment("note=\"" + note + "\" energy=1").energy, 1.0);
}

TEST_F(ExtxyzTest, StopsReadingWhereTheSliceEnds) {
  auto source = source_of(write("a.xyz", "1\n\nH 0 0 0\n1\n\nH 0 0 1\nnonsense\n"));
  EXPECT_NE(error_of([&] { read(source); }), "");
  source.slice = Slice::parse(":2");
  EXPECT_EQ(read(source).size(), 2u);
}

// The rule of 'convert' too: see LammpsData.
TEST_F(ExtxyzTest, AZeroLatticeVectorIsOneOfADirectionThatIsNotPeriodic) {
  const auto frame_with = [&](const std::string& comment) {
    return read_text("1\n" + comment + "\nH 0 0 0\n")[0];
  };
  const auto error_of_comment = [&](const std::string& comment) {
    return error_with("1\n" + comment + "\nH 0 0 0\n");
  };
  // as ASE writes slabs, wires and molecules
  EXPECT_EQ(frame_with("Lattice=\"5 0 0 0 6 0 0 0 0\" pbc=\"T T F\"").cell[4], 6.0);
  EXPECT_EQ(frame_with("Lattice=\"0 0 0 0 0 0 0 0 4\" pbc=\"F F T\"").cell[8], 4.0);
  EXPECT_FALSE(frame_with("Lattice=\"0 0 0 0 0 0 0 0 0\" pbc=\"F F F\"").pbc[0]);
  EXPECT_THAT(
      error_of_comment("Lattice=\"5 0 0 0 6 0 0 0 0\" pbc=\"T T T\""),
      AllOf(HasSubstr("a.extxyz:2"), HasSubstr("vector c is zero"), HasSubstr("pbc=\"T T F\"")));
  // without pbc a Lattice is periodic
  EXPECT_THAT(error_of_comment("Lattice=\"0 0 0 0 6 0 0 0 7\""),
              AllOf(HasSubstr("a.extxyz:2"), HasSubstr("vector a"), HasSubstr("pbc=\"F T T\"")));
  EXPECT_THAT(error_of_comment("Lattice=\"5 0 0 10 0 0 0 0 7\" pbc=\"T T F\""),
              HasSubstr("not independent"));
}

TEST_F(ExtxyzTest, ACellUnderAnotherNameIsNotPassedBy) {
  const std::string begin = "1\nProperties=species:S:1:pos:R:3 energy=-1 ";
  const std::string end = "\nH 0 0 0\n";
  for (const char* cell :
       {"cell=\"5 0 0 0 5 0 0 0 5\"", "Box=\"5 5 5\"", "unit_cell=[5,5,5,90,90,90]"}) {
    EXPECT_THAT(error_with(begin + cell + end),
                AllOf(HasSubstr("a.extxyz:2"), HasSubstr("Lattice")))
        << cell;
  }
  for (const char* no_cell : {"cell=hexagonal", "box=\"0 0 0\"", "cell=3"}) {
    EXPECT_EQ(read_text(begin + no_cell + end).size(), 1u) << no_cell;
  }
  EXPECT_EQ(read_text(begin + "Lattice=\"5 0 0 0 5 0 0 0 5\" cell=\"5 5 5\"" + end).size(), 1u);
}

TEST_F(ExtxyzTest, AUnitThatTheFileSaysIsNotPassedBy) {
  const auto text = [](const std::string& unit) {
    return "1\nenergy=-1 " + unit + " pbc=\"F F F\"\nH 0 0 0\n";
  };
  EXPECT_THAT(error_with(text("energy_unit=Hartree")),
              AllOf(HasSubstr("a.extxyz:2"), HasSubstr("energy_unit=Hartree"),
                    HasSubstr("--energy-unit Hartree")));
  EXPECT_THAT(error_with(text("length_unit=Bohr")), HasSubstr("--length-unit Bohr"));
  EXPECT_EQ(read_text(text("energy_unit=eV length_unit=Ang units=metal"))[0].energy, -1.0);
  const auto converted =
      read(source_of(write("b.extxyz", text("energy_unit=Hartree")), "Hartree", "Angstrom"));
  EXPECT_NEAR(*converted[0].energy, -27.2, 0.1);
}

// LAMMPS's own extended XYZ has the units of the run and does not say them.
TEST_F(ExtxyzTest, ADumpOfLammpsNeedsItsUnits) {
  const auto text = [](const std::string& forces) {
    return "1\nTimestep=0 Time=0.0 pbc=\"T T T\" Lattice=\"4 0 0 0 4 0 0 0 4\" "
           "Potential_energy=-230.6 "
           "Properties=species:S:1:pos:R:3" +
           forces + "\nH 0 0 0" + (forces.empty() ? "" : " 1 0 0") + "\n";
  };
  EXPECT_THAT(error_with(text(":forces:R:3")),
              AllOf(HasSubstr("a.extxyz:2"), HasSubstr("dump extxyz"), HasSubstr("--energy-unit")));
  EXPECT_EQ(read_text(text("")).size(), 1u);  // a structure
  auto source = source_of(write("a.extxyz", text(":forces:R:3")), "kcal/mol");
  source.keys.energy = "Potential_energy";
  const auto frame = read(source)[0];
  EXPECT_NEAR(*frame.energy, -10.0, 1e-3);
  EXPECT_NEAR(frame.forces[0], 0.0433641, 1e-6);
}

TEST_F(ExtxyzTest, AKeyThatIsNotThereIsSuggested) {
  const std::string text =
      "1\nProperties=species:S:1:pos:R:3:dft_forces:R:3:energies:R:1 REF_energy=-1 pbc=\"F F F\"\n"
      "H 0 0 0 1 0 0 -1\n";
  EXPECT_TRUE(!read_text(text)[0].energy);
  EXPECT_THAT(record.text(),
              AllOf(HasSubstr("'REF_energy'"), HasSubstr("dft_forces"), HasSubstr("--energy-key"),
                    HasSubstr("--forces-key dft_forces")));
  auto source = source_of(write("a.extxyz", text));
  source.keys.energy = "Total";
  EXPECT_THAT(error_of([&] { read(source); }), HasSubstr("energy: REF_energy"));
  source.keys.energy = "energies";
  EXPECT_THAT(error_of([&] { read(source); }), HasSubstr("'energies' is a column of the atoms"));
  source.keys = {};
  source.keys.forces = "REF_energy";
  EXPECT_THAT(error_of([&] { read(source); }), HasSubstr("in the comment line, not a column"));
}

}  // namespace
}  // namespace spinconv::train
