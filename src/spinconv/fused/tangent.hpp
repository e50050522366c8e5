// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

// The gradient of J = sum_a c_a E_a + dE/dx (r + x v) with respect to all weights (kernels.hpp):
// the stages of stages.hpp and their gradients for numbers with a tangent. Included like
// vectors.hpp.
//
// Reverse of such numbers: with y = F(x) and its tangent y' = F_x x', the gradients (p to y, q to
// y') give to x' F_x^T q and to x F_x^T p + (F_x)'^T q. That is the reverse of F alone in numbers
// whose value is q and whose tangent is p; so both passes are written in Dual, and the gradient of
// a weight is a tangent. Rows 2i and 2i + 1 of a tile belong to its edge i: value and tangent in
// the forward pass, p and q in the reverse one, so that x^T p + x'^T q is one product of all rows.
#include "spinconv/fused/dual.hpp"
#include "spinconv/fused/edges.hpp"

namespace spinconv::fused::SPINCONV_INSTRUCTION_SET {

constexpr int dual_edges = tile_edges / 2;

// The stages for numbers with tangents.
template <class T>
class TangentStages : Edges<T> {
  using Values = Rows<T, false>;
  using Reverse = Rows<T, true>;

 public:
  TangentStages(const Weights<T>& weights, const Arrays<T>& arrays, const Tangents<T>& tangents,
                T* memory)
      : Edges<T>(weights, arrays, memory),
        t(tangents),
        gaussians_{tangents.gaussians, weights.sizes.gaussians},
        to_gaussians_{tangents.to_gaussians, weights.sizes.gaussians},
        inputs_(s.inputs()),
        waves_(s.waves()),
        degrees_((s.l_max + 1) * s.message),
        frame_(s.frame_rows * s.message) {}

  // --- forward ---

  void geometry(const WorkUnit& unit) {
    tiles(unit, [&](Index first, int n) { rotations(first, n); });
    // where the row of D_l of each component is
    int place[(highest_degree + 1) * (highest_degree + 1)];
    int columns[(highest_degree + 1) * (highest_degree + 1)];
    for (int l = 0; l <= s.l_max; ++l) {
      const int most = smaller(l, s.top);
      for (int m = -most; m <= most; ++m) {
        place[s.row_of(l, m)] = s.degree_begin[l] + (m + most) * (2 * l + 1);
        columns[s.row_of(l, m)] = 2 * l + 1;
      }
    }
    for (Index i = unit.first_edge; i < unit.first_edge + unit.edges; ++i) {
      radial_functions(i);
      const EdgeFrame f(e.vectors + 3 * i);
      const double* const v = t.direction + 3 * i;
      // v = n dd + (e_x turn about y, - e_y turn about x) d
      const T length = T(v[0] * f.n[0] + v[1] * f.n[1] + v[2] * f.n[2]);
      const T x = T((-v[0] * f.sin_phi + v[1] * f.cos_phi) / f.length);
      const T y = T(-((v[0] * f.cos_phi + v[1] * f.sin_phi) * f.n[2] - v[2] * f.rho) / f.length);
      t.envelope[2 * i] = e.envelope[i];
      t.envelope[2 * i + 1] = e.slope[i] * length;
      each_gaussian(i, [&](int c, Vector<T> x_, Vector<T> slope) {
        const Vector<T> g = load(e.gaussians + i * s.gaussians + c);
        gaussians_.put(i, c, {g, -g * x_ * slope * w.distance_gain[e.pair[i]] * length});
      });
      const T* const d = e.rotation + i * s.rotation;
      T* const to = t.rotation + i * s.rotation;
      for (int q = 0; q < s.rotation; ++q) {
        to[q] = T(0);
      }
      const auto turn_by = [&](T angle, const Term<T>* terms, int count) {
        for (int k = 0; k < count; ++k) {
          const T by = angle * terms[k].value;
          const int row = place[terms[k].row], column = place[terms[k].column];
          for (int j = 0; j < columns[terms[k].row]; ++j) {
            to[row + j] += by * d[column + j];
          }
        }
      };
      turn_by(x, w.about_x, w.x_terms);
      turn_by(y, w.about_y, w.y_terms);
    }
  }

