// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <cmath>
#include <utility>

#include "lammps/structures.hpp"
#include "lammps/systems.hpp"
#include "support/test_models.hpp"

namespace spinconv::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string velocities_by_place = "velocity all create 200 11 loop geom\n";

double largest_deviation(const std::vector<double>& values) {
  return largest_difference(values, std::vector<double>(values.size(), values.front()));
}

TEST(PairSpinconv, EnergyErrorOfNveFallsWithTheSquareOfTheTimestep) {
  const auto deviation = [](const std::string& timestep, int steps) {
    const TemporaryFolder folder;
    const auto result = run_lammps_well(
        folder, setup(folder, packed_cell(), repulsive) + thermo("etotal ke") +
                    velocities_by_place + "timestep " + timestep + "\nfix nve all nve\nthermo " +
                    std::to_string(steps / 40) + "\nrun " + std::to_string(steps) + "\n");
    const auto kinetic = result.thermo.at(0).column("KinEng");
    EXPECT_GT(largest_deviation(kinetic), 0.3);  // eV: the energy did move
    return largest_deviation(result.thermo.at(0).column("TotEng"));
  };
  const double coarse = deviation("0.0005", 400);
  const double fine = deviation("0.00025", 800);
  EXPECT_LT(coarse, 4e-3);  // eV, about a hundredth of what the kinetic energy swings by
  EXPECT_GT(coarse / fine, 3.0);
  EXPECT_LT(coarse / fine, 5.0);
}

TEST(PairSpinconv, ListsThatAreKeptAndListsRebuiltEachStepGiveTheSameTrajectory) {
  const TemporaryFolder folder;
  std::vector<Table> ends;
  for (const std::string rebuild :
       {"neigh_modify every 1 delay 0 check yes\n", "neigh_modify every 1 delay 0 check no\n"}) {
    const auto result = run_lammps_well(
        folder, setup(folder, packed_cell(), repulsive) + rebuild + velocities_by_place +
                    "fix nve all nve\nrun 100\n" + write_dump("end.dump", unwrapped));
    EXPECT_THAT(result.process.output, Not(HasSubstr("Dangerous builds = 1")));
    ends.push_back(read_dump(folder / "end.dump").back());
  }
  EXPECT_GT(largest_magnitude(ends[0], force_columns), 0.1);
  EXPECT_LT(largest_difference(ends[0], ends[1], state_columns), 1e-9);
}

TEST(PairSpinconv, FixNptKeepsItsConservedQuantity) {
  const TemporaryFolder folder;
  const auto result = run_lammps_well(
      folder, setup(folder, packed_cell(), repulsive) + thermo("etotal econserve vol xy") +
                  velocities_by_place +
                  "fix npt all npt temp 200 200 0.05 tri 0 0 0.5\nthermo 10\nrun 400\n");
  const auto& thermo = result.thermo.at(0);
  const double energy_change = largest_deviation(thermo.column("TotEng"));
  EXPECT_GT(energy_change, 0.5);
  EXPECT_GT(largest_deviation(thermo.column("Volume")), 0.1 * packed_cell().volume());
  EXPECT_GT(largest_deviation(thermo.column("Xy")), 0.1);
  EXPECT_LT(largest_deviation(thermo.column("Econserve")), 2e-3 * energy_change);
}

TEST(PairSpinconv, MinimizersConvergeToTheForceTolerance) {
  for (const std::string style : {"cg", "fire", "sd"}) {
    const TemporaryFolder folder;
    write_random_potential(folder / "test.pt", small_config());
    const auto result = run_lammps_well(
        folder,
        setup(folder, packed_cell(), repulsive) + thermo("pe fnorm") +
            "timestep 0.001\nmin_style " + style +
            "\ndisplace_atoms all random 0.2 0.2 0.2 5 units box\nminimize 0 3e-3 2000 9000\n");
    EXPECT_THAT(result.process.output, HasSubstr("Stopping criterion = force tolerance")) << style;
    const auto& thermo = result.thermo.at(0);
    EXPECT_GT(thermo.first("Fnorm"), 1.0);
    EXPECT_LT(thermo.last("Fnorm"), 3e-3);
    EXPECT_LT(thermo.last("PotEng"), thermo.first("PotEng") - 0.5) << style;
  }
}

