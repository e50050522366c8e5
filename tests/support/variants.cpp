// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "support/variants.hpp"

#include <functional>

namespace spinconv::test {

std::vector<Variant> all_variants() {
  std::vector<Variant> variants;
  for (const auto& variant : decomposed_variants()) {
    if (variant.config.elements.size() == 3) {
      variants.push_back(variant);
    }
  }
  auto swish = small_config();
  swish.roll_activation = "swish";
  variants.push_back({"Swish", swish});
  const auto add = [&](const std::string& name, const std::function<void(ModelConfig&)>& change) {
    variants.push_back({"Grid" + name, small_grid_config()});
    change(variants.back().config);
  };
  add("", [](ModelConfig&) {});
  add("NoRoll", [](ModelConfig& c) { c.roll = "none"; });
  add("DistanceForces", [](ModelConfig& c) { c.forces = "distance"; });
  add("DirectForces", [](ModelConfig& c) {
    c.forces = "direct";
    c.force_rotations = 5;
  });
  add("MaxNeighbors", [](ModelConfig& c) { c.max_neighbors = 2; });
  add("OfHarmonics", [](ModelConfig& c) {
    c.message_filters = c.force_filters = "harmonics";
    c.forces = "direct";
  });
  add("WithoutEnvelope", [](ModelConfig& c) { c.envelope_exponent = 0; });
  return variants;
}

}  // namespace spinconv::test
