// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <cmath>
#include <numeric>

#include "spinconv/edge_frames_definition.hpp"
#include "spinconv/repulsion.hpp"

namespace spinconv {

extern const char* const spinconv2_source;

ModuleDefinition spinconv2_definition(const ModelConfig& c) {
  ModuleDefinition g;
  add_edge_frames(g, c);
  g.sources.push_back(spinconv2_source);
  const auto elements = ModuleDefinition::Axis::elements(c),
             pairs = ModuleDefinition::Axis::pairs(c);
  const std::int64_t K = c.layers, M = c.message_channels, D = c.hidden_channels, L = c.l_max;
  const std::int64_t C = c.product_channels, Ce = c.directed_channels, m_max = c.m_max;
  const auto weight = [](std::int64_t inputs) { return std::sqrt(3.0 / double(inputs)); };
  const auto bias = [](std::int64_t inputs) { return 1.0 / std::sqrt(double(inputs)); };
  using Part = ModuleDefinition::Parameter::Part;

  // radial maps: start, start2, then of each layer those of the degrees and the bias
  std::vector<long> radial_sizes{static_cast<long>(D), static_cast<long>(D)};
  std::vector<Part> radial{{D, 1.0}, {D, 0.1}}, radial_pair{{D, 0.5}, {D, 0.5}};
  for (std::int64_t k = 0; k < K; ++k) {
    radial_sizes.insert(radial_sizes.end(), {static_cast<long>((L + 1) * M), static_cast<long>(D)});
    radial.insert(radial.end(), {{(L + 1) * M, 0.5}, {D, 1.0}});
    radial_pair.insert(radial_pair.end(), {{(L + 1) * M, 0.3, 1.0}, {D, 0.5}});
  }
  std::int64_t radial_size = 0;
  for (const auto size : radial_sizes) {
    radial_size += size;
  }
  std::vector<Part> orders, directed;
  std::int64_t order_rows = 0, directed_columns = 0;
  for (std::int64_t m = 1; m <= m_max; ++m) {
    const std::int64_t n = L + 1 - m;
    orders.push_back({n * 2 * M, weight(n * 2 * M)});
    directed.push_back({n * M, weight(Ce)});
    order_rows += n * 2 * M;
    directed_columns += n * M;
  }
  const std::int64_t inputs = D + m_max * C + M;
  g.parameters = {
      {"distance_gain", {pairs}, 0.0, 1.0},
      {"distance_offset", {pairs}, 0.0},
      {"radial_weight", {c.gaussians, radial_size}, 0.0, 0.0, {}, radial},
      {"radial_pair", {pairs, radial_size}, 0.0, 0.0, {}, radial_pair},
      {"start_weight", {D, D}, weight(D)},
      {"start_out", {D, M}, weight(D)},
      {"start_out_bias", {M}, bias(D)},
      {"roll_zero", {K, (L + 1) * 2 * M, D}, weight((L + 1) * 2 * M)},
      {"roll_bias", {K, D}, bias((L + 1) * 2 * M)},
      {"roll_orders", {K, order_rows, 2 * C}, 0.0, 0.0, orders, {}},
      {"first_weight", {K, inputs, D}, weight(inputs)},
      {"second_weight", {K, D, D}, weight(D)},
      {"second_bias", {K, D}, bias(D)},
      // messages begin near those of the start
      {"message_out", {K, D, M}, 0.1 * weight(D)},
      {"message_out_bias", {K, M}, bias(D)},
      {"directed_gate", {K - 1, D, m_max * Ce}, weight(D)},
      {"directed_gate_bias", {K - 1, m_max * Ce}, bias(D)},
      {"directed_out", {K - 1, Ce, directed_columns}, 0.0, 0.0, {}, directed},
      {"energy_weight", {K, M, D}, weight(M)},
      {"energy_bias", {K, elements, D}, bias(M)},
      {"energy_out", {K, D, 1}, weight(D)},
      {"element_energy", {elements}, 0.0},
  };

  // rows of a block without m = 0 from those of the orders, +m then -m
  std::vector<long> directed_rows, directed_sizes, first_of_order(m_max + 1, 0);
  std::vector<double> directed_factors;
  for (std::int64_t m = 1; m < m_max; ++m) {
    first_of_order[m + 1] = first_of_order[m] + 2 * (L + 1 - m);
  }
  for (std::int64_t l = 0; l <= L; ++l) {
    const std::int64_t kept = std::min(l, m_max);
    for (std::int64_t m = -kept; m <= kept; ++m) {
      if (m != 0) {
        const std::int64_t order = std::abs(m);
        directed_rows.push_back(first_of_order[order] + (m < 0 ? L + 1 - order : 0) + l - order);
        directed_factors.push_back(std::sqrt(2.0 * double(l) + 1.0));
      }
    }
    directed_sizes.push_back(2 * kept);
  }
  g.constants.insert(g.constants.end(), {{"directed_rows", as_tensor(directed_rows)},
                                         {"directed_factors", as_tensor(directed_factors)}});
  std::vector<std::int64_t> all(c.elements.size());
  std::iota(all.begin(), all.end(), 0);
  const auto repulsion = repulsion_of_pairs(c, all);
  std::vector<double> repulsion_pairs;
  for (const auto& pair : repulsion) {
    repulsion_pairs.insert(repulsion_pairs.end(),
                           {pair.strength, pair.inverse_length, pair.radius});
  }
  repulsion_pairs.resize(static_cast<std::size_t>(3 * pairs.size), 0.0);  // without one, all 0
  g.constants.emplace_back("repulsion_pairs", as_tensor(repulsion_pairs).view({pairs.size, 3}));
  g.attributes.insert(g.attributes.end(), {{"has_repulsion", !repulsion.empty()},
                                           {"product_channels", C},
                                           {"directed_channels", Ce},
                                           {"radial_sizes", as_list(radial_sizes)},
                                           {"directed_sizes", as_list(directed_sizes)}});
  return g;
}

}  // namespace spinconv
