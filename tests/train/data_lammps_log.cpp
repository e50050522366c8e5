// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/lammps_log.hpp"

#include <gmock/gmock.h>

#include "support/error_text.hpp"
#include "support/temporary_folder.hpp"

// What log.lammps says about energies.
namespace spinconv::train {
namespace {

using spinconv::test::error_of;
using spinconv::test::TemporaryFolder;
using spinconv::test::write_bytes;
using ::testing::AllOf;
using ::testing::HasSubstr;

class LammpsLogTest : public ::testing::Test {
 protected:
  LammpsLog read(const std::string& text) {
    write_bytes(folder_ / "log", text);
    return LammpsLog(folder_ / "log");
  }
  std::string refusal(const std::string& text) {
    return error_of([&] { read(text); });
  }

  TemporaryFolder folder_;
};

TEST_F(LammpsLogTest, GivesTheEnergiesOfItsTables) {
  const auto log = read(
      "run 10\n   Step   Temp  PotEng\n 0  1.5  -7.25\n 10 1.0 -8\nLoop time of 1 on\n"
      "   Step PotEng\n 20 -9.5\nLoop\n");
  EXPECT_EQ(log.energy(0, 2), -7.25);
  EXPECT_EQ(log.energy(10, 2), -8.0);
  EXPECT_EQ(log.energy(20, 2), -9.5);
  EXPECT_FALSE(log.energy(5, 2));
  EXPECT_EQ(log.units(), "");
  EXPECT_THAT(refusal("Step Temp\n0 1\n"), AllOf(HasSubstr("PotEng"), HasSubstr("has Step Temp")));
}

TEST_F(LammpsLogTest, GivesThemInEveryFormOfThermoOutput) {
  const std::string yaml =
      "thermo_modify line yaml\n---\nkeywords: ['Step', 'Temp', 'PotEng', ]\ndata:\n"
      "  - [0, 1.5, -7.25, ]\n  - [10, 1.0, -8, ]\n...\nLoop time of 1 on 1 procs for 10 steps "
      "with 2 "
      "atoms\n";
  EXPECT_EQ(read(yaml).energy(10, 2), -8.0);
  const std::string multi =
      "------------ Step              0 ----- CPU =            0 (sec) -------------\n"
      "TotEng   =       -7.0000 KinEng   =        0.2500 Temp     =        1.5000\n"
      "PotEng   =       -7.2500 E_bond   =        0.0000 E_angle  =        0.0000\n"
      "------------ Step             10 ----- CPU =    8.753e-06 (sec) -------------\n"
      "PotEng   =       -8.5000 Atoms    =             2\nLoop time of 1\n";
  EXPECT_EQ(read(multi).energy(0, 2), -7.25);
  EXPECT_EQ(read(multi).energy(10, 2), -8.5);
  EXPECT_THAT(error_of([&] { read(multi).energy(10, 3); }), HasSubstr("2 atoms, the dump 3"));
}

TEST_F(LammpsLogTest, LinesBetweenThoseOfATableAreNoRows) {
  const auto log = read(
      "Step PotEng\n0 -1\nWARNING: beware\nStep 5 done\nnow then\n10 -2\nLoop time of 1 on 1\n"
      "20 -3\n");
  EXPECT_EQ(log.energy(10, 1), -2.0);
  EXPECT_FALSE(log.energy(20, 1));  // behind the end of the run
}

TEST_F(LammpsLogTest, SaysTheUnitsOfTheInput) {
  const std::string table = "Step PotEng\n0 -1\nLoop time of 1\n";
  EXPECT_EQ(read("units real\n" + table).units(), "real");
  EXPECT_EQ(read("units ${u}\nunits metal  # as always\n" + table).units(), "metal");
  EXPECT_EQ(read("  Unit style    : electron\n" + table).units(), "electron");
  EXPECT_EQ(read("# units real\nprint 'units'\n" + table).units(), "");
  EXPECT_THAT(refusal("units real\n" + table + "clear\nunits metal\n"),
              AllOf(HasSubstr("log:6"), HasSubstr("metal"), HasSubstr("real in line 1")));
}

TEST_F(LammpsLogTest, EnergiesOfAnAtomAreSummed) {
  const std::string table =
      "Step PotEng\n0 -1.5\nLoop time of 1 on 1 procs for 0 steps with 4 atoms\n";
  EXPECT_EQ(read("thermo_modify norm yes\n" + table).energy(0, 4), -6.0);
  EXPECT_EQ(read("thermo_modify flush yes norm no\n" + table).energy(0, 4), -1.5);
  // thermo_style brings the defaults back
  EXPECT_EQ(read("thermo_modify norm yes\nthermo_style custom step pe\n" + table).energy(0, 4),
            -1.5);
  // of a group the sum is not known
  EXPECT_THAT(error_of([&] { read("thermo_modify norm yes\n" + table).energy(0, 3); }),
              AllOf(HasSubstr("per atom"), HasSubstr("4 atoms"), HasSubstr("3")));
}

TEST_F(LammpsLogTest, AStepWithTwoEnergiesBelongsToNoDump) {
  // where one run ends and the next begins, to the digits that are printed
  const auto same =
      read("Step PotEng\n0 -1\n10 -2.004\nLoop time of 1\nStep PotEng\n10 -2.00\n20 -3\n");
  EXPECT_EQ(same.energy(10, 1), -2.004);
  const auto other = read(
      "Step PotEng\n0 -1\n10 -2\nLoop time of 1\nreset_timestep 0\nStep PotEng\n"
      "0 -5\n20 -3\n");
  EXPECT_EQ(other.energy(20, 1), -3.0);
  EXPECT_THAT(error_of([&] { other.energy(0, 1); }),
              AllOf(HasSubstr("log:2"), HasSubstr("step 0"), HasSubstr("line 7: -5"),
                    HasSubstr("one run")));
}

TEST_F(LammpsLogTest, AnEnergyThatIsNotFiniteIsNone) {
  const auto log = read("Step PotEng\n0 nan\n10 -inf\n");
  EXPECT_FALSE(log.energy(0, 1));
  EXPECT_THAT(error_of([&] { log.energy(10, 1); }), HasSubstr("not finite"));
}

}  // namespace
}  // namespace spinconv::train