  void start(const TangentStage<T>& g, const WorkUnit& unit) {
    clear_atoms(g.rows_out, unit);
    dual_tiles(unit, [&](Index first, int n) {
      const Values radial{b.first, 2 * s.hidden}, hidden = of_tile(g.hidden, 2 * s.hidden, first);
      const Values slopes = of_tile(g.slopes, 2 * s.hidden, first);
      const Values h = of_tile(g.h_out, s.message, first);
      radial_map(first, n, w.start, w.start_pair, radial);
      activate(n, radial, s.hidden, hidden, slopes);
      map(n, hidden, w.start_weight, radial.from(s.hidden));
      activate(n, radial.from(s.hidden), s.hidden, hidden.from(s.hidden), slopes.from(s.hidden));
      begin(n, h, w.start_out_bias, s.message);
      map(n, hidden.from(s.hidden), w.start_out, h);
      coefficients(first, n, w.layers[0], h, g.rows_out);
    });
  }

  void layer(int k, const TangentStage<T>& g, const Gradients<T>& to, const WorkUnit& unit) {
    const LayerWeights<T>& l = w.layers[k];
    const bool last = k + 1 == s.layers;
    const int gates = last ? 0 : s.gates(), outs = s.message + gates;
    if (!last) {
      clear_atoms(g.rows_out, unit);
      if (g.atoms_in) {
        copy(g.atoms_out + unit.first_atom * 2 * row_size(),
             g.atoms_in + unit.first_atom * 2 * row_size(), unit.atoms * 2 * row_size());
      } else {
        clear_atoms(g.atoms_out, unit);
      }
    }
    dual_tiles(unit, [&](Index first, int n) {
      const Values waves = of_tile(g.waves, waves_, first),
                   inputs = of_tile(g.inputs, inputs_, first);
      const Values hidden = of_tile(g.hidden, 2 * s.hidden, first);
      const Values slopes = of_tile(g.slopes, 3 * s.hidden, first);
      const Values h_in = of_tile(const_cast<T*>(g.h_in), s.message, first);
      const Values h_out = of_tile(g.h_out, s.message, first);
      const Values ends{b.ends, 2 * frame_}, x{b.first, s.hidden}, out{b.out, outs};
      both_ends(first, n, g.rows_in, ends);
      for (int o = 0; o < 2 * s.m_max; ++o) {
        map(n, ends.from(s.begin[o + 1] * 2 * s.message), l.roll[1 + o / 2],
            waves.from(o * 2 * s.product), false);
      }
      begin(n, x, l.roll_bias, s.hidden);
      map(n, ends, l.roll[0], x);
      activate(n, x, s.hidden, inputs, slopes);
      invariants(n, waves, inputs.from(s.hidden));
      for (int i = 0; i < n; ++i) {
        for (int c = 0; c < s.message; c += lanes<T>) {
          inputs.put(i, inputs_ - s.message + c, h_in.get(i, c));
        }
      }
      radial_map(first, n, l.radial, l.radial_pair, x);
      map(n, inputs, l.first, x);
      activate(n, x, s.hidden, hidden, slopes.from(s.hidden));
      begin(n, x, l.second_bias, s.hidden);
      map(n, hidden, l.second, x);
      activate(n, x, s.hidden, hidden.from(s.hidden), slopes.from(2 * s.hidden));
      begin(n, out, l.out_bias, outs);
      map(n, hidden.from(s.hidden), l.out, out);
      for (int i = 0; i < n; ++i) {
        for (int c = 0; c < s.message; c += lanes<T>) {
          h_out.put(i, c, h_in.get(i, c) + out.get(i, c));
        }
        for (int c = 0; c < gates; c += lanes<T>) {
          of_tile(g.gates, gates, first).put(i, c, out.get(i, s.message + c));
        }
      }
      if (!last) {
        const Values passed{b.passed, s.m_max * 2 * s.directed}, rows{b.rows, frame_};
        pass(n, waves, out.from(s.message), passed);
        for (int o = 0; o < 2 * s.m_max; ++o) {
          map(n, passed.from(o * s.directed), l.directed[1 + o / 2],
              rows.from(s.begin[o + 1] * s.message), false);
        }
        turn_back_to_targets<false>(Orders::others, first, n, rows, s.message, t.envelope,
                                    g.atoms_out);
        coefficients(first, n, w.layers[k + 1], h_out, g.rows_out);
      }
    });
    if (!last) {
      for (Index i = unit.first_atom * 2 * row_size();
           i < (unit.first_atom + unit.atoms) * 2 * row_size(); i += lanes<T>) {
        store(g.rows_out + i, load(g.rows_out + i) + load(g.atoms_out + i));
      }
    }
    energies(k, g, to.layers[k], unit);
  }

  // --- gradients ---

