// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <torch/script.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "spinconv/graph_tensors.hpp"
#include "spinconv/model_config.hpp"

namespace spinconv {

class Architecture;
namespace fused {
struct PackedWeights;
}

// The TorchScript module with its hyperparameters.
class Model {
 public:
  // Weights in the form the edges use, from prepare().
  struct Weights {
    c10::IValue values;              // Dict[str, Tensor]
    std::int64_t elements = 0;       // U
    std::vector<std::int64_t> used;  // [U] indices into config().elements
    // The same for fused kernels, by which Architecture::evaluation() evaluates then; null: by the
    // operator graph.
    std::shared_ptr<const fused::PackedWeights> fused{};
  };
  // A module with random weights (float64) that depend on `seed` alone. Throws Error on a bad
  // config.
  static Model create(const ModelConfig& config, std::uint64_t seed);

  // A module with these parameters and tables, by the names of module_definition(config), in
  // float64 on the CPU; other tensors are not looked at. Throws Error prefixed by `where` where one
  // is missing or has another shape.
  static Model with_weights(const ModelConfig& config,
                            const std::map<std::string, torch::Tensor>& weights,
                            const std::string& where);

  // Derived weights for the elements `used` (indices into config().elements, in the numbering that
  // GraphTensors::types follows). Differentiable in the parameters.
  Weights prepare(const std::vector<std::int64_t>& used) const;

  // E_t and, where the model has direct forces, F_t (else undefined) of a graph whose edges are in
  // the order of edge_order() and have target atoms as sources. Differentiable in its vectors and
  // in the weights, twice. Without edges, and without atoms, too.
  struct Atoms {
    torch::Tensor energies;  // [N] float64, eV
    torch::Tensor forces;    // [N,3] float64, eV/Angstrom
  };
  Atoms evaluate(const GraphTensors& graph, const Weights& weights) const;
  torch::Tensor edge_order(const GraphTensors& graph, const Weights& weights) const;

  // Other orientations of the force block than the file's, of a model with direct forces.
  void set_force_rotations(int count, std::uint64_t seed);

  // Other reference energies (eV) than the file's, one for each element.
  void set_reference_energies(const std::vector<double>& energies);

  // Precision of the model's arithmetic; reference energies and constants of order keep
  // float64/int64.
  void to(torch::Dtype precision, const torch::Device& device);

  // A method of the module.
  c10::IValue call(const char* method, std::vector<c10::IValue> arguments) const;

  const ModelConfig& config() const { return config_; }
  const Architecture& architecture() const;
  torch::jit::Module& module() { return module_; }
  const torch::jit::Module& module() const { return module_; }
  std::vector<torch::Tensor> parameters() const;
  std::int64_t parameter_count() const;
  torch::Dtype dtype() const;
  torch::Device device() const;
  Model clone() const;  // its own weights

 private:
  Model(ModelConfig config, torch::jit::Module module)
      : config_(std::move(config)), module_(std::move(module)) {}

  ModelConfig config_;
  torch::jit::Module module_;
};

}  // namespace spinconv
