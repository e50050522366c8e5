// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

// What the fused kernels of `sphere: spinconv2` read and write, as plain arrays: files that are
// compiled for one instruction set see this header and no other of the core. Names and formulas are
// those of torchscript/spinconv2.py, which is the definition.
//
// Channels are padded with zeros to whole vectors: message M, hidden D, product C, directed Ce and
// gaussians G below are the padded numbers. Components in an edge frame are numbered by order:
// m = 0, then +1, -1, +2, -2, ..., each from its lowest degree on.
namespace spinconv::fused {

#ifndef SPINCONV_HIGHEST_DEGREE
#define SPINCONV_HIGHEST_DEGREE 10
#endif
constexpr int highest_degree = SPINCONV_HIGHEST_DEGREE;
constexpr int tile_edges = 48;  // edges that go through a stage together, at most

// Functions here are inlined always, or the linker could take that of one instruction set for all.
#define SPINCONV_INLINE inline __attribute__((always_inline))

// Columns of the next one of `panels` panels that share `left` vectors.
SPINCONV_INLINE int panel_width(int left, int panels) {
  return (left + panels - 1) / panels;
}

// W [inputs, outputs] in panels of columns, each [inputs, width].
template <class T>
struct Matrix {
  const T* panels = nullptr;
  int inputs = 0, outputs = 0;
};

// L_x or L_y, the generators of rotations about axes of the edge frame: one entry.
template <class T>
struct Term {
  int row, column;
  T value;
};

struct Sizes {
  int layers, l_max, m_max;
  int top;  // orders that the gradient needs, m_max + 1 or l_max
  int message, hidden, product, directed, gaussians;
  int harmonics;       // (l_max+1)^2
  int frame_rows;      // components with |m| <= m_max
  int top_rows;        // components with |m| <= top
  int rotation;        // numbers of all D_l, of 2 min(l,top) + 1 rows and 2l + 1 columns
  int table_rotation;  // the same, padded
  int begin[2 * highest_degree + 2];     // first component of m = 0, +1, -1, +2, ...
  int degree_begin[highest_degree + 1];  // where D_l begins
  int envelope_exponent;
  double cutoff, neighbor_scale, gaussian_inverse_width, energy_scale;

