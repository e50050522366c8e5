// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "lammps/structures.hpp"
#include "support/test_models.hpp"

namespace spinconv::test {
namespace {

void write_potential_with(const TemporaryFolder& folder, const std::string& repulsion) {
  auto config = small_spinconv2_config();
  config.repulsion = repulsion;
  write_random_potential(folder / (repulsion + ".pt"), config);
}

LammpsBox carbon_and_oxygen(double distance) {
  LammpsBox s;
  s.lx = s.ly = s.lz = 30.0;
  s.types = {2, 3};
  s.positions = {{15, 15, 15}, {15, 15, 15 + distance}};
  return s;
}

// What repulsion zbl adds to a potential is LAMMPS's pair_style zbl, switched off at 0.76 + 0.66
// Angstrom.
TEST(Repulsion, IsThatOfPairStyleZbl) {
  for (const double distance : {0.3, 0.6, 0.9, 1.2}) {
    const TemporaryFolder folder;
    write_potential_with(folder, "none");
    write_potential_with(folder, "zbl");
    const auto of = [](const std::string& name) {
      return "pair_style spinconv precision double\npair_coeff * * " + name + ".pt H C O\nrun 0\n" +
             print_value(name, "pe");
    };
    const auto lammps = run_lammps_well(
        folder, setup(folder, carbon_and_oxygen(distance)) + of("none") + of("zbl") +
                    // the switch of pair_style zbl is where hardly anything is left
                    "pair_style zbl 11.9 12.0\npair_coeff 1 1 1 1\npair_coeff 2 2 6 6\n"
                    "pair_coeff 3 3 8 8\nrun 0\n" +
                    print_value("lammps", "pe"));
    const double u = distance / 1.42;
    const double f = 1.0 - 28.0 * std::pow(u, 6) + 48.0 * std::pow(u, 7) - 21.0 * std::pow(u, 8);
    const double expected = f * lammps.value("lammps");
    EXPECT_GT(expected, 0.1) << distance;
    EXPECT_NEAR(lammps.value("zbl") - lammps.value("none"), expected, 1e-4 * expected) << distance;
  }
}

// Atoms that are shot at each other turn back, with the energy that they had.
TEST(Repulsion, TurnsFastAtomsBack) {
  const TemporaryFolder folder;
  write_potential_with(folder, "zbl");
  InputOptions options;
  options.pair = "pair_style spinconv precision double\npair_coeff * * zbl.pt H C O\n";
  const auto lammps =
      run_lammps_well(folder, setup(folder, carbon_and_oxygen(3.0), options) +
                                  "velocity all set 0 0 0\n"
                                  "group carbon type 2\n"
                                  "group oxygen type 3\n"
                                  "velocity oxygen set 0 0 -400\n"  // 57 eV between them
                                  "variable distance equal xcm(oxygen,z)-xcm(carbon,z)\n" +
                                  thermo("etotal pe v_distance") +
                                  "thermo 1\nfix move all nve\ntimestep 2e-5\nrun 1200\n");
  const auto& table = lammps.thermo.at(0);
  const auto total = table.column("TotEng"), distance = table.column("v_distance");
  EXPECT_LT(*std::min_element(distance.begin(), distance.end()), 0.8);
  EXPECT_GT(*std::min_element(distance.begin(), distance.end()), 0.1);
  EXPECT_GT(distance.back(), 3.0);
  for (const double energy : total) {
    EXPECT_NEAR(energy, total.front(), 0.02);
  }
}

}  // namespace
}  // namespace spinconv::test
