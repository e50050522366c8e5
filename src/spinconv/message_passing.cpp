// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/message_passing.hpp"

#include <algorithm>
#include <chrono>

namespace spinconv {

using torch::Tensor;
using Clock = std::chrono::steady_clock;

MessagePassing::MessagePassing(const Model& model, const Model::Weights& weights,
                               const Topology& topology, const Tensor& vectors,
                               std::int64_t energies, bool gradients, HaloExchange* exchange)
    : model_(model),
      weights_(weights),
      last_(model.architecture().stages(model.config()) - 1),
      gradients_(gradients),
      topology_(topology),
      energy_count_(energies),
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
  rows.narrow(0, 0, topology_.owned).copy_(owned);
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
  rows = rows.narrow(0, 0, topology_.owned).to(gradient.device());
  exchange_seconds_ += std::chrono::duration<double>(Clock::now() - start).count();
  return rows;
}

// dE/dE_t of a block's atoms: one for those that count.
Tensor MessagePassing::energy_weights(const Block& block) const {
  const std::int64_t atoms = block.layout->owned;
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
  for (int stage = 0; stage <= last_; ++stage) {
    values = kept_->stage(stage, values);
    if (stage < last_) {
      values.rows = with_ghosts(values.rows);
    }
  }
  forces_ = values.forces;
  return values.energies;
}

Tensor MessagePassing::kept_gradients() {
  StageValues to;
  to.energies = energy_weights(topology_.blocks.front());
  for (int stage = last_; stage >= 0; --stage) {
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
  }
  return in;
}

Tensor MessagePassing::energies_by_blocks() {
  std::vector<Tensor> parts, forces;
  for (int stage = 0; stage <= last_; ++stage) {
    Tensor messages, owned_rows;
    for (const auto& block : topology_.blocks) {
      const StageValues out = evaluation_of(block, false)->stage(stage, inputs_of(block, stage));
      if (stage == last_) {
        parts.push_back(out.energies);
        if (out.forces.defined()) {
          forces.push_back(out.forces);
        }
        continue;
      }
      if (!messages.defined()) {
        messages = torch::empty({vectors_.size(0), out.h.size(1)}, out.h.options());
        owned_rows = torch::empty({topology_.owned, out.rows.size(1)}, out.rows.options());
      }
      messages.narrow(0, block.first_edge, block.edges).copy_(out.h);
      owned_rows.narrow(0, block.first_atom, out.rows.size(0)).copy_(out.rows);
    }
    if (stage < last_) {
      if (!gradients_ && stage > 0) {
        h_.back() = rows_.back() = Tensor();
      }
      h_.push_back(messages);
      rows_.push_back(with_ghosts(owned_rows));
    }
  }
  if (!forces.empty()) {
    forces_ = torch::cat(forces);
  }
  return torch::cat(parts);
}

Tensor MessagePassing::recomputed_gradients() {
  Tensor result = torch::zeros_like(vectors_);
  Tensor to_h, to_rows;
  for (int stage = last_; stage >= 0; --stage) {
    Tensor to_h_in, to_rows_in;
    if (stage > 0) {
      to_h_in = torch::empty_like(h_[stage - 1]);
      to_rows_in = torch::zeros_like(rows_[stage - 1]);
    }
    for (const auto& block : topology_.blocks) {
      const auto evaluation = evaluation_of(block, true);
      evaluation->stage(stage, inputs_of(block, stage));
      StageValues to_out;
      if (stage == last_) {
        to_out.energies = energy_weights(block);
      } else {
        to_out.h = to_h.narrow(0, block.first_edge, block.edges);
        to_out.rows = to_rows.narrow(0, block.first_atom, block.layout->owned);
      }
      const StageValues to_in = evaluation->stage_gradient(stage, to_out);
      result.narrow(0, block.first_edge, block.edges).add_(evaluation->vector_gradient());
      if (stage > 0) {
        to_h_in.narrow(0, block.first_edge, block.edges).copy_(to_in.h);
        to_rows_in.index_add_(0, block.rows, to_in.rows);
      }
    }
    if (stage > 0) {
      to_h = to_h_in;
      to_rows = from_ghosts(to_rows_in);
      h_[stage - 1] = rows_[stage - 1] = Tensor();
    }
  }
  return result;
}

}  // namespace spinconv
