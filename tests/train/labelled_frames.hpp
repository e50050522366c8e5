// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <sstream>
#include <string>

namespace spinconv::train::test {

// Text of extended XYZ. Labels follow from nothing; what is tested is what is done with them.

// C atoms and one H in a row, no cell. `group`: config_type, "": none.
inline std::string molecule(int atoms, int number, const std::string& group = "") {
  std::ostringstream out;
  out << atoms << "\nProperties=species:S:1:pos:R:3:forces:R:3 energy="
      << -30.0 * (atoms - 1) - 14.0 + 0.1 * std::sin(number);
  out << (group.empty() ? "" : " config_type=" + group) << " pbc=\"F F F\"\n";
  for (int i = 0; i < atoms; ++i) {
    out << (i == 0 ? "H " : "C ") << 1.3 * i + 0.1 * std::sin(7.0 * i + number) << " "
        << 0.3 * std::cos(3.0 * i + number) << " 0 " << 0.2 * std::sin(1.0 + i + number) << " "
        << 0.1 * std::cos(i - number) << " 0\n";
  }
  return out.str();
}

// One atom. `cell`: length of a periodic cube, Angstrom; 0: none.
inline std::string single_atom(const std::string& element, double energy, double cell = 0.0) {
  std::ostringstream out;
  out.precision(12);
  out << "1\n";
  if (cell > 0.0) {
    out << "Lattice=\"" << cell << " 0 0 0 " << cell << " 0 0 0 " << cell << "\" ";
  }
  out << "Properties=species:S:1:pos:R:3:forces:R:3 energy=" << energy
      << (cell > 0.0 ? " pbc=\"T T T\"\n" : " pbc=\"F F F\"\n") << element << " 0 0 0 0 0 0\n";
  return out.str();
}

// `atoms` of an element in a cubic cell, in a row along its diagonal, with a stress or without.
inline std::string crystal(const std::string& element, int atoms, double cell, int number,
                           bool stress = false) {
  std::ostringstream out;
  out << atoms << "\nLattice=\"" << cell << " 0 0 0 " << cell << " 0 0 0 " << cell
      << "\" Properties=species:S:1:pos:R:3:forces:R:3 energy=" << -5.0 * atoms + 0.1 * number
      << (stress ? " stress=\"0.1 0 0 0 0.1 0 0 0 0.1\"" : "") << " pbc=\"T T T\"\n";
  for (int i = 0; i < atoms; ++i) {
    const double x = cell * (i + 0.05 * std::sin(number + i)) / atoms;
    out << element << " " << x << " " << x << " " << x << " 0.1 0 " << 0.01 * number << "\n";
  }
  return out.str();
}

}  // namespace spinconv::train::test
