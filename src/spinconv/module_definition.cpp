// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/module_definition.hpp"

#include "spinconv/architecture.hpp"

namespace spinconv {

ModuleDefinition::Axis ModuleDefinition::Axis::elements(const ModelConfig& config) {
  Axis axis(static_cast<std::int64_t>(config.elements.size()));
  axis.rows = Rows::of_elements;
  return axis;
}

ModuleDefinition::Axis ModuleDefinition::Axis::pairs(const ModelConfig& config) {
  const auto n = static_cast<std::int64_t>(config.elements.size());
  Axis axis(n * n);
  axis.rows = Rows::of_pairs;
  return axis;
}

std::vector<std::int64_t> ModuleDefinition::Parameter::shape() const {
  std::vector<std::int64_t> sizes;
  for (const auto& axis : axes) {
    sizes.push_back(axis.size);
  }
  return sizes;
}

ModuleDefinition module_definition(const ModelConfig& config) {
  return Architecture::of(config).definition(config);
}

}  // namespace spinconv
