// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "trainer/loss.hpp"

#include <cmath>

namespace spinconv::train {
namespace {

using torch::Tensor;

Tensor penalty(const LossConfig& config, const Tensor& error) {
  if (config.type == "l2") {
    return error * error;
  }
  const Tensor absolute = error.abs();
  if (config.type == "huber") {
    const double d = config.huber_delta;
    return torch::where(absolute < d, 0.5 * error * error, d * (absolute - 0.5 * d));
  }
  return absolute;
}

double divisor(std::int64_t count, const std::int64_t* whole) {
  return static_cast<double>(std::max<std::int64_t>(1, whole != nullptr ? *whole : count));
}

// Each error times the weight of its frame; without weights as it is.
Tensor weighted(const Tensor& errors, const Tensor& weights) {
  if (!weights.defined()) {
    return errors;
  }
  return errors * (errors.dim() == 1 ? weights : weights.unsqueeze(1));
}

// Mean over what is labelled; the error of a missing label is replaced before it can spread its
// NaN. `weights`, of the rows, or undefined. `whole`, where given, is the number of labels of the
// mean in place of the one here. `parts`, where defined, divides errors before the penalty.
Tensor masked_mean(const LossConfig& config, const Tensor& predicted, const Tensor& reference,
                   const Tensor& weights, Tensor& error, std::int64_t& count,
                   const std::int64_t* whole, const Tensor& parts = {}) {
  const Tensor missing = reference.isnan();
  error = torch::where(missing, torch::zeros_like(reference), predicted - reference);
  count = reference.numel() - missing.sum().item<std::int64_t>();
  const Tensor counted = parts.defined() ? error / parts : error;
  return weighted(penalty(config, counted), weights).sum() / divisor(count, whole);
}

// Mean over labelled atoms of the length of their error. The length itself has no gradient at 0,
// where a new model on symmetric structures may well be.
Tensor mean_length(const Tensor& predicted, const Tensor& reference, const Tensor& weights,
                   const std::int64_t* whole) {
  constexpr double tiny = 1e-12;  // eV^2/Angstrom^2, of forces of 1e-6 eV/Angstrom
  const Tensor missing = reference.isnan().any(1);
  const Tensor error =
      torch::where(missing.unsqueeze(1), torch::zeros_like(reference), predicted - reference);
  const Tensor length = ((error * error).sum(1) + tiny).sqrt();
  const auto count = reference.size(0) - missing.sum().item<std::int64_t>();
  return weighted(torch::where(missing, torch::zeros_like(length), length), weights).sum() /
         divisor(count, whole);
}

std::int64_t labelled(const Tensor& labels) {
  return labels.numel() - labels.isnan().sum().item<std::int64_t>();
}

}  // namespace

LabelCounts& LabelCounts::operator+=(const LabelCounts& other) {
  n_energies += other.n_energies;
  n_components += other.n_components;
  n_atoms += other.n_atoms;
  n_stresses += other.n_stresses;
  return *this;
}

LabelCounts count_labels(const PreparedFrame& frame) {
  LabelCounts counts;
  counts.n_energies = std::isnan(frame.energy) ? 0 : 1;
  counts.n_components = labelled(frame.forces);
  counts.n_atoms = frame.atoms() - frame.forces.isnan().any(1).sum().item<std::int64_t>();
  counts.n_stresses = labelled(frame.stress);
  return counts;
}

Loss compute_loss(const LossConfig& config, const BatchPrediction& prediction, const Batch& batch,
                  const LabelCounts* whole) {
  Loss loss;
  auto& errors = loss.errors;
  Tensor error;
  const Tensor& of_frames = batch.weights;
  const Tensor of_atoms =
      of_frames.defined() ? of_frames.index_select(0, batch.frame_of) : Tensor();
  loss.value = config.energy_weight * masked_mean(config, prediction.energies, batch.energies,
                                                  of_frames, error, errors.n_energies,
                                                  whole ? &whole->n_energies : nullptr,
                                                  config.energy_per_atom ? batch.atoms : Tensor());
  errors.energy = error.detach().abs().sum().item<double>();
  errors.energy_per_atom = (error.detach().abs() / batch.atoms).sum().item<double>();
  if (prediction.forces.defined()) {
    Tensor force = masked_mean(config, prediction.forces, batch.forces, of_atoms, error,
                               errors.n_components, whole ? &whole->n_components : nullptr);
    errors.force = error.detach().abs().sum().item<double>();
    if (config.type == "norm") {
      force =
          mean_length(prediction.forces, batch.forces, of_atoms, whole ? &whole->n_atoms : nullptr);
    }
    loss.value = loss.value + config.force_weight * force;
  }
  if (prediction.virials.defined()) {
    const Tensor stresses = stresses_of(prediction.virials, batch.volumes);
    loss.value =
        loss.value + config.stress_weight * masked_mean(config, stresses, batch.stresses, of_frames,
                                                        error, errors.n_stresses,
                                                        whole ? &whole->n_stresses : nullptr);
    errors.stress = error.detach().abs().sum().item<double>();
  }
  return loss;
}

}  // namespace spinconv::train
