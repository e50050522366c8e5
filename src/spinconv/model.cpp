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

// The graphs in files of version 0.1.0 take no empty list of edges. Two atoms that see nobody but
// each other change nothing for the others.
Model::Atoms evaluate_grid_beside_a_pair(const Model& model, const EdgeTensors& edges,
                                         const Tensor& vectors, const Model::Weights& weights,
                                         const Tensor& frames) {
  const std::int64_t n = edges.owned;
  const auto place = edges.types.options();
  EdgeTensors more;
  more.source = torch::tensor({n + 1, n}, place);
  more.target = torch::tensor({n, n + 1}, place);
  more.types = torch::cat({edges.types.narrow(0, 0, n), torch::zeros({2}, place)});
  more.owned = n + 2;
  const Tensor apart = torch::tensor({{0.5, 0.0, 0.0}, {-0.5, 0.0, 0.0}}) * model.config().cutoff;
  const Tensor all_vectors = torch::cat({vectors, apart.to(vectors)});
  Tensor all_frames = frames;
  if (frames.size(1) != 1) {  // of each atom
    const Tensor two = torch::eye(3, frames.options()).expand({frames.size(0), 2, 3, 3});
    all_frames = torch::cat({frames, two}, 1);
  }
  const Model::Atoms all = evaluate_grid(model, more, all_vectors, weights, all_frames);
  return {all.energies.narrow(0, 0, n),
          all.forces.defined() ? all.forces.narrow(0, 0, n) : Tensor()};
}

}  // namespace

Model Model::create(const ModelConfig& config, std::uint64_t seed) {
  config.validate();
  const GraphDefinition graph = graph_definition(config);
  torch::jit::Module module("__torch__.SpinConv");
  auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  for (const auto& spec : graph.parameters) {
    Tensor value = torch::empty(spec.shape(), torch::kFloat64);
    value.uniform_(-spec.bound, spec.bound, generator).add_(spec.center);
    module.register_parameter(spec.name, value.set_requires_grad(true), false);
  }
  for (const auto* list : {&graph.constants, &graph.tables}) {
    for (const auto& [name, value] : *list) {
      module.register_buffer(name, value);
    }
  }
  for (const auto& [name, value] : graph.attributes) {
    module.register_attribute(name, value.type(), value);
  }
  for (const char* source : graph.sources) {
    module.define(source);
  }
  return Model(config, std::move(module));
}

Model Model::adopt(const ModelConfig& config, torch::jit::Module module, const std::string& where) {
  config.validate();
  const GraphDefinition graph = graph_definition(config);
  for (const auto& method : graph.methods) {
    if (!module.find_method(method)) {
      throw Error(where + ": the graph has no method '" + method +
                  "'; the file was not written by spinconv-train or is damaged");
    }
  }
  const auto check = [&](const char* kind, const std::string& name, torch::IntArrayRef shape) {
    if (!module.hasattr(name) || !module.attr(name).isTensor() ||
        module.attr(name).toTensor().sizes() != shape) {
      throw Error(where + ": " + kind + " '" + name +
                  "' is missing or has another shape than its hyperparameters say; the file is "
                  "damaged or was edited: get it again");
    }
  };
  for (const auto& spec : graph.parameters) {
    check("parameter", spec.name, spec.shape());
  }
  for (const auto& [name, value] : graph.tables) {
    check("table", name, value.sizes());
  }
  // rounding of the constants must not depend on the precision the file was trained in
  for (const auto& [name, value] : graph.constants) {
    module.setattr(name, value);
  }
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
    return edges.source.size(0) > 0
               ? evaluate_grid(*this, edges, vectors, weights, used)
               : evaluate_grid_beside_a_pair(*this, edges, vectors, weights, used);
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
