// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "spinconv/architecture.hpp"

namespace spinconv {

// The stages of the operator graph, and their gradients by autograd. Each stage has a graph of
// autograd of its own, whose inputs are leaves: the gradient goes from stage to stage rather than
// by one call of autograd, so that what the caller does between two stages runs in the calling
// thread (LibTorch differentiates graphs of a GPU in threads of its own).
class AutogradEvaluation : public StagedEvaluation {
 public:
  AutogradEvaluation(const Architecture& architecture, const Model& model,
                     const torch::Tensor& vectors, const Layout& layout,
                     const Model::Weights& weights, bool gradients);

  StageValues stage(int k, const StageValues& in) override;
  StageValues stage_gradient(int k, const StageValues& to_out) override;
  torch::Tensor vector_gradient() override;

 private:
  struct Record {
    StageValues in, out;
  };

  const Architecture& architecture_;
  const Model& model_;
  const Layout& layout_;
  const Model::Weights& weights_;
  const bool gradients_;
  torch::Tensor vectors_;
  Architecture::Shared shared_, leaves_;  // the same values
  std::vector<Record> records_;           // of stages whose gradient may be asked for
  std::vector<torch::Tensor> to_shared_;  // in the order of shared_; undefined: zero
};

}  // namespace spinconv
