// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/lammps_dump.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "data/lammps_units.hpp"
#include "support/error_text.hpp"
#include "support/temporary_folder.hpp"

// What a dump says besides its numbers: boundary, units, elements.
namespace spinconv::train {
namespace {

using spinconv::test::error_of;
using spinconv::test::TemporaryFolder;
using spinconv::test::write_bytes;
using ::testing::AllOf;
using ::testing::DoubleNear;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pointwise;

class LammpsDumpTest : public ::testing::Test {
 protected:
  std::vector<Frame> read(const std::string& text) {
    write_bytes(folder_ / "x.dump", text);
    LammpsDump dump(folder_ / "x.dump", options);
    std::vector<Frame> frames;
    for (Frame frame; dump.next(frame);) {
      frames.push_back(frame);
    }
    warnings = dump.warnings();
    return frames;
  }
  std::string refusal(const std::string& text) {
    return error_of([&] { read(text); });
  }
  const LammpsLog* log(const std::string& text) {
    write_bytes(folder_ / "log", text);
    log_ = std::make_unique<LammpsLog>(folder_ / "log");
    return log_.get();
  }
  // Two atoms in a box from (1, 2, 3) to (11, 22, 33).
  static std::string snapshot(const std::string& flags = "pp pp pp",
                              const std::string& atoms =
                                  "id type element x y z fx fy fz\n"
                                  "2 1 H 4 5 6 -1 0 2\n1 2 O 1 3 5 1 0 -2\n",
                              long step = 0, int n = 2) {
    return "ITEM: TIMESTEP\n" + std::to_string(step) + "\nITEM: NUMBER OF ATOMS\n" +
           std::to_string(n) + "\nITEM: BOX BOUNDS " + flags + "\n1 11\n2 22\n3 33\nITEM: ATOMS " +
           atoms;
  }

