// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "lammps/structures.hpp"
#include "support/test_models.hpp"

// Dumps of real runs become frames whose labels are those of the run: what spinconv-train evaluate
// says about a frame is what lmp said about it.
namespace spinconv::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class ConvertedDump : public ::testing::Test {
 protected:
  ConvertedDump() {
    auto config = small_spinconv2_config({"H", "C", "O"});
    write_random_potential(folder_ / "model.pt", config);
  }

  CommandResult convert(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(),
                     {required_environment("SPINCONV_TRAIN_EXE"), "convert", "x.dump", "x.extxyz"});
    return run_process(arguments, folder_.path());
  }
  void run(const std::string& head, const std::string& dump,
           const std::string& commands = "run 4") {
    run_lammps_well(folder_,
                    head + "atom_style atomic\nread_data " +
                        required_environment("SPINCONV_SOURCE_DIR") +
                        "/examples/md17/ethanol.data\npair_style spinconv precision double\n"
                        "pair_coeff * * model.pt H C O\nneighbor 1.0 nsq\nthermo 2\n"
                        "thermo_style custom step pe\nthermo_modify format float %.12g\n"
                        "fix 1 all nve\nvelocity all create 300 7\ndump d all custom 2 x.dump " +
                        dump + "\n" + commands + "\n");
  }
  // Errors of the model on what was converted, eV and eV/Angstrom.
  void expect_same_labels(int frames) {
    const auto result =
        run_process({required_environment("SPINCONV_TRAIN_EXE"), "evaluate", "model.pt", "x.extxyz",
                     "--precision", "double", "--json", "e.json"},
                    folder_.path());
    ASSERT_EQ(result.exit_code, 0) << result.output;
    std::ifstream in(folder_ / "e.json");
    const auto errors = nlohmann::json::parse(in);
    EXPECT_EQ(errors.at("n_frames"), frames);
    EXPECT_EQ(errors.at("n_frames_without_energy"), 0);
    EXPECT_LT(errors.at("energy_rmse_ev").get<double>(), 1e-8);
    EXPECT_LT(errors.at("force_max_error_ev_a").get<double>(), 1e-8);
  }

  TemporaryFolder folder_;
};

const std::string columns = "id type x y z fx fy fz\ndump_modify d format float %.15g";

TEST_F(ConvertedDump, OfAMoleculeIsNotPeriodic) {
  // a shrink-wrapped box is smaller than the cutoff: periodic, atoms would meet their images
  run("units metal\nboundary s s s\n", columns);
  const auto result = convert({"--log", "log.lammps", "--elements", "H C O"});
  ASSERT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, AllOf(HasSubstr("periodic: F F F"), HasSubstr("energies: all")));
  expect_same_labels(3);
}

TEST_F(ConvertedDump, OfUnitsRealIsInElectronvolts) {
  run("units real\nboundary p p f\n", columns + " units yes");
  const auto result = convert({"--log", "log.lammps", "--elements", "H C O"});
  ASSERT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, AllOf(HasSubstr("units real"), HasSubstr("periodic: T T F")));
  expect_same_labels(3);
  // the log alone, and the dump alone, say it too
  run("units real\nboundary p p f\n", columns);
  EXPECT_EQ(convert({"--log", "log.lammps", "--elements", "H C O"}).exit_code, 0);
  expect_same_labels(3);
  const auto unknown = convert({"--elements", "H C O"});
  EXPECT_NE(unknown.exit_code, 0);
  EXPECT_THAT(unknown.output, HasSubstr("in which units"));
}

TEST_F(ConvertedDump, OfOutputInYamlAndEnergiesOfAnAtomIsRight) {
  run("units metal\nboundary p p p\n",
      "id element xsu ysu zsu fx fy fz\ndump_modify d element H C O format float %.15g",
      "thermo_modify norm yes line yaml format float %.14g\nrun 2\n"
      "thermo_modify norm no line one format float %.12g\nrun 2");
  const auto result = convert({"--log", "log.lammps"});
  ASSERT_EQ(result.exit_code, 0) << result.output;
  expect_same_labels(3);
}

TEST_F(ConvertedDump, OfAGeneralTriclinicBoxKeepsIt) {
  run_lammps_well(
      folder_,
      "units metal\natom_style atomic\nlattice custom 2.2 a1 1 0.1 0 a2 0 1 0.2 a3 0.1 0 1.2 basis "
      "0 "
      "0 0 basis 0.4 0.5 0.6 triclinic/general\ncreate_box 3 NULL 0 2 0 2 0 2\n"
      "create_atoms 3 box basis 1 1 basis 2 3\nmass 1 1.008\nmass 2 12.011\nmass 3 15.999\n"
      "displace_atoms all random 0.1 0.1 0.1 5\npair_style spinconv precision double\n"
      "pair_coeff * * model.pt H C O\nthermo_style custom step pe\nthermo_modify format float "
      "%.12g\n"
      "dump d all custom 2 x.dump " +
          columns + " triclinic/general yes units yes\nrun 0\n");
  const auto result = convert({"--log", "log.lammps", "--elements", "H C O"});
  ASSERT_EQ(result.exit_code, 0) << result.output;
  expect_same_labels(1);
}

}  // namespace
}  // namespace spinconv::test