  void start_back(const TangentStage<T>& g, const Gradients<T>& to, const WorkUnit& unit) {
    dual_tiles(unit, [&](Index first, int n) {
      const Values h = of_tile(g.h_out, s.message, first);
      const Values hidden = of_tile(g.hidden, 2 * s.hidden, first);
      const Values slopes = of_tile(g.slopes, 2 * s.hidden, first);
      const Reverse to_h{b.out, s.message}, to_radial{b.first, 2 * s.hidden};
      begin_message_gradient(first, n, g, to_h);
      coefficients_back(first, n, w.layers[0], to.layers[0], h, g, to_h);
      weight_gradient(n, hidden.from(s.hidden), s.hidden, to_h, s.message, to.start_out);
      bias_gradient(n, to_h, s.message, to.start_out_bias);
      map(n, to_h, w.start_out_back, to_radial.from(s.hidden), false);
      multiply(n, to_radial.from(s.hidden), s.hidden, slopes.from(s.hidden));
      weight_gradient(n, hidden, s.hidden, to_radial.from(s.hidden), s.hidden, to.start_weight);
      map(n, to_radial.from(s.hidden), w.start_weight_back, to_radial, false);
      multiply(n, to_radial, s.hidden, slopes);
      radial_map_back(first, n, w.start_back, to_radial, 2 * s.hidden, to.start, to.start_pair);
    });
    for (Index i = unit.first_edge; i < unit.first_edge + unit.edges; ++i) {
      distances_back(i, to);
    }
  }

  void layer_back(int k, const TangentStage<T>& g, const Gradients<T>& gradients,
                  const WorkUnit& unit) {
    const LayerWeights<T>& l = w.layers[k];
    const LayerGradients<T>& to = gradients.layers[k];
    const bool last = k + 1 == s.layers;
    const int gates = last ? 0 : s.gates(), outs = s.message + gates;
    dual_tiles(unit, [&](Index first, int n) {
      const Values waves = of_tile(g.waves, waves_, first),
                   inputs = of_tile(g.inputs, inputs_, first);
      const Values hidden = of_tile(g.hidden, 2 * s.hidden, first);
      const Values slopes = of_tile(g.slopes, 3 * s.hidden, first);
      const Values ends{b.ends, 2 * frame_};
      const Reverse to_out{b.out, outs}, to_waves{b.to_waves, waves_};
      // h and gates
      begin_message_gradient(first, n, g, to_out);
      energies_back(first, n, g, to_out);
      if (last) {
        for (Index i = 0; i < 2 * Index(n) * waves_; i += lanes<T>) {
          store(b.to_waves + i, Vector<T>{});
        }
      } else {
        coefficients_back(first, n, w.layers[k + 1], gradients.layers[k + 1],
                          of_tile(g.h_out, s.message, first), g, to_out);
        directed_back(first, n, l, to, waves, g, of_tile(g.gates, gates, first),
                      to_out.from(s.message), to_waves);
      }
      // the maps
      const Reverse second{b.second, s.hidden}, x{b.first, s.hidden};
      const Reverse to_inputs{b.to_inputs, inputs_};
      weight_gradient(n, hidden.from(s.hidden), s.hidden, to_out, outs, to.out);
      bias_gradient(n, to_out, outs, to.out_bias);
      map(n, to_out, l.out_back, second, false);
      multiply(n, second, s.hidden, slopes.from(2 * s.hidden));
      weight_gradient(n, hidden, s.hidden, second, s.hidden, to.second);
      bias_gradient(n, second, s.hidden, to.second_bias);
      map(n, second, l.second_back, x, false);
      multiply(n, x, s.hidden, slopes.from(s.hidden));
      weight_gradient(n, inputs, inputs_, x, s.hidden, to.first);
      radial_map_back(first, n, l.radial_back, x, s.hidden, to.radial, to.radial_pair);
      map(n, x, l.first_back, to_inputs, false);
      const Reverse to_h_in{g.to_h_in + 2 * first * s.message, s.message};
      for (int i = 0; i < n; ++i) {
        for (int c = 0; c < s.message; c += lanes<T>) {
          to_h_in.put(i, c, to_out.get(i, c) + to_inputs.get(i, inputs_ - s.message + c));
        }
      }
      invariants_back(n, waves, to_inputs.from(s.hidden), to_waves);
      multiply(n, to_inputs, s.hidden, slopes);
      // both ends
      both_ends(first, n, g.rows_in, ends);
      const Reverse to_ends{b.to_ends, 2 * frame_};
      weight_gradient(n, ends, (s.l_max + 1) * 2 * s.message, to_inputs, s.hidden, to.roll[0]);
      bias_gradient(n, to_inputs, s.hidden, to.roll_bias);
      map(n, to_inputs, l.roll_back[0], to_ends, false);
      for (int o = 0; o < 2 * s.m_max; ++o) {
        const int m = 1 + o / 2, column = s.begin[o + 1] * 2 * s.message;
        const Reverse from = to_waves.from(o * 2 * s.product);
        weight_gradient(n, ends.from(column), (s.l_max + 1 - m) * 2 * s.message, from,
                        2 * s.product, to.roll[m]);
        map(n, from, l.roll_back[m], to_ends.from(column), false);
      }
      turn_back_to_targets<true>(Orders::all, first, n, to_ends.from(s.message), 2 * s.message,
                                 nullptr, g.to_rows_in);
      for (int i = 0; i < n; ++i) {
        if (!g.to_edges) {
          turn_back<true>(
              Orders::all, 1, [=](int) { return first + i; }, to_ends, first, 2 * s.message,
              nullptr, g.to_sources + e.source[first + i] * 2 * row_size());
          continue;
        }
        const Reverse to_edge{g.to_edges, frame_};
        for (int r = 0; r < s.frame_rows; ++r) {
          for (int c = 0; c < s.message; c += lanes<T>) {
            to_edge.put(first + i, r * s.message + c, to_ends.get(i, r * 2 * s.message + c));
          }
        }
      }
    });
  }

