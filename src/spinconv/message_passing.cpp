// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/message_passing.hpp"

#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <chrono>

namespace spinconv {
namespace {

using torch::Tensor;
using torch::autograd::variable_list;
using Clock = std::chrono::steady_clock;

Tensor leaf(const Tensor& value) {
  return value.detach().requires_grad_(true);
}

// Gradients of sum(outputs * weights); undefined where an input has no part in them.
variable_list gradients_of(const variable_list& outputs, const variable_list& weights,
                           const variable_list& inputs) {
  variable_list used, used_weights;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].requires_grad() && weights[i].defined()) {
      used.push_back(outputs[i]);
      used_weights.push_back(weights[i]);
    }
  }
  if (used.empty()) {
    return variable_list(inputs.size());
  }
  return torch::autograd::grad(used, inputs, used_weights, std::nullopt, false, true);
}

Tensor or_zero(const Tensor& gradient, const Tensor& input) {
  return gradient.defined() ? gradient : torch::zeros_like(input);
}

// A plain Dict would share its tensors with the original.
Model::Basis basis_leaves(const Model::Basis& basis) {
  Model::Basis leaves;
  for (const auto& entry : basis) {
    leaves.insert(entry.key(), leaf(entry.value()));
  }
  return leaves;
}

variable_list values(const Model::Basis& basis) {
  variable_list list;
  for (const auto& entry : basis) {
    list.push_back(entry.value());
  }
  return list;
}

}  // namespace

MessagePassing::MessagePassing(const Model& model, const Model::Weights& weights,
                               const Topology& topology, const Tensor& vectors,
                               std::int64_t energies, bool gradients, HaloExchange* exchange)
    : model_(model),
      weights_(weights),
      last_(model.config().layers),
      gradients_(gradients),
      topology_(topology),
      energy_count_(energies),
      exchange_(exchange),
      vectors_(vectors.index_select(0, topology.order)),
      keep_(topology.whole) {}

Model::Basis MessagePassing::basis_of(const Block& block, const Tensor& vectors) const {
  return model_.edge_basis(vectors, block.layout, weights_);
}

Tensor MessagePassing::vectors_of(const Block& block) const {
  return vectors_.narrow(0, block.first_edge, block.edges);
}

MessagePassing::Record MessagePassing::run_stage(int stage, const Block& block,
                                                 const Model::Basis& basis, Tensor h,
                                                 Tensor rows) const {
  Record r;
  r.h_in = h;
  r.rows_in = rows;
  r.h = stage == 0 ? model_.initial_messages(basis, block.layout, weights_)
                   : model_.update(stage - 1, h, rows, block.source, basis, block.layout, weights_);
  if (stage < last_) {
    r.rows = model_.coefficients(r.h, basis, block.layout);
  } else {
    r.energies = model_.readout(r.h, basis, block.layout, weights_);
    if (model_.config().has_direct_forces()) {
      r.forces = model_.direct_forces(r.h, basis, block.layout, weights_);
    }
  }
  return r;
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
  const std::int64_t atoms = block.layout.owned;
  const std::int64_t counted = std::clamp<std::int64_t>(energy_count_ - block.first_atom, 0, atoms);
  Tensor weights = torch::zeros({atoms}, torch::dtype(torch::kFloat64).device(vectors_.device()));
  weights.narrow(0, 0, counted).fill_(1.0);
  return weights;
}

