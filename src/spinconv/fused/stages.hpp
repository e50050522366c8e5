// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

// The stages of torchscript/spinconv2.py and their gradients, for the edges of a unit of work
// in tiles of at most tile_edges. Included like vectors.hpp.
#include "spinconv/fused/edges.hpp"
#include "spinconv/fused/orthogonal.hpp"
#include "spinconv/fused/tangent.hpp"

namespace spinconv::fused::SPINCONV_INSTRUCTION_SET {

template <class T>
class Stages : Edges<T> {
 public:
  Stages(const Weights<T>& weights, const Arrays<T>& arrays, T* memory)
      : Edges<T>(weights, arrays, memory) {}

  // --- forward ---

  // D_l, Gaussians and f(d)/sqrt(n_avg) of all edges.
  void geometry(const WorkUnit& unit) {
    tiles(unit, [&](Index first, int n) { rotations(first, n); });
    for (Index i = unit.first_edge; i < unit.first_edge + unit.edges; ++i) {
      radial_functions(i);
    }
  }

  // h = W_o silu(W_s silu(rho_1) + rho_2) + c, and the coefficients of layer 0.
  void start(const Forward<T>& f, const Kept<T>& kept, const WorkUnit& unit) {
    clear(f.rows_out, unit);
    tiles(unit, [&](Index first, int n) {
      T* const radial = b.first;  // [2D]
      radial_map(first, n, w.start, w.start_pair, radial, 2 * s.hidden);
      activate(n, radial, 2 * s.hidden, s.hidden, radial, 2 * s.hidden,
               kept.slopes ? kept.slopes + first * 2 * s.hidden : nullptr, 2 * s.hidden);
      product<T>(n, radial, 2 * s.hidden, w.start_weight, nullptr, radial + s.hidden, 2 * s.hidden,
                 true);
      T* const hidden = radial + s.hidden;
      activate(n, hidden, 2 * s.hidden, s.hidden, hidden, 2 * s.hidden,
               kept.slopes ? kept.slopes + first * 2 * s.hidden + s.hidden : nullptr, 2 * s.hidden);
      T* const h = f.h_out + first * s.message;
      product<T>(n, hidden, 2 * s.hidden, w.start_out, w.start_out_bias, h, s.message, false);
      coefficients(first, n, w.layers[0], h, f.rows_out);
    });
  }

  // Layer k: h, what directed messages add, energies, and the coefficients of the next layer.
  void layer(int k, const Forward<T>& f, const Kept<T>& kept, const WorkUnit& unit) {
    const LayerWeights<T>& l = w.layers[k];
    const bool last = k + 1 == s.layers;
    const int inputs = s.inputs(), outs = outputs(k), all_waves = s.waves();
    if (!last) {
      clear(f.rows_out, unit);
      if (f.atoms_in) {
        copy(f.atoms_out + unit.first_atom * row_size(), f.atoms_in + unit.first_atom * row_size(),
             unit.atoms * row_size());
      } else {
        clear(f.atoms_out, unit);
      }
    }
    tiles(unit, [&](Index first, int n) {
      const int ends = s.frame_rows * 2 * s.message;
      both_ends(first, n, f.rows_in, s.m_max, ends);
      T* const waves = kept.waves ? kept.waves + first * all_waves : b.waves;
      make_waves(n, l, ends, waves);
      product<T>(n, b.ends, ends, l.roll[0], l.roll_bias, b.inputs, inputs, false);
      const auto slopes = [&](int of) {
        return kept.slopes ? kept.slopes + (first * 3 + of) * s.hidden : nullptr;
      };
      activate(n, b.inputs, inputs, s.hidden, b.inputs, inputs, slopes(0), 3 * s.hidden);
      invariants(n, waves, b.inputs + s.hidden, inputs);
      const T* const h = f.h_in + first * s.message;
      for (int i = 0; i < n; ++i) {
        copy(b.inputs + i * inputs + inputs - s.message, h + i * s.message, s.message);
      }
      radial_map(first, n, l.radial, l.radial_pair, b.first, s.hidden);
      product<T>(n, b.inputs, inputs, l.first, nullptr, b.first, s.hidden, true);
      activate(n, b.first, s.hidden, s.hidden, b.first, s.hidden, slopes(1), 3 * s.hidden);
      product<T>(n, b.first, s.hidden, l.second, l.second_bias, b.second, s.hidden, false);
      activate(n, b.second, s.hidden, s.hidden, b.second, s.hidden, slopes(2), 3 * s.hidden);
      product<T>(n, b.second, s.hidden, l.out, l.out_bias, b.out, outs, false);
      T* const h_out = f.h_out + first * s.message;
      for (int i = 0; i < n; ++i) {
        for (int c = 0; c < s.message; c += lanes<T>) {
          store(h_out + i * s.message + c,
                load(h + i * s.message + c) + load(b.out + i * outs + c));
        }
        if (kept.gates && !last) {
          copy(kept.gates + (first + i) * (outs - s.message), b.out + i * outs + s.message,
               outs - s.message);
        }
      }
      if (!last) {
        pass(n, waves, b.out + s.message, outs);
        directed_rows(n, l);
        turn_back_to_targets(Orders::others, first, n, b.rows, s.frame_rows * s.message, s.message,
                             e.envelope, f.atoms_out);
        coefficients(first, n, w.layers[k + 1], h_out, f.rows_out);
      }
    });
    if (!last) {
      for (Index i = unit.first_atom * row_size(); i < (unit.first_atom + unit.atoms) * row_size();
           i += lanes<T>) {
        store(f.rows_out + i, load(f.rows_out + i) + load(f.atoms_out + i));
      }
    }
    energies(k, f, kept, unit);
  }

