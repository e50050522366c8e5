// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <torch/script.h>

#include "spinconv/model.hpp"

namespace spinconv {

// One evaluation of a model on grids, all its layers at once: what a layer needs of another rank
// would be every message into each ghost atom, so that ranks use a deep halo instead.
class GridEvaluation {
 public:
  // Arguments as those of MessagePassing, with the edges in any order.
  GridEvaluation(const Model& model, const Model::Weights& weights, const EdgeTensors& edges,
                 const torch::Tensor& vectors, std::int64_t energies, bool gradients);

  // As in MessagePassing. Edges beyond the model's max_neighbors have a gradient of zero.
  torch::Tensor energies();
  torch::Tensor forces() const { return atoms_.forces; }
  torch::Tensor edge_gradients() const;
  double exchange_seconds() const { return 0.0; }

 private:
  const Model& model_;
  const Model::Weights& weights_;
  EdgeTensors graph_;      // the edges that the graph sees, in its order
  torch::Tensor kept_;     // [E'] which of those given they are
  torch::Tensor vectors_;  // [E',3]
  std::int64_t edges_, energies_;
  Model::Atoms atoms_;
};

}  // namespace spinconv
