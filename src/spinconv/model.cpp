// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/model.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/csrc/jit/runtime/graph_executor.h>

#include <cmath>

#include "spinconv/architecture.hpp"
#include "spinconv/error.hpp"
#include "spinconv/module_definition.hpp"

namespace spinconv {

namespace {

using torch::Tensor;

// A module with parameters and tables as they are given.
template <class ParameterOf, class TableOf>
torch::jit::Module module_of(const ModuleDefinition& definition, const ParameterOf& parameter_of,
                             const TableOf& table_of) {
  torch::jit::Module module("__torch__.SpinConv");
  for (const auto& spec : definition.parameters) {
    module.register_parameter(spec.name, parameter_of(spec).set_requires_grad(true), false);
  }
  for (const auto& [name, value] : definition.constants) {
    module.register_buffer(name, value);
  }
  for (const auto& [name, value] : definition.tables) {
    module.register_buffer(name, table_of(name, value));
  }
  for (const auto& [name, value] : definition.attributes) {
    module.register_attribute(name, value.type(), value);
  }
  for (const char* source : definition.sources) {
    module.define(source);
  }
  return module;
}

}  // namespace

Model Model::create(const ModelConfig& config, std::uint64_t seed) {
  config.validate();
  auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  auto module = module_of(
      module_definition(config),
      [&](const ModuleDefinition::Parameter& spec) {
        Tensor value = torch::empty(spec.shape(), torch::kFloat64);
        const auto fill = [&](Tensor part, double bound, double center) {
          part.copy_(torch::empty(part.sizes(), torch::kFloat64)
                         .uniform_(-bound, bound, generator)
                         .add_(center));
        };
        if (spec.rows.empty() && spec.columns.empty()) {
          fill(value, spec.bound, spec.center);
        }
        const auto fill_parts = [&](const auto& parts, std::int64_t axis) {
          std::int64_t begin = 0;
          for (const auto& part : parts) {
            fill(value.narrow(axis, begin, part.size), part.bound, part.center);
            begin += part.size;
          }
        };
        fill_parts(spec.rows, -2);
        fill_parts(spec.columns, -1);
        return value;
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
      module_definition(config),
      [&](const ModuleDefinition::Parameter& spec) {
        return given("parameter", spec.name, spec.shape()).to(torch::kFloat64);
      },
      // constants are not taken: their rounding must not depend on the precision of the file
      [&](const std::string& name, const Tensor& value) {
        return given("table", name, value.sizes()).to(value.scalar_type());
      });
  return Model(config, std::move(module));
}

const Architecture& Model::architecture() const {
  return Architecture::of(config_);
}

// The optimizing executor respecializes for every new number of edges and gains nothing here.
c10::IValue Model::call(const char* method, std::vector<c10::IValue> arguments) const {
  torch::jit::GraphOptimizerEnabledGuard plain(false);
  return module_.get_method(method)(std::move(arguments));
}

Model::Weights Model::prepare(const std::vector<std::int64_t>& used) const {
  const Tensor index = torch::tensor(used, torch::dtype(torch::kInt64)).to(device());
  return {architecture().prepare(*this, index), static_cast<std::int64_t>(used.size()), used};
}

torch::Tensor Model::edge_order(const GraphTensors& graph, const Weights& weights) const {
  return architecture().order(graph, weights);
}

Model::Atoms Model::evaluate(const GraphTensors& graph, const Weights& weights) const {
  const Architecture& a = architecture();
  const auto layout = a.layout(graph, weights, nullptr);
  const auto shared = a.shared(*this, graph.vectors, *layout, weights);
  StageValues values;
  Tensor energies;
  for (int k = 0; k < a.stages(config_); ++k) {
    values = a.stage(*this, k, values, shared, *layout, weights);
    values.add_energies_to(energies);
  }
  return {energies, values.forces};
}

void Model::set_force_rotations(int count, std::uint64_t seed) {
  config_.force_rotations = count;
  config_.force_seed = seed;
  config_.validate();
  const std::string name = architecture().force_orientations();
  for (const auto& [constant, value] : module_definition(config_).constants) {
    if (constant == name) {
      module_.setattr(name, value.to(device()));
    }
  }
}

void Model::set_reference_energies(const std::vector<double>& energies) {
  config_.reference_energies = energies;
  config_.validate();
  module_.setattr("reference_energies", torch::tensor(energies, torch::kFloat64).to(device()));
}

void Model::to(torch::Dtype precision, const torch::Device& device) {
  torch::NoGradGuard no_grad;
  const auto convert = [&](const std::string& name, const Tensor& value) {
    const bool keep = !value.is_floating_point() || name == "reference_energies" ||
                      name == "repulsion_pairs" || name == "force_axes" || name == "force_frames";
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
  for (const auto& spec : module_definition(config_).parameters) {
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