  TemporaryFolder folder_;
  std::unique_ptr<LammpsLog> log_;
  DumpOptions options{nullptr, nullptr, {}, "metal"};
  std::vector<std::string> warnings;
};

TEST_F(LammpsDumpTest, TheBoundaryFlagsArePbc) {
  const auto periodic = read(snapshot())[0];
  EXPECT_THAT(periodic.pbc, ElementsAre(true, true, true));
  EXPECT_THAT(periodic.cell, ElementsAre(10, 0, 0, 0, 20, 0, 0, 0, 30));
  EXPECT_THAT(periodic.positions, ElementsAre(0, 1, 2, 3, 3, 3));  // from the corner of the box
  EXPECT_THAT(periodic.atomic_numbers, ElementsAre(8, 1));         // by id
  for (const char* flags : {"ss ss ss", "ff fm mm", "fs sf ss"}) {
    const auto molecule = read(snapshot(flags))[0];
    EXPECT_THAT(molecule.pbc, Each(false)) << flags;
    EXPECT_THAT(molecule.cell, Each(0.0)) << flags;
    EXPECT_THAT(molecule.positions, ElementsAre(1, 3, 5, 4, 5, 6)) << flags;
  }
  const auto slab = read(snapshot("pp pp fs"))[0];
  EXPECT_THAT(slab.pbc, ElementsAre(true, true, false));
  EXPECT_THAT(slab.cell, ElementsAre(10, 0, 0, 0, 20, 0, 0, 0, 30));
  EXPECT_THAT(slab.positions, ElementsAre(0, 1, 5, 3, 3, 6));
  EXPECT_THAT(refusal(snapshot("")), AllOf(HasSubstr("boundary flags"), HasSubstr("pp pp pp")));
}

TEST_F(LammpsDumpTest, TheBoundaryOfATiltedBoxIsFoundBehindItsTilts) {
  std::string text = snapshot("xy xz yz pp pp mm");
  text.replace(text.find("1 11\n2 22\n3 33"), 15, "1 13 2\n2 22 0\n3 33 0\n");
  const auto frame = read(text)[0];
  EXPECT_THAT(frame.pbc, ElementsAre(true, true, false));
  EXPECT_THAT(frame.cell, ElementsAre(10, 0, 0, 2, 20, 0, 0, 0, 30));
}

// As LAMMPS writes it with dump_modify triclinic/general yes.
TEST_F(LammpsDumpTest, AGeneralTriclinicBoxKeepsItsOrientation) {
  std::string text = snapshot("abc origin pp pp pp",
                              "id type element xs ys zs fx fy fz\n"
                              "1 1 H 0.5 0 0 1 2 3\n2 1 H 0 0.5 0.5 -1 -2 -3\n");
  text.replace(text.find("1 11\n2 22\n3 33"), 15, "8 0.8 0 1\n0 8 1.6 2\n0.8 0 9.6 3\n");
  const auto frame = read(text)[0];
  EXPECT_THAT(frame.cell, ElementsAre(8, 0.8, 0, 0, 8, 1.6, 0.8, 0, 9.6));
  const std::vector<double> positions = {4, 0.4, 0, 0.4, 4, 5.6};
  EXPECT_THAT(frame.positions, Pointwise(DoubleNear(1e-12), positions));
  EXPECT_THAT(frame.forces, ElementsAre(1, 2, 3, -1, -2, -3));
}

TEST_F(LammpsDumpTest, UnitsOfTheDumpAreConverted) {
  options.units = "";
  const auto frame = read("ITEM: UNITS\nreal\nITEM: TIME\n0.5\n" + snapshot())[0];
  EXPECT_DOUBLE_EQ(frame.forces[0], 1.0 / 23.060549);
  EXPECT_DOUBLE_EQ(frame.positions[5], 3.0);
  const double bohr = 0.529177210903, hartree = 27.211386245988;
  const auto electron = read("ITEM: UNITS\nelectron\n" + snapshot())[0];
  EXPECT_DOUBLE_EQ(electron.cell[8], 30.0 * bohr);
  EXPECT_DOUBLE_EQ(electron.positions[5], 3.0 * bohr);
  EXPECT_DOUBLE_EQ(electron.forces[0], hartree / bohr);
}

TEST_F(LammpsDumpTest, UnitsOfTheLogAreThoseOfTheDumpAndOfItsEnergies) {
  options.units = "";
  options.log = log("units real\nStep PotEng\n0 -230.60549\n");
  const auto frame = read(snapshot())[0];
  EXPECT_NEAR(*frame.energy, -10.0, 1e-12);
  EXPECT_DOUBLE_EQ(frame.forces[0], 1.0 / 23.060549);
}

TEST_F(LammpsDumpTest, UnitsThatNothingSaysOrThatContradictAreRefused) {
  options.units = "";
  EXPECT_THAT(refusal(snapshot()), AllOf(HasSubstr("in which units"), HasSubstr("--log"),
                                         HasSubstr("--units metal"), HasSubstr("units yes")));
  options.log = log("Step PotEng\n0 -1\n");
  EXPECT_THAT(refusal(snapshot()), AllOf(HasSubstr("in which units"), HasSubstr("units lj")));
  options.log = log("units metal\nStep PotEng\n0 -1\n");
  EXPECT_THAT(refusal("ITEM: UNITS\nreal\n" + snapshot()),
              AllOf(HasSubstr("ITEM: UNITS) says real"), HasSubstr("log says metal")));
  options.log = nullptr;
  options.units = "metal";
  EXPECT_THAT(refusal("ITEM: UNITS\nreal\n" + snapshot()), HasSubstr("--units says metal"));
  options.units = "";
  EXPECT_THAT(refusal("ITEM: UNITS\nlj\n" + snapshot()), HasSubstr("no eV"));
  EXPECT_THAT(refusal("ITEM: UNITS\nmeta\n" + snapshot()), HasSubstr("did you mean 'metal'"));
  // another run appended to the same file
  EXPECT_THAT(refusal("ITEM: UNITS\nreal\n" + snapshot() + "ITEM: UNITS\nmetal\n" + snapshot()),
              HasSubstr("snapshots before are in units real"));
}

TEST_F(LammpsDumpTest, ElementsOfTheTypesAreUsed) {
  const std::string types = "id type x y z\n1 1 1 3 5\n2 2 4 5 6\n";
  EXPECT_THAT(refusal(snapshot("pp pp pp", types)), HasSubstr("--elements"));
  options.elements = {"O", "H"};
  EXPECT_THAT(read(snapshot("pp pp pp", types))[0].atomic_numbers, ElementsAre(8, 1));
  // two types of one element
  options.elements = {"O", "O"};
  EXPECT_THAT(read(snapshot("pp pp pp", types))[0].atomic_numbers, ElementsAre(8, 8));
  options.elements = {"O"};
  EXPECT_THAT(refusal(snapshot("pp pp pp", types)),
              AllOf(HasSubstr("type 2"), HasSubstr("--elements has 1 types")));
  EXPECT_THAT(refusal(snapshot("pp pp pp", "id element x y z\n1 O 1 3 5\n2 H 4 5 6\n")),
              HasSubstr("no column type"));
}

TEST_F(LammpsDumpTest, ElementsThatContradictTheDumpAreRefused) {
  options.elements = {"O", "H"};  // the dump: type 1 is H, type 2 is O
  EXPECT_THAT(refusal(snapshot()), AllOf(HasSubstr("atom 1 of type 2 is O"), HasSubstr("but H")));
  // without dump_modify element LAMMPS writes C for every atom
  const std::string carbon = "id type element x y z\n1 2 C 1 3 5\n2 1 C 4 5 6\n";
  EXPECT_THAT(read(snapshot("pp pp pp", carbon))[0].atomic_numbers, ElementsAre(1, 8));
  options.elements.clear();
  EXPECT_THAT(refusal(snapshot("pp pp pp", carbon)), HasSubstr("dump_modify"));
}

TEST_F(LammpsDumpTest, AStructureHasToBeThatOfTheRun) {
  Frame frame;
  frame.atomic_numbers = {8, 1};
  frame.positions = {1, 3, 5, 4, 5, 6};
  frame.cell = {10, 0, 0, 0, 20, 0, 0, 0, 30};
  frame.pbc = {true, true, true};
  frame.source = "x.extxyz:0";
  const auto structure = to_lammps(frame, {"H", "O"});
  options.original = &structure;
  EXPECT_THAT(read(snapshot())[0].atomic_numbers, ElementsAre(8, 1));
  EXPECT_THAT(refusal(snapshot("pp pp ff")),
              AllOf(HasSubstr("boundary of the dump is p p f"), HasSubstr("pbc=\"T T T\""),
                    HasSubstr("--cell")));
  EXPECT_THAT(refusal(snapshot("pp pp pp", "id type x y z\n1 1 1 3 5\n2 2 4 5 6\n")),
              AllOf(HasSubstr("atom 1 is H in the dump and O"), HasSubstr("--cell")));
  EXPECT_THAT(refusal(snapshot("pp pp pp", "id type x y z\n1 2 1 3 5\n2 3 4 5 6\n")),
              HasSubstr("type 3"));
  // no types in the dump: by id
  EXPECT_THAT(read(snapshot("pp pp pp", "id x y z\n1 1 3 5\n2 4 5 6\n"))[0].atomic_numbers,
              ElementsAre(8, 1));
}

TEST_F(LammpsDumpTest, PositionsAreReadInEveryFormOfThem) {
  const std::string rest = "\n1 8 0.0 0.25 1.5\n2 1 0.5 -0.25 0.5\n";
  options.elements = {"H", "H", "H", "H", "H", "H", "H", "O"};
  for (const char* columns : {"id type xs ys zs", "id type xsu ysu zsu"}) {
    const auto frame = read(snapshot("pp pp pp", columns + rest))[0];
    EXPECT_THAT(frame.positions, ElementsAre(0, 5, 45, 5, -5, 15)) << columns;
    const auto molecule = read(snapshot("ff ff ff", columns + rest))[0];
    EXPECT_THAT(molecule.positions, ElementsAre(1, 7, 48, 6, -3, 18)) << columns;
  }
  EXPECT_THAT(refusal(snapshot("pp pp pp", "id type x y z\n1 1 0 0 nan\n2 1 0 0 1\n")),
              AllOf(HasSubstr("atom 1"), HasSubstr("not finite")));
}

TEST_F(LammpsDumpTest, FramesMayGrowAndShrink) {
  const auto frames =
      read(snapshot() + snapshot("pp pp pp", "id element x y z\n1 O 1 3 5\n", 10, 1));
  ASSERT_EQ(frames.size(), 2u);
  EXPECT_EQ(frames[1].size(), 1u);
  EXPECT_EQ(frames[1].frame_number, 10);
  EXPECT_THAT(frames[1].forces, IsEmpty());
}

TEST_F(LammpsDumpTest, APartOfTheAtomsIsToldAndCannotHaveTheEnergyOfAll) {
  const std::string part = snapshot("pp pp pp", "id element x y z\n7 O 1 3 5\n9 H 4 5 6\n");
  read(part);
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("ids of step 0 are not 1 to 2")));
  options.log = log("Step PotEng\n0 -1\nLoop time of 1 on 1 procs for 0 steps with 9 atoms\n");
  read(part);
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("ids"), HasSubstr("2 atoms in the dump, its run 9")));
  options.log = log("Step PotEng Atoms\n0 -1 9\n");
  EXPECT_THAT(refusal(part), AllOf(HasSubstr("9 atoms, the dump 2"), HasSubstr("all")));
  EXPECT_THAT(refusal(snapshot("pp pp pp", "id element x y z\n7 O 1 3 5\n7 H 4 5 6\n")),
              HasSubstr("have the id 7"));
}