  void add_sources(const T* to_edges, const Index* first_of, const Index* edges, Index first,
                   Index last, T* to_rows) const {
    for (Index r = first; r < last; ++r) {
      const Index* const own = edges + first_of[r];
      turn_back<true>(
          Orders::all, static_cast<int>(first_of[r + 1] - first_of[r]),
          [=](int i) { return own[i]; }, Reverse{const_cast<T*>(to_edges), frame_}, 0, s.message,
          nullptr, to_rows + r * 2 * row_size());
    }
  }

 private:
  using typename Edges<T>::EdgeFrame;
  using Edges<T>::s, Edges<T>::w, Edges<T>::e, Edges<T>::b;
  using Edges<T>::tiles, Edges<T>::row_size, Edges<T>::targets;
  using Edges<T>::rotations, Edges<T>::radial_functions;

  template <class F>
  void dual_tiles(const WorkUnit& unit, F f) const {
    Edges<T>::template tiles<dual_edges>(unit, f);
  }

  static Values of_tile(T* all_edges, int row, Index first) {
    return {all_edges + 2 * first * row, row};
  }

  void clear_atoms(T* rows, const WorkUnit& unit) const {
    for (Index i = unit.first_atom * 2 * row_size();
         i < (unit.first_atom + unit.atoms) * 2 * row_size(); i += lanes<T>) {
      store(rows + i, Vector<T>{});
    }
  }

  // f of an edge times a number
  static SPINCONV_INLINE Dual<T> times(const T* factor, Dual<T> x) {
    return {factor[0] * x.value, factor[0] * x.tangent + factor[1] * x.value};
  }

  // --- maps ---

  // values of the bias, tangents of zero
  void begin(int n, Values to, const T* bias, int size) const {
    for (int i = 0; i < n; ++i) {
      for (int c = 0; c < size; c += lanes<T>) {
        to.put(i, c, {load(bias + c), Vector<T>{}});
      }
    }
  }

  template <bool reverse>
  void map(int n, Rows<T, reverse> x, const Matrix<T>& matrix, Rows<T, reverse> y,
           bool add = true) const {
    product<T>(2 * n, x.data, x.row, matrix, nullptr, y.data, y.row, add);
  }

  void activate(int n, Values x, int size, Values y, Values slopes) const {
    for (int i = 0; i < n; ++i) {
      for (int c = 0; c < size; c += lanes<T>) {
        Dual<T> slope;
        y.put(i, c, silu(x.get(i, c), slope));
        slopes.put(i, c, slope);
      }
    }
  }

  void multiply(int n, Reverse x, int size, Values by) const {
    for (int i = 0; i < n; ++i) {
      for (int c = 0; c < size; c += lanes<T>) {
        x.put(i, c, x.get(i, c) * by.get(i, c));
      }
    }
  }

  void weight_gradient(int n, Values x, int inputs, Reverse y, int outputs, T* to) const {
    outer<T>(2 * n, x.data, x.row, inputs, y.data, y.row, outputs, to);
  }

  void bias_gradient(int n, Reverse y, int size, T* to) const {
    for (int c = 0; c < size; c += lanes<T>) {
      Vector<T> total = load(to + c);
      for (int i = 0; i < n; ++i) {
        total += y.get(i, c).tangent;
      }
      store(to + c, total);
    }
  }

