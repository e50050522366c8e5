// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <string>

#include "lammps/structures.hpp"
#include "support/test_models.hpp"

// Inputs with atoms that neigh_modify excludes from all others, and gases at a chemical potential.
namespace spinconv::test {

// Prints the energies with atoms 2 and 5 excluded and with them deleted.
inline std::string excluded_and_deleted(const std::string& exclude) {
  return "group gone id 2 5\nrun 0 post no\n" + print_value("whole", "pe") + exclude +
         "\nrun 0 post no\n" + print_value("excluded", "pe") +
         write_dump("excluded.dump", "id type fx fy fz c_energy") +
         "neigh_modify exclude none\ndelete_atoms group gone compress no\nrun 0 post no\n" +
         print_value("deleted", "pe") + write_dump("deleted.dump", "id type fx fy fz c_energy");
}

// Molecules of 1 or 2 atoms that hardly see each other and have an energy: an ideal gas of
//   <N> = V exp((mu - e) / kT) / lambda^3
// molecules on average. The potential is gas.pt of the folder.
struct IdealGas {
  int atoms = 1;
  double energy = -0.4;  // eV of an atom
  double edge = 24.0;    // Angstrom
  double mean = 8.0;
  double temperature = 1000.0;  // K

  double chemical_potential() const {
    constexpr double boltzmann = 8.617343e-5, planck = 4.135667403e-3,
                     mvv2e = 1.0364269e-4;  // metal
    const double mass = atoms * 15.999, kT = boltzmann * temperature;
    const double lambda =
        std::sqrt(planck * planck / (2.0 * 3.14159265358979323846 * mass * mvv2e * kT));
    return atoms * energy + kT * std::log(mean * std::pow(lambda / edge, 3));
  }

  void write_files(const TemporaryFolder& folder) const {
    auto config = small_config({"O"});
    config.energy_scale = 1e-9;
    config.layers = config.l_max = config.m_max = 1;
    config.reference_energies = {energy};
    write_random_potential(folder / "gas.pt", config);
    write_bytes(
        folder / "molecule.txt",
        "# two atoms\n\n2 atoms\n1 bonds\n\nCoords\n\n1 0 0 0\n2 1.2 0 0\n\nTypes\n\n1 1\n2 1\n\n"
        "Bonds\n\n1 1 1 2\n");
  }

  // Commands before those of the fix.
  std::string start() const {
    const std::string size = " 0 " + std::to_string(edge);
    std::string text =
        "units metal\natom_modify map array\nregion box block" + size + size + size + "\n";
    text += atoms == 1 ? "atom_style atomic\ncreate_box 1 box\ncreate_atoms 1 random 8 4711 NULL\n"
                       : "atom_style bond\ncreate_box 1 box bond/types 1 extra/bond/per/atom 1 "
                         "extra/special/per/atom 1\nmolecule pair molecule.txt\n"
                         "create_atoms 0 random 8 4711 NULL mol pair 4712\nbond_style zero\n"
                         "bond_coeff *\nspecial_bonds lj/coul 1 1 1\n";
    return text +
           "mass 1 15.999\npair_style spinconv precision double\npair_coeff * * gas.pt O\n"
           "group gas type 1\n";
  }

  // Prints "mean", that of the molecules over `attempts`, a multiple of 40. A number of the mean m
  // has the variance m and takes about 2 m attempts to be another one: the standard deviation of
  // that mean is m sqrt(2 / attempts).
  std::string input(int attempts) const {
    const std::string steps = std::to_string(attempts / 40);
    char numbers[200];
    std::snprintf(numbers, sizeof numbers, "%.10g %.12g", temperature, chemical_potential());
    return start() + "fix mc gas gcmc 1 40 0 " + (atoms == 1 ? "1" : "0") + " 29494 " + numbers +
           " 1.0" + (atoms == 1 ? " overlap_cutoff 0.05" : " mol pair") +
           "\nvariable n equal atoms/" + std::to_string(atoms) + "\nfix mean all ave/time 1 " +
           steps + " " + steps + " v_n\n" + thermo("pe atoms") + "thermo 100\nrun " + steps +
           " post no\n" + print_value("mean", "f_mean");
  }
};

}  // namespace spinconv::test
