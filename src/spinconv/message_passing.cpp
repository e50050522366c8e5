// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/message_passing.hpp"

#include <algorithm>
#include <chrono>

namespace spinconv {

using torch::Tensor;
using Clock = std::chrono::steady_clock;

MessagePassing::MessagePassing(const Model& model, const Model::Weights& weights,
                               const Topology& topology, const Tensor& vectors,
                               std::int64_t n_energies, bool gradients, HaloExchange* exchange)
    : model_(model),
      weights_(weights),
      last_(model.architecture().stages(model.config()) - 1),
      gradients_(gradients),
      topology_(topology),
      energy_count_(n_energies),
      exchange_(exchange),
      vectors_(vectors.index_select(0, topology.order)) {}

std::unique_ptr<StagedEvaluation> MessagePassing::evaluation_of(const Block& block,
                                                                bool gradients) const {
  return model_.architecture().evaluation(model_, vectors_.narrow(0, block.first_edge, block.edges),
                                          *block.layout, weights_, gradients);
}

Tensor MessagePassing::with_ghosts(const Tensor& owned) {
  if (!exchange_) {
    return owned;
  }
  const auto start = Clock::now();
  const torch::Device place = exchange_->on_device() ? owned.device() : torch::Device(torch::kCPU);
  Tensor rows = torch::zeros({topology_.rows, owned.size(1)}, owned.options().device(place));
  rows.narrow(0, 0, topology_.n_targets).copy_(owned);
  AT_DISPATCH_FLOATING_TYPES(rows.scalar_type(), "HaloExchange::forward",
                             [&] { exchange_->forward(rows.data_ptr<scalar_t>(), rows.size(1)); });
  rows = rows.to(owned.device());
  exchange_seconds_ += std::chrono::duration<double>(Clock::now() - start).count();
  return rows;
}

Tensor MessagePassing::from_ghosts(Tensor gradient) {
  if (!exchange_) {
    return gradient;
  }
  const auto start = Clock::now();
  const torch::Device place =
      exchange_->on_device() ? gradient.device() : torch::Device(torch::kCPU);
  Tensor rows = gradient.to(place).contiguous();
  AT_DISPATCH_FLOATING_TYPES(rows.scalar_type(), "HaloExchange::reverse",
                             [&] { exchange_->reverse(rows.data_ptr<scalar_t>(), rows.size(1)); });
  rows = rows.narrow(0, 0, topology_.n_targets).to(gradient.device());
  exchange_seconds_ += std::chrono::duration<double>(Clock::now() - start).count();
  return rows;
}

// dE/dE_t of a block's atoms: one for those that count.
Tensor MessagePassing::energy_weights(const Block& block) const {
  const std::int64_t atoms = block.layout->n_targets;
  const std::int64_t counted = std::clamp<std::int64_t>(energy_count_ - block.first_atom, 0, atoms);
  Tensor weights = torch::zeros({atoms}, torch::dtype(torch::kFloat64).device(vectors_.device()));
  weights.narrow(0, 0, counted).fill_(1.0);
  return weights;
}

Tensor MessagePassing::energies() {
  return topology_.whole ? kept_energies() : energies_by_blocks();
}

Tensor MessagePassing::edge_gradients() {
  const Tensor sorted = topology_.whole ? kept_gradients() : recomputed_gradients();
  return torch::empty_like(sorted).index_copy_(0, topology_.order, sorted);
}

// --- one block, whose stages are kept for the gradient ---

Tensor MessagePassing::kept_energies() {
  kept_ = evaluation_of(topology_.blocks.front(), gradients_);
  StageValues values;
  Tensor energies;
  for (int stage = 0; stage <= last_; ++stage) {
    values = kept_->stage(stage, values);
    values.add_energies_to(energies);
    if (stage < last_) {
      values.rows = with_ghosts(values.rows);
    }
  }
  forces_ = values.forces;
  return energies;
}

Tensor MessagePassing::kept_gradients() {
  StageValues to;
  const Tensor weights = energy_weights(topology_.blocks.front());
  for (int stage = last_; stage >= 0; --stage) {
    to.energies = weights;
    to = kept_->stage_gradient(stage, to);
    if (stage > 0) {
      to.rows = from_ghosts(to.rows);
    }
  }
  return kept_->vector_gradient();
}

// --- several blocks, whose inputs to each stage are kept ---

StageValues MessagePassing::inputs_of(const Block& block, int stage) const {
  StageValues in;
  if (stage > 0) {
    in.h = h_[stage - 1].narrow(0, block.first_edge, block.edges);
    in.rows = rows_[stage - 1].index_select(0, block.rows);
    if (atoms_[stage - 1].defined()) {
      in.atoms = atoms_[stage - 1].narrow(0, block.first_atom, block.layout->n_targets);
    }
  }
  return in;
}

Tensor MessagePassing::energies_by_blocks() {
  const auto place = torch::dtype(torch::kFloat64).device(vectors_.device());
  Tensor energies = torch::zeros({topology_.n_targets}, place);
  for (int stage = 0; stage <= last_; ++stage) {
    StageValues all;  // of all blocks
    const auto put = [](Tensor& to, std::int64_t size, std::int64_t first, const Tensor& part) {
      if (!part.defined()) {
        return;
      }
      if (!to.defined()) {
        to = torch::empty({size, part.size(1)}, part.options());
      }
      to.narrow(0, first, part.size(0)).copy_(part);
    };
    for (const auto& block : topology_.blocks) {
      const StageValues out = evaluation_of(block, false)->stage(stage, inputs_of(block, stage));
      put(all.h, vectors_.size(0), block.first_edge, out.h);
      put(all.atoms, topology_.n_targets, block.first_atom, out.atoms);
      put(all.rows, topology_.n_targets, block.first_atom, out.rows);
      put(forces_, topology_.n_targets, block.first_atom, out.forces);
      if (out.energies.defined()) {
        energies.narrow(0, block.first_atom, out.energies.size(0)).add_(out.energies);
      }
    }
    if (stage == last_) {
      break;
    }
    if (!gradients_ && stage > 0) {
      h_.back() = atoms_.back() = rows_.back() = Tensor();
    }
    h_.push_back(all.h);
    atoms_.push_back(all.atoms);
    rows_.push_back(with_ghosts(all.rows));
  }
  return energies;
}

Tensor MessagePassing::recomputed_gradients() {
  Tensor result = torch::zeros_like(vectors_);
  StageValues to;  // dE/d of what a stage of all blocks gave
  for (int stage = last_; stage >= 0; --stage) {
    StageValues to_in;
    if (stage > 0) {
      to_in.h = torch::empty_like(h_[stage - 1]);
      to_in.rows = torch::zeros_like(rows_[stage - 1]);
      if (atoms_[stage - 1].defined()) {
        to_in.atoms = torch::empty_like(atoms_[stage - 1]);
      }
    }
    for (const auto& block : topology_.blocks) {
      const std::int64_t n_targets = block.layout->n_targets;
      const auto evaluation = evaluation_of(block, true);
      evaluation->stage(stage, inputs_of(block, stage));
      StageValues to_out;
      to_out.energies = energy_weights(block);
      if (stage < last_) {
        to_out.h = to.h.narrow(0, block.first_edge, block.edges);
        to_out.rows = to.rows.narrow(0, block.first_atom, n_targets);
        to_out.atoms =
            to.atoms.defined() ? to.atoms.narrow(0, block.first_atom, n_targets) : Tensor();
      }
      const StageValues found = evaluation->stage_gradient(stage, to_out);
      result.narrow(0, block.first_edge, block.edges).add_(evaluation->vector_gradient());
      if (stage > 0) {
        to_in.h.narrow(0, block.first_edge, block.edges).copy_(found.h);
        to_in.rows.index_add_(0, block.rows, found.rows);
        if (found.atoms.defined()) {
          to_in.atoms.narrow(0, block.first_atom, n_targets).copy_(found.atoms);
        }
      }
    }
    if (stage > 0) {
      to = to_in;
      to.rows = from_ghosts(to_in.rows);
      h_[stage - 1] = atoms_[stage - 1] = rows_[stage - 1] = Tensor();
    }
  }
  return result;
}

}  // namespace spinconv