  // rho(d) = g(d) W + V[pair]
  void radial_map(Index first, int n, const Matrix<T>& matrix, const T* of_pair, Values to) const {
    for (int i = 0; i < n; ++i) {
      const T* const own = of_pair + e.pair[first + i] * matrix.outputs;
      for (int c = 0; c < matrix.outputs; c += lanes<T>) {
        to.put(i, c, {load(own + c), Vector<T>{}});
      }
    }
    map(n, gaussians_.after(first), matrix, to);
  }

  void radial_map_back(Index first, int n, const Matrix<T>& back, Reverse from, int size,
                       T* to_matrix, T* to_pair) const {
    weight_gradient(n, gaussians_.after(first), s.gaussians, from, size, to_matrix);
    for (int i = 0; i < n; ++i) {
      T* const own = to_pair + e.pair[first + i] * size;
      for (int c = 0; c < size; c += lanes<T>) {
        store(own + c, load(own + c) + from.get(i, c).tangent);
      }
    }
    map(n, from, back, to_gaussians_.after(first));
  }

  // f(first Gaussian, x, 1/width), x = (a d + c - x_j)/width; the slope is zero where x is clamped
  template <class F>
  SPINCONV_INLINE void each_gaussian(Index i, F f) const {
    const Index pair = e.pair[i];
    const T length = T(EdgeFrame(e.vectors + 3 * i).length);
    const T scaled = length * w.distance_gain[pair] + w.distance_offset[pair];
    const T inverse_width = T(s.gaussian_inverse_width);
    for (int c = 0; c < s.gaussians; c += lanes<T>) {
      const Vector<T> x = (scaled - load(w.centers + c)) * inverse_width;
      Vector<T> slope = all(inverse_width);
      slope = x > T(-11) ? slope : Vector<T>{};
      slope = x < T(11) ? slope : Vector<T>{};
      f(c, x, slope);
    }
  }

  // to a and c of a d + c, through g' = -x g/width and its tangent (x^2 - 1) g x'/width
  void distances_back(Index i, const Gradients<T>& to) const {
    const Index pair = e.pair[i];
    const EdgeFrame f(e.vectors + 3 * i);
    const double* const v = t.direction + 3 * i;
    const T length = T(f.length), tangent = T(v[0] * f.n[0] + v[1] * f.n[1] + v[2] * f.n[2]);
    const T rate = w.distance_gain[pair] * tangent;
    Dual<T> total{};
    each_gaussian(i, [&](int c, Vector<T> x, Vector<T> slope) {
      const Vector<T> g = load(gaussians_.data + 2 * i * s.gaussians + c) * slope;
      const Dual<T> derivative{-x * g, (x * x - T(1)) * g * slope * rate};
      total = total + to_gaussians_.get(i, c) * derivative;
    });
    const T of_tangent = sum<T>(total.value), of_value = sum<T>(total.tangent);
    to.distance_offset[pair] += of_value;
    to.distance_gain[pair] += of_value * length + of_tangent * tangent;
  }

  // --- rotations ---

  // Components of these orders of D a in the frame of each edge, a [S,M] of its atom; `frame_row`
  // apart and multiplied by `factor`.
  template <bool reverse>
  void rotate(Orders orders, Index first, int n, const T* rows, const Index* atoms,
              Rows<T, reverse> to, int frame_row, const T* factor) const {
    const Rows<T, reverse> all_rows{const_cast<T*>(rows), row_size()};
    for (int l = orders == Orders::others ? 1 : 0; l <= s.l_max; ++l) {
      with_degree(l, [&]<int degree>() {
        constexpr int columns = 2 * degree + 1;
        const int stored = smaller(degree, s.top);
        const int kept = orders == Orders::zero ? 0 : smaller(degree, s.m_max);
        int place[columns];
        for (int m = -kept; m <= kept; ++m) {
          place[m + kept] = s.row_of(degree, m) * frame_row;
        }
        for (int i = 0; i < n; ++i) {
          const Index q =
              (first + i) * s.rotation + s.degree_begin[degree] + (stored - kept) * columns;
          const T *const d = e.rotation + q, *const turned = t.rotation + q;
          for (int c = 0; c < s.message; c += lanes<T>) {
            Dual<T> column[columns];
#pragma GCC unroll 32
            for (int j = 0; j < columns; ++j) {
              column[j] = all_rows.get(atoms[first + i], (degree * degree + j) * s.message + c);
            }
            for (int r = 0; r <= 2 * kept; ++r) {
              if (orders == Orders::others && r == kept) {
                continue;
              }
              Dual<T> y{};
#pragma GCC unroll 32
              for (int j = 0; j < columns; ++j) {
                const Vector<T> own = all(d[r * columns + j]);
                y.value = fused(own, column[j].value, y.value);
                y.tangent = fused(own, column[j].tangent, y.tangent);
                y.tangent = fused(all(turned[r * columns + j]), column[j].value, y.tangent);
              }
              to.put(i, place[r] + c, factor ? times(factor + 2 * (first + i), y) : y);
            }
          }
        }
      });
    }
  }

