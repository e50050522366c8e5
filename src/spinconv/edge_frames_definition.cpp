// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/edge_frames_definition.hpp"

#include <cmath>

#include "spinconv/harmonics.hpp"

namespace spinconv {

extern const char* const spinconv_edge_frames_source;
extern const char* const spinconv_pairs_source;

using torch::Tensor;

Tensor as_tensor(const std::vector<double>& v) {
  return torch::tensor(v, torch::dtype(torch::kFloat64));
}

Tensor as_tensor(const std::vector<long>& v) {
  return torch::tensor(std::vector<std::int64_t>(v.begin(), v.end()), torch::dtype(torch::kInt64));
}

c10::IValue as_list(const std::vector<long>& v) {
  return c10::List<std::int64_t>(std::vector<std::int64_t>(v.begin(), v.end()));
}

void add_edge_frames(ModuleDefinition& g, const ModelConfig& c) {
  g.sources.insert(g.sources.end(), {spinconv_pairs_source, spinconv_edge_frames_source});
  const auto r = rotation_constants(c.l_max, c.m_max);
  const double spacing = c.cutoff / (c.gaussians - 1);
  std::vector<double> centers(c.gaussians);
  for (int i = 0; i < c.gaussians; ++i) {
    centers[i] = i * spacing;
  }
  std::vector<long> degree_sizes;
  for (int l = 0; l <= c.l_max; ++l) {
    degree_sizes.push_back(2 * l + 1);
  }
  g.constants.insert(
      g.constants.end(),
      {{"rotation_table", as_tensor(r.table).view({2 * c.l_max + 1, 6 * r.flat_size})},
       {"column_order", as_tensor(r.column_order)},
       {"column_sign", as_tensor(r.column_sign)},
       {"axis_rows", as_tensor(r.axis_rows)},
       {"axis_factors", as_tensor(r.axis_factors)},
       {"order_rows", as_tensor(r.order_rows)},
       {"gaussian_centers", as_tensor(centers)},
       {"reference_energies", as_tensor(c.reference_energies)}});
  g.attributes.insert(
      g.attributes.end(),
      {{"element_count", ModuleDefinition::Axis::elements(c).size},
       {"layers", std::int64_t{c.layers}},
       {"l_max", std::int64_t{c.l_max}},
       {"m_max", std::int64_t{c.m_max}},
       {"message_channels", std::int64_t{c.message_channels}},
       {"envelope_exponent", std::int64_t{c.envelope_exponent}},
       {"cutoff", c.cutoff},
       {"energy_scale", c.energy_scale},
       {"neighbor_scale", 1.0 / std::sqrt(c.average_neighbors)},
       {"gaussian_inverse_width", (c.gaussians - 1) / (c.cutoff * c.gaussian_width)},
       {"block_sizes", as_list(r.block_sizes)},
       {"degree_sizes", as_list(degree_sizes)},
       {"order_sizes", as_list(r.order_sizes)}});
}

}  // namespace spinconv
