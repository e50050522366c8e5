// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "trainer/weight_optimizer.hpp"

#include <algorithm>

#include "spinconv/fused/packing.hpp"
#include "spinconv/module_definition.hpp"

namespace spinconv::train {

using torch::Tensor;
using torch::optim::AdamParamState;

namespace {

bool is_muon(const TrainingConfig& config) {
  return config.optimizer == "muon";
}

MuonOptions muon_options(const TrainingConfig& config) {
  MuonOptions options;
  options.momentum = config.muon_momentum;
  options.iterations = config.muon_iterations;
  options.decay = config.muon_decay;
  options.kernels = config.implementation == "graph" ? nullptr : fused::best_instruction_set();
  return options;
}

torch::optim::AdamOptions adam_options(const TrainingConfig& t) {
  return torch::optim::AdamOptions(t.learning_rate)
      .amsgrad(WeightOptimizer::uses_amsgrad(t))
      .weight_decay(t.weight_decay);
}

}  // namespace

WeightOptimizer::WeightOptimizer(const Model& model, const TrainingConfig& config)
    : amsgrad_(uses_amsgrad(config)),
      clip_(is_muon(config) ? config.muon_clip : 0.0),
      weights_(model.parameters()),
      place_in_muon_(weights_.size()) {
  const auto parameters = module_definition(model.config()).parameters;
  std::vector<Tensor> matrices, rest;
  std::vector<ModuleDefinition::Parameter> described;
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    if (is_muon(config) && Muon::takes(parameters[i], muon_options(config))) {
      place_in_muon_[i] = matrices.size();
      matrices.push_back(weights_[i]);
      described.push_back(parameters[i]);
    } else {
      rest.push_back(weights_[i]);
    }
  }
  if (is_muon(config)) {
    muon_.emplace(matrices, described, muon_options(config));
  }
  adam_.emplace(rest, adam_options(config));
}

void WeightOptimizer::zero_grad() {
  for (auto& w : weights_) {
    w.mutable_grad() = Tensor();
  }
}

std::vector<Tensor> WeightOptimizer::gradients() const {
  std::vector<Tensor> gradients;
  for (const auto& w : weights_) {
    if (w.grad().defined()) {
      gradients.push_back(w.grad());
    }
  }
  return gradients;
}

double WeightOptimizer::gradient_norm() const {
  torch::NoGradGuard no_grad;
  const auto all = gradients();
  return all.empty()
             ? 0.0
             : torch::stack(at::_foreach_norm(all)).to(torch::kFloat64).norm().item<double>();
}

void WeightOptimizer::shorten(double norm) {
  constexpr std::int64_t memory = 100;  // gradients
  if (norms_ > 0 && norm > clip_ * mean_norm_) {
    at::_foreach_mul_(gradients(), clip_ * mean_norm_ / norm);
    norm = clip_ * mean_norm_;
  }
  norms_ = std::min(norms_ + 1, memory);
  mean_norm_ += (norm - mean_norm_) / double(norms_);
}

void WeightOptimizer::step(double rate, double gradient_norm) {
  torch::NoGradGuard no_grad;
  if (clip_ > 0.0) {
    shorten(gradient_norm);
  }
  if (muon_) {
    muon_->step(rate);
  }
  for (auto& group : adam_->param_groups()) {
    group.options().set_lr(rate);
  }
  adam_->step();
}

// Null: the weight has not had a gradient.
AdamParamState* WeightOptimizer::adam_state(std::size_t i) const {
  const auto found = adam_->state().find(weights_[i].unsafeGetTensorImpl());
  return found == adam_->state().end() ? nullptr
                                       : static_cast<AdamParamState*>(found->second.get());
}

void WeightOptimizer::store(Checkpoint& c) const {
  if (clip_ > 0.0) {
    c.state["gradients"] = {{"mean_norm", mean_norm_}, {"norms", norms_}};
  }
  const Tensor none = torch::empty({0});
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    const AdamParamState* const state = place_in_muon_[i] ? nullptr : adam_state(i);
    c.optimizer_steps = std::max<std::int64_t>(c.optimizer_steps, state ? state->step() : 0);
    c.first_moment.push_back(place_in_muon_[i] ? muon_->momentum(*place_in_muon_[i])
                             : state           ? state->exp_avg()
                                               : none);
    c.second_moment.push_back(state ? state->exp_avg_sq() : none);
    if (amsgrad_) {
      c.largest_second_moment.push_back(state ? state->max_exp_avg_sq() : none);
    }
  }
}

void WeightOptimizer::restore(const Checkpoint& c) {
  if (clip_ > 0.0) {
    c.state.at("gradients").at("mean_norm").get_to(mean_norm_);
    c.state.at("gradients").at("norms").get_to(norms_);
  }
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    // a checkpoint is read into the memory of the host
    const torch::Device device = weights_[i].device();
    if (place_in_muon_[i]) {
      muon_->momentum(*place_in_muon_[i]).copy_(c.first_moment[i]);
      continue;
    }
    if (c.first_moment[i].numel() == 0) {
      continue;
    }
    auto state = std::make_unique<AdamParamState>();
    state->step(c.optimizer_steps);
    state->exp_avg(c.first_moment[i].to(device));
    state->exp_avg_sq(c.second_moment[i].to(device));
    if (amsgrad_) {
      state->max_exp_avg_sq(c.largest_second_moment[i].to(device));
    }
    adam_->state()[weights_[i].unsafeGetTensorImpl()] = std::move(state);
  }
}

bool WeightOptimizer::uses_amsgrad(const TrainingConfig& config) {
  return config.amsgrad && !is_muon(config);
}

int WeightOptimizer::moments(const TrainingConfig& config) {
  return is_muon(config) ? 1 : uses_amsgrad(config) ? 3 : 2;
}

}  // namespace spinconv::train