  // to [2,S,M] += sum over edges of factor D^T (components of these orders); `rows` begin with
  // first_edge, factors with edge 0
  template <bool reverse, class Edge>
  void turn_back(Orders orders, int count, Edge edge, Rows<T, reverse> rows, Index first_edge,
                 int frame_row, const T* factor, T* to) const {
    const Rows<T, reverse> a{to, row_size()};
    for (int l = orders == Orders::others ? 1 : 0; l <= s.l_max; ++l) {
      with_degree(l, [&]<int degree>() {
        constexpr int columns = 2 * degree + 1;
        const int stored = smaller(degree, s.top);
        const int kept = orders == Orders::zero ? 0 : smaller(degree, s.m_max);
        int place[columns];
        for (int m = -kept; m <= kept; ++m) {
          place[m + kept] = s.row_of(degree, m) * frame_row;
        }
        for (int c = 0; c < s.message; c += lanes<T>) {
          Dual<T> column[columns];
#pragma GCC unroll 32
          for (int j = 0; j < columns; ++j) {
            column[j] = a.get(0, (degree * degree + j) * s.message + c);
          }
          for (int i = 0; i < count; ++i) {
            const Index n = edge(i);
            const Index q = n * s.rotation + s.degree_begin[degree] + (stored - kept) * columns;
            const T *const d = e.rotation + q, *const turned = t.rotation + q;
            for (int r = 0; r <= 2 * kept; ++r) {
              if (orders == Orders::others && r == kept) {
                continue;
              }
              Dual<T> x = rows.get(n - first_edge, place[r] + c);
              if (factor) {
                x = times(factor + 2 * n, x);
              }
#pragma GCC unroll 32
              for (int j = 0; j < columns; ++j) {
                const Vector<T> own = all(d[r * columns + j]);
                column[j].value = fused(own, x.value, column[j].value);
                column[j].tangent = fused(own, x.tangent, column[j].tangent);
                column[j].tangent = fused(all(turned[r * columns + j]), x.value, column[j].tangent);
              }
            }
          }
#pragma GCC unroll 32
          for (int j = 0; j < columns; ++j) {
            a.put(0, (degree * degree + j) * s.message + c, column[j]);
          }
        }
      });
    }
  }

  template <bool reverse>
  void turn_back_to_targets(Orders orders, Index first, int n, Rows<T, reverse> rows, int frame_row,
                            const T* factor, T* to) const {
    targets(first, n, [&](int begin_, int count) {
      const Index edge = first + begin_;
      turn_back(
          orders, count, [=](int i) { return edge + i; }, rows, first, frame_row, factor,
          to + e.target[edge] * 2 * row_size());
    });
  }

  void both_ends(Index first, int n, const T* rows, Values ends) const {
    rotate(Orders::all, first, n, rows, e.source, ends, 2 * s.message, nullptr);
    rotate(Orders::all, first, n, rows, e.target, ends.from(s.message), 2 * s.message, nullptr);
  }

  // --- coefficients: components m = 0 of h * rho_kl(d), turned back ---

  void coefficients(Index first, int n, const LayerWeights<T>& l, Values h, T* to) const {
    const Values degree{b.degree, degrees_}, rows{b.rows, frame_};
    radial_map(first, n, l.degree, l.degree_pair, degree);
    for (int i = 0; i < n; ++i) {
      for (int r = 0; r < degrees_; r += s.message) {
        for (int c = 0; c < s.message; c += lanes<T>) {
          rows.put(i, r + c, degree.get(i, r + c) * h.get(i, c));
        }
      }
    }
    turn_back_to_targets<false>(Orders::zero, first, n, rows, s.message, t.envelope, to);
  }

