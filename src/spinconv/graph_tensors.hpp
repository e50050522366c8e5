// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace spinconv {

// A Graph, or several laid end to end, as tensors on the model's device. Types are indices into the
// elements that the weights were prepared for (Model::prepare()).
struct GraphTensors {
  // topology
  torch::Tensor source;        // [E] int64 row of s
  torch::Tensor target;        // [E] int64 row of t, a target atom
  torch::Tensor types;         // [R] int64
  std::int64_t n_targets = 0;  // N, target atoms, which come first

  // geometry
  torch::Tensor vectors;  // [E,3] float64 r_t - r_s, Angstrom
  // [F,N|1,3,3] float64 of the force block of a model on grids, in place of its own; or undefined
  torch::Tensor orientations;

  // On the CPU, `vectors` three numbers an edge.
  static GraphTensors of(const std::vector<std::int64_t>& source,
                         const std::vector<std::int64_t>& target,
                         const std::vector<std::int64_t>& types, std::int64_t n_targets,
                         const std::vector<double>& vectors);

  // With its edges in this order, a permutation of some or all of them.
  GraphTensors in_order(const torch::Tensor& order) const {
    GraphTensors sorted = *this;
    sorted.source = source.index_select(0, order);
    sorted.target = target.index_select(0, order);
    if (vectors.defined()) {
      sorted.vectors = vectors.index_select(0, order);
    }
    return sorted;
  }
};

}  // namespace spinconv
