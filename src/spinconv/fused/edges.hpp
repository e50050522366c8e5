// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

// What the stages have in common: memory, geometry of edges and its gradient, and what turns rows
// of atoms into the frames of edges and back. Included like vectors.hpp. A buffer of a tile is
// [edges of the tile, ...]; "rows" of a frame are its components (kernels.hpp).
#include "spinconv/fused/product.hpp"

namespace spinconv::fused::SPINCONV_INSTRUCTION_SET {

constexpr int smaller(int a, int b) {
  return a < b ? a : b;
}

// f<l>() for a degree that is known at run time alone.
template <int degree = 0, class F>
SPINCONV_INLINE void with_degree(int l, F&& f) {
  if constexpr (degree < highest_degree) {
    if (l != degree) {
      return with_degree<degree + 1>(l, f);
    }
  }
  f.template operator()<degree>();
}

enum class Orders { zero, others, all };

// Memory of a thread, one buffer after the other.
template <class T>
struct Scratch {
  explicit Scratch(const Sizes& s, T* memory) : next_(memory) {
    ends = take(s.top_rows * 2 * s.message);
    to_ends = take(s.frame_rows * 2 * s.message);
    waves = take(s.waves());
    to_waves = take(s.waves());
    inputs = take(s.inputs());
    to_inputs = take(s.inputs());
    first = take(2 * s.hidden);
    second = take(2 * s.hidden);
    out = take(s.message + s.gates());
    passed = take(s.m_max * 2 * s.directed);
    to_passed = take(s.m_max * 2 * s.directed);
    rows = take(s.frame_rows * s.message);
    to_rows = take(s.top_rows * s.message);
    to_zero_rows = take(s.top_rows * s.message);
    degree = take((s.l_max + 1) * s.message);
    to_degree = take((s.l_max + 1) * s.message);
    trigonometry = take(2 * s.l_max + 1);
    table = take(2 * s.table_rotation);
    geometry = take(3 * lanes<T>);
  }

  T *ends, *to_ends;                 // [top_rows|frame_rows, 2M] both atoms in the frame
  T *waves, *to_waves;               // [m_max, 2, 2C] of each order and sign u, v
  T *inputs, *to_inputs;             // [D + m_max C + M]
  T *first, *second;                 // [2D]
  T* out;                            // [M + m_max Ce]
  T *passed, *to_passed;             // [m_max, 2, Ce]
  T *rows, *to_rows, *to_zero_rows;  // [frame_rows|top_rows, M] of what is turned back
  T *degree, *to_degree;             // [L+1, M]
  T *trigonometry, *table;           // of the rotations
  T* geometry;                       // [3, lanes] gradients, to be summed over lanes

  std::size_t size(const T* memory) const { return static_cast<std::size_t>(next_ - memory); }

 private:
  T* take(int numbers) {
    T* const begin = next_;
    // 64 bytes apart, so that no buffer begins in the line of another
    next_ += (static_cast<std::ptrdiff_t>(numbers) * tile_edges + 15) / 16 * 16;
    return begin;
  }

  T* next_;
};

template <class T>
void copy(T* to, const T* from, Index numbers) {
  for (Index i = 0; i < numbers; i += lanes<T>) {
    store(to + i, load(from + i));
  }
}

// y = silu(x), and its slope where it is wanted. x and y may be the same.
template <class T>
void activate(int n, const T* x, Index x_edge, int size, T* y, Index y_edge, T* slope,
              Index slope_edge) {
  for (int i = 0; i < n; ++i) {
    for (int c = 0; c < size; c += lanes<T>) {
      Vector<T> by;
      store(y + i * y_edge + c, silu<T>(load(x + i * x_edge + c), by));
      if (slope) {
        store(slope + i * slope_edge + c, by);
      }
    }
  }
}

template <class T>
void multiply(int n, T* x, Index x_edge, int size, const T* by, Index by_edge) {
  for (int i = 0; i < n; ++i) {
    for (int c = 0; c < size; c += lanes<T>) {
      store(x + i * x_edge + c, load(x + i * x_edge + c) * load(by + i * by_edge + c));
    }
  }
}

// Edges of one evaluation.
template <class T>
class Edges {
 protected:
  Edges(const Weights<T>& weights, const Arrays<T>& arrays, T* memory)
      : s(weights.sizes), w(weights), e(arrays), b(weights.sizes, memory) {}

  // Of an edge: R = R_y(-theta) R_z(-phi) takes n to z. Its rows are e_x = (cos theta cos phi,
  // cos theta sin phi, -sin theta), e_y = (-sin phi, cos phi, 0) and n.
  struct EdgeFrame {
    explicit EdgeFrame(const double* v) {
      length = __builtin_sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
      for (int i = 0; i < 3; ++i) {
        n[i] = v[i] / length;
      }
      rho = __builtin_sqrt(n[0] * n[0] + n[1] * n[1]);
      cos_phi = rho > 0 ? n[0] / rho : 1.0;
      sin_phi = rho > 0 ? n[1] / rho : 0.0;
    }

