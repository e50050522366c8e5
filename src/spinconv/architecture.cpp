// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/architecture.hpp"

#include "spinconv/autograd_evaluation.hpp"

namespace spinconv {

Layout::Layout(const GraphTensors& graph)
    : source(graph.source),
      target(graph.target),
      types(graph.types),
      n_targets(graph.n_targets),
      orientations(graph.orientations) {}

void StageValues::add_energies_to(torch::Tensor& sum) const {
  if (energies.defined()) {
    sum = sum.defined() ? sum + energies : energies;
  }
}

void Layout::assign(const Layout& other) {
  source.copy_(other.source);
  target.copy_(other.target);
  types.copy_(other.types);
}

const Architecture& Architecture::of(const ModelConfig& config) {
  if (config.sphere == "grid") {
    return grid_architecture();
  }
  return config.sphere == "spinconv2" ? spinconv2_architecture() : harmonic_architecture();
}

std::unique_ptr<StagedEvaluation> Architecture::evaluation(const Model& model,
                                                           const torch::Tensor& vectors,
                                                           const Layout& layout,
                                                           const Model::Weights& weights,
                                                           bool gradients) const {
  return std::make_unique<AutogradEvaluation>(*this, model, vectors, layout, weights, gradients);
}

}  // namespace spinconv