  // --- gradients ---

  void start_back(const Backward<T>& g, const Kept<T>& kept, const WorkUnit& unit) {
    tiles(unit, [&](Index first, int n) {
      clear_geometry(n);
      T* const to_h = b.out;
      begin_message_gradient(first, n, g, to_h, s.message);
      coefficients_back(first, n, w.layers[0], kept.h_out, g, to_h, s.message);
      T* const to_radial = b.first;  // [2D]
      const T* const slopes = kept.slopes + first * 2 * s.hidden;
      T* const to_hidden = to_radial + s.hidden;
      product<T>(n, to_h, s.message, w.start_out_back, nullptr, to_hidden, 2 * s.hidden, false);
      multiply(n, to_hidden, 2 * s.hidden, s.hidden, slopes + s.hidden, 2 * s.hidden);
      product<T>(n, to_hidden, 2 * s.hidden, w.start_weight_back, nullptr, to_radial, 2 * s.hidden,
                 false);
      multiply(n, to_radial, 2 * s.hidden, s.hidden, slopes, 2 * s.hidden);
      radial_map_back(first, n, w.start_back, to_radial, 2 * s.hidden);
      add_geometry(first, n);
    });
  }

  void layer_back(int k, const Backward<T>& g, const Kept<T>& kept, const WorkUnit& unit) {
    const LayerWeights<T>& l = w.layers[k];
    const bool last = k + 1 == s.layers;
    const int inputs = s.inputs(), outs = outputs(k), all_waves = s.waves();
    tiles(unit, [&](Index first, int n) {
      clear_geometry(n);
      const int ends = s.top_rows * 2 * s.message;
      both_ends(first, n, kept.rows, s.top, ends);
      const T* waves = b.waves;
      if (kept.waves) {
        waves = kept.waves + first * all_waves;
      } else {
        make_waves(n, l, ends, b.waves);
      }
      // h and gates
      begin_message_gradient(first, n, g, b.out, outs);
      energies_back(first, n, g, kept, outs);
      if (last) {
        for (Index i = 0; i < Index(n) * all_waves; i += lanes<T>) {
          store(b.to_waves + i, Vector<T>{});
        }
      } else {
        coefficients_back(first, n, w.layers[k + 1], kept.h_out, g, b.out, outs);
        directed_back(first, n, l, waves, g, kept.gates + first * (outs - s.message),
                      b.out + s.message, outs);
      }
      // the maps
      const T* const slopes = kept.slopes + first * 3 * s.hidden;
      product<T>(n, b.out, outs, l.out_back, nullptr, b.second, s.hidden, false);
      multiply(n, b.second, s.hidden, s.hidden, slopes + 2 * s.hidden, 3 * s.hidden);
      product<T>(n, b.second, s.hidden, l.second_back, nullptr, b.first, s.hidden, false);
      multiply(n, b.first, s.hidden, s.hidden, slopes + s.hidden, 3 * s.hidden);
      radial_map_back(first, n, l.radial_back, b.first, s.hidden);
      product<T>(n, b.first, s.hidden, l.first_back, nullptr, b.to_inputs, inputs, false);
      for (int i = 0; i < n; ++i) {
        for (int c = 0; c < s.message; c += lanes<T>) {
          store(
              g.to_h_in + (first + i) * s.message + c,
              load(b.out + i * outs + c) + load(b.to_inputs + i * inputs + inputs - s.message + c));
        }
      }
      invariants_back(n, waves, b.to_inputs + s.hidden, inputs);
      multiply(n, b.to_inputs, inputs, s.hidden, slopes, 3 * s.hidden);
      // both ends
      const int to_ends = s.frame_rows * 2 * s.message;
      product<T>(n, b.to_inputs, inputs, l.roll_back[0], nullptr, b.to_ends, to_ends, false);
      for (int m = 1; m <= s.m_max; ++m) {
        for (int sign = 0; sign < 2; ++sign) {
          const int o = 2 * (m - 1) + sign;
          product<T>(n, b.to_waves + o * 2 * s.product, all_waves, l.roll_back[m], nullptr,
                     b.to_ends + s.begin[o + 1] * 2 * s.message, to_ends, false);
        }
      }
      turn(Orders::all, n, b.ends, ends, b.to_ends, to_ends, 2 * s.message, nullptr);
      turn_back_to_targets(Orders::all, first, n, b.to_ends + s.message, to_ends, 2 * s.message,
                           nullptr, g.to_rows_in);
      for (int i = 0; i < n; ++i) {
        if (!g.to_edges) {
          turn_back(
              Orders::all, 1, [=](int) { return first + i; }, b.to_ends, first, to_ends,
              2 * s.message, nullptr, g.to_sources + e.source[first + i] * row_size());
          continue;
        }
        for (int r = 0; r < s.frame_rows; ++r) {
          copy(g.to_edges + ((first + i) * s.frame_rows + r) * s.message,
               b.to_ends + i * to_ends + r * 2 * s.message, s.message);
        }
      }
      add_geometry(first, n);
    });
  }

