// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/model.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/csrc/jit/runtime/graph_executor.h>

#include <cmath>

#include "spinconv/error.hpp"
#include "spinconv/harmonics.hpp"

namespace spinconv {

extern const char* const spinconv_graph_source;

namespace {

using torch::Tensor;

// A parameter starts uniform in +-bound.
struct ParameterSpec {
  std::string name;
  std::vector<std::int64_t> shape;
  double bound;
  double center = 0.0;
};

// Every trained tensor of the graph. Linear maps start with variance 1/inputs; experts are averaged
// by the gate, which their factor sqrt(B) undoes.
std::vector<ParameterSpec> parameter_specs(const ModelConfig& c) {
  const std::int64_t n = static_cast<std::int64_t>(c.elements.size());
  const std::int64_t K = c.layers, M = c.message_channels, D = c.hidden_channels, B = c.experts;
  const std::int64_t C = c.embedding_channels, G = c.channel_groups;
  const std::int64_t blocks = 2 * K + 2;  // start, two a layer, energy
  const auto weight = [](std::int64_t inputs) { return std::sqrt(3.0 / inputs); };
  const auto bias = [](std::int64_t inputs) { return 1.0 / std::sqrt(double(inputs)); };
  const double mix = std::sqrt(double(B));
  std::int64_t order_inputs = 0;  // rows of the orders m > 0, one sign
  for (int m = 1; m <= c.m_max; ++m) {
    order_inputs += c.l_max + 1 - m;
  }
  const std::int64_t roll_inputs = (c.l_max + 1 + 2 * order_inputs) * M / G;
  return {
      {"distance_gain", {n * n}, 0.0, 1.0},
      {"distance_offset", {n * n}, 0.0},
      {"distance_weight", {K + 1, c.gaussians, D}, weight(3)},  // about 3 Gaussians overlap
      {"distance_bias", {K + 1, D}, bias(c.gaussians)},
      {"gate_source", {blocks, n, C}, weight(1)},
      {"gate_target", {blocks, n, C}, weight(1)},
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
}

Tensor as_tensor(const std::vector<double>& v) {
  return torch::tensor(v, torch::dtype(torch::kFloat64));
}

Tensor as_tensor(const std::vector<long>& v) {
  return torch::tensor(std::vector<std::int64_t>(v.begin(), v.end()), torch::dtype(torch::kInt64));
}

std::vector<std::pair<std::string, Tensor>> buffers(const ModelConfig& c) {
  const auto r = rotation_constants(c.l_max, c.m_max);
  const std::int64_t trig = 2 * c.l_max + 1;
  const double spacing = c.cutoff / (c.gaussians - 1);
  std::vector<double> centers(c.gaussians);
  for (int i = 0; i < c.gaussians; ++i) {
    centers[i] = i * spacing;
  }
  std::vector<double> samples;
  for (int j = 0; j < c.roll_samples; ++j) {
    const double angle = 2.0 * M_PI * j / c.roll_samples;
    samples.push_back(1.0);
    for (int m = 1; m <= c.m_max; ++m) {
      samples.push_back(std::cos(m * angle));
      samples.push_back(std::sin(m * angle));
    }
  }
  return {
      {"rotation_table", as_tensor(r.table).view({trig, 6 * r.flat_size})},
      {"column_order", as_tensor(r.column_order)},
      {"column_sign", as_tensor(r.column_sign)},
      {"axis_rows", as_tensor(r.axis_rows)},
      {"axis_factors", as_tensor(r.axis_factors)},
      {"order_rows", as_tensor(r.order_rows)},
      {"gaussian_centers", as_tensor(centers)},
      {"roll_samples", as_tensor(samples).view({c.roll_samples, 2 * c.m_max + 1})},
      {"reference_energies", as_tensor(c.reference_energies)},
  };
}

void register_attributes(torch::jit::Module& module, const ModelConfig& c) {
  const auto integer = [&](const std::string& name, std::int64_t value) {
    module.register_attribute(name, c10::IntType::get(), value);
  };
  const auto number = [&](const std::string& name, double value) {
    module.register_attribute(name, c10::FloatType::get(), value);
  };
  const auto integers = [&](const std::string& name, const std::vector<long>& values) {
    module.register_attribute(
        name, c10::ListType::ofInts(),
        c10::List<std::int64_t>(std::vector<std::int64_t>(values.begin(), values.end())));
  };
  const auto r = rotation_constants(c.l_max, c.m_max);
  std::vector<long> degree_sizes;
  for (int l = 0; l <= c.l_max; ++l) {
    degree_sizes.push_back(2 * l + 1);
  }
  integer("element_count", static_cast<std::int64_t>(c.elements.size()));
  integer("layers", c.layers);
  integer("l_max", c.l_max);
  integer("m_max", c.m_max);
  integer("message_channels", c.message_channels);
  integer("channel_groups", c.channel_groups);
  integer("envelope_exponent", c.envelope_exponent);
  integer("roll_activation",
          c.roll_activation == "gated" ? 0 : (c.roll_activation == "quadratic" ? 1 : 2));
  module.register_attribute("normalize", c10::BoolType::get(), c.normalization == "group");
  number("cutoff", c.cutoff);
  number("energy_scale", c.energy_scale);
  number("neighbor_scale", 1.0 / std::sqrt(c.average_neighbors));
  number("gaussian_inverse_width", (c.gaussians - 1) / (c.cutoff * c.gaussian_width));
  integers("block_sizes", r.block_sizes);
  integers("degree_sizes", degree_sizes);
  integers("order_sizes", r.order_sizes);
}

// The optimizing executor respecializes for every new number of edges and gains nothing here.
c10::IValue call(const torch::jit::Module& module, const char* method,
                 std::vector<c10::IValue> arguments) {
  torch::jit::GraphOptimizerEnabledGuard plain(false);
  return module.get_method(method)(std::move(arguments));
}

}  // namespace

Model Model::create(const ModelConfig& config, std::uint64_t seed) {
  config.validate();
  torch::jit::Module module("__torch__.SpinConv");
  auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  for (const auto& spec : parameter_specs(config)) {
    Tensor value = torch::empty(spec.shape, torch::kFloat64);
    value.uniform_(-spec.bound, spec.bound, generator).add_(spec.center);
    module.register_parameter(spec.name, value.set_requires_grad(true), false);
  }
  for (const auto& [name, value] : buffers(config)) {
    module.register_buffer(name, value);
  }
  register_attributes(module, config);
  module.define(spinconv_graph_source);
  return Model(config, std::move(module));
}

Model Model::adopt(const ModelConfig& config, torch::jit::Module module, const std::string& where) {
  config.validate();
  for (const char* method : {"prepare", "sort_edges", "layout", "edge_basis", "initial_messages",
                             "coefficients", "update", "atomic_energies"}) {
    if (!module.find_method(method)) {
      throw Error(where + ": the graph has no method '" + method +
                  "'; the file was not written by spinconv-train or is damaged");
    }
  }
  for (const auto& spec : parameter_specs(config)) {
    if (!module.hasattr(spec.name) || !module.attr(spec.name).isTensor() ||
        module.attr(spec.name).toTensor().sizes() != torch::IntArrayRef(spec.shape)) {
      throw Error(where + ": parameter '" + spec.name +
                  "' is missing or has another shape than its hyperparameters say; the file is "
                  "damaged or was edited: get it again");
    }
  }
  // rounding of the constants must not depend on the precision the file was trained in
  for (const auto& [name, value] : buffers(config)) {
    module.setattr(name, value);
  }
  return Model(config, std::move(module));
}

Model::Weights Model::prepare(const std::vector<std::int64_t>& used) const {
  Tensor index = torch::tensor(used, torch::dtype(torch::kInt64)).to(device());
  return {call(module_, "prepare", {index}), static_cast<std::int64_t>(used.size())};
}

torch::Tensor Model::edge_order(const EdgeTensors& edges, const Weights& weights) const {
  return call(module_, "sort_edges", {edges.source, edges.target, edges.types, weights.elements})
      .toTensor();
}

Model::Layout Model::layout(const EdgeTensors& edges, const Weights& weights) const {
  const auto tuple = call(module_, "layout",
                          {edges.source, edges.target, edges.types, edges.owned, weights.elements})
                         .toTuple();
  const auto& e = tuple->elements();
  return {e[0], e[1], e[2], e[3], e[4], e[5], edges.owned, edges.types};
}

Model::Basis Model::edge_basis(const Tensor& vectors, const Layout& layout,
                               const Weights& weights) const {
  return c10::impl::toTypedDict<std::string, Tensor>(
      call(module_, "edge_basis",
           {vectors, layout.pair, layout.slot, layout.width, layout.owned, weights.values})
          .toGenericDict());
}

Tensor Model::initial_messages(const Basis& basis, const Layout& layout,
                               const Weights& weights) const {
  return call(module_, "initial_messages", {basis, layout.pair_counts, weights.values}).toTensor();
}

Tensor Model::coefficients(const Tensor& h, const Basis& basis, const Layout& layout) const {
  return call(module_, "coefficients", {h, layout.slot, layout.width, basis}).toTensor();
}

Tensor Model::update(int k, const Tensor& h, const Tensor& rows, const Tensor& source,
                     const Basis& basis, const Layout& layout, const Weights& weights) const {
  return call(module_, "update", {k, h, rows, source, layout.pair_counts, basis, weights.values})
      .toTensor();
}

Tensor Model::readout(const Tensor& h, const Basis& basis, const Layout& layout,
                      const Weights& weights) const {
  return call(module_, "atomic_energies",
              {h, layout.slot, layout.width, basis, layout.atom_order, layout.type_counts,
               layout.types, weights.values})
      .toTensor();
}

Tensor Model::atomic_energies(const EdgeTensors& edges, const Tensor& vectors,
                              const Weights& weights) const {
  const auto tables = layout(edges, weights);
  const auto basis = edge_basis(vectors, tables, weights);
  Tensor h = initial_messages(basis, tables, weights);
  for (int k = 0; k < config_.layers; ++k) {
    const Tensor rows = coefficients(h, basis, tables);
    h = update(k, h, rows, edges.source, basis, tables, weights);
  }
  return readout(h, basis, tables, weights);
}

void Model::to(torch::Dtype precision, const torch::Device& device) {
  torch::NoGradGuard no_grad;
  const auto convert = [&](const std::string& name, Tensor value) {
    const bool keep = !value.is_floating_point() || name == "reference_energies";
    value.set_data(value.to(device, keep ? value.scalar_type() : precision));
  };
  for (const auto& p : module_.named_parameters()) {
    convert(p.name, p.value);
  }
  for (const auto& b : module_.named_buffers()) {
    convert(b.name, b.value);
  }
}

std::vector<torch::Tensor> Model::parameters() const {
  std::vector<Tensor> result;
  for (const auto& spec : parameter_specs(config_)) {
    result.push_back(module_.attr(spec.name).toTensor());
  }
  return result;
}

std::int64_t Model::parameter_count() const {
  std::int64_t count = 0;
  for (const auto& p : parameters()) {
    count += p.numel();
  }
  return count;
}

torch::Dtype Model::dtype() const {
  return module_.attr("rotation_table").toTensor().scalar_type();
}

torch::Device Model::device() const {
  return module_.attr("rotation_table").toTensor().device();
}

Model Model::clone() const {
  Model copy(config_, module_.deepcopy());
  return copy;
}

}  // namespace spinconv
