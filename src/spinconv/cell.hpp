// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cmath>

namespace spinconv {

// Volume of the cell whose rows are the lattice vectors, whatever their handedness.
inline double cell_volume(const std::array<double, 9>& c) {
  return std::abs(c[0] * (c[4] * c[8] - c[5] * c[7]) - c[1] * (c[3] * c[8] - c[5] * c[6]) +
                  c[2] * (c[3] * c[7] - c[4] * c[6]));
}

}  // namespace spinconv
