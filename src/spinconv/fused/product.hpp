// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

// C = A W + C for the edges of a tile, by smaller tiles that stay in registers. Included like
// vectors.hpp.
#include "spinconv/fused/kernels.hpp"
#include "spinconv/fused/vectors.hpp"

namespace spinconv::fused::SPINCONV_INSTRUCTION_SET {

// AVX-512 and NEON have 32 registers, AVX2 has 16. NEON takes no factor from memory, so that the
// numbers of A need registers too: rows (vectors + 1) + vectors.
#if SPINCONV_VECTOR_BYTES == 32
constexpr int widest_panel = 2;
constexpr int tile_rows(int vectors) {
  return vectors == 2 ? 6 : 12;
}
#elif SPINCONV_VECTOR_BYTES == 64
constexpr int widest_panel = 4;
constexpr int tile_rows(int vectors) {
  return vectors == 4 ? 6 : vectors == 3 ? 8 : 12;
}
#else
constexpr int widest_panel = 4;
constexpr int tile_rows(int vectors) {
  return vectors == 4 ? 5 : vectors == 3 ? 7 : vectors == 2 ? 10 : 12;
}
#endif

// What the tile reads and writes: a(row, k) = a[row * a_row + k * a_inner], w(k, column) =
// w[k * w_inner + column]. The sum starts with c where `add`, else with the bias, else with 0.
template <class T>
struct Operands {
  int inner;  // length of the sums
  const T* a;
  std::ptrdiff_t a_row, a_inner;
  const T* w;
  std::ptrdiff_t w_inner;
  const T* bias;  // or null
  T* c;
  std::ptrdiff_t c_row;
  bool add;
};

template <class T, int rows, int vectors>
__attribute__((noinline)) void tile(const Operands<T>& o, int first) {
  const T* a = o.a + first * o.a_row;
  const T* w = o.w;
  T* c = o.c + first * o.c_row;
  Vector<T> sums[rows][vectors];
#pragma GCC unroll 16
  for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 16
    for (int v = 0; v < vectors; ++v) {
      sums[r][v] = o.add    ? load(c + r * o.c_row + v * lanes<T>)
                   : o.bias ? load(o.bias + v * lanes<T>)
                            : Vector<T>{};
    }
  }
  for (int k = 0; k < o.inner; ++k) {
    Vector<T> factors[vectors];
#pragma GCC unroll 16
    for (int v = 0; v < vectors; ++v) {
      factors[v] = load(w + v * lanes<T>);
    }
#pragma GCC unroll 16
    for (int r = 0; r < rows; ++r) {
      const T x = a[r * o.a_row];
#pragma GCC unroll 16
      for (int v = 0; v < vectors; ++v) {
        sums[r][v] += x * factors[v];
      }
    }
    a += o.a_inner;
    w += o.w_inner;
  }
#pragma GCC unroll 16
  for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 16
    for (int v = 0; v < vectors; ++v) {
      store(c + r * o.c_row + v * lanes<T>, sums[r][v]);
    }
  }
}

// The last rows, fewer than a tile has.
template <class T, int vectors, int rows>
SPINCONV_INLINE void remainder(const Operands<T>& o, int first, int left) {
  if constexpr (rows > 0) {
    if (left == rows) {
      tile<T, rows, vectors>(o, first);
    } else {
      remainder<T, vectors, rows - 1>(o, first, left);
    }
  }
}

template <class T, int vectors>
void panel(const Operands<T>& o, int rows) {
  constexpr int step = tile_rows(vectors);
  int first = 0;
  for (; first + step <= rows; first += step) {
    tile<T, step, vectors>(o, first);
  }
  remainder<T, vectors, step - 1>(o, first, rows - first);
}

// f<vectors>(first vector), for the panels of so many vectors.
template <class F>
SPINCONV_INLINE void each_panel(int vectors, F&& f) {
  const int panels = (vectors + widest_panel - 1) / widest_panel;
  for (int p = 0, first = 0; p < panels; ++p) {
    const int width = panel_width(vectors - first, panels - p);
    if (width == 1) {
      f.template operator()<1>(first);
    } else if (width == 2) {
      f.template operator()<2>(first);
#if SPINCONV_VECTOR_BYTES != 32
    } else if (width == 3) {
      f.template operator()<3>(first);
    } else {
      f.template operator()<4>(first);
#endif
    }
    first += width;
  }
}

// c [rows, W.outputs] = a [rows, W.inputs] W, plus bias, or c where `add`.
template <class T>
void product(int rows, const T* a, std::ptrdiff_t a_row, const Matrix<T>& matrix, const T* bias,
             T* c, std::ptrdiff_t c_row, bool add) {
  each_panel(matrix.outputs / lanes<T>, [&]<int width>(int first) {
    const int column = first * lanes<T>;
    panel<T, width>({matrix.inputs, a, a_row, 1,
                     matrix.panels + static_cast<std::ptrdiff_t>(matrix.inputs) * column,
                     width * lanes<T>, bias ? bias + column : nullptr, c + column, c_row, add},
                    rows);
  });
}

// c [rows, outputs] = a [rows, inputs] w of a matrix that is not in panels, plus c where `add`.
template <class T>
void product(int rows, const T* a, std::ptrdiff_t a_row, int inputs, const T* w, int outputs, T* c,
             bool add) {
  each_panel(outputs / lanes<T>, [&]<int width>(int first) {
    const int column = first * lanes<T>;
    panel<T, width>({inputs, a, a_row, 1, w + column, outputs, nullptr, c + column, outputs, add},
                    rows);
  });
}

// c [inputs, outputs] += x^T y of x [rows, inputs], y [rows, outputs].
template <class T>
void outer(int rows, const T* x, std::ptrdiff_t x_row, int inputs, const T* y, std::ptrdiff_t y_row,
           int outputs, T* c) {
  each_panel(outputs / lanes<T>, [&]<int width>(int first) {
    const int column = first * lanes<T>;
    panel<T, width>({rows, x, 1, x_row, y + column, y_row, nullptr, c + column, outputs, true},
                    inputs);
  });
}

}  // namespace spinconv::fused::SPINCONV_INSTRUCTION_SET
