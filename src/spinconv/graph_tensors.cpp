// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/graph_tensors.hpp"

namespace spinconv {

GraphTensors GraphTensors::of(const std::vector<std::int64_t>& source,
                              const std::vector<std::int64_t>& target,
                              const std::vector<std::int64_t>& types, std::int64_t n_targets,
                              const std::vector<double>& vectors) {
  GraphTensors graph;
  graph.source = torch::tensor(source, torch::kInt64);
  graph.target = torch::tensor(target, torch::kInt64);
  graph.types = torch::tensor(types, torch::kInt64);
  graph.n_targets = n_targets;
  graph.vectors = torch::tensor(vectors, torch::kFloat64).view({-1, 3});
  return graph;
}

}  // namespace spinconv
