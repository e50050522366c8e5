// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace spinconv::train {

// One labelled structure. Lengths in Angstrom, energies in eV, forces in eV/Angstrom, whatever the
// units of the file it came from.
struct Frame {
  std::vector<int> atomic_numbers;              // [n]
  std::vector<double> positions;                // [n*3]
  std::array<double, 9> cell{};                 // rows are the lattice vectors; all zero: no cell
  std::array<bool, 3> pbc{};                    // periodic along each lattice vector
  std::optional<double> energy;                 // total energy; missing label: no value
  std::vector<double> forces;                   // [n*3], or empty: missing label; F = -dE/dx
  std::optional<std::array<double, 6>> stress;  // xx, yy, zz, yz, xz, xy in eV/Angstrom^3,
                                                // stress = (1/V) dE/dstrain (positive: tension)
  std::string source;                           // "file:index", for messages

  std::size_t size() const { return atomic_numbers.size(); }
};

}  // namespace spinconv::train
