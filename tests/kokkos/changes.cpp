// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include "kokkos/kokkos_runs.hpp"
#include "lammps/absent_atoms.hpp"
#include "lammps/changing_types.hpp"

// Types, exclusions and bonds that change, as with the plain style.
namespace spinconv::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(KokkosChanges, OfTypesAreFollowedAtOnce) {
  struct Way {
    std::string options;
    KokkosOptions kokkos;
  };
  for (const Way& way :
       {Way{"", {}}, Way{"halo exchange", {.threads = 2}}, Way{"", {.ranks = 2}},
        Way{"", {.ranks = 2, .package = "comm device"}}, Way{"halo deep", {.ranks = 2}}}) {
    for (const auto& change : type_changes) {
      // its LAMMPS is built without the package MANYBODY, which fix sgcmc needs
      if (change.name == "FixSgcmc") {
        continue;
      }
      // on a GPU, what the host changes is taken there when a run is set up, by LAMMPS
      if (on_a_gpu() && change.name != "EveryWithCommands") {
        continue;
      }
      SCOPED_TRACE(way.options + " " + way.kokkos.name() + " " + change.name);
      const TemporaryFolder folder;
      const auto result =
          run_kokkos_well(folder,
                          changing_input(folder, way.options) + "run 0 post no\n" +
                              print_value("start", "pe") + change.commands + fresh_energy,
                          way.kokkos);
      EXPECT_GT(std::abs(result.value("now") - result.value("start")), 0.01);
      EXPECT_NEAR(result.value("now"), result.value("fresh"), 1e-9);
      EXPECT_NEAR(result.value("fnow"), result.value("ffresh"), 1e-9);
    }
  }
}

TEST(KokkosChanges, ToAnElementThatTheListOfHybridLacksAreRefused) {
  if (on_a_gpu()) {
    GTEST_SKIP() << "the types of `set` are taken to a GPU when a run is set up, by LAMMPS";
  }
  for (const int ranks : {0, 2}) {
    const TemporaryFolder folder;
    const auto result = run_kokkos_to_message(
        folder,
        setup(folder, triclinic_cell(),
              {.pair =
                   "pair_style hybrid/overlay lj/cut 4.0 spinconv precision double\n"
                   "pair_coeff * * lj/cut 0.01 2.0\npair_coeff * * spinconv test.pt H NULL O\n"}) +
            "run 0\nset atom 1 type 3\nrun 1 pre no\n",
        {.ranks = ranks}, "atom ID 1 has got type 3");
    EXPECT_FALSE(result.process.timed_out);
    EXPECT_NE(result.process.exit_code, 0);
    EXPECT_THAT(result.process.output, HasSubstr("atom ID 1 has got type 3"));
  }
}

TEST(KokkosChanges, AbsentAtomsAreAsDeletedOnes) {
  auto structure = triclinic_cell();
  structure.types = {1, 3, 1, 1, 3, 3};
  for (const KokkosOptions& way : {KokkosOptions{}, KokkosOptions{.ranks = 2},
                                   KokkosOptions{.ranks = 2, .package = "comm device"}}) {
    for (const std::string exclude : {"neigh_modify exclude group gone all",
                                      "set group gone type 2\nneigh_modify exclude type 2 1 "
                                      "exclude type 2 2 exclude type 3 2"}) {
      SCOPED_TRACE(way.name() + " " + exclude);
      const TemporaryFolder folder;
      const auto result = run_kokkos_well(
          folder,
          setup(folder, structure) + "compute energy all pe/atom\n" + excluded_and_deleted(exclude),
          way);
      EXPECT_GT(std::abs(result.value("whole") - result.value("deleted")), 0.01);
      EXPECT_NEAR(result.value("excluded"), result.value("deleted"), 1e-11);
    }
  }
}

TEST(KokkosChanges, MonteCarloOnAGpuIsRefused) {
  if (!on_a_gpu()) {
    GTEST_SKIP();
  }
  for (const auto& change : type_changes) {
    if (change.name == "FixAtomSwap") {
      const TemporaryFolder folder;
      const auto result = run_kokkos(folder, changing_input(folder, "") + change.commands);
      EXPECT_NE(result.process.exit_code, 0);
      EXPECT_THAT(
          result.process.output,
          HasSubstr("fix atom/swap changes atoms in ways that LAMMPS does not tell a GPU of"));
    }
  }
}

TEST(KokkosChanges, AGasKeepsItsMeanNumberOfAtoms) {
  if (on_a_gpu()) {
    GTEST_SKIP() << "fix gcmc";
  }
  const IdealGas gas;
  const TemporaryFolder folder;
  gas.write_files(folder);
  const auto result = run_kokkos_well(folder, gas.input(2400));
  EXPECT_NEAR(result.value("mean"), gas.mean, 1.0);
  EXPECT_THAT(result.process.output, Not(HasSubstr("takes edges out of the graph")));
}

TEST(KokkosChanges, BondsThatTheListLacksAreRefused) {
  const TemporaryFolder folder;
  write_potential(folder, "test.pt");
  write_bytes(folder / "bonded.data", triclinic_cell().data_file({{1, 2}}));
  const auto result = run_kokkos(
      folder,
      "units metal\natom_style bond\nread_data bonded.data\nbond_style zero\nbond_coeff *\n" +
          InputOptions{}.pair + "run 0\n");
  EXPECT_NE(result.process.exit_code, 0);
  EXPECT_THAT(result.process.output, HasSubstr("special_bonds takes the 1-2 pairs out"));
}

}  // namespace
}  // namespace spinconv::test
