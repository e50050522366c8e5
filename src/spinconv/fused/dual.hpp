// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

// Numbers with a tangent, and rows of them. Included like vectors.hpp.
#include "spinconv/fused/vectors.hpp"

namespace spinconv::fused::SPINCONV_INSTRUCTION_SET {

template <class T>
struct Dual {
  Vector<T> value, tangent;
};

template <class T>
SPINCONV_INLINE Dual<T> operator+(Dual<T> a, Dual<T> b) {
  return {a.value + b.value, a.tangent + b.tangent};
}
template <class T>
SPINCONV_INLINE Dual<T> operator-(Dual<T> a, Dual<T> b) {
  return {a.value - b.value, a.tangent - b.tangent};
}
template <class T>
SPINCONV_INLINE Dual<T> operator*(Dual<T> a, Dual<T> b) {
  return {a.value * b.value, a.value * b.tangent + a.tangent * b.value};
}

// 1/sqrt(1 + x)
template <class T>
SPINCONV_INLINE Dual<T> inverse_root(Dual<T> x) {
  const Vector<T> q = T(1) / root(T(1) + x.value);
  return {q, T(-0.5) * q * q * q * x.tangent};
}

template <class T>
SPINCONV_INLINE Dual<T> silu(Dual<T> x, Dual<T>& slope) {
  const Vector<T> s = T(1) / (T(1) + exponential(-x.value)), rest = T(1) - s;
  slope.value = s * (T(1) + x.value * rest);
  slope.tangent = s * rest * (T(2) + x.value * (rest - s)) * x.tangent;
  return {x.value * s, slope.value * x.tangent};
}

// Rows of numbers, `row` apart; `reverse` where p comes before q.
template <class T, bool reverse>
struct Rows {
  T* data;
  Index row;

  SPINCONV_INLINE Dual<T> get(Index i, Index column) const {
    const T* const x = data + 2 * i * row + column;
    return {load(x + (reverse ? row : 0)), load(x + (reverse ? 0 : row))};
  }
  SPINCONV_INLINE void put(Index i, Index column, Dual<T> y) const {
    T* const x = data + 2 * i * row + column;
    store(x + (reverse ? row : 0), y.value);
    store(x + (reverse ? 0 : row), y.tangent);
  }
  SPINCONV_INLINE void add(Index i, Index column, Dual<T> y) const {
    put(i, column, get(i, column) + y);
  }
  SPINCONV_INLINE Rows from(Index column) const { return {data + column, row}; }
  SPINCONV_INLINE Rows after(Index i) const { return {data + 2 * i * row, row}; }
};

}  // namespace spinconv::fused::SPINCONV_INSTRUCTION_SET