    double length, n[3], rho, cos_phi, sin_phi;
  };

  Index row_size() const { return Index(s.harmonics) * s.message; }

  // Of edges of one unit of work, in equal parts of at most so many.
  template <int most = tile_edges, class F>
  void tiles(const WorkUnit& unit, F f) const {
    const Index parts = (unit.edges + most - 1) / most;
    for (Index p = 0; p < parts; ++p) {
      const Index begin = unit.edges * p / parts, end = unit.edges * (p + 1) / parts;
      f(unit.first_edge + begin, static_cast<int>(end - begin));
    }
  }

  void clear(T* rows, const WorkUnit& unit) const {
    for (Index i = unit.first_atom * row_size(); i < (unit.first_atom + unit.atoms) * row_size();
         i += lanes<T>) {
      store(rows + i, Vector<T>{});
    }
  }

  // --- geometry ---

  // cos(m a), m = 0..L, and sin(m a)
  void powers(double c, double sn, double* cosines, double* sines) const {
    double re = 1.0, im = 0.0;
    for (int m = 0; m <= s.l_max; ++m) {
      cosines[m] = re;
      sines[m] = im;
      const double next = re * c - im * sn;
      im = re * sn + im * c;
      re = next;
    }
  }

  // D_l = [Fourier series in theta] combined with the phases of phi, which depend on the column.
  void rotations(Index first, int n) {
    constexpr int most = 2 * highest_degree + 1;
    const int terms = 2 * s.l_max + 1;
    T phase_cos[tile_edges][most], phase_sin[tile_edges][most];  // of columns -L..L
    for (int i = 0; i < n; ++i) {
      const EdgeFrame f(e.vectors + 3 * (first + i));
      double cosines[highest_degree + 1], sines[highest_degree + 1];
      powers(f.n[2], f.rho, cosines, sines);
      T* const t = b.trigonometry + i * terms;
      for (int m = 0; m <= s.l_max; ++m) {
        t[m] = T(cosines[m]);
        if (m > 0) {
          t[s.l_max + m] = T(sines[m]);
        }
      }
      powers(f.cos_phi, f.sin_phi, cosines, sines);
      for (int m = -s.l_max; m <= s.l_max; ++m) {
        const int order = m < 0 ? -m : m;
        phase_cos[i][s.l_max + m] = T(cosines[order]);
        phase_sin[i][s.l_max + m] = T(m > 0 ? -sines[order] : sines[order]);
      }
    }
    product<T>(n, b.trigonometry, terms, w.rotation_table, nullptr, b.table, 2 * s.table_rotation,
               false);
    for (int i = 0; i < n; ++i) {
      const T* const straight = b.table + i * 2 * Index(s.table_rotation);
      const T* const exchanged = straight + s.table_rotation;
      T* const d = e.rotation + (first + i) * s.rotation;
      for (int l = 0; l <= s.l_max; ++l) {
        with_degree(l, [&]<int degree>() {
          constexpr int columns = 2 * degree + 1;
          const T* const c = phase_cos[i] + s.l_max - degree;
          const T* const sn = phase_sin[i] + s.l_max - degree;
          const int rows = 2 * smaller(degree, s.top) + 1;
          for (int r = 0; r < rows; ++r) {
            const int q = s.degree_begin[degree] + r * columns;
            for (int j = 0; j < columns; ++j) {
              d[q + j] = straight[q + j] * c[j] + exchanged[q + j] * sn[j];
            }
          }
        });
      }
    }
  }

  // Gaussians g((a d + c - x_j)/width), clamped as the operator graph clamps them, and the envelope
  // 1 - (p+1)(p+2)/2 u^p + p(p+2) u^(p+1) - p(p+1)/2 u^(p+2), u = d/cutoff.
  void radial_functions(Index i) {
    const double length = EdgeFrame(e.vectors + 3 * i).length;
    const Index pair = e.pair[i];
    const T scaled = T(length) * w.distance_gain[pair] + w.distance_offset[pair];
    const T inverse_width = T(s.gaussian_inverse_width);
    for (int c = 0; c < s.gaussians; c += lanes<T>) {
      Vector<T> x = (scaled - load(w.centers + c)) * inverse_width;
      x = x > T(-11) ? x : all(T(-11));
      x = x < T(11) ? x : all(T(11));
      store(e.gaussians + i * s.gaussians + c, exponential(T(-0.5) * x * x));
    }
    const double p = s.envelope_exponent, u = length / s.cutoff;
    double f = 0.0, slope = 0.0;
    if (u < 1.0) {
      const double a = -0.5 * (p + 1) * (p + 2), b_ = p * (p + 2), c = -0.5 * p * (p + 1);
      double power = 1.0;  // u^(p-1)
      for (int j = 1; j < s.envelope_exponent; ++j) {
        power *= u;
      }
      f = 1.0 + power * u * (a + u * (b_ + u * c));
      slope = power * (p * a + u * ((p + 1) * b_ + u * (p + 2) * c)) / s.cutoff;
    }
    e.envelope[i] = T(f * s.neighbor_scale);
    e.slope[i] = T(slope * s.neighbor_scale);
  }

