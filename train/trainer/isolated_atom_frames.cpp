// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "trainer/isolated_atom_frames.hpp"

#include <numeric>

#include "spinconv/elements.hpp"
#include "trainer/frame_set.hpp"
#include "trainer/initial_weights.hpp"
#include "trainer/predictor.hpp"

namespace spinconv::train {

using torch::Tensor;

IsolatedAtomFrames::IsolatedAtomFrames(const ModelConfig& model) {
  for (const auto& element : model.elements) {
    Frame frame;
    frame.atomic_numbers = {atomic_number(element)};
    frame.positions = {0.0, 0.0, 0.0};
    frame.source = "one atom of " + element;
    atoms_.push_back(prepare_frame(frame, model));
  }
}

BatchPrediction IsolatedAtomFrames::predict_relative(const Model& model,
                                                     const Model::Weights& weights,
                                                     std::span<const PreparedFrame* const> frames,
                                                     bool differentiable, bool with_virials,
                                                     bool with_forces) const {
  std::vector<const PreparedFrame*> all(frames.begin(), frames.end());
  const auto elements = elements_of(frames);
  for (const std::int64_t e : elements) {
    all.push_back(&atoms_[static_cast<std::size_t>(e)]);
  }
  const Batch batch = make_batch(all, model, weights);
  BatchPrediction result =
      predict(model, weights, batch, differentiable, with_virials, with_forces);
  const auto n_frames = static_cast<std::int64_t>(frames.size());
  const auto n_isolated = static_cast<std::int64_t>(elements.size());
  std::vector<double> atoms_of, references;  // [frames, elements] and [elements]
  std::int64_t n_atoms = 0;
  for (const PreparedFrame* frame : frames) {
    n_atoms += frame->atoms();
    for (const std::int64_t e : elements) {
      atoms_of.push_back(static_cast<double>((frame->types == e).sum().item<std::int64_t>()));
    }
  }
  for (const std::int64_t e : elements) {
    references.push_back(model.config().reference_energies[static_cast<std::size_t>(e)]);
  }
  const auto device = result.energies.device();
  const Tensor counts =
      torch::tensor(atoms_of, torch::kFloat64).view({n_frames, n_isolated}).to(device);
  const Tensor network = result.energies.narrow(0, n_frames, n_isolated) -
                         torch::tensor(references, torch::kFloat64).to(device);
  result.energies = result.energies.narrow(0, 0, n_frames) - counts.matmul(network);
  if (result.forces.defined()) {
    result.forces = result.forces.narrow(0, 0, n_atoms);
  }
  if (result.virials.defined()) {
    result.virials = result.virials.narrow(0, 0, n_frames);
  }
  return result;
}

std::vector<double> IsolatedAtomFrames::energies(const Model& model,
                                                 const fused::InstructionSet* kernels) const {
  std::vector<const PreparedFrame*> frames;
  for (const auto& atom : atoms_) {
    frames.push_back(&atom);
  }
  std::vector<std::size_t> all(frames.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  Predictor predictor(model, kernels);
  return predicted_energies(predictor, HeldFrames(frames), all);
}

void make_isolated_atoms_exact(Model& model, const fused::InstructionSet* kernels) {
  auto references = model.config().reference_energies;
  const auto alone = IsolatedAtomFrames(model.config()).energies(model, kernels);
  for (std::size_t e = 0; e < references.size(); ++e) {
    references[e] -= alone[e] - references[e];
  }
  model.set_reference_energies(references);
}

}  // namespace spinconv::train
