// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <cmath>

#include "spinconv/module_definition.hpp"

namespace spinconv {

extern const char* const spinconv_grid_source;
extern const char* const spinconv_pairs_source;

namespace {

using torch::Tensor;

// Cosine and sine sums over the longitudes [O,O], and their factors in y(t) [O,O]. Without
// convolution over the roll only t = 0 is used.
std::pair<Tensor, Tensor> fourier_tables(const ModelConfig& c) {
  const std::int64_t size = c.longitudes;
  Tensor sums = torch::ones({size, size}, torch::kFloat64);
  Tensor samples = torch::full({size, size}, 1.0 / double(size), torch::kFloat64);
  const Tensor angle = torch::arange(size, torch::kFloat64) * (2.0 * M_PI / double(size));
  std::int64_t column = 1;
  for (std::int64_t m = 1; 2 * m <= size; ++m) {
    const double factor = (2 * m == size ? 1.0 : 2.0) / double(size);
    sums.select(1, column).copy_(torch::cos(angle * m));
    samples.select(1, column++).copy_(torch::cos(angle * m) * factor);
    if (2 * m < size) {
      sums.select(1, column).copy_(torch::sin(angle * m));
      samples.select(1, column++).copy_(torch::sin(angle * m) * -factor);
    }
  }
  return {sums, c.roll == "none" ? samples.narrow(0, 0, 1).clone() : samples};
}

Tensor harmonic_samples(const ModelConfig& c) {
  const Tensor angle = torch::arange(c.longitudes, torch::kFloat64) * (2.0 * M_PI / c.longitudes);
  std::vector<Tensor> columns{torch::ones_like(angle)};
  for (int m = 1; m <= c.l_max; ++m) {
    columns.push_back(torch::cos(angle * m));
    columns.push_back(torch::sin(angle * m));
  }
  const Tensor all = torch::stack(columns, 1);
  return c.roll == "none" ? all.narrow(0, 0, 1).clone() : all;
}

std::vector<std::int64_t> roll_shape(const ModelConfig& c, const std::string& filters) {
  const std::int64_t D = c.hidden_channels;
  return filters == "grid" ? std::vector<std::int64_t>{D, 8L * c.latitudes, c.longitudes}
                           : std::vector<std::int64_t>{D, c.message_channels, c.harmonics_size()};
}

double bound(std::int64_t inputs) {
  return std::sqrt(3.0 / double(inputs));
}

double filter_bound(const std::vector<std::int64_t>& shape) {
  return bound(shape[1] * shape[2]);
}

std::vector<ModuleDefinition::Axis> axes_of(const std::vector<std::int64_t>& shape) {
  return {shape.begin(), shape.end()};
}

std::vector<ModuleDefinition::Axis> stacked(std::int64_t count,
                                            const std::vector<std::int64_t>& shape) {
  auto axes = axes_of(shape);
  axes.insert(axes.begin(), count);
  return axes;
}

}  // namespace

ModuleDefinition grid_definition(const ModelConfig& c) {
  const auto elements = ModuleDefinition::Axis::elements(c),
             pairs = ModuleDefinition::Axis::pairs(c);
  const std::int64_t K = c.layers, M = c.message_channels, D = c.hidden_channels, B = c.experts;
  const std::int64_t C = c.embedding_channels, inner = 2 * K + 1, L = c.l_max;
  const bool direct = c.has_direct_forces();
  const std::int64_t blocks = inner + 1 + (direct ? 2 : 0);
  const auto bias = [](std::int64_t inputs) { return 1.0 / std::sqrt(double(inputs)); };
  const auto roll = roll_shape(c, c.message_filters);
  const auto force_roll = roll_shape(c, c.force_filters);
  ModuleDefinition g;
  g.sources = {spinconv_pairs_source, spinconv_grid_source};
  g.parameters = {
      {"distance_gain", {pairs}, 0.0},
      {"distance_offset", {pairs}, 0.0},
      {"basis_weight", {c.gaussians, D}, bound(3 * std::max(1, int(c.gaussian_width)))},
      {"basis_bias", {D}, bias(c.gaussians)},
      {"source_embedding", {blocks, elements, C}, 1.0},
      {"target_embedding", {blocks, elements, C}, 1.0},
      {"gate_weight", {blocks, 2 * C, B}, bound(2 * C)},
      {"gate_bias", {blocks, B}, bias(2 * C)},
      // the energy block, number `inner`, has no inner layer of this size: its place is unused
      {"block_in", {blocks, D, D}, bound(D)},
      {"block_in_bias", {blocks, D}, bias(D)},
      {"expert_weight", {blocks, D, B * D}, bound(D)},
      {"expert_bias", {blocks, B * D}, bias(D)},
      {"distance_in", {K + 1, D, D}, bound(D)},
      {"distance_in_bias", {K + 1, D}, bias(D)},
      {"distance_out", {K + 1, D, D}, bound(D)},
      {"distance_out_bias", {K + 1, D}, bias(D)},
      {"start_out", {D, M}, bound(D)},
      {"start_out_bias", {M}, bias(D)},
      {"roll_weight", stacked(K, roll), filter_bound(roll)},
      {"roll_bias", {K, D}, bias(roll[1] * roll[2])},
      {"norm_weight", {K, D}, 0.0, 1.0},
      {"norm_bias", {K, D}, 0.0},
      {"first_out", {K, D, D}, bound(D)},
      {"first_out_bias", {K, D}, bias(D)},
      {"second_out", {K, D, M}, bound(D)},
      {"second_out_bias", {K, M}, bias(D)},
      {"energy_in", {M, D}, bound(M)},
      {"energy_in_bias", {D}, bias(M)},
      {"energy_out", {D, 1}, bound(D)},
      {"energy_out_bias", {1}, 0.0},
  };
  const std::vector<ModuleDefinition::Parameter> force_parameters = {
      {"force_roll_weight", axes_of(force_roll), filter_bound(force_roll)},
      {"force_roll_bias", {D}, bias(force_roll[1] * force_roll[2])},
      {"force_norm_weight", {D}, 0.0, 1.0},
      {"force_norm_bias", {D}, 0.0},
      {"force_out", {D, D}, bound(D)},
      {"force_out_bias", {D}, bias(D)},
      {"force_end", {D, 1}, bound(D)},
      {"force_end_bias", {1}, 0.0},
  };
  const auto [sums, samples] = fourier_tables(c);
  const Tensor degree = torch::arange(L + 1, torch::kInt64);
  // as published: spaced and rounded in float32, squared in double
  const Tensor centers = torch::linspace(0.0, c.cutoff, c.gaussians, torch::kFloat32);
  const float width =
      static_cast<float>(c.gaussian_width) * (centers[1].item<float>() - centers[0].item<float>());
  g.constants = {
      {"gaussian_centers", centers.to(torch::kFloat64)},
      {"fourier", sums},
      {"roll_samples", samples},
      {"harmonic_samples", harmonic_samples(c)},
      {"longitude_index", torch::arange(c.longitudes, torch::kFloat64)},
      {"latitude_index", torch::arange(c.latitudes, torch::kFloat64)},
      {"degrees", degree * (degree + 1)},
      {"reference_energies", torch::tensor(c.reference_energies, torch::kFloat64)},
      {"force_frames", force_block_rotations(c).unsqueeze(1)},
  };
  g.tables = {
      {"longitude_map", torch::zeros({c.longitudes, 2 * L + 1}, torch::kFloat64)},
      {"latitude_map", torch::zeros({2 * L + 1, c.latitudes, c.harmonics_size()}, torch::kFloat64)},
  };
  for (const auto& p : force_parameters) {
    if (direct) {
      g.parameters.push_back(p);
    } else {  // the operator graph names it
      g.constants.emplace_back(p.name, torch::zeros({0}, torch::kFloat64));
    }
  }
  const auto filters = [](const std::string& name) -> std::int64_t { return name != "grid"; };
  g.attributes = {
      {"element_count", elements.size},
      {"layers", K},
      {"blocks", blocks},
      {"hidden_channels", D},
      {"latitudes", std::int64_t{c.latitudes}},
      {"longitudes", std::int64_t{c.longitudes}},
      {"orders", std::int64_t{c.longitudes / 2}},
      {"l_max", L},
      {"channel_groups", M / 8},
      {"message_filters", filters(c.message_filters)},
      {"force_filters", filters(c.force_filters)},
      {"envelope_exponent", std::int64_t{c.envelope_exponent}},
      {"direct_forces", direct},
      {"distance_gradient", c.forces == "distance"},
      {"cutoff", c.cutoff},
      {"distance_log_max", std::log(c.distance_scale_max)},
      {"gaussian_coefficient", -0.5 / (double(width) * double(width))},
      {"neighbor_scale", 1.0 / std::sqrt(c.average_neighbors)},
      {"energy_scale", c.energy_scale},
      {"force_scale", c.force_scale},
      {"pi", M_PI},
  };
  return g;
}

}  // namespace spinconv
