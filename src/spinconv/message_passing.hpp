// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <torch/script.h>

#include <cstdint>
#include <vector>

#include "spinconv/exchange.hpp"
#include "spinconv/model.hpp"
#include "spinconv/topology.hpp"

namespace spinconv {

// One evaluation of the graph, stage by stage. Stage 0 makes the messages h_0, stage k the messages
// h_k of layer k, both give the coefficients A_k of owned atoms; the last stage gives the energies.
// Rows of A_k go through HaloExchange between two stages, and their gradients through its adjoint
// between the same stages on the way back. The gradient is propagated from stage to stage rather
// than by one call of autograd, so that the engine's communication runs in the calling thread
// (LibTorch differentiates graphs of a GPU in threads of its own) and that the stages may be
// evaluated in blocks whose intermediate results are not kept.
class MessagePassing {
 public:
  // vectors [E,3] float64 r_t - r_s (Angstrom) of the edges in the order that `topology` was given.
  // The energies of the first `energies` of its N owned atoms are differentiated. All arguments are
  // to outlive this.
  MessagePassing(const Model& model, const Model::Weights& weights, const Topology& topology,
                 const torch::Tensor& vectors, std::int64_t energies, bool gradients,
                 HaloExchange* exchange = nullptr);

  // E_t [N] float64, eV.
  torch::Tensor energies();
  // F_t [N,3] float64, eV/Angstrom, of a model with direct forces, after energies(); else
  // undefined.
  torch::Tensor forces() const { return forces_; }
  // dE/dr [E,3] float64, eV/Angstrom, of E = sum over the first `energies` atoms, in the
  // order of `vectors`. Once, after energies().
  torch::Tensor edge_gradients();

  double exchange_seconds() const { return exchange_seconds_; }

 private:
  using Block = Topology::Block;
  // Inputs and outputs of a stage whose graph is kept.
  struct Record {
    torch::Tensor h_in, rows_in, h, rows, energies, forces;
  };

  torch::Tensor vectors_of(const Block& block) const;
  Model::Basis basis_of(const Block& block, const torch::Tensor& vectors) const;
  Record run_stage(int stage, const Block& block, const Model::Basis& basis, torch::Tensor h,
                   torch::Tensor rows) const;
  torch::Tensor with_ghosts(const torch::Tensor& owned);
  torch::Tensor from_ghosts(torch::Tensor gradient);
  torch::Tensor energy_weights(const Block& block) const;
  torch::Tensor kept_gradients();
  torch::Tensor recomputed_gradients();

  const Model& model_;
  const Model::Weights& weights_;
  const int last_;  // stage
  const bool gradients_;
  const Topology& topology_;
  const std::int64_t energy_count_;
  HaloExchange* exchange_;
  double exchange_seconds_ = 0.0;

  torch::Tensor vectors_;  // [E,3] in the order of the blocks
  const bool keep_;        // one block with its graph

  torch::Tensor forces_;
  std::vector<Record> records_;        // of each stage, where kept
  Model::Basis basis_, basis_leaves_;  // where kept
  std::vector<torch::Tensor> h_;       // [E,M] of each stage but the last, where not kept
  std::vector<torch::Tensor> rows_;    // [R,S*M] of each stage but the last, where not kept
};

}  // namespace spinconv
