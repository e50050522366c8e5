// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <torch/types.h>

#include <memory>
#include <vector>

#include "spinconv/fused/kernels.hpp"
#include "spinconv/model.hpp"

namespace spinconv::fused {

// Those that were compiled and that this processor has, the best one first. Without fused
// multiply-add there is none: the graph is as fast there.
std::vector<const InstructionSet*> instruction_sets();

// Weights of a model as the kernels of one instruction set read them.
template <class T>
class Packed {
 public:
  Packed(const Model& model, const Model::Weights& weights, const Kernels<T>& kernels);

  const Kernels<T>& kernels;
  Weights<T> weights;
  int message_channels;  // not padded

 private:
  torch::Tensor keep(const torch::Tensor& values);

  std::vector<torch::Tensor> storage_;  // what the pointers point to
  std::vector<LayerWeights<T>> layers_;
};

// The same of the precision that the model has; the other one is null.
struct PackedWeights {
  const InstructionSet* set;
  std::unique_ptr<const Packed<float>> single_;
  std::unique_ptr<const Packed<double>> double_;
};

// Null where there are no kernels for the model: another architecture, another device than a CPU,
// another precision. `set` is one of instruction_sets().
std::shared_ptr<const PackedWeights> pack(const Model& model, const Model::Weights& weights,
                                          const InstructionSet& set);

}  // namespace spinconv::fused
