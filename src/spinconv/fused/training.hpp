// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "spinconv/fused/packing.hpp"
#include "spinconv/graph_tensors.hpp"

namespace spinconv::fused {

// Atomic energies of a structure and the gradient of their sum, differentiable once in the weights.
struct Differentiable {
  torch::Tensor energies;   // [N] float64, eV
  torch::Tensor gradients;  // [E,3] float64, eV/Angstrom; undefined where not asked for
};

// Edges in the order of Model::edge_order(), all atoms owned. `kernels` are of so many elements;
// where gradients are recorded, those of a ParameterMap of the model. What a loss adds to the
// gradient of the weights is that of sum_a c_a E_a + dE/dx (r + x v) at x = 0, with c and v its
// gradients with respect to energies and edge gradients: one pass of numbers with tangents forward
// and one back (tangent.hpp). The same bits for any number of threads.
Differentiable energies_and_gradients(const Model& model, std::int64_t elements,
                                      const std::shared_ptr<const PackedWeights>& kernels,
                                      const GraphTensors& graph, bool with_gradients);

// Before a training: energies, edge gradients and gradients of all weights of a small structure, by
// these kernels and by the operator graph. Throws Error, prefixed by `where`, if they differ by
// more than rounding (1e-9 of the largest number in double precision, 1e-3 in single).
void check_training_against_graph(const Model& model, const InstructionSet& set,
                                  const std::string& where);

}  // namespace spinconv::fused
