// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <torch/optim/adam.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "spinconv/model.hpp"
#include "trainer/checkpoint.hpp"
#include "trainer/fit_config.hpp"
#include "trainer/fused_adam.hpp"
#include "trainer/muon.hpp"

namespace spinconv::train {

// The optimizer of a training, `training.optimizer`: Adam for all weights, or Muon for those that
// are matrices and Adam for the rest.
class WeightOptimizer {
 public:
  WeightOptimizer(const Model& model, const TrainingConfig& config);

  void zero_grad();
  // Of the gradients of all weights together; not finite where one of them is no number.
  double gradient_norm() const;
  // A step of all weights that have a gradient, whose norm is given. With Muon, one that is more
  // than muon_clip times as long as they were of late is shortened to that: a single frame on which
  // the model fails would turn the momentum, which remembers lengths, for a hundred steps.
  void step(double rate, double gradient_norm);

  // Moments of all weights, in the order of Model::parameters(), and the lengths of gradients.
  // first_moment holds the momentum of a matrix of Muon, which has no others: empty tensors.
  void store(Checkpoint& checkpoint) const;
  // Moments of a checkpoint of the same model and configuration, which are for every weight.
  void restore(const Checkpoint& checkpoint);
  // Whether a checkpoint has Checkpoint::largest_second_moment.
  static bool uses_amsgrad(const TrainingConfig& config);
  // Lists of tensors of the size of the weights that it holds.
  static int moments(const TrainingConfig& config);

 private:
  std::vector<torch::Tensor> gradients() const;
  torch::optim::AdamParamState* adam_state(std::size_t i) const;
  void shorten(double gradient_norm);

  bool amsgrad_;
  double clip_;             // muon_clip; 0: nothing is shortened
  double mean_norm_ = 0.0;  // of the last hundred gradients or so
  std::int64_t norms_ = 0;  // that it is a mean of
  std::vector<torch::Tensor> weights_;
  std::vector<std::optional<std::size_t>> place_in_muon_;  // of each weight
  std::optional<Muon> muon_;
  mutable std::optional<FusedAdam> adam_;
};

}  // namespace spinconv::train
