// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <algorithm>

#include "lammps/absent_atoms.hpp"

// An atom that is excluded from all others is not there: neigh_modify exclude, and the Monte Carlo
// fixes that ask in this way for the energy without an atom.
namespace spinconv::test {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(PairSpinconvAbsentAtoms, AreAsDeletedOnes) {
  struct Way {
    std::string options;
    int ranks;
  };
  for (const Way& way : {Way{"", 0}, Way{"halo exchange", 0}, Way{"", 2}, Way{"halo deep", 2}}) {
    for (const std::string exclude :
         {"neigh_modify exclude group gone all", "neigh_modify exclude group all gone",
          "set group gone type 2\nneigh_modify exclude type 2 1 exclude type 2 2 exclude type 3 "
          "2"}) {
      SCOPED_TRACE(way.options + " " + std::to_string(way.ranks) + " " + exclude);
      const TemporaryFolder folder;
      auto structure = triclinic_cell();
      structure.types = {1, 3, 1, 1, 3, 3};
      const auto result = run_lammps_well(
          folder,
          setup(folder, structure,
                {.pair = pair_commands(way.options) + "compute energy all pe/atom\n"}) +
              excluded_and_deleted(exclude),
          {.ranks = way.ranks});
      EXPECT_GT(std::abs(result.value("whole") - result.value("deleted")), 0.01);
      EXPECT_NEAR(result.value("excluded"), result.value("deleted"), 1e-11);
      // the graph loses no edge between atoms that are there
      EXPECT_THAT(result.process.output, Not(HasSubstr("takes edges out of the graph")));
      const auto excluded = read_dump(folder / "excluded.dump").at(0);
      const auto deleted = read_dump(folder / "deleted.dump").at(0);
      ASSERT_EQ(deleted.rows.size(), 4u);
      for (const auto& row : excluded.rows) {
        const auto same = std::find_if(deleted.rows.begin(), deleted.rows.end(),
                                       [&](const auto& other) { return other[0] == row[0]; });
        for (std::size_t c = 2; c < row.size(); ++c) {
          EXPECT_NEAR(row[c], same == deleted.rows.end() ? 0.0 : (*same)[c], 1e-11);
        }
      }
    }
  }
}

TEST(PairSpinconvAbsentAtoms, PartialExclusionsAreToldInTheFirstRun) {
  const TemporaryFolder folder;
  const auto result = run_lammps_well(
      folder, setup(folder, triclinic_cell()) +
                  "group frozen id 1 2\nneigh_modify exclude group frozen frozen\nrun 0\n");
  EXPECT_THAT(
      result.process.output,
      ContainsRegex("WARNING: Pair style spinconv: neigh_modify exclude .group frozen frozen. "
                    "takes edges out of the graph"));
}

void expect_mean(const IdealGas& gas, int ranks, int attempts) {
  const TemporaryFolder folder;
  gas.write_files(folder);
  const auto result = run_lammps_well(folder, gas.input(attempts), {.ranks = ranks});
  EXPECT_NEAR(result.value("mean"), gas.mean, 4.0 * gas.mean * std::sqrt(2.0 / attempts));
  EXPECT_THAT(result.process.output, Not(HasSubstr("takes edges out of the graph")));
}

TEST(PairSpinconvAbsentAtoms, AGasKeepsItsMeanNumberOfAtoms) {
  expect_mean({}, 0, 4800);
}

TEST(PairSpinconvAbsentAtoms, AGasOn2RanksKeepsItsMeanNumberOfAtoms) {
  expect_mean({}, 2, 280);
}

TEST(PairSpinconvAbsentAtoms, AGasKeepsItsMeanNumberOfMolecules) {
  expect_mean({.atoms = 2}, 0, 4800);
}

TEST(PairSpinconvAbsentAtoms, FixWidomGivesTheEnergyOfAnInsertedAtom) {
  const IdealGas gas;
  const TemporaryFolder folder;
  gas.write_files(folder);
  const auto result = run_lammps_well(
      folder, gas.start() + "fix insert gas widom 1 20 1 29494 1000.0\nrun 3 post no\n" +
                  print_value("mu", "f_insert[1]"));
  EXPECT_NEAR(result.value("mu"), gas.energy, 1e-6);
}

TEST(PairSpinconvAbsentAtoms, FixEvaporateLeavesTheEnergyOfTheRest) {
  const TemporaryFolder folder;
  const auto result = run_lammps_well(
      folder, setup(folder, packed_cell()) +
                  "region box block INF INF INF INF INF INF\nfix gone all evaporate 1 2 box 4711\n"
                  "run 2 post no\nunfix gone\n" +
                  print_value("left", "atoms") + print_value("now", "pe") + "run 0 post no\n" +
                  print_value("fresh", "pe"));
  EXPECT_LT(result.value("left"), 7.0);
  EXPECT_NEAR(result.value("now"), result.value("fresh"), 1e-11);
}

}  // namespace
}  // namespace spinconv::test
