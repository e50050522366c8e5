// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <string>

namespace spinconv::train {

using Vector3 = std::array<double, 3>;
using Matrix3 = std::array<double, 9>;  // by rows

Vector3 row_times(const Vector3& v, const Matrix3& m);  // v m
Matrix3 product_of(const Matrix3& a, const Matrix3& b);
Matrix3 transposed(const Matrix3& m);
double determinant(const Matrix3& m);
// Throws std::invalid_argument where the determinant is 0.
Matrix3 inverse_of(const Matrix3& m);

// What is wrong with `cell` (rows: lattice vectors) where `pbc` says it is periodic: a vector that
// is zero, or vectors that are not independent, with the cure; empty: nothing. The vector of a
// direction that is not periodic has no meaning and may be zero, as ASE writes it for molecules and
// slabs.
std::string cell_fault(const Matrix3& cell, const std::array<bool, 3>& pbc);

// A periodic cell in LAMMPS's convention: a along x, b in the xy plane, right-handed, tilts within
// half a box length. The lattice stays the same set of points, turned:
//   lammps = basis cell rotation,   x_lammps = x rotation   (rows)
struct RotatedCell {
  Matrix3 cell;      // lower triangular, rows are the lattice vectors
  Matrix3 rotation;  // orthonormal, determinant 1
  Matrix3 basis;     // integers, determinant 1 or -1: the lattice vectors that LAMMPS gets
};
// `cell`: rows are the lattice vectors. Throws std::invalid_argument where they have no volume.
// Vectors at a right angle to the others stay as they are.
RotatedCell to_lammps_cell(const Matrix3& cell);

}  // namespace spinconv::train
