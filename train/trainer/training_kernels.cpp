// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "trainer/training_kernels.hpp"

#include "spinconv/error.hpp"
#include "spinconv/fused/choice.hpp"
#include "spinconv/fused/parameter_map.hpp"
#include "spinconv/fused/training.hpp"

namespace spinconv::train {
namespace {

// A few megabytes each. Where there are more sets of elements than that, structures are so large
// that finding a map again takes no time beside theirs.
constexpr std::size_t most_maps = 32;

// Empty where fused kernels can train the model.
std::string obstacle(const FitConfig& config, const Model& model) {
  if (fused::best_instruction_set() == nullptr) {
    return "needs an x86-64 processor with AVX2 or AVX-512, or a 64-bit ARM one";
  }
  if (!fused::supported(model)) {
    return "is for models with sphere spinconv2 and forces gradient on the CPU";
  }
  if (config.training.precision == "mixed") {
    return "is for training.precision single or double";
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
  set_ = fused::best_instruction_set();
  fused::check_training_against_graph(model, *set_, "training.implementation");
}

Model::Weights TrainingKernels::prepare(const Model& model,
                                        const std::vector<std::int64_t>& elements) {
  if (set_ == nullptr) {
    return model.prepare(elements);
  }
  auto found = maps_.find(elements);
  if (found == maps_.end()) {
    if (maps_.size() >= most_maps) {
      maps_.clear();
    }
    found = maps_.emplace(elements, std::make_shared<fused::ParameterMap>(model, elements, *set_))
                .first;
  }
  Model::Weights weights;
  weights.elements = static_cast<std::int64_t>(elements.size());
  weights.used = elements;
  weights.fused = found->second->packed();
  return weights;
}

std::string TrainingKernels::name() const {
  return fused::name_of(set_);
}

}  // namespace spinconv::train
