// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace spinconv::train {

// eV in one `unit`: eV, meV, kcal/mol, kJ/mol, Hartree (Ha), Rydberg (Ry).
// Throws spinconv::Error with the nearest name for any other.
double energy_unit_in_ev(const std::string& unit);

// Angstrom in one `unit`: Angstrom (Ang, A), Bohr, nm. Throws as above.
double length_unit_in_angstrom(const std::string& unit);

// What a number of a file is multiplied with to be in eV and Angstrom.
struct UnitScale {
  double energy = 1.0;  // eV
  double length = 1.0;  // Angstrom

  double force() const { return energy / length; }                       // eV/Angstrom
  double stress() const { return energy / (length * length * length); }  // eV/Angstrom^3
};

}  // namespace spinconv::train