TEST(PairSpinconv, BoxRelaxMinimizationReachesThePressure) {
  const TemporaryFolder folder;
  const auto result = run_lammps_well(
      folder, setup(folder, packed_cell(), repulsive) + thermo("pe press vol") +
                  "fix relax all box/relax iso 0.0 vmax 0.002\nminimize 0 1e-4 2000 20000\n");
  const auto& thermo = result.thermo.at(0);
  EXPECT_LT(thermo.last("PotEng"), thermo.first("PotEng") - 0.5);
  EXPECT_NEAR(thermo.last("Press"), 0.0, 5.0);  // bar
}

TEST(PairSpinconv, ARestartedRunContinuesTheSameTrajectory) {
  const TemporaryFolder folder;
  run_lammps_well(folder, setup(folder, packed_cell(), repulsive) + velocities_by_place +
                              "fix nve all nve\nrun 30\nwrite_restart half.restart\nrun 30\n" +
                              write_dump("uninterrupted.dump", unwrapped));
  // the potential is not in the restart file: pair_style and pair_coeff are given again
  run_lammps_well(folder, "read_restart half.restart\n" + repulsive.pair +
                              "neighbor 0.5 bin\nfix nve all nve\nrun 30\n" +
                              write_dump("restarted.dump", unwrapped));
  const auto expected = read_dump(folder / "uninterrupted.dump").at(0);
  const auto restarted = read_dump(folder / "restarted.dump").at(0);
  EXPECT_LT(largest_difference(expected, restarted, state_columns), 1e-10);
}

TEST(PairSpinconvOn2Ranks, RerunOfATrajectoryGivesItsEnergies) {
  const TemporaryFolder folder;
  const auto run =
      run_lammps_well(folder, setup(folder, packed_cell(), repulsive) + velocities_by_place +
                                  "dump trajectory all custom 10 run.dump id type x y z ix iy iz\n"
                                  "dump_modify trajectory sort id format float %.17g\n"
                                  "fix nve all nve\nthermo 10\nrun 50\n");
  const auto expected = run.thermo.at(0).column("PotEng");
  ASSERT_EQ(expected.size(), 6u);
  // 0 ranks: without mpiexec
  for (const auto& [ranks, bound] : {std::pair{0, 1e-11}, std::pair{2, 1e-10}}) {
    const auto rerun = run_lammps_well(
        folder, setup(folder, packed_cell(), repulsive) + "thermo 10\nrerun run.dump dump x y z\n",
        {.ranks = ranks});
    EXPECT_LT(largest_difference(rerun.thermo.at(0).column("PotEng"), expected), bound);
  }
}

TEST(PairSpinconv, ReplicasOfAPartitionedRunAreIndependent) {
  const TemporaryFolder folder;
  run_lammps_well(folder, setup(folder, triclinic_cell()) + "run 0\n" + write_dump("one.dump"));
  run_lammps_well(folder,
                  "variable name world first second\nvariable shift world 0 1\n" +
                      setup(folder, triclinic_cell()) +
                      "displace_atoms all move ${shift} ${shift} ${shift} units box\nrun 0\n" +
                      write_dump("${name}.dump"),
                  {.arguments = {"-partition", "2x1"}, .ranks = 2});
  const auto expected = read_dump(folder / "one.dump").at(0);
  for (const auto& name : {"first.dump", "second.dump"}) {
    const auto replica = read_dump(folder / name).at(0);
    EXPECT_LT(largest_difference(replica, expected, force_columns), 1e-12) << name;
  }
  EXPECT_GT(largest_difference(read_dump(folder / "first.dump").at(0),
                               read_dump(folder / "second.dump").at(0), {"x"}),
            0.5);
}

}  // namespace
}  // namespace spinconv::test
