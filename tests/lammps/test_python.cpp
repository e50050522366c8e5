// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <sstream>

#include "lammps/structures.hpp"

// LAMMPS as a library of Python programs.
namespace spinconv::test {
namespace {

std::string script(const std::string& name) {
  return environment("SPINCONV_SOURCE_DIR") + "/tests/python/" + name;
}

// The numbers of lines "value NAME NUMBER".
std::map<std::string, double> values_of(const std::string& output) {
  std::map<std::string, double> values;
  std::istringstream words(output);
  for (std::string word, name; words >> word;) {
    double value = 0.0;
    if (word == "value" && words >> name >> value) {
      values[name] = value;
    }
  }
  return values;
}

struct Expected {
  double energy, force;
};

Expected run_alone(const TemporaryFolder& folder, const std::string& file, int steps) {
  const auto result = run_lammps_well(
      folder, "units metal\natom_style atomic\natom_modify map array\nread_data structure.data\n"
              "pair_style spinconv precision double\npair_coeff * * " +
                  file + " H C O\nfix nve all nve\nrun " + std::to_string(steps) +
                  " post no\nrun 0 post no\n" + print_value("energy", "pe") +
                  print_value("force", "fy[2]"));
  return {result.value("energy"), result.value("force")};
}

class PairSpinconvInPython : public ::testing::Test {
 protected:
  void SetUp() override {
    write_bytes(folder_ / "structure.data", triclinic_cell().data_file());
    write_potential(folder_, "first.pt", 1);
    write_potential(folder_, "second.pt", 2);
  }

  ProcessResult run_script(const std::string& name, std::vector<std::string> command) {
    command.insert(command.end(), {environment("SPINCONV_PYTHON"), script(name), "structure.data",
                                   "first.pt", "second.pt"});
    // the wheel's lmp finds the MPI library beside itself; a Python program is told of it
    const auto mpi = std::filesystem::path(environment("SPINCONV_PYTHON")).parent_path().parent_path() / "lib";
    return run_process(command, folder_.path(), 100,
                       {{"LD_LIBRARY_PATH", mpi.string()},
                        {"LAMMPS_PLUGIN_PATH", environment("LAMMPS_PLUGIN_PATH")}});
  }

  TemporaryFolder folder_;
};

TEST_F(PairSpinconvInPython, TwoInstancesKeepTheirPotentials) {
  const auto result = run_script("instances.py", {});
  ASSERT_EQ(result.exit_code, 0) << result.output;
  auto values = values_of(result.output);
  EXPECT_NEAR(values.at("first"), run_alone(folder_, "first.pt", 0).energy, 1e-12);
  EXPECT_NEAR(values.at("second"), run_alone(folder_, "second.pt", 0).energy, 1e-12);
  EXPECT_GT(std::abs(values.at("first") - values.at("second")), 1e-3);
}

TEST_F(PairSpinconvInPython, TypesThatAProgramSetsAreSeenAtOnce) {
  const auto result = run_script("changed_types.py", {});
  ASSERT_EQ(result.exit_code, 0) << result.output;
  auto values = values_of(result.output);
  EXPECT_GT(std::abs(values.at("changed") - values.at("before")), 1e-3);
  EXPECT_NEAR(values.at("changed"), values.at("fresh"), 1e-11);
}

TEST_F(PairSpinconvInPython, EachCommunicatorHasASimulationOfItsOwn) {
  const auto result = run_script("communicators.py", {environment("SPINCONV_MPIEXEC"), "-n", "3"});
  ASSERT_EQ(result.exit_code, 0) << result.output;
  auto values = values_of(result.output);
  EXPECT_EQ(values.at("ranks0"), 1.0);
  EXPECT_EQ(values.at("ranks1"), 2.0);
  for (const int part : {0, 1}) {
    const auto alone = run_alone(folder_, part ? "second.pt" : "first.pt", 3 + 4 * part);
    EXPECT_NEAR(values.at("energy" + std::to_string(part)), alone.energy, 1e-10);
    EXPECT_NEAR(values.at("force" + std::to_string(part)), alone.force, 1e-10);
  }
}

}  // namespace
}  // namespace spinconv::test
