// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "trainer/loss.hpp"

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

// Mean over what is labelled; the error of a missing label is replaced before it can spread its
// NaN. `labels`, where given, are those of the mean in place of the ones here.
Tensor masked_mean(const LossConfig& config, const Tensor& predicted, const Tensor& reference,
                   Tensor& error, std::int64_t& count, const std::int64_t* labels) {
  const Tensor missing = reference.isnan();
  error = torch::where(missing, torch::zeros_like(reference), predicted - reference);
  count = reference.numel() - missing.sum().item<std::int64_t>();
  const std::int64_t divisor = std::max<std::int64_t>(1, labels != nullptr ? *labels : count);
  return penalty(config, error).sum() / static_cast<double>(divisor);
}

}  // namespace

Loss compute_loss(const LossConfig& config, const BatchPrediction& prediction, const Batch& batch,
                  const LabelCounts* whole) {
  Loss loss;
  Tensor energy_error, force_error;
  const Tensor energy = masked_mean(config, prediction.energies, batch.energies, energy_error,
                                    loss.errors.energies, whole ? &whole->energies : nullptr);
  const Tensor force = masked_mean(config, prediction.forces, batch.forces, force_error,
                                   loss.errors.components, whole ? &whole->components : nullptr);
  loss.value = config.energy_weight * energy + config.force_weight * force;
  loss.errors.energy_per_atom = (energy_error.detach().abs() / batch.atoms).sum().item<double>();
  loss.errors.force = force_error.detach().abs().sum().item<double>();
  return loss;
}

}  // namespace spinconv::train