  // dE/dd of the Gaussians; zero where they are clamped
  double gaussians_back(Index i, double length) const {
    const Index pair = e.pair[i];
    const T gain = w.distance_gain[pair];
    const T scaled = T(length) * gain + w.distance_offset[pair];
    const T inverse_width = T(s.gaussian_inverse_width);
    Vector<T> total = {};
    for (int c = 0; c < s.gaussians; c += lanes<T>) {
      Vector<T> x = (scaled - load(w.centers + c)) * inverse_width;
      x = x > T(-11) ? x : Vector<T>{};
      x = x < T(11) ? x : Vector<T>{};
      total -= load(e.gaussians_gradient + i * s.gaussians + c) *
               load(e.gaussians + i * s.gaussians + c) * x;
    }
    return double(sum<T>(total) * inverse_width * gain);
  }

  // rho(d) = g(d) W + V[pair]
  void radial_map(Index first, int n, const Matrix<T>& matrix, const T* of_pair, T* to,
                  Index to_edge) {
    for (int i = 0; i < n; ++i) {
      copy(to + i * to_edge, of_pair + e.pair[first + i] * matrix.outputs, matrix.outputs);
    }
    product<T>(n, e.gaussians + first * s.gaussians, s.gaussians, matrix, nullptr, to, to_edge,
               true);
  }

  void radial_map_back(Index first, int n, const Matrix<T>& back, const T* from, Index from_edge) {
    product<T>(n, from, from_edge, back, nullptr, e.gaussians_gradient + first * s.gaussians,
               s.gaussians, true);
  }

  void clear_geometry(int n) {
    for (int i = 0; i < 3 * n; ++i) {
      store(b.geometry + i * lanes<T>, Vector<T>{});
    }
  }

  void add_geometry(Index first, int n) {
    for (int i = 0; i < 3 * n; ++i) {
      e.geometry_gradient[first * 3 + i] += sum<T>(load(b.geometry + i * lanes<T>));
    }
  }

  void add_to_length(int i, Vector<T> more) {
    T* const to = b.geometry + 3 * i * lanes<T>;
    store(to, load(to) + more);
  }

  // --- rotations ---

  // Components |m| <= limit of D a in the frame of each edge, a [S,M] the row of its atom, or of
  // both atoms side by side: to [.., ends, M].
  template <int ends>
  void rotate(Index first, int n, const T* rows, const Index* const (&atoms)[ends], int limit,
              T* to, Index to_edge) const {
    for (int l = 0; l <= s.l_max; ++l) {
      with_degree(l, [&]<int degree>() {
        constexpr int columns = 2 * degree + 1;
        const int stored = smaller(degree, s.top), kept = smaller(degree, limit);
        int place[columns];
        for (int m = -kept; m <= kept; ++m) {
          place[m + kept] = s.row_of(degree, m) * ends * s.message;
        }
        for (int i = 0; i < n; ++i) {
          const T* const d = e.rotation + (first + i) * s.rotation + s.degree_begin[degree] +
                             (stored - kept) * columns;
          for (int c = 0; c < s.message; c += lanes<T>) {
            Vector<T> column[ends][columns];
#pragma GCC unroll 2
            for (int end = 0; end < ends; ++end) {
              const T* const a =
                  rows + atoms[end][first + i] * row_size() + degree * degree * s.message + c;
#pragma GCC unroll 32
              for (int j = 0; j < columns; ++j) {
                column[end][j] = load(a + j * s.message);
              }
            }
            for (int r = 0; r <= 2 * kept; ++r) {
              const T* const row = d + r * columns;
              Vector<T> value[ends];
#pragma GCC unroll 2
              for (int end = 0; end < ends; ++end) {
                value[end] = row[0] * column[end][0];
              }
#pragma GCC unroll 32
              for (int j = 1; j < columns; ++j) {
#pragma GCC unroll 2
                for (int end = 0; end < ends; ++end) {
                  value[end] = fused(all(row[j]), column[end][j], value[end]);
                }
              }
#pragma GCC unroll 2
              for (int end = 0; end < ends; ++end) {
                store(to + i * to_edge + place[r] + end * s.message + c, value[end]);
              }
            }
          }
        }
      });
    }
  }

