// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/grid_evaluation.hpp"

#include <torch/csrc/autograd/autograd.h>

#include "spinconv/nearest_neighbors.hpp"

namespace spinconv {

GridEvaluation::GridEvaluation(const Model& model, const Model::Weights& weights,
                               const EdgeTensors& edges, const torch::Tensor& vectors,
                               std::int64_t energies, bool gradients)
    : model_(model),
      weights_(weights),
      graph_(edges),
      edges_(edges.source.size(0)),
      energies_(energies) {
  const auto& config = model.config();
  kept_ = torch::arange(edges_, edges.source.options());
  const auto keep = [&](const torch::Tensor& chosen) {
    kept_ = kept_.index_select(0, chosen);
    graph_.source = graph_.source.index_select(0, chosen);
    graph_.target = graph_.target.index_select(0, chosen);
  };
  if (config.max_neighbors > 0) {
    keep(nearest_neighbors(edges.target, vectors, config.max_neighbors));
  }
  keep(model.edge_order(graph_, weights));
  vectors_ = vectors.index_select(0, kept_).detach();
  vectors_.set_requires_grad(gradients && !config.has_direct_forces());
}

torch::Tensor GridEvaluation::energies() {
  torch::AutoGradMode recording(vectors_.requires_grad());
  atoms_ = model_.evaluate(graph_, vectors_, weights_);
  return atoms_.energies.detach();
}

torch::Tensor GridEvaluation::edge_gradients() const {
  torch::Tensor result = torch::zeros({edges_, 3}, vectors_.options().requires_grad(false));
  if (!atoms_.energies.requires_grad()) {
    return result;
  }
  const auto gradient =
      torch::autograd::grad({atoms_.energies.narrow(0, 0, energies_).sum()}, {vectors_}, {},
                            std::nullopt, false, /*allow_unused=*/true)[0];
  if (gradient.defined()) {
    result.index_copy_(0, kept_, gradient);
  }
  return result;
}

}  // namespace spinconv
