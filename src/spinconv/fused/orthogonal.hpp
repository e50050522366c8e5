// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

// The iteration of orthogonalization.hpp for one matrix that stays in the cache. Included like
// vectors.hpp.
#include "spinconv/fused/orthogonalization.hpp"
#include "spinconv/fused/product.hpp"

namespace spinconv::fused::SPINCONV_INSTRUCTION_SET {

// Y [rows, padded], columns <= padded of it in use and zeros after them: the result is written to
// it. memory [2 padded^2 + rows padded]. With the singular values on the side of the columns,
// A = Y^T Y and Y <- Y (c_0 + c_1 A + c_2 A^2) need no transposed matrix.
template <class T>
void orthogonalize(int rows, int columns, int padded, int iterations, T* y, T* memory) {
  const int square = padded * padded;
  T *const a = memory, *const b = memory + square;
  T *from = y, *to = memory + 2 * square;
  const T ratio = T(newton_schulz[1] / newton_schulz[2]);
  for (int k = 0; k < iterations; ++k) {
    for (int i = 0; i < square; i += lanes<T>) {
      store(a + i, Vector<T>{});
    }
    outer(rows, from, padded, columns, from, padded, padded, a);
    for (int i = 0; i < square; i += lanes<T>) {
      store(b + i, ratio * load(a + i));
    }
    for (int i = 0; i < columns; ++i) {
      b[i * padded + i] += T(newton_schulz[0] / newton_schulz[2]);
    }
    product(columns, a, padded, columns, a, padded, b, true);
    for (int i = 0; i < square; i += lanes<T>) {
      store(b + i, T(newton_schulz[2]) * load(b + i));
    }
    product(rows, from, padded, columns, b, padded, to, false);
    T* const other = from;
    from = to;
    to = other;
  }
  if (from != y) {
    for (std::ptrdiff_t i = 0; i < std::ptrdiff_t(rows) * padded; i += lanes<T>) {
      store(y + i, load(from + i));
    }
  }
}

}  // namespace spinconv::fused::SPINCONV_INSTRUCTION_SET
