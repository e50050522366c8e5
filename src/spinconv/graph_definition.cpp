// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/graph_definition.hpp"

#include "spinconv/architecture.hpp"

namespace spinconv {

GraphDefinition::Axis GraphDefinition::Axis::elements(const ModelConfig& config) {
  Axis axis(static_cast<std::int64_t>(config.elements.size()));
  axis.rows = Rows::of_elements;
  return axis;
}

GraphDefinition::Axis GraphDefinition::Axis::pairs(const ModelConfig& config) {
  const auto n = static_cast<std::int64_t>(config.elements.size());
  Axis axis(n * n);
  axis.rows = Rows::of_pairs;
  return axis;
}

std::vector<std::int64_t> GraphDefinition::Parameter::shape() const {
  std::vector<std::int64_t> sizes;
  for (const auto& axis : axes) {
    sizes.push_back(axis.size);
  }
  return sizes;
}

GraphDefinition graph_definition(const ModelConfig& config) {
  return Architecture::of(config).definition(config);
}

}  // namespace spinconv
