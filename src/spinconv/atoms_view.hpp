// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>

namespace spinconv {

// Atoms of one structure. Pointers stay the caller's.
struct AtomsView {
  std::size_t n_atoms = 0;
  const double* positions = nullptr;  // [n_atoms*3] Angstrom, in the cell or anywhere else
  const int* numbers = nullptr;       // [n_atoms] atomic numbers
  // Rows are the lattice vectors, Angstrom, of any orientation and handedness; a direction that is
  // not periodic needs none.
  std::array<double, 9> cell{};
  std::array<bool, 3> pbc{};  // periodic along each lattice vector
};

}  // namespace spinconv