  // sum of D^T over the edges that start at each of these rows
  void add_sources(const T* to_edges, const Index* begin, const Index* edges, Index first,
                   Index last, T* to_sources) const {
    for (Index r = first; r < last; ++r) {
      const Index* const own = edges + begin[r];
      turn_back(
          Orders::all, static_cast<int>(begin[r + 1] - begin[r]), [=](int i) { return own[i]; },
          to_edges, 0, s.frame_rows * s.message, s.message, nullptr, to_sources + r * row_size());
    }
  }

  // dE/dv = n dE/dd + (e_y dE/dw_x - e_x dE/dw_y)/d
  void vector_gradient(const WorkUnit& unit, double* gradient) const {
    for (Index i = unit.first_edge; i < unit.first_edge + unit.edges; ++i) {
      const EdgeFrame f(e.vectors + 3 * i);
      const T* const to = e.geometry_gradient + 3 * i;
      const double to_length = double(to[0]) + gaussians_back(i, f.length);
      const double x = double(to[1]) / f.length, y = double(to[2]) / f.length;
      double* const out = gradient + 3 * i;
      out[0] = to_length * f.n[0] - x * f.sin_phi - y * f.n[2] * f.cos_phi;
      out[1] = to_length * f.n[1] + x * f.cos_phi - y * f.n[2] * f.sin_phi;
      out[2] = to_length * f.n[2] + y * f.rho;
    }
  }

 private:
  using typename Edges<T>::EdgeFrame;
  using Edges<T>::s, Edges<T>::w, Edges<T>::e, Edges<T>::b;
  using Edges<T>::tiles, Edges<T>::clear, Edges<T>::row_size, Edges<T>::targets;
  using Edges<T>::rotations, Edges<T>::rotate, Edges<T>::turn, Edges<T>::turn_back;
  using Edges<T>::turn_back_to_targets;
  using Edges<T>::radial_functions, Edges<T>::gaussians_back, Edges<T>::radial_map;
  using Edges<T>::radial_map_back;
  using Edges<T>::clear_geometry, Edges<T>::add_geometry, Edges<T>::add_to_length;

