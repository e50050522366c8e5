// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/autograd_evaluation.hpp"

#include <torch/csrc/autograd/autograd.h>

namespace spinconv {
namespace {

using torch::Tensor;
using torch::autograd::variable_list;
using Shared = Architecture::Shared;

Tensor leaf(const Tensor& value) {
  return value.detach().requires_grad_(true);
}

// Gradients of sum(outputs * weights); undefined where an input has no part in them.
variable_list gradients_of(const variable_list& outputs, const variable_list& weights,
                           const variable_list& inputs) {
  variable_list used, used_weights;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].defined() && outputs[i].requires_grad() && weights[i].defined()) {
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
Shared leaves_of(const Shared& shared) {
  Shared leaves;
  for (const auto& entry : shared) {
    leaves.insert(entry.key(), leaf(entry.value()));
  }
  return leaves;
}

variable_list values(const Shared& shared) {
  variable_list list;
  for (const auto& entry : shared) {
    list.push_back(entry.value());
  }
  return list;
}

Tensor detached(const Tensor& value) {
  return value.defined() ? value.detach() : value;
}

}  // namespace

AutogradEvaluation::AutogradEvaluation(const Architecture& architecture, const Model& model,
                                       const Tensor& vectors, const Layout& layout,
                                       const Model::Weights& weights, bool gradients)
    : architecture_(architecture),
      model_(model),
      layout_(layout),
      weights_(weights),
      gradients_(gradients),
      vectors_(gradients ? leaf(vectors) : vectors) {
  torch::AutoGradMode recording(gradients_);
  shared_ = architecture_.shared(model_, vectors_, layout_, weights_);
  leaves_ = gradients_ ? leaves_of(shared_) : shared_;
  to_shared_.resize(shared_.size());
}

StageValues AutogradEvaluation::stage(int k, const StageValues& in) {
  torch::AutoGradMode recording(gradients_);
  if (!gradients_) {
    return architecture_.stage(model_, k, in, leaves_, layout_, weights_);
  }
  Record r;
  if (k > 0) {
    r.in.h = leaf(in.h);
    r.in.rows = leaf(in.rows);
    r.in.atoms = in.atoms.defined() ? leaf(in.atoms) : Tensor();
  }
  r.out = architecture_.stage(model_, k, r.in, leaves_, layout_, weights_);
  const StageValues out{detached(r.out.h), detached(r.out.atoms), detached(r.out.rows),
                        detached(r.out.energies), detached(r.out.forces)};
  records_.resize(static_cast<std::size_t>(k) + 1);
  records_.back() = std::move(r);
  return out;
}

StageValues AutogradEvaluation::stage_gradient(int k, const StageValues& to_out) {
  const Record r = std::move(records_.at(static_cast<std::size_t>(k)));
  records_.resize(static_cast<std::size_t>(k));
  variable_list inputs = values(leaves_);
  if (k > 0) {
    inputs.push_back(r.in.h);
    inputs.push_back(r.in.rows);
  }
  if (r.in.atoms.defined()) {
    inputs.push_back(r.in.atoms);
  }
  const variable_list found =
      gradients_of({r.out.h, r.out.atoms, r.out.rows, r.out.energies},
                   {to_out.h, to_out.atoms, to_out.rows, to_out.energies}, inputs);
  for (std::size_t i = 0; i < to_shared_.size(); ++i) {
    if (found[i].defined()) {
      to_shared_[i] = to_shared_[i].defined() ? to_shared_[i] + found[i] : found[i];
    }
  }
  StageValues to_in;
  if (k > 0) {
    to_in.h = or_zero(found[to_shared_.size()], r.in.h);
    to_in.rows = or_zero(found[to_shared_.size() + 1], r.in.rows);
  }
  if (r.in.atoms.defined()) {
    to_in.atoms = or_zero(found.back(), r.in.atoms);
  }
  return to_in;
}

Tensor AutogradEvaluation::vector_gradient() {
  return or_zero(gradients_of(values(shared_), to_shared_, {vectors_}).front(), vectors_);
}

}  // namespace spinconv
