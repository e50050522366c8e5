// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <torch/script.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "spinconv/edge_counts.hpp"
#include "spinconv/model_config.hpp"

namespace spinconv {

// One configuration (or a batch of them laid end to end) as tensors; meaning as in EdgeView.
struct EdgeTensors {
  torch::Tensor source;    // [E] int64 row of s
  torch::Tensor target;    // [E] int64 row of t, an owned atom
  torch::Tensor types;     // [R] int64 index into the elements that were prepared
  std::int64_t owned = 0;  // N
};

// The TorchScript module with its hyperparameters, and the order in which its methods are called.
class Model {
 public:
  // Weights in the form the edges use, from prepare().
  struct Weights {
    c10::IValue values;              // Dict[str, Tensor]
    std::int64_t elements = 0;       // U
    std::vector<std::int64_t> used;  // [U] indices into config().elements
  };
  // Index tables of edges in the order of edge_order(); see edge_layout(). Those of a potential
  // file are not used: its method of the same name serves its `forward`, for Python.
  struct Layout {
    c10::IValue pair, pair_counts, slot, width, atom_order, type_counts;
    std::int64_t owned = 0;
    torch::Tensor types;
  };
  // What the layers share of the geometry: Dict[str, Tensor].
  using Basis = c10::Dict<std::string, torch::Tensor>;

  // A module with random weights (float64) that depend on `seed` alone. Throws Error on a bad
  // config.
  static Model create(const ModelConfig& config, std::uint64_t seed);

  // A module with these parameters and tables, by the names of graph_definition(config), in float64
  // on the CPU; other tensors are not looked at. Throws Error prefixed by `where` where one is
  // missing or has another shape.
  static Model with_weights(const ModelConfig& config,
                            const std::map<std::string, torch::Tensor>& weights,
                            const std::string& where);

  // Derived weights for the elements `used` (indices into config().elements, in the numbering that
  // EdgeTensors::types follows). Differentiable in the parameters.
  Weights prepare(const std::vector<std::int64_t>& used) const;

  // Permutation that evaluate() wants its edges in.
  torch::Tensor edge_order(const EdgeTensors& edges, const Weights& weights) const;

  // E_t and, where the model has direct forces, F_t (else undefined) of sorted edges with vectors
  // r_t - r_s [E,3] float64, whose sources are owned atoms. Differentiable in `vectors` and in the
  // weights, twice. `frames` [F,N|1,3,3] are other orientations of the grid's force block than the
  // model's own. Without edges, and without atoms, too.
  struct Atoms {
    torch::Tensor energies;  // [N] float64, eV
    torch::Tensor forces;    // [N,3] float64, eV/Angstrom
  };
  Atoms evaluate(const EdgeTensors& edges, const torch::Tensor& vectors, const Weights& weights,
                 const torch::Tensor& frames = {}) const;

  // The steps of evaluate() on spheres of harmonics: with h = initial_messages(), for each layer k
  // the rows [N,S*M] = coefficients(h) of owned atoms, then h = update(k, h, rows of all sources).
  // `source` [E] are the rows' indices. `counts` are those of the edges; null: they are counted,
  // for which the host waits for the device.
  Layout layout(const EdgeTensors& edges, const Weights& weights,
                const EdgeCounts* counts = nullptr) const;
  Basis edge_basis(const torch::Tensor& vectors, const Layout& layout,
                   const Weights& weights) const;
  torch::Tensor initial_messages(const Basis& basis, const Layout& layout,
                                 const Weights& weights) const;
  torch::Tensor coefficients(const torch::Tensor& h, const Basis& basis,
                             const Layout& layout) const;
  torch::Tensor update(int k, const torch::Tensor& h, const torch::Tensor& rows,
                       const torch::Tensor& source, const Basis& basis, const Layout& layout,
                       const Weights& weights) const;
  torch::Tensor readout(const torch::Tensor& h, const Basis& basis, const Layout& layout,
                        const Weights& weights) const;
  torch::Tensor direct_forces(const torch::Tensor& h, const Basis& basis, const Layout& layout,
                              const Weights& weights) const;

  // Other orientations of the force block than the file's, of a model with direct forces.
  void set_force_rotations(int count, std::uint64_t seed);

  // Precision of the graph's arithmetic; reference energies and constants of order keep
  // float64/int64.
  void to(torch::Dtype precision, const torch::Device& device);

  const ModelConfig& config() const { return config_; }
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