  // --- coefficients: components m = 0 of h * rho_kl(d), turned back ---

  void degree_rows(Index first, int n, const LayerWeights<T>& l) {
    radial_map(first, n, l.degree, l.degree_pair, b.degree, (s.l_max + 1) * s.message);
  }

  void zero_rows(int n, const T* h) {
    const int width = (s.l_max + 1) * s.message;
    for (int i = 0; i < n; ++i) {
      for (int r = 0; r < width; r += s.message) {
        for (int c = 0; c < s.message; c += lanes<T>) {
          store(b.rows + i * s.frame_rows * s.message + r + c,
                load(b.degree + i * width + r + c) * load(h + i * s.message + c));
        }
      }
    }
  }

  void coefficients(Index first, int n, const LayerWeights<T>& l, const T* h, T* to) {
    degree_rows(first, n, l);
    zero_rows(n, h);
    turn_back_to_targets(Orders::zero, first, n, b.rows, s.frame_rows * s.message, s.message,
                         e.envelope, to);
  }

  // to_h, lengths, Gaussians and turns from the gradient of the coefficients
  void coefficients_back(Index first, int n, const LayerWeights<T>& l, const T* h_all,
                         const Backward<T>& g, T* to_h, Index to_h_edge) {
    const int width = (s.l_max + 1) * s.message, limit = smaller(1, s.top);
    const Index rows_edge = Index(s.frame_rows) * s.message,
                to_edge = Index(s.top_rows) * s.message;
    const T* const h = h_all + first * s.message;
    degree_rows(first, n, l);
    zero_rows(n, h);
    rotate(first, n, g.to_rows_out, {e.target}, limit, b.to_zero_rows, to_edge);
    turn(Orders::zero, n, b.to_zero_rows, to_edge, b.rows, rows_edge, s.message,
         e.envelope + first);
    for (int i = 0; i < n; ++i) {
      const T f = e.envelope[first + i];
      Vector<T> length = {};
      for (int c = 0; c < s.message; c += lanes<T>) {
        const Vector<T> own = load(h + i * s.message + c);
        Vector<T> to_own = {};
        for (int r = 0; r < width; r += s.message) {
          const Vector<T> to_row = load(b.to_zero_rows + i * to_edge + r + c);
          to_own += load(b.degree + i * width + r + c) * to_row;
          store(b.to_degree + i * width + r + c, f * own * to_row);
        }
        length += to_own * own;
        T* const to = to_h + i * to_h_edge + c;
        store(to, load(to) + f * to_own);
      }
      add_to_length(i, e.slope[first + i] * length);
    }
    radial_map_back(first, n, l.degree_back, b.to_degree, width);
  }

  // --- a layer ---

  // message and gates, of which the last layer has none
  int outputs(int k) const { return k + 1 == s.layers ? s.message : s.message + s.gates(); }

  void both_ends(Index first, int n, const T* rows, int limit, Index to_edge) {
    rotate(first, n, rows, {e.source, e.target}, limit, b.ends, to_edge);
  }

  void make_waves(int n, const LayerWeights<T>& l, Index ends, T* waves) {
    for (int m = 1; m <= s.m_max; ++m) {
      for (int sign = 0; sign < 2; ++sign) {
        const int o = 2 * (m - 1) + sign;
        product<T>(n, b.ends + s.begin[o + 1] * 2 * s.message, ends, l.roll[m], nullptr,
                   waves + o * 2 * s.product, s.waves(), false);
      }
    }
  }

  // x_m = (u+ v+ + u- v-)/sqrt(1 + v+^2 + v-^2)
  void invariants(int n, const T* waves, T* x, Index x_edge) const {
    const int order = 4 * s.product;
    for (int i = 0; i < n; ++i) {
      for (int m = 0; m < s.m_max; ++m) {
        const T* const u = waves + (i * s.m_max + m) * order;
        const T *const v = u + s.product, *const u_ = u + 2 * s.product, *const v_ = u_ + s.product;
        for (int c = 0; c < s.product; c += lanes<T>) {
          const Vector<T> a = load(v + c), b_ = load(v_ + c);
          store(x + i * x_edge + m * s.product + c,
                (load(u + c) * a + load(u_ + c) * b_) / root(T(1) + a * a + b_ * b_));
        }
      }
    }
  }

