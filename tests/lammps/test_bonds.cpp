// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include "lammps/structures.hpp"

// special_bonds takes pairs of bonded atoms out of the neighbor list: noticed where there are
// bonds, and where a run brings them.
namespace spinconv::test {
namespace {

constexpr char water_molecule[] =
    "# water\n\n3 atoms\n2 bonds\n\nCoords\n\n1 0 0 0\n2 0.757 0.586 0\n3 -0.757 0.586 "
    "0\n\nTypes\n\n"
    "1 3\n2 1\n3 1\n\nBonds\n\n1 1 1 2\n2 1 1 3\n";

// An empty box for molecules; the pair style comes after it.
std::string empty_box(const TemporaryFolder& folder, const std::string& special) {
  write_potential(folder, "test.pt");
  write_bytes(folder / "molecule.txt", water_molecule);
  return "units metal\natom_style bond\nregion box block 0 12 0 12 0 12\n"
         "create_box 4 box bond/types 1 extra/bond/per/atom 2 extra/special/per/atom 4\n"
         "mass 1 1.008\nmass 2 12.011\nmass 3 15.999\nmass 4 40\nbond_style zero\nbond_coeff *\n"
         "special_bonds lj/coul " +
         special + "\nmolecule water molecule.txt\ngroup added type 1 2 3\nneighbor 0.5 bin\n" +
         thermo("pe bonds");
}

constexpr char four_types[] =
    "pair_style hybrid/overlay lj/cut 5.0 spinconv precision double\npair_coeff * * lj/cut 0 1\n"
    "pair_coeff * * spinconv test.pt H C O NULL\n";
constexpr char deposit[] =
    "region inside block 2 10 2 10 2 10\n"
    "fix more added deposit 2 0 1 4567 region inside mol water near 3.0\nthermo 1\nrun 4 post no\n";

const std::string bonds_cure = "use special_bonds lj/coul 1 1 1";

TEST(PairSpinconvBonds, ThatATemplateMayBringAreRefusedAtSetUp) {
  const TemporaryFolder folder;
  const std::string pair = pair_commands("", "H C O C") + "mass 4 12\n";
  const auto refused = run_lammps(folder, empty_box(folder, "0 0 0") + pair + deposit);
  expect_refused(refused, {"a molecule template may have", bonds_cure});
  EXPECT_TRUE(refused.thermo.empty() || refused.thermo.at(0).rows.empty());

  const auto run = run_lammps_well(folder, empty_box(folder, "1 1 1") + pair + deposit +
                                               print_value("now", "pe") + "run 0 post no\n" +
                                               print_value("fresh", "pe"));
  EXPECT_EQ(run.thermo.at(0).last("Bonds"), 4.0);
  EXPECT_NEAR(run.value("now"), run.value("fresh"), 1e-10);
}

TEST(PairSpinconvBonds, ThatFixBondCreateMakesAreRefusedAtSetUp) {
  const TemporaryFolder folder;
  write_potential(folder, "test.pt");
  auto structure = triclinic_cell();
  write_bytes(folder / "bonded.data", structure.data_file({{1, 2}}));
  const auto result = run_lammps(
      folder,
      "units metal\natom_style bond\natom_modify map array\nspecial_bonds lj/coul 0 0 0\n"
      "read_data bonded.data extra/bond/per/atom 4 extra/special/per/atom 8\nbond_style zero\n"
      "bond_coeff *\ndelete_bonds all bond 1 remove special\n" +
          InputOptions{}.pair + "fix join all bond/create 1 1 3 2.5 1\nrun 4\n");
  expect_refused(result, {"fix join of style bond/create makes", bonds_cure});
}

TEST(PairSpinconvBonds, OfTheElementsAreNoticedWhenTheyCome) {
  // types of other styles are there, whose bonds are none of ours
  for (const int ranks : {0, 2}) {
    const TemporaryFolder folder;
    const auto result = run_lammps(
        folder, empty_box(folder, "0 0 0") + four_types + "create_atoms 4 single 1 1 1\n" + deposit,
        {.ranks = ranks});
    expect_refused(result, {"such as that of the atoms with IDs", bonds_cure});
    EXPECT_FALSE(result.thermo.at(0).rows.empty());
  }
  const TemporaryFolder folder;
  std::string other = water_molecule;
  for (const std::string line : {"1 3\n2 1\n3 1\n"}) {
    other.replace(other.find(line), line.size(), "1 4\n2 4\n3 4\n");
  }
  const auto start = empty_box(folder, "0 0 0");
  write_bytes(folder / "molecule.txt", other);
  const auto run =
      run_lammps_well(folder, start + four_types + "create_atoms 3 single 1 1 1\n" + deposit);
  EXPECT_EQ(run.thermo.at(0).last("Bonds"), 4.0);
}

TEST(PairSpinconvBonds, KeepTheirPairsBesideLongRangeCoulomb) {
  const TemporaryFolder folder;
  write_potential(folder, "test.pt");
  write_bytes(folder / "molecule.txt", water_molecule);
  const auto energy = [&](const std::string& special) {
    return run_lammps_well(
               folder,
               "units metal\natom_style full\nregion box block 0 8 0 8 0 8\n"
               "create_box 3 box bond/types 1 extra/bond/per/atom 2 extra/special/per/atom 4\n"
               "mass 1 1.008\nmass 2 12.011\nmass 3 15.999\nmolecule water molecule.txt\n"
               "create_atoms 0 random 4 4711 NULL mol water 4712 overlap 2.0\nbond_style zero\n"
               "bond_coeff *\nspecial_bonds lj/coul " +
                   special +
                   "\nset type 1 charge 0.5\nset type 3 charge -1.0\n"
                   "pair_style hybrid/overlay coul/long 3.0 spinconv precision double\n"
                   "pair_coeff * * coul/long\npair_coeff * * spinconv test.pt H C O\n"
                   "kspace_style ewald 1e-6\ncompute ours all pair spinconv\n" +
                   thermo("c_ours") + "run 0\n")
        .thermo.at(0)
        .first("c_ours");
  };
  EXPECT_NEAR(energy("0 0 0"), energy("1 1 1"), 1e-11);
}

}  // namespace
}  // namespace spinconv::test