  void coefficients_back(Index first, int n, const LayerWeights<T>& l, const LayerGradients<T>& to,
                         Values h, const TangentStage<T>& g, Reverse to_h) const {
    const Values degree{b.degree, degrees_};
    const Reverse to_rows{b.to_zero_rows, frame_}, to_degree{b.to_degree, degrees_};
    radial_map(first, n, l.degree, l.degree_pair, degree);
    rotate(Orders::zero, first, n, g.to_rows_out, e.target, to_rows, s.message, t.envelope);
    for (int i = 0; i < n; ++i) {
      for (int c = 0; c < s.message; c += lanes<T>) {
        const Dual<T> own = h.get(i, c);
        Dual<T> to_own = to_h.get(i, c);
        for (int r = 0; r < degrees_; r += s.message) {
          const Dual<T> to_row = to_rows.get(i, r + c);
          to_own = to_own + degree.get(i, r + c) * to_row;
          to_degree.put(i, r + c, own * to_row);
        }
        to_h.put(i, c, to_own);
      }
    }
    radial_map_back(first, n, l.degree_back, to_degree, degrees_, to.degree, to.degree_pair);
  }

  // --- a layer ---

  // x_m = (u+ v+ + u- v-)/sqrt(1 + v+^2 + v-^2)
  void invariants(int n, Values waves, Values x) const {
    for (int i = 0; i < n; ++i) {
      for (int m = 0; m < s.m_max; ++m) {
        for (int c = 0; c < s.product; c += lanes<T>) {
          const int at = m * 4 * s.product + c;
          const Dual<T> u = waves.get(i, at), v = waves.get(i, at + s.product);
          const Dual<T> u_ = waves.get(i, at + 2 * s.product);
          const Dual<T> v_ = waves.get(i, at + 3 * s.product);
          x.put(i, m * s.product + c, (u * v + u_ * v_) * inverse_root(v * v + v_ * v_));
        }
      }
    }
  }

  // with q = 1/sqrt(1 + |v|^2): dx/du = q v, dx/dv = q (u - x q v); added to to_waves
  void invariants_back(int n, Values waves, Reverse to_x, Reverse to_waves) const {
    for (int i = 0; i < n; ++i) {
      for (int m = 0; m < s.m_max; ++m) {
        for (int c = 0; c < s.product; c += lanes<T>) {
          const int at = m * 4 * s.product + c;
          const Dual<T> u = waves.get(i, at), v = waves.get(i, at + s.product);
          const Dual<T> u_ = waves.get(i, at + 2 * s.product);
          const Dual<T> v_ = waves.get(i, at + 3 * s.product);
          const Dual<T> q = inverse_root(v * v + v_ * v_);
          const Dual<T> by = to_x.get(i, m * s.product + c) * q;
          const Dual<T> xq = (u * v + u_ * v_) * (q * q);
          to_waves.add(i, at, by * v);
          to_waves.add(i, at + s.product, by * (u - xq * v));
          to_waves.add(i, at + 2 * s.product, by * v_);
          to_waves.add(i, at + 3 * s.product, by * (u_ - xq * v_));
        }
      }
    }
  }

  // y = u * gate of the directed channels
  void pass(int n, Values waves, Values gates, Values passed) const {
    for (int i = 0; i < n; ++i) {
      for (int o = 0; o < 2 * s.m_max; ++o) {
        for (int c = 0; c < s.directed; c += lanes<T>) {
          passed.put(i, o * s.directed + c,
                     waves.get(i, o * 2 * s.product + c) * gates.get(i, o / 2 * s.directed + c));
        }
      }
    }
  }

  // to gates, and to_waves, which it begins
  void directed_back(Index first, int n, const LayerWeights<T>& l, const LayerGradients<T>& to,
                     Values waves, const TangentStage<T>& g, Values gates, Reverse to_gates,
                     Reverse to_waves) const {
    const int all_passed = s.m_max * 2 * s.directed;
    const Values passed{b.passed, all_passed};
    const Reverse to_rows{b.to_rows, frame_}, to_passed{b.to_passed, all_passed};
    pass(n, waves, gates, passed);
    rotate(Orders::others, first, n, g.to_directed, e.target, to_rows, s.message, t.envelope);
    for (int o = 0; o < 2 * s.m_max; ++o) {
      const int m = 1 + o / 2;
      const Reverse from = to_rows.from(s.begin[o + 1] * s.message);
      weight_gradient(n, passed.from(o * s.directed), s.directed, from,
                      (s.l_max + 1 - m) * s.message, to.directed[m]);
      map(n, from, l.directed_back[m], to_passed.from(o * s.directed), false);
    }
    for (int i = 0; i < n; ++i) {
      for (int m = 0; m < s.m_max; ++m) {
        const int at = m * 4 * s.product, of_passed = m * 2 * s.directed;
        for (int c = 0; c < s.product; c += lanes<T>) {
          to_waves.put(i, at + c, Dual<T>{});
          to_waves.put(i, at + s.product + c, Dual<T>{});
          to_waves.put(i, at + 2 * s.product + c, Dual<T>{});
          to_waves.put(i, at + 3 * s.product + c, Dual<T>{});
        }
        for (int c = 0; c < s.directed; c += lanes<T>) {
          const Dual<T> plus = to_passed.get(i, of_passed + c);
          const Dual<T> minus = to_passed.get(i, of_passed + s.directed + c);
          const Dual<T> gate = gates.get(i, m * s.directed + c);
          to_gates.put(i, m * s.directed + c,
                       plus * waves.get(i, at + c) + minus * waves.get(i, at + 2 * s.product + c));
          to_waves.put(i, at + c, gate * plus);
          to_waves.put(i, at + 2 * s.product + c, gate * minus);
        }
      }
    }
  }