  // with q = 1/sqrt(1 + |v|^2): dx/du = q v, dx/dv = q (u - x q v); added to to_waves
  void invariants_back(int n, const T* waves, const T* to_x, Index x_edge) {
    const int order = 4 * s.product;
    for (int i = 0; i < n; ++i) {
      for (int m = 0; m < s.m_max; ++m) {
        const T* const from = waves + (i * s.m_max + m) * order;
        T* const to = b.to_waves + (i * s.m_max + m) * order;
        for (int c = 0; c < s.product; c += lanes<T>) {
          const Vector<T> u = load(from + c), v = load(from + s.product + c);
          const Vector<T> u_ = load(from + 2 * s.product + c), v_ = load(from + 3 * s.product + c);
          const Vector<T> q = T(1) / root(T(1) + v * v + v_ * v_);
          const Vector<T> by = load(to_x + i * x_edge + m * s.product + c) * q;
          const Vector<T> xq = (u * v + u_ * v_) * q * q;
          const auto add = [&](int part, Vector<T> more) {
            store(to + part * s.product + c, load(to + part * s.product + c) + more);
          };
          add(0, by * v);
          add(1, by * (u - xq * v));
          add(2, by * v_);
          add(3, by * (u_ - xq * v_));
        }
      }
    }
  }

  // y = u * gate of the directed channels
  void pass(int n, const T* waves, const T* gates, Index gates_edge) {
    for (int i = 0; i < n; ++i) {
      for (int o = 0; o < 2 * s.m_max; ++o) {
        const T* const u = waves + (i * s.m_max * 2 + o) * 2 * s.product;
        const T* const gate = gates + i * gates_edge + o / 2 * s.directed;
        for (int c = 0; c < s.directed; c += lanes<T>) {
          store(b.passed + (i * s.m_max * 2 + o) * s.directed + c, load(u + c) * load(gate + c));
        }
      }
    }
  }

  // components +-m of the directed messages
  void directed_rows(int n, const LayerWeights<T>& l) {
    for (int o = 0; o < 2 * s.m_max; ++o) {
      product<T>(n, b.passed + o * s.directed, s.m_max * 2 * s.directed, l.directed[1 + o / 2],
                 nullptr, b.rows + s.begin[o + 1] * s.message, s.frame_rows * s.message, false);
    }
  }

  // from the gradient of what is added to the target: lengths, turns, to_gates, and to_waves, which
  // it begins
  void directed_back(Index first, int n, const LayerWeights<T>& l, const T* waves,
                     const Backward<T>& g, const T* gates, T* to_gates, Index to_gates_edge) {
    const Index rows_edge = Index(s.frame_rows) * s.message,
                to_edge = Index(s.top_rows) * s.message;
    const int all = s.m_max * 2 * s.directed, all_gates = s.gates();
    pass(n, waves, gates, all_gates);
    directed_rows(n, l);
    rotate(first, n, g.to_directed, {e.target}, s.top, b.to_rows, to_edge);
    turn(Orders::others, n, b.to_rows, to_edge, b.rows, rows_edge, s.message, e.envelope + first);
    for (int o = 0; o < 2 * s.m_max; ++o) {
      product<T>(n, b.to_rows + s.begin[o + 1] * s.message, to_edge, l.directed_back[1 + o / 2],
                 nullptr, b.to_passed + o * s.directed, all, false);
    }
    for (int i = 0; i < n; ++i) {
      const T f = e.envelope[first + i];
      Vector<T> length = {};
      for (int m = 0; m < s.m_max; ++m) {
        const T* const u = waves + (i * s.m_max + m) * 4 * s.product;
        T* const to_u = b.to_waves + (i * s.m_max + m) * 4 * s.product;
        const T* const to = b.to_passed + i * all + m * 2 * s.directed;
        const T* const y = b.passed + i * all + m * 2 * s.directed;
        for (int c = 0; c < s.directed; c += lanes<T>) {
          const Vector<T> plus = load(to + c), minus = load(to + s.directed + c);
          const Vector<T> gate = f * load(gates + i * all_gates + m * s.directed + c);
          length += plus * load(y + c) + minus * load(y + s.directed + c);
          store(to_gates + i * to_gates_edge + m * s.directed + c,
                f * (plus * load(u + c) + minus * load(u + 2 * s.product + c)));
          store(to_u + c, gate * plus);
          store(to_u + 2 * s.product + c, gate * minus);
        }
        for (int c = s.directed; c < s.product; c += lanes<T>) {
          store(to_u + c, Vector<T>{});
          store(to_u + 2 * s.product + c, Vector<T>{});
        }
        for (int c = 0; c < s.product; c += lanes<T>) {
          store(to_u + s.product + c, Vector<T>{});
          store(to_u + 3 * s.product + c, Vector<T>{});
        }
      }
      add_to_length(i, e.slope[first + i] * length);
    }
  }

