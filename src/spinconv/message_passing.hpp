// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <torch/script.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "spinconv/architecture.hpp"
#include "spinconv/exchange.hpp"
#include "spinconv/topology.hpp"

namespace spinconv {

// One evaluation of a graph by the stages of its architecture. Rows of atoms go through
// HaloExchange between two stages, and their gradients through its adjoint between the same stages
// on the way back. A topology of several blocks is evaluated block by block in each stage; what a
// block makes on the way is not kept for the gradient but made again.
class MessagePassing {
 public:
  // vectors [E,3] float64 r_t - r_s (Angstrom) of the edges in the order that `topology` was given.
  // The energies of the first `n_energies` of its N target atoms are differentiated. All
  // arguments are to outlive this.
  MessagePassing(const Model& model, const Model::Weights& weights, const Topology& topology,
                 const torch::Tensor& vectors, std::int64_t n_energies, bool gradients,
                 HaloExchange* exchange = nullptr);

  // E_t [N] float64, eV.
  torch::Tensor energies();
  // F_t [N,3] float64, eV/Angstrom, of a model with direct forces, after energies(); else
  // undefined.
  torch::Tensor forces() const { return forces_; }
  // dE/dr [E,3] float64, eV/Angstrom, of E = sum over the first `n_energies` atoms, in the
  // order of `vectors`. Once, after energies().
  torch::Tensor edge_gradients();

  double exchange_seconds() const { return exchange_seconds_; }

 private:
  using Block = Topology::Block;

  std::unique_ptr<StagedEvaluation> evaluation_of(const Block& block, bool gradients) const;
  StageValues inputs_of(const Block& block, int stage) const;
  torch::Tensor with_ghosts(const torch::Tensor& owned);
  torch::Tensor from_ghosts(torch::Tensor gradient);
  torch::Tensor energy_weights(const Block& block) const;
  torch::Tensor kept_energies();
  torch::Tensor energies_by_blocks();
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
  torch::Tensor forces_;
  std::unique_ptr<StagedEvaluation> kept_;  // of the only block
  // of several blocks, of each stage but the last, as in StageValues; rows of ghosts too
  std::vector<torch::Tensor> h_, atoms_, rows_;
};

}  // namespace spinconv
