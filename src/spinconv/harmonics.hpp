// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <vector>

namespace spinconv {

// Real spherical harmonics Y_lm(r), r a unit vector, l <= l_max, at index l*l + l + m: sin(|m| phi)
// for m < 0, cos(m phi) for m > 0, no Condon-Shortley phase, mean square 1 over the sphere
// (Y_00 = 1, Y_10 = sqrt(3) z). Y(-r) = (-1)^l Y(r). D(R) is defined by Y(R r) = D(R) Y(r).
std::vector<double> real_harmonics(int l_max, double x, double y, double z);  // [(l_max+1)^2]

// Constants from which the operator graph makes D(R_e), R_e = R_y(-theta) R_z(-phi) the rotation
// that takes an edge's direction to z. Blocks by l, rows |m| <= m_max, flattened to Q numbers.
struct RotationConstants {
  int flat_size = 0;                // Q
  std::vector<long> block_sizes;    // [l_max+1] entries of each block
  std::vector<long> column_order;   // [Q] |m| of the column
  std::vector<double> column_sign;  // [Q] -sign(m) of the column
  // [2*l_max+1, 2, 3, Q]: coefficients of (1, cos theta .. cos l_max theta, sin theta .. sin l_max
  // theta) in D(R_y(-theta)), then L_x D and L_y D, L the generators of rotations about the edge
  // frame's axes; second index 0: as it is, 1: with the columns m and -m exchanged.
  std::vector<double> table;
  std::vector<long> axis_rows;       // [(l_max+1)^2] where the row m = 0 of the blocks stands
  std::vector<double> axis_factors;  // [(l_max+1)^2] (-1)^l sqrt(2l+1): that row -> Y(-n)
  std::vector<long> order_rows;      // rows of all blocks regrouped by order: m = 0 | +1, -1 | ...
  std::vector<long> order_sizes;     // [m_max+1] rows of each order
};

RotationConstants rotation_constants(int l_max, int m_max);

}  // namespace spinconv