  void begin_message_gradient(Index first, int n, const Backward<T>& g, T* to_h, Index to_h_edge) {
    for (int i = 0; i < n; ++i) {
      for (int c = 0; c < s.message; c += lanes<T>) {
        store(to_h + i * to_h_edge + c,
              g.to_h_out ? load(g.to_h_out + (first + i) * s.message + c) : Vector<T>{});
      }
    }
  }

  // --- energies: scale w^T silu(R s + b[a]), s = sum of f(d) h over the edges into an atom ---

  void energies(int k, const Forward<T>& f, const Kept<T>& kept, const WorkUnit& unit) {
    const LayerWeights<T>& l = w.layers[k];
    const bool last = k + 1 == s.layers;
    T *const sums = b.rows, *const hidden =
                                b.first;  // [M], [D] of as many atoms as a tile has edges
    Index edge = unit.first_edge;
    const Index end_edge = unit.first_edge + unit.edges;
    for (Index a0 = unit.first_atom; a0 < unit.first_atom + unit.atoms; a0 += tile_edges) {
      const Index left = unit.first_atom + unit.atoms - a0;
      const int n = static_cast<int>(left < tile_edges ? left : tile_edges);
      for (int i = 0; i < n; ++i) {
        const Index begin = edge;
        while (edge < end_edge && e.target[edge] == a0 + i) {
          ++edge;
        }
        for (int c = 0; c < s.message; c += lanes<T>) {
          Vector<T> total = {};
          for (Index j = begin; j < edge; ++j) {
            total += e.envelope[j] * load(f.h_out + j * s.message + c);
          }
          store(sums + i * s.message + c, total);
        }
        copy(hidden + i * s.hidden, l.energy_bias + e.types[a0 + i] * s.hidden, s.hidden);
      }
      product<T>(n, sums, s.message, l.energy, nullptr, hidden, s.hidden, true);
      for (int i = 0; i < n; ++i) {
        Vector<T> total = {};
        for (int c = 0; c < s.hidden; c += lanes<T>) {
          Vector<T> slope;
          const Vector<T> out = load(l.energy_out + c);
          total += silu<T>(load(hidden + i * s.hidden + c), slope) * out;
          store(hidden + i * s.hidden + c, slope * out);
        }
        double energy = double(sum<T>(total)) * s.energy_scale;
        if (last) {
          energy += w.own_energies[e.types[a0 + i]];
        }
        f.energies[a0 + i] = energy;
      }
      if (kept.sum_gradient) {
        product<T>(n, hidden, s.hidden, l.energy_back, nullptr, kept.sum_gradient + a0 * s.message,
                   s.message, false);
      }
    }
  }