  // to [S,M] += sum over edges of factor D^T (components of these orders); `rows` begin with
  // first_edge, factors with edge 0
  template <class Edge>
  void turn_back(Orders orders, int count, Edge edge, const T* rows, Index first_edge,
                 Index rows_edge, int rows_row, const T* factor, T* to) const {
    for (int l = orders == Orders::others ? 1 : 0; l <= s.l_max; ++l) {
      with_degree(l, [&]<int degree>() {
        constexpr int columns = 2 * degree + 1;
        const int stored = smaller(degree, s.top);
        const int kept = orders == Orders::zero ? 0 : smaller(degree, s.m_max);
        int place[columns];
        for (int m = -kept; m <= kept; ++m) {
          place[m + kept] = s.row_of(degree, m) * rows_row;
        }
        T* const a = to + degree * degree * s.message;
        for (int c = 0; c < s.message; c += lanes<T>) {
          Vector<T> column[columns];
#pragma GCC unroll 32
          for (int j = 0; j < columns; ++j) {
            column[j] = load(a + j * s.message + c);
          }
          for (int i = 0; i < count; ++i) {
            const Index n = edge(i);
            const T* const d =
                e.rotation + n * s.rotation + s.degree_begin[degree] + (stored - kept) * columns;
            const T* const from = rows + (n - first_edge) * rows_edge + c;
            for (int r = 0; r <= 2 * kept; ++r) {
              if (orders == Orders::others && r == kept) {
                continue;
              }
              Vector<T> value = load(from + place[r]);
              if (factor) {
                value *= factor[n];
              }
              const T* const row = d + r * columns;
#pragma GCC unroll 32
              for (int j = 0; j < columns; ++j) {
                column[j] = fused(all(row[j]), value, column[j]);
              }
            }
          }
#pragma GCC unroll 32
          for (int j = 0; j < columns; ++j) {
            store(a + j * s.message + c, column[j]);
          }
        }
      });
    }
  }

  // f(first edge of a target, how many edges of the tile it has)
  template <class F>
  void targets(Index first, int n, F f) const {
    for (int i = 0; i < n;) {
      int end = i + 1;
      while (end < n && e.target[first + end] == e.target[first + i]) {
        ++end;
      }
      f(i, end - i);
      i = end;
    }
  }

  // The same of components of the edges of a tile, added to the rows of its targets.
  void turn_back_to_targets(Orders orders, Index first, int n, const T* rows, Index rows_edge,
                            int rows_row, const T* factor, T* to) const {
    targets(first, n, [&](int begin, int count) {
      const Index edge = first + begin;
      turn_back(
          orders, count, [=](int i) { return edge + i; }, rows, first, rows_edge, rows_row, factor,
          to + e.target[edge] * row_size());
    });
  }

  // Of components b in the frame that go with gradients, or the other way round: dE/dw_x += factor
  // (L_x a) . b and the same about y. a [top_rows, width], b [frame_rows, width].
  void turn(Orders orders, int n, const T* a, Index a_edge, const T* rows, Index rows_edge,
            int width, const T* factor) {
    const int x_begin = orders == Orders::others ? w.x_terms_of_0 : 0;
    const int y_begin = orders == Orders::others ? w.y_terms_of_0 : 0;
    const int x_end = orders == Orders::zero ? w.x_terms_of_0 : w.x_terms;
    const int y_end = orders == Orders::zero ? w.y_terms_of_0 : w.y_terms;
    for (int i = 0; i < n; ++i) {
      const T* const from = a + i * a_edge;
      const T* const with = rows + i * rows_edge;
      Vector<T> x = {}, y = {};
      for (int t = x_begin; t < x_end; ++t) {
        const Term<T>& term = w.about_x[t];
        for (int c = 0; c < width; c += lanes<T>) {
          x +=
              term.value * load(from + term.column * width + c) * load(with + term.row * width + c);
        }
      }
      for (int t = y_begin; t < y_end; ++t) {
        const Term<T>& term = w.about_y[t];
        for (int c = 0; c < width; c += lanes<T>) {
          y +=
              term.value * load(from + term.column * width + c) * load(with + term.row * width + c);
        }
      }
      const T by = factor ? factor[i] : T(1);
      T* const to = b.geometry + 3 * i * lanes<T>;
      store(to + lanes<T>, load(to + lanes<T>) + by * x);
      store(to + 2 * lanes<T>, load(to + 2 * lanes<T>) + by * y);
    }
  }

  const Sizes& s;
  const Weights<T>& w;
  const Arrays<T>& e;
  Scratch<T> b;
};

}  // namespace spinconv::fused::SPINCONV_INSTRUCTION_SET
