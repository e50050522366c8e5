// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <torch/script.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "spinconv/edge_counts.hpp"
#include "spinconv/graph_tensors.hpp"
#include "spinconv/model.hpp"
#include "spinconv/module_definition.hpp"

namespace spinconv {

// Index tables of edges that are in the order of Architecture::order(), made once for a topology.
struct Layout {
  // Of a graph whose edges are in that order.
  explicit Layout(const GraphTensors& graph);
  virtual ~Layout() = default;
  // Takes the values of another one of the same sizes, in the memory that is there.
  virtual void assign(const Layout& other);

  torch::Tensor source, target;  // [E] as in GraphTensors
  torch::Tensor types;           // [N|R] of target atoms first
  std::int64_t n_targets = 0;    // N
  torch::Tensor orientations;    // as in GraphTensors
};

// What passes from a stage to the next, [E,.] of edges and [N,.] of atoms; or gradients of the sum
// of energies with respect to that. Undefined where a stage does not have it.
struct StageValues {
  torch::Tensor h;      // [E,M] messages
  torch::Tensor atoms;  // [N,.] of target atoms, which no other atom sees
  // out: [N,W] of target atoms, which others see; in: [R,W] of target atoms, then of all others
  // that edges start from
  torch::Tensor rows;
  torch::Tensor energies;  // [N] float64, eV: energies are the sum over the stages that have them
  torch::Tensor forces;    // [N,3] float64, eV/Angstrom, of the last stage with direct forces

  // To a sum over the stages, undefined before the first of them that has energies.
  void add_energies_to(torch::Tensor& sum) const;
};

// One evaluation of the edges of one layout, stage by stage, and of its gradient by the same stages
// backwards. Between two stages the caller may exchange rows with other ranks, or evaluate other
// blocks of edges.
class StagedEvaluation {
 public:
  virtual ~StagedEvaluation() = default;

  // Stage k = 0, 1, ... of what stage k-1 gave (stage 0: of nothing). Nothing that it returns is
  // part of a graph of autograd.
  virtual StageValues stage(int k, const StageValues& in) = 0;
  // dE/d(in) of stage(k, in), which was called before, from dE/d(out), where `to_out.energies` are
  // the factors of atomic energies in E. Stages in falling order.
  virtual StageValues stage_gradient(int k, const StageValues& to_out) = 0;
  // dE/d(vectors) [E,3] float64, eV/Angstrom: what the stages gave whose gradients were asked for.
  virtual torch::Tensor vector_gradient() = 0;
};

// What distinguishes one kind of model from another, by the name of it in ModelConfig::sphere: its
// operator graph, and how an evaluation of it is cut into stages between which rows of atoms are
// all that a stage needs of other atoms. Its differentiable functions, which training
// differentiates twice, are methods of the operator graph; evaluate() may do the same in another
// way.
class Architecture {
 public:
  virtual ~Architecture() = default;

  // That of the configuration, whose name is one of ModelConfig's.
  static const Architecture& of(const ModelConfig& config);

  virtual ModuleDefinition definition(const ModelConfig& config) const = 0;

  // Rows of atoms that pass between stages are few numbers: ranks can exchange them (HaloExchange),
  // edges can be evaluated in blocks, and edges beyond the cutoff fill up tensors (steady_sizes).
  virtual bool passes_rows() const = 0;
  // Energy and forces have no jumps.
  virtual bool is_smooth(const ModelConfig& config) const = 0;
  virtual int stages(const ModelConfig& config) const = 0;
  // W, numbers of a row; 0 where passes_rows() is false.
  virtual std::int64_t row_width(const ModelConfig& config) const = 0;
  // The constant of the operator graph that holds the orientations of the force block.
  virtual const char* force_orientations() const = 0;

  // All weights in the form in which edges use them; see Model::prepare().
  virtual c10::IValue prepare(const Model& model, const torch::Tensor& used) const = 0;
  // Permutation [E] that brings edges into the order of the layout.
  virtual torch::Tensor order(const GraphTensors& graph, const Model::Weights& weights) const = 0;
  // `graph` is in that order. `counts` are those of its edges; null: they are counted if needed,
  // for which the host waits for a device.
  virtual std::unique_ptr<Layout> layout(const GraphTensors& graph, const Model::Weights& weights,
                                         const EdgeCounts* counts) const = 0;

  // The definition of the model: what the stages share of the geometry, and a stage. Differentiable
  // in vectors, in `in`, and in the weights, twice.
  using Shared = c10::Dict<std::string, torch::Tensor>;
  virtual Shared shared(const Model& model, const torch::Tensor& vectors, const Layout& layout,
                        const Model::Weights& weights) const = 0;
  virtual StageValues stage(const Model& model, int k, const StageValues& in, const Shared& shared,
                            const Layout& layout, const Model::Weights& weights) const = 0;

  // An evaluation of edges with these vectors [E,3] float64, in the order of the layout; arguments
  // are to outlive it. Without `gradients` nothing is kept for stage_gradient(). Here by autograd
  // of the operator graph. Another one may pad `h` and `atoms`, which go from stage to stage of
  // evaluations with the same weights alone.
  virtual std::unique_ptr<StagedEvaluation> evaluation(const Model& model,
                                                       const torch::Tensor& vectors,
                                                       const Layout& layout,
                                                       const Model::Weights& weights,
                                                       bool gradients) const;
};

// One architecture in each file.
const Architecture& harmonic_architecture();
const Architecture& spinconv2_architecture();
const Architecture& grid_architecture();

}  // namespace spinconv
