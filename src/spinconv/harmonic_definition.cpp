// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <array>
#include <cmath>
#include <set>

#include "spinconv/edge_frames_definition.hpp"

namespace spinconv {

extern const char* const spinconv_harmonics_source;
extern const char* const spinconv_direct_forces_source;

namespace {

using torch::Tensor;

// Row 0 of the rotations, each direction once: the roll about it is pooled. Opposite rotations of a
// set share axes (the 24 of the cube have 6).
Tensor force_axes(const ModelConfig& c) {
  const Tensor all = force_block_rotations(c).select(1, 0).contiguous();
  std::set<std::array<double, 3>> seen;
  std::vector<double> axes;
  for (std::int64_t f = 0; f < all.size(0); ++f) {
    const double* const e = all.data_ptr<double>() + 3 * f;
    if (seen.insert({e[0] + 0.0, e[1] + 0.0, e[2] + 0.0}).second) {
      axes.insert(axes.end(), e, e + 3);
    }
  }
  return as_tensor(axes).view({-1, 3});
}

}  // namespace

ModuleDefinition harmonic_definition(const ModelConfig& c) {
  ModuleDefinition g;
  add_edge_frames(g, c);
  g.sources.push_back(spinconv_harmonics_source);
  // linear maps start with variance 1/inputs; experts are averaged by the gate, which their factor
  // sqrt(B) undoes
  const auto elements = ModuleDefinition::Axis::elements(c),
             pairs = ModuleDefinition::Axis::pairs(c);
  const std::int64_t K = c.layers, M = c.message_channels, D = c.hidden_channels, B = c.experts;
  const std::int64_t C = c.embedding_channels, G = c.channel_groups;
  const bool direct = c.has_direct_forces();
  const std::int64_t blocks = 2 * K + 2 + (direct ? 2 : 0);  // start, two a layer, energy, force
  const auto weight = [](std::int64_t inputs) { return std::sqrt(3.0 / inputs); };
  const auto bias = [](std::int64_t inputs) { return 1.0 / std::sqrt(double(inputs)); };
  const double mix = std::sqrt(double(B));
  std::int64_t order_inputs = 0;  // rows of the orders m > 0, one sign
  for (int m = 1; m <= c.m_max; ++m) {
    order_inputs += c.l_max + 1 - m;
  }
  const std::int64_t roll_inputs = (c.l_max + 1 + 2 * order_inputs) * M / G;
  g.parameters = {
      {"distance_gain", {pairs}, 0.0, 1.0},
      {"distance_offset", {pairs}, 0.0},
      {"distance_weight", {K + 1, c.gaussians, D}, weight(3)},  // about 3 Gaussians overlap
      {"distance_bias", {K + 1, D}, bias(c.gaussians)},
      {"gate_source", {blocks, elements, C}, weight(1)},
      {"gate_target", {blocks, elements, C}, weight(1)},
      {"gate_bias", {blocks, C}, bias(2)},
      {"gate_out", {blocks, C, B}, weight(C)},
      {"gate_out_bias", {blocks, B}, bias(C)},
      {"start_experts", {B, D, D}, mix * weight(D)},
      {"start_expert_bias", {B, D}, mix * bias(D)},
      {"start_out", {D, M}, weight(D)},
      {"start_out_bias", {M}, bias(D)},
      {"roll_weight_0", {K, G, (c.l_max + 1) * M / G, D / G}, weight(roll_inputs)},
      {"roll_weight_real", {K, G, order_inputs * M / G, D / G}, weight(roll_inputs)},
      {"roll_weight_imag", {K, G, order_inputs * M / G, D / G}, weight(roll_inputs)},
      {"roll_bias", {K, D}, bias(roll_inputs)},
      {"norm_weight", {K, D}, 0.0, 1.0},
      {"norm_bias", {K, D}, 0.0},
      {"first_experts", {K, B, D, D}, mix * weight(D)},
      {"first_expert_bias", {K, B, D}, mix * bias(D)},
      {"first_out", {K, D, D}, weight(D)},
      {"first_out_bias", {K, D}, bias(D)},
      {"second_experts", {K, B, D, D}, mix * weight(D)},
      {"second_expert_bias", {K, B, D}, mix * bias(D)},
      {"second_out", {K, D, M}, weight(D)},
      {"second_out_bias", {K, M}, bias(D)},
      {"energy_experts", {B, M, D}, mix * weight(M)},
      {"energy_expert_bias", {B, D}, mix * bias(M)},
      {"energy_out", {D, 1}, weight(D)},
      {"energy_out_bias", {1}, 0.0},
  };
  std::vector<double> samples;
  for (int j = 0; j < c.roll_samples; ++j) {
    const double angle = 2.0 * M_PI * j / c.roll_samples;
    samples.push_back(1.0);
    for (int m = 1; m <= c.m_max; ++m) {
      samples.push_back(std::cos(m * angle));
      samples.push_back(std::sin(m * angle));
    }
  }
  g.constants.emplace_back("roll_samples",
                           as_tensor(samples).view({c.roll_samples, 2 * c.m_max + 1}));
  if (direct) {
    g.sources.push_back(spinconv_direct_forces_source);
    g.parameters.insert(g.parameters.end(),
                        {{"force_roll_0", {G, (c.l_max + 1) * M / G, D / G}, weight(roll_inputs)},
                         {"force_roll_real", {G, order_inputs * M / G, D / G}, weight(roll_inputs)},
                         {"force_roll_imag", {G, order_inputs * M / G, D / G}, weight(roll_inputs)},
                         {"force_roll_bias", {D}, bias(roll_inputs)},
                         {"force_norm_weight", {D}, 0.0, 1.0},
                         {"force_norm_bias", {D}, 0.0},
                         {"force_experts", {2, B, D, D}, mix * weight(D)},
                         {"force_expert_bias", {2, B, D}, mix * bias(D)},
                         {"force_out", {D, D}, weight(D)},
                         {"force_out_bias", {D}, bias(D)},
                         {"force_end", {D, 1}, weight(D)},
                         {"force_end_bias", {1}, 0.0}});
    g.constants.emplace_back("force_axes", force_axes(c));
    g.attributes.emplace_back("force_scale", c.force_scale);
  }
  g.attributes.insert(g.attributes.end(), {{"channel_groups", G},
                                           {"roll_activation", c.roll_activation},
                                           {"roll_pooling", c.roll == "convolution"},
                                           {"normalize", c.normalization == "group"}});
  return g;
}

}  // namespace spinconv
