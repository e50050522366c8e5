// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "spinconv/model.hpp"
#include "trainer/fit_config.hpp"

namespace spinconv::fused {
struct InstructionSet;
class ParameterMap;
}  // namespace spinconv::fused

namespace spinconv::train {

// What a training computes by (training.implementation): fused kernels for energies, forces and
// gradients of weights, or the operator graph, which is their definition.
class TrainingKernels {
 public:
  // Before kernels are used, energies, forces and gradients of weights of a small structure are
  // computed both ways. Throws spinconv::Error where they differ by more than rounding, and where
  // kernels are asked for and there are none.
  TrainingKernels(const FitConfig& config, const Model& model);

  // Model::prepare(), for predict(): of kernels without the values that the operator graph uses. At
  // most one of them at a time is cheap.
  Model::Weights prepare(const Model& model, const std::vector<std::int64_t>& elements);

  const fused::InstructionSet* set() const { return set_; }  // null: the operator graph
  std::string name() const;                                  // "fused (AVX2)", "graph"

 private:
  const fused::InstructionSet* set_ = nullptr;
  std::map<std::vector<std::int64_t>, std::shared_ptr<fused::ParameterMap>> maps_;  // by elements
};

}  // namespace spinconv::train