  SPINCONV_INLINE int row_of(int l, int m) const {
    return m == 0 ? l : m > 0 ? begin[2 * m - 1] + l - m : begin[-2 * m] + l + m;
  }
  // numbers of an edge: u and v of all orders and signs; gates; what the first map of a layer reads
  SPINCONV_INLINE int waves() const { return m_max * 4 * product; }
  SPINCONV_INLINE int gates() const { return m_max * directed; }
  SPINCONV_INLINE int inputs() const { return hidden + m_max * product + message; }
};

template <class T>
struct LayerWeights {
  Matrix<T> roll[highest_degree + 1], roll_back[highest_degree + 1];
  const T* roll_bias;             // [D]
  Matrix<T> radial, radial_back;  // [G,D], the bias of the first map
  const T* radial_pair;           // [P,D]
  Matrix<T> first, first_back;    // [D + m_max C + M, D]
  Matrix<T> second, second_back;  // [D,D]
  const T* second_bias;           // [D]
  Matrix<T> out, out_back;        // [D, M + m_max Ce]: message, then gates
  const T* out_bias;              // [M + m_max Ce]
  Matrix<T> directed[highest_degree + 1], directed_back[highest_degree + 1];  // [Ce, (L+1-m) M]
  Matrix<T> energy, energy_back;                                              // [M,D]
  const T* energy_bias;                                                       // [U,D]
  const T* energy_out;                                                        // [D]
  // rho_kl of the coefficients that this layer reads
  Matrix<T> degree, degree_back;  // [G,(L+1)M]
  const T* degree_pair;           // [P,(L+1)M]
};

// sqrt(2l+1) of the harmonics and (-1)^l of Y(-n) are part of `degree` and `directed`.
template <class T>
struct Weights {
  Sizes sizes;
  const LayerWeights<T>* layers;
  const T *distance_gain, *distance_offset;   // [P]
  const T* centers;                           // [G]
  Matrix<T> start, start_back;                // [G, 2D]: rho_1, rho_2
  const T* start_pair;                        // [P,2D]
  Matrix<T> start_weight, start_weight_back;  // [D,D]
  Matrix<T> start_out, start_out_back;        // [D,M]
  const T* start_out_bias;                    // [M]
  Matrix<T> rotation_table;                   // [2L+1, 2 table_rotation], harmonics.hpp
  const Term<T>*about_x, *about_y;
  int x_terms, y_terms;            // rows |m| <= m_max
  int x_terms_of_0, y_terms_of_0;  // of these the first, of rows m = 0
  const double* own_energies;      // [U] eV
};

// Consecutive targets whose edges one thread evaluates at a time: some tiles.
struct WorkUnit {
  std::int64_t first_atom, atoms, first_edge, edges;
};

// What a layer keeps for its gradient.
template <class T>
struct Kept {
  T* slopes;        // [E,3D] of the rolls, of the first and the second map; stage 0: [E,2D]
  T* gates;         // [E,m_max Ce]
  T* waves;         // [E,m_max*2*2C], or null: they are computed again
  const T* h_in;    // [E,M]
  const T* h_out;   // [E,M]
  const T* rows;    // [R,S*M] that the layer read
  T* sum_gradient;  // [N,M] dE/ds of the energies
};

// One evaluation of edges that are sorted by target.
template <class T>
struct Arrays {
  const std::int64_t *source, *target, *pair, *types;
  const double* vectors;  // [E,3]
  // geometry
  T* rotation;          // [E,rotation]
  T* gaussians;         // [E,G]
  T *envelope, *slope;  // [E] f(d)/sqrt(n_avg) and its derivative
  // gradients that wait for vector_gradient(): with respect to the length and to infinitesimal
  // rotations about x and y of the frame [E,3], and to the Gaussians [E,G]
  T *geometry_gradient, *gaussians_gradient;
};

// Values of one stage, forward; those that are not there are null.
template <class T>
struct Forward {
  const T *h_in, *rows_in, *atoms_in;  // [E,M], [R,S*M], [N,S*M]
  T *h_out, *rows_out, *atoms_out;     // [E,M], [N,S*M], [N,S*M]
  double* energies;                    // [N]
};

// Gradients of one stage: dE/d(out) -> dE/d(in).
template <class T>
struct Backward {
  const T *to_h_out, *to_rows_out;  // [E,M], [N,S*M]
  const T* to_directed;             // [N,S*M] of rows_out and atoms_out together
  const double* energy_weights;     // [N]
  T* to_h_in;                       // [E,M]
  T* to_rows_in;                    // [R,S*M] of the ends of edges that are targets; zero before
  // [R,S*M] of the other ends; zero before. Where several threads would add to the same rows:
  // instead to_edges [E,frame_rows*M] in the frames, for add_sources(), whose sums have the same
  // bits.
  T *to_sources, *to_edges;
};

// --- training: the gradient of J = sum_a c_a E_a + dE/dx (r + x v) at x = 0 with respect to all
// weights, c and v those of a loss with respect to energies and edge gradients. Each number of the
// forward pass has a tangent, its derivative with respect to x; rows [2,..] are value and tangent.
// Gradients of J with respect to both are stored the same way, "to_".

template <class T>
struct Tangents {
  const double *direction, *energy_weights;  // v [E,3], c [N]
  T* rotation;                               // [E,rotation] tangents of D, rows |m| <= m_max
  T *gaussians, *to_gaussians;               // [E,2,G], the second zero before
  T* envelope;                               // [E,2] f(d)/sqrt(n_avg)
};

// One array for each of the weights, [inputs, outputs] and not in panels.
template <class T>
struct LayerGradients {
  T* roll[highest_degree + 1];
  T *roll_bias, *radial, *radial_pair, *first, *second, *second_bias, *out, *out_bias;
  T* directed[highest_degree + 1];
  T *energy, *energy_bias, *energy_out, *degree, *degree_pair;
};

template <class T>
struct Gradients {
  LayerGradients<T>* layers;
  T *distance_gain, *distance_offset, *start, *start_pair, *start_weight, *start_out,
      *start_out_bias;
};

// Values of a stage and its gradient; the forward pass writes what the other one reads.
template <class T>
struct TangentStage {
  const T *h_in, *rows_in, *atoms_in;  // as Forward, all [.., 2, ..]
  T *h_out, *rows_out, *atoms_out;
  T* inputs;        // [E,2,D + m_max C + M]
  T* hidden;        // [E,2,2D] of the first and second map
  T* slopes;        // [E,2,3D] of the rolls and both maps; stage 0: [E,2,2D]
  T* gates;         // [E,2,m_max Ce]
  T* waves;         // [E,2,m_max*2*2C]
  T* sum_gradient;  // [N,2,M] to the sums of the energies
  // as Backward
  const T *to_h_out, *to_rows_out, *to_directed;
  T *to_h_in, *to_rows_in, *to_sources, *to_edges;
};

// The kernels of one instruction set and precision.
template <class T>
struct Kernels {
  int lanes, widest_panel;
  // elements of T that a thread needs
  std::size_t (*scratch)(const Sizes&);
  void (*geometry)(const Weights<T>&, const Arrays<T>&, const WorkUnit&, T* scratch);
  // stage 0, and stage k + 1 of layer k; `kept` as far as its pointers are not null
  void (*start)(const Weights<T>&, const Arrays<T>&, const Forward<T>&, const Kept<T>&,
                const WorkUnit&, T* scratch);
  void (*layer)(const Weights<T>&, int k, const Arrays<T>&, const Forward<T>&, const Kept<T>&,
                const WorkUnit&, T* scratch);
  void (*start_back)(const Weights<T>&, const Arrays<T>&, const Backward<T>&, const Kept<T>&,
                     const WorkUnit&, T* scratch);
  void (*layer_back)(const Weights<T>&, int k, const Arrays<T>&, const Backward<T>&, const Kept<T>&,
                     const WorkUnit&, T* scratch);
  // to the rows [first, last) of to_sources what the edges from them give; `edges` are sorted by
  // source, those of row r from begin[r] on
  void (*add_sources)(const Weights<T>&, const Arrays<T>&, const T* to_edges,
                      const std::int64_t* begin, const std::int64_t* edges, std::int64_t first,
                      std::int64_t last, T* to_sources);
  void (*vector_gradient)(const Weights<T>&, const Arrays<T>&, const WorkUnit&, double* gradient);
  void (*tangent_geometry)(const Weights<T>&, const Arrays<T>&, const Tangents<T>&, const WorkUnit&,
                           T* scratch);
  // stage 0, and stage k + 1 of layer k
  void (*tangent_start)(const Weights<T>&, const Arrays<T>&, const Tangents<T>&,
                        const TangentStage<T>&, const WorkUnit&, T* scratch);
  void (*tangent_layer)(const Weights<T>&, int k, const Arrays<T>&, const Tangents<T>&,
                        const TangentStage<T>&, const Gradients<T>&, const WorkUnit&, T* scratch);
  void (*tangent_start_back)(const Weights<T>&, const Arrays<T>&, const Tangents<T>&,
                             const TangentStage<T>&, const Gradients<T>&, const WorkUnit&,
                             T* scratch);
  void (*tangent_layer_back)(const Weights<T>&, int k, const Arrays<T>&, const Tangents<T>&,
                             const TangentStage<T>&, const Gradients<T>&, const WorkUnit&,
                             T* scratch);
  // as add_sources
  void (*tangent_add_sources)(const Weights<T>&, const Arrays<T>&, const Tangents<T>&,
                              const T* to_edges, const std::int64_t* begin,
                              const std::int64_t* edges, std::int64_t first, std::int64_t last,
                              T* to_rows);
  // of one matrix: orthogonal.hpp
  void (*orthogonalize)(int rows, int columns, int padded, int iterations, T* y, T* memory);
  // 2 rows inputs outputs `repetitions` floating-point operations of the product, to be timed
  void (*product)(int rows, const T* a, const Matrix<T>&, T* c, int repetitions);
};

struct InstructionSet {
  const char* name;
  Kernels<float> single_;
  Kernels<double> double_;
};

}  // namespace spinconv::fused
