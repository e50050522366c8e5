// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include "trainer/batch.hpp"
#include "trainer/fit_config.hpp"

namespace spinconv::train {

// Sums over what is labelled in a batch, so that means over an epoch are exact.
struct BatchErrors {
  double energy_per_atom = 0.0;  // sum over frames of |E - E_ref| / n, eV
  double force = 0.0;            // sum over components of |f - f_ref|, eV/Angstrom
  std::int64_t energies = 0;
  std::int64_t components = 0;
};

struct Loss {
  torch::Tensor
      value;  // energy_weight * mean_frames l(E - E_ref) + force_weight * mean l(f - f_ref)
  BatchErrors errors;
};

// Labels that a mean is taken over.
struct LabelCounts {
  std::int64_t energies = 0;    // frames
  std::int64_t components = 0;  // of forces
};

// l(x) = |x|, x^2, or Huber's. Missing labels (NaN) carry no weight. Where `batch` is a part of a
// larger one, `whole` counts the labels of all of that: the losses of the parts then add up to its
// loss, and their gradients to its gradient.
Loss compute_loss(const LossConfig& config, const BatchPrediction& prediction, const Batch& batch,
                  const LabelCounts* whole = nullptr);

}  // namespace spinconv::train