Tensor MessagePassing::energies() {
  if (keep_) {
    torch::AutoGradMode recording(gradients_);
    const Block& block = topology_.blocks.front();
    if (gradients_) {
      vectors_ = leaf(vectors_);
    }
    basis_ = basis_of(block, vectors_);
    basis_leaves_ = gradients_ ? basis_leaves(basis_) : basis_;
    Tensor h, rows, result;
    for (int stage = 0; stage <= last_; ++stage) {
      Record r = run_stage(stage, block, basis_leaves_, h, rows);
      result = r.energies;
      forces_ = r.forces;
      if (stage < last_) {
        rows = with_ghosts(r.rows.detach()).requires_grad_(gradients_);
        h = r.h.detach().requires_grad_(gradients_);
      }
      if (gradients_) {
        records_.push_back(std::move(r));
      }
    }
    return result.detach();
  }

  torch::NoGradGuard no_graph;
  std::vector<Tensor> parts, forces;
  for (int stage = 0; stage <= last_; ++stage) {
    Tensor messages, owned_rows;
    for (const auto& block : topology_.blocks) {
      Tensor h, rows;
      if (stage > 0) {
        h = h_.back().narrow(0, block.first_edge, block.edges);
        rows = rows_.back().index_select(0, block.rows);
      }
      Record r = run_stage(stage, block, basis_of(block, vectors_of(block)), h, rows);
      if (stage == last_) {
        parts.push_back(r.energies);
        if (r.forces.defined()) {
          forces.push_back(r.forces);
        }
        continue;
      }
      if (!messages.defined()) {
        messages = torch::empty({vectors_.size(0), r.h.size(1)}, r.h.options());
        owned_rows = torch::empty({topology_.owned, r.rows.size(1)}, r.rows.options());
      }
      messages.narrow(0, block.first_edge, block.edges).copy_(r.h);
      owned_rows.narrow(0, block.first_atom, r.rows.size(0)).copy_(r.rows);
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

Tensor MessagePassing::edge_gradients() {
  const Tensor sorted = keep_ ? kept_gradients() : recomputed_gradients();
  return torch::empty_like(sorted).index_copy_(0, topology_.order, sorted);
}

Tensor MessagePassing::kept_gradients() {
  const Block& block = topology_.blocks.front();
  const variable_list leaves = values(basis_leaves_);
  variable_list to_basis(leaves.size());
  Tensor to_h, to_rows;
  for (int stage = last_; stage >= 0; --stage) {
    Record r = std::move(records_.back());
    records_.pop_back();
    variable_list outputs, weights;
    if (stage == last_) {
      outputs = {r.energies};
      weights = {energy_weights(block)};
    } else {
      outputs = {r.h, r.rows};
      weights = {to_h, to_rows};
    }
    variable_list inputs = leaves;
    if (stage > 0) {
      inputs.push_back(r.h_in);
      inputs.push_back(r.rows_in);
    }
    const variable_list found = gradients_of(outputs, weights, inputs);
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      if (found[i].defined()) {
        to_basis[i] = to_basis[i].defined() ? to_basis[i] + found[i] : found[i];
      }
    }
    if (stage > 0) {
      to_h = or_zero(found[leaves.size()], r.h_in);
      to_rows = from_ghosts(or_zero(found[leaves.size() + 1], r.rows_in));
    }
  }
  return or_zero(gradients_of(values(basis_), to_basis, {vectors_}).front(), vectors_);
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
      torch::AutoGradMode recording(true);
      variable_list inputs = {leaf(vectors_of(block))};
      Tensor h, rows;
      if (stage > 0) {
        h = leaf(h_[stage - 1].narrow(0, block.first_edge, block.edges));
        rows = leaf(rows_[stage - 1].index_select(0, block.rows));
        inputs.push_back(h);
        inputs.push_back(rows);
      }
      Record r = run_stage(stage, block, basis_of(block, inputs.front()), h, rows);
      variable_list outputs, weights;
      if (stage == last_) {
        outputs = {r.energies};
        weights = {energy_weights(block)};
      } else {
        outputs = {r.h, r.rows};
        weights = {to_h.narrow(0, block.first_edge, block.edges),
                   to_rows.narrow(0, block.first_atom, r.rows.size(0))};
      }
      const variable_list found = gradients_of(outputs, weights, inputs);
      torch::NoGradGuard no_graph;
      result.narrow(0, block.first_edge, block.edges).add_(or_zero(found[0], inputs[0]));
      if (stage > 0) {
        to_h_in.narrow(0, block.first_edge, block.edges).copy_(or_zero(found[1], h));
        to_rows_in.index_add_(0, block.rows, or_zero(found[2], rows));
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
