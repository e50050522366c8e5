// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "trainer/training_kernels.hpp"

#include "spinconv/error.hpp"
#include "spinconv/fused/implementation.hpp"
#include "spinconv/fused/training.hpp"

namespace spinconv::train {
namespace {

// Empty where fused kernels can train the model.
std::string obstacle(const FitConfig& config, const Model& model) {
  if (fused::instruction_sets().empty()) {
    return "needs an x86-64 processor with AVX2 or AVX-512, or a 64-bit ARM one";
  }
  if (!fused::supported(model)) {
    return "is for models with sphere spinconv2 and forces gradient on the CPU";
  }
  if (config.training.precision == "mixed") {
    return "is for training.precision single or double";
  }
  if (!config.data.train.target.is_energy()) {
    return "is for energies; data.target is " + config.data.train.target.name;
  }
  return "";
}

}  // namespace

TrainingKernels::TrainingKernels(const FitConfig& config, const Model& model) {
  const std::string& asked = config.training.implementation;
  if (asked == "graph") {
    return;
  }
  const std::string why = obstacle(config, model);
  if (!why.empty()) {
    if (asked == "fused") {
      throw Error("training.implementation: fused " + why + "; use auto or graph");
    }
    return;
  }
  set_ = fused::instruction_sets().front();
  fused::check_training_against_graph(model, *set_, "training.implementation");
}

Model::Weights TrainingKernels::prepare(const Model& model,
                                        const std::vector<std::int64_t>& elements) const {
  return fused::prepare(model, elements, set_);
}

std::string TrainingKernels::name() const {
  return fused::name_of(set_);
}

}  // namespace spinconv::train