TEST(LammpsUnits, AreTheOnesOfTheirStyles) {
  EXPECT_EQ(lammps_unit_scale("metal").energy, 1.0);
  EXPECT_NEAR(lammps_unit_scale("real").energy, energy_unit_in_ev("kcal/mol"), 1e-8);
  EXPECT_NEAR(lammps_unit_scale("electron").length, length_unit_in_angstrom("Bohr"), 1e-12);
  // one eV and one Angstrom in each of them
  const double ev = 1.602176634e-19;
  EXPECT_NEAR(lammps_unit_scale("si").energy * ev, 1.0, 1e-12);
  EXPECT_NEAR(lammps_unit_scale("cgs").energy * ev * 1e7, 1.0, 1e-12);
  EXPECT_NEAR(lammps_unit_scale("micro").energy * ev * 1e15, 1.0, 1e-12);
  EXPECT_NEAR(lammps_unit_scale("nano").energy * ev * 1e21, 1.0, 1e-12);
  EXPECT_EQ(lammps_unit_scale("si").length, 1e10);
  EXPECT_EQ(lammps_unit_scale("cgs").length, 1e8);
  EXPECT_EQ(lammps_unit_scale("micro").length, 1e4);
  EXPECT_EQ(lammps_unit_scale("nano").length, 10.0);
}

}  // namespace
}  // namespace spinconv::train