  void energies_back(Index first, int n, const Backward<T>& g, const Kept<T>& kept,
                     Index to_h_edge) {
    for (int i = 0; i < n; ++i) {
      const Index target = e.target[first + i];
      const T weight = T(g.energy_weights[target] * s.energy_scale);
      const T f = weight * e.envelope[first + i];
      Vector<T> length = {};
      for (int c = 0; c < s.message; c += lanes<T>) {
        const Vector<T> to = load(kept.sum_gradient + target * s.message + c);
        T* const to_h = b.out + i * to_h_edge + c;
        store(to_h, load(to_h) + f * to);
        length += to * load(kept.h_out + (first + i) * s.message + c);
      }
      add_to_length(i, weight * e.slope[first + i] * length);
    }
  }
};

template <class T>
constexpr Kernels<T> kernels() {
  return {
      lanes<T>,
      widest_panel,
      [](const Sizes& s) {
        T* const nowhere = nullptr;
        return Scratch<T>(s, nowhere).size(nowhere);
      },
      [](const Weights<T>& w, const Arrays<T>& a, const WorkUnit& unit, T* memory) {
        Stages<T>(w, a, memory).geometry(unit);
      },
      [](const Weights<T>& w, const Arrays<T>& a, const Forward<T>& f, const Kept<T>& kept,
         const WorkUnit& unit, T* memory) { Stages<T>(w, a, memory).start(f, kept, unit); },
      [](const Weights<T>& w, int k, const Arrays<T>& a, const Forward<T>& f, const Kept<T>& kept,
         const WorkUnit& unit, T* memory) { Stages<T>(w, a, memory).layer(k, f, kept, unit); },
      [](const Weights<T>& w, const Arrays<T>& a, const Backward<T>& g, const Kept<T>& kept,
         const WorkUnit& unit, T* memory) { Stages<T>(w, a, memory).start_back(g, kept, unit); },
      [](const Weights<T>& w, int k, const Arrays<T>& a, const Backward<T>& g, const Kept<T>& kept,
         const WorkUnit& unit, T* memory) { Stages<T>(w, a, memory).layer_back(k, g, kept, unit); },
      [](const Weights<T>& w, const Arrays<T>& a, const T* to_edges, const Index* begin,
         const Index* edges, Index first, Index last, T* to_sources) {
        Stages<T>(w, a, nullptr).add_sources(to_edges, begin, edges, first, last, to_sources);
      },
      [](const Weights<T>& w, const Arrays<T>& a, const WorkUnit& unit, double* gradient) {
        Stages<T>(w, a, nullptr).vector_gradient(unit, gradient);
      },
      [](const Weights<T>& w, const Arrays<T>& a, const Tangents<T>& t, const WorkUnit& unit,
         T* memory) { TangentStages<T>(w, a, t, memory).geometry(unit); },
      [](const Weights<T>& w, const Arrays<T>& a, const Tangents<T>& t, const TangentStage<T>& g,
         const WorkUnit& unit, T* memory) { TangentStages<T>(w, a, t, memory).start(g, unit); },
      [](const Weights<T>& w, int k, const Arrays<T>& a, const Tangents<T>& t,
         const TangentStage<T>& g, const Gradients<T>& to, const WorkUnit& unit,
         T* memory) { TangentStages<T>(w, a, t, memory).layer(k, g, to, unit); },
      [](const Weights<T>& w, const Arrays<T>& a, const Tangents<T>& t, const TangentStage<T>& g,
         const Gradients<T>& to, const WorkUnit& unit,
         T* memory) { TangentStages<T>(w, a, t, memory).start_back(g, to, unit); },
      [](const Weights<T>& w, int k, const Arrays<T>& a, const Tangents<T>& t,
         const TangentStage<T>& g, const Gradients<T>& to, const WorkUnit& unit,
         T* memory) { TangentStages<T>(w, a, t, memory).layer_back(k, g, to, unit); },
      [](const Weights<T>& w, const Arrays<T>& a, const Tangents<T>& t, const T* to_edges,
         const Index* begin, const Index* edges, Index first, Index last, T* to_rows) {
        TangentStages<T>(w, a, t, nullptr)
            .add_sources(to_edges, begin, edges, first, last, to_rows);
      },
      orthogonalize<T>,
      [](int rows, const T* a, const Matrix<T>& matrix, T* c, int repetitions) {
        for (int i = 0; i < repetitions; ++i) {
          product<T>(rows, a, matrix.inputs, matrix, nullptr, c, matrix.outputs, false);
        }
      }};
}

}  // namespace spinconv::fused::SPINCONV_INSTRUCTION_SET
