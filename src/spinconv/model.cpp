// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/model.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/csrc/jit/runtime/graph_executor.h>

#include <cmath>

#include "spinconv/edge_layout.hpp"
#include "spinconv/error.hpp"
#include "spinconv/graph_definition.hpp"

namespace spinconv {

namespace {

using torch::Tensor;

// The optimizing executor respecializes for every new number of edges and gains nothing here.
c10::IValue call(const torch::jit::Module& module, const char* method,
                 std::vector<c10::IValue> arguments) {
  torch::jit::GraphOptimizerEnabledGuard plain(false);
  return module.get_method(method)(std::move(arguments));
}

Model::Atoms evaluate_grid(const Model& model, const EdgeTensors& edges, const Tensor& vectors,
                           const Model::Weights& weights, const Tensor& frames) {
  const auto tuple = call(model.module(), "evaluate",
                          {vectors, edges.source, edges.target, edges.types, edges.owned,
                           weights.elements, frames, weights.values})
                         .toTuple();
  return {tuple->elements()[0].toTensor(),
          model.config().has_direct_forces() ? tuple->elements()[1].toTensor() : Tensor()};
}

// The module of a graph with parameters and tables as they are given.
template <class ParameterOf, class TableOf>
torch::jit::Module module_of(const GraphDefinition& graph, const ParameterOf& parameter_of,
                             const TableOf& table_of) {
  torch::jit::Module module("__torch__.SpinConv");
  for (const auto& spec : graph.parameters) {
    module.register_parameter(spec.name, parameter_of(spec).set_requires_grad(true), false);
  }
  for (const auto& [name, value] : graph.constants) {
    module.register_buffer(name, value);
  }
  for (const auto& [name, value] : graph.tables) {
    module.register_buffer(name, table_of(name, value));
  }
  for (const auto& [name, value] : graph.attributes) {
    module.register_attribute(name, value.type(), value);
  }
  for (const char* source : graph.sources) {
    module.define(source);
  }
  return module;
}

}  // namespace

Model Model::create(const ModelConfig& config, std::uint64_t seed) {
  config.validate();
  auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  auto module = module_of(
      graph_definition(config),
      [&](const GraphDefinition::Parameter& spec) {
        Tensor value = torch::empty(spec.shape(), torch::kFloat64);
        return value.uniform_(-spec.bound, spec.bound, generator).add_(spec.center);
      },
      [](const std::string&, const Tensor& value) { return value; });
  return Model(config, std::move(module));
}

Model Model::with_weights(const ModelConfig& config, const std::map<std::string, Tensor>& weights,
                          const std::string& where) {
  config.validate();
  const auto given = [&](const char* kind, const std::string& name, torch::IntArrayRef shape) {
    const auto found = weights.find(name);
    if (found == weights.end() || found->second.sizes() != shape) {
      throw Error(where + ": " + kind + " '" + name +
                  "' is missing or has another shape than its hyperparameters say; the file is "
                  "damaged or was edited: get it again");
    }
    return found->second;
  };
  auto module = module_of(
      graph_definition(config),
      [&](const GraphDefinition::Parameter& spec) {
        return given("parameter", spec.name, spec.shape()).to(torch::kFloat64);
      },
      // constants are not taken: their rounding must not depend on the precision of the file
      [&](const std::string& name, const Tensor& value) {
        return given("table", name, value.sizes()).to(value.scalar_type());
      });
  return Model(config, std::move(module));
}

Model::Weights Model::prepare(const std::vector<std::int64_t>& used) const {
  Tensor index = torch::tensor(used, torch::dtype(torch::kInt64)).to(device());
  auto values = call(module_, "prepare", {index});
  if (config_.has_direct_forces() && !config_.is_grid()) {
    values = call(module_, "prepare_forces", {index, values});
  }
  return {std::move(values), static_cast<std::int64_t>(used.size()), used};
}

torch::Tensor Model::edge_order(const EdgeTensors& edges, const Weights& weights) const {
  if (!config_.is_grid()) {
    return order_by_pair(edges, weights.elements);
  }
  return call(module_, "sort_edges", {edges.source, edges.target, edges.types, weights.elements})
      .toTensor();
}

Model::Layout Model::layout(const EdgeTensors& edges, const Weights& weights,
                            const EdgeCounts* counts) const {
  EdgeCounts own;
  if (!counts) {
    own = count_edges(edges, weights.elements);
    counts = &own;
  }
  const EdgeLayout tables = edge_layout(edges, weights.elements, *counts);
  return {tables.pair,       counts->pairs, tables.slot, tables.width,
          tables.atom_order, counts->types, edges.owned, edges.types};
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

Tensor Model::direct_forces(const Tensor& h, const Basis& basis, const Layout& layout,
                            const Weights& weights) const {
  return call(module_, "direct_forces",
              {h, layout.slot, layout.width, basis, layout.atom_order, layout.type_counts,
               weights.values})
      .toTensor();
}

Model::Atoms Model::evaluate(const EdgeTensors& edges, const Tensor& vectors,
                             const Weights& weights, const Tensor& frames) const {
  if (config_.is_grid()) {
    const Tensor used = frames.defined() ? frames : module_.attr("force_frames").toTensor();
    return evaluate_grid(*this, edges, vectors, weights, used);
  }
  const auto tables = layout(edges, weights);
  const auto basis = edge_basis(vectors, tables, weights);
  Tensor h = initial_messages(basis, tables, weights);
  for (int k = 0; k < config_.layers; ++k) {
    const Tensor rows = coefficients(h, basis, tables);
    h = update(k, h, rows, edges.source, basis, tables, weights);
  }
  return {readout(h, basis, tables, weights),
          config_.has_direct_forces() ? direct_forces(h, basis, tables, weights) : Tensor()};
}

void Model::set_force_rotations(int count, std::uint64_t seed) {
  config_.force_rotations = count;
  config_.force_seed = seed;
  config_.validate();
  const std::string name = config_.is_grid() ? "force_frames" : "force_axes";
  for (const auto& [constant, value] : graph_definition(config_).constants) {
    if (constant == name) {
      module_.setattr(name, value.to(device()));
    }
  }
}

void Model::to(torch::Dtype precision, const torch::Device& device) {
  torch::NoGradGuard no_grad;
  const auto convert = [&](const std::string& name, const Tensor& value) {
    const bool keep = !value.is_floating_point() || name == "reference_energies" ||
                      name == "force_axes" || name == "force_frames";
    // in place of set_data(), which does not go from one backend to any other
    module_.setattr(name, value.to(device, keep ? value.scalar_type() : precision)
                              .set_requires_grad(value.requires_grad()));
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
  for (const auto& spec : graph_definition(config_).parameters) {
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
  return module_.attr("gaussian_centers").toTensor().scalar_type();
}

torch::Device Model::device() const {
  return module_.attr("gaussian_centers").toTensor().device();
}

Model Model::clone() const {
  Model copy(config_, module_.deepcopy());
  return copy;
}

}  // namespace spinconv
