// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/general_cell.hpp"

#include <cmath>
#include <stdexcept>

namespace spinconv::train {
namespace {

constexpr Matrix3 identity = {1, 0, 0, 0, 1, 0, 0, 0, 1};

double dot(const double* a, const double* b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

// row i of `m` -= n * row j
void subtract_row(Matrix3& m, int i, int j, double n) {
  for (int d = 0; d < 3; ++d) {
    m[3 * i + d] -= n * m[3 * j + d];
  }
}

}  // namespace

Vector3 row_times(const Vector3& v, const Matrix3& m) {
  Vector3 result{};
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) {
      result[j] += v[i] * m[3 * i + j];
    }
  }
  return result;
}

Matrix3 product_of(const Matrix3& a, const Matrix3& b) {
  Matrix3 c{};
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) {
      for (int k = 0; k < 3; ++k) {
        c[3 * i + j] += a[3 * i + k] * b[3 * k + j];
      }
    }
  }
  return c;
}

Matrix3 transposed(const Matrix3& m) {
  return {m[0], m[3], m[6], m[1], m[4], m[7], m[2], m[5], m[8]};
}

double determinant(const Matrix3& m) {
  return m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) +
         m[2] * (m[3] * m[7] - m[4] * m[6]);
}

Matrix3 inverse_of(const Matrix3& m) {
  const double d = determinant(m);
  if (d == 0.0 || !std::isfinite(d)) {
    throw std::invalid_argument("the cell has no volume");
  }
  Matrix3 inverse;
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) {
      const int a = (j + 1) % 3, b = (j + 2) % 3, c = (i + 1) % 3, e = (i + 2) % 3;
      inverse[3 * i + j] = (m[3 * a + c] * m[3 * b + e] - m[3 * a + e] * m[3 * b + c]) / d;
    }
  }
  return inverse;
}

std::string cell_fault(const Matrix3& cell, const std::array<bool, 3>& pbc) {
  const double* vectors[3];
  std::size_t n = 0;
  double product = 1.0;  // of the lengths
  std::string flags;
  for (std::size_t d = 0; d < 3; ++d) {
    const double* const v = &cell[3 * d];
    const bool is_zero = !(dot(v, v) > 0.0);
    flags += std::string(d > 0 ? " " : "") + (pbc[d] && !is_zero ? "T" : "F");
    if (pbc[d] && !is_zero) {
      vectors[n++] = v;
      product *= std::sqrt(dot(v, v));
    }
  }
  for (std::size_t d = 0; d < 3; ++d) {
    if (pbc[d] && !(dot(&cell[3 * d], &cell[3 * d]) > 0.0)) {
      return std::string("lattice vector ") + "abc"[d] +
             " is zero, but its direction is periodic; give the vector, or pbc=\"" + flags +
             "\" where the structure is not periodic along it";
    }
  }
  if (n < 2) {
    return "";
  }
  const double* const a = vectors[0];
  const double* const b = vectors[1];
  const double normal[3] = {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2],
                            a[0] * b[1] - a[1] * b[0]};
  const double volume = n == 2 ? std::sqrt(dot(normal, normal)) : std::abs(dot(normal, vectors[2]));
  // as far from parallel as the search for neighbors wants them
  return volume > 1e-6 * product
             ? ""
             : "the lattice vectors of the periodic directions are not independent; correct "
               "Lattice or pbc";
}

RotatedCell to_lammps_cell(const Matrix3& cell) {
  if (determinant(cell) == 0.0 || !std::isfinite(determinant(cell))) {
    throw std::invalid_argument("the cell has no volume");
  }
  RotatedCell r;
  r.basis = identity;
  if (determinant(cell) < 0.0) {
    r.basis = {1, 0, 0, 0, 1, 0, 0, 0, -1};
  }
  Matrix3 c = product_of(r.basis, cell);
  // rows of the rotation's transpose: the axes of LAMMPS's box
  const double a = std::sqrt(dot(&c[0], &c[0]));
  Matrix3 axes{};
  for (int d = 0; d < 3; ++d) {
    axes[d] = c[d] / a;
  }
  const double along = dot(&c[3], &axes[0]);
  double width = 0.0;
  for (int d = 0; d < 3; ++d) {
    axes[3 + d] = c[3 + d] - along * axes[d];
    width += axes[3 + d] * axes[3 + d];
  }
  for (int d = 0; d < 3; ++d) {
    axes[3 + d] /= std::sqrt(width);
  }
  for (int d = 0; d < 3; ++d) {
    const int p = (d + 1) % 3, q = (d + 2) % 3;
    axes[6 + d] = axes[p] * axes[3 + q] - axes[q] * axes[3 + p];
  }
  r.rotation = transposed(axes);
  r.cell = product_of(c, r.rotation);
  r.cell[1] = r.cell[2] = r.cell[5] = 0.0;
  // tilts within half a box length: other vectors of the same lattice; yz first, it changes xz
  const auto reduce = [&](int row, int by) {
    const double n = std::round(r.cell[3 * row + by] / r.cell[4 * by]);
    subtract_row(r.cell, row, by, n);
    subtract_row(r.basis, row, by, n);
  };
  reduce(2, 1);
  reduce(2, 0);
  reduce(1, 0);
  return r;
}

}  // namespace spinconv::train