  void begin_message_gradient(Index first, int n, const TangentStage<T>& g, Reverse to_h) const {
    const Reverse from{const_cast<T*>(g.to_h_out), s.message};
    for (int i = 0; i < n; ++i) {
      for (int c = 0; c < s.message; c += lanes<T>) {
        to_h.put(i, c, g.to_h_out ? from.get(first + i, c) : Dual<T>{});
      }
    }
  }

  // --- energies: scale w^T silu(R s + b[a]), s = sum of f(d) h over the edges into an atom. Their
  // gradients are known, c of the value and 1 of the tangent. ---

  void energies(int k, const TangentStage<T>& g, const LayerGradients<T>& to,
                const WorkUnit& unit) {
    const LayerWeights<T>& l = w.layers[k];
    const Values h{g.h_out, s.message}, sums{b.rows, s.message}, x{b.first, s.hidden};
    const Reverse to_x{b.second, s.hidden};
    const Reverse to_sums{g.sum_gradient, s.message};
    Index edge = unit.first_edge;
    const Index end_edge = unit.first_edge + unit.edges;
    for (Index a0 = unit.first_atom; a0 < unit.first_atom + unit.atoms; a0 += dual_edges) {
      const Index left = unit.first_atom + unit.atoms - a0;
      const int n = static_cast<int>(left < dual_edges ? left : dual_edges);
      for (int i = 0; i < n; ++i) {
        const Index first = edge;
        while (edge < end_edge && e.target[edge] == a0 + i) {
          ++edge;
        }
        for (int c = 0; c < s.message; c += lanes<T>) {
          Dual<T> total{};
          for (Index j = first; j < edge; ++j) {
            total = total + times(t.envelope + 2 * j, h.get(j, c));
          }
          sums.put(i, c, total);
        }
        const T* const bias = l.energy_bias + e.types[a0 + i] * s.hidden;
        for (int c = 0; c < s.hidden; c += lanes<T>) {
          x.put(i, c, {load(bias + c), Vector<T>{}});
        }
      }
      map(n, sums, l.energy, x);
      for (int i = 0; i < n; ++i) {
        const T scale = T(s.energy_scale);
        const Dual<T> weight{all(scale), all(T(t.energy_weights[a0 + i]) * scale)};
        T* const to_bias = to.energy_bias + e.types[a0 + i] * s.hidden;
        for (int c = 0; c < s.hidden; c += lanes<T>) {
          Dual<T> slope;
          const Dual<T> y = silu(x.get(i, c), slope) * weight;
          store(to.energy_out + c, load(to.energy_out + c) + y.tangent);
          const Vector<T> out = load(l.energy_out + c);
          const Dual<T> back = slope * Dual<T>{weight.value * out, weight.tangent * out};
          to_x.put(i, c, back);
          store(to_bias + c, load(to_bias + c) + back.tangent);
        }
      }
      weight_gradient(n, sums, s.message, to_x, s.hidden, to.energy);
      map(n, to_x, l.energy_back, to_sums.after(a0), false);
    }
  }

  void energies_back(Index first, int n, const TangentStage<T>& g, Reverse to_h) const {
    const Reverse to_sums{g.sum_gradient, s.message};
    for (int i = 0; i < n; ++i) {
      for (int c = 0; c < s.message; c += lanes<T>) {
        to_h.add(i, c, times(t.envelope + 2 * (first + i), to_sums.get(e.target[first + i], c)));
      }
    }
  }

  const Tangents<T>& t;
  const Values gaussians_;
  const Reverse to_gaussians_;
  const int inputs_, waves_, degrees_, frame_;  // length of rows
};

}  // namespace spinconv::fused::SPINCONV_INSTRUCTION_SET
