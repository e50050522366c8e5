// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <vector>

#include "trainer/batch.hpp"

namespace spinconv::fused {
struct InstructionSet;
}

namespace spinconv::train {

// One atom of each element of a model, without neighbors. A network says something of such an atom
// beside its reference energy; a training whose reference energies are those of isolated atoms
// takes that off, in each prediction, so that it learns energies relative to free atoms.
class IsolatedAtomFrames {
 public:
  IsolatedAtomFrames() = default;  // none
  explicit IsolatedAtomFrames(const ModelConfig& model);

  bool empty() const { return atoms_.empty(); }

  // predict() of `frames`, with energies (eV) that are exactly the reference energies of the model
  // for atoms alone: E - sum over atoms of (what the network says of their element alone). It costs
  // an atom without edges for each element of the frames. `weights` as for make_batch().
  BatchPrediction predict_relative(const Model& model, const Model::Weights& weights,
                                   std::span<const PreparedFrame* const> frames,
                                   bool differentiable, bool with_virials, bool with_forces) const;

  // What the model says of each element alone, reference energy included, [elements] eV. `kernels`
  // as for Predictor.
  std::vector<double> energies(const Model& model, const fused::InstructionSet* kernels) const;

 private:
  std::vector<PreparedFrame> atoms_;  // by element
};

// Changes the reference energies of a model that was trained on predict_relative(), so that its own
// energies are those: an atom alone then has the reference energy that the model had, to rounding.
void make_isolated_atoms_exact(Model& model, const fused::InstructionSet* kernels);

}  // namespace spinconv::train
