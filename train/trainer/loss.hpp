// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include "trainer/batch.hpp"
#include "trainer/fit_config.hpp"

namespace spinconv::train {

// Sums over what is labelled in a batch, so that means over an epoch are exact.
struct BatchErrors {
  double energy = 0.0;           // sum over frames of |E - E_ref|, eV
  double energy_per_atom = 0.0;  // sum over frames of |E - E_ref| / n, eV
  double force = 0.0;            // sum over components of |f - f_ref|, eV/Angstrom
  double stress = 0.0;           // sum over components of |s - s_ref|, eV/Angstrom^3
  std::int64_t n_energies = 0;
  std::int64_t n_components = 0;
  std::int64_t n_stresses = 0;
};

struct Loss {
  // energy_weight * mean l(E - E_ref) + force_weight * mean l(f - f_ref)
  //                                   + stress_weight * mean l(s - s_ref)
  // over frames, force components (`norm`: atoms) and stress components; eV, eV/Angstrom,
  // eV/Angstrom^3
  torch::Tensor value;
  BatchErrors errors;
};

// Labels that a mean is taken over.
struct LabelCounts {
  std::int64_t n_energies = 0;    // frames
  std::int64_t n_components = 0;  // of forces
  std::int64_t n_atoms = 0;       // with all three of them
  std::int64_t n_stresses = 0;    // components of stress

  LabelCounts& operator+=(const LabelCounts& other);
};
LabelCounts count_labels(const PreparedFrame& frame);

// l(x) = |x|, x^2, or Huber's; `norm`: |x| of energies and stresses, and of forces the length of an
// atom's error, sqrt(|f - f_ref|^2 + 1e-12) in eV/Angstrom, whose gradient is 0 where the error is.
// With `energy_per_atom` errors of energies are divided by the atoms of their frame first. What a
// frame adds to a sum is multiplied by its Batch::weights; what sums are divided by stays the
// number of labels. Missing labels (NaN), and what was not predicted, carry no weight. Where
// `batch` is a part of a larger one, `whole` counts the labels of all of that: the losses of the
// parts then add up to its loss, and their gradients to its gradient.
Loss compute_loss(const LossConfig& config, const BatchPrediction& prediction, const Batch& batch,
                  const LabelCounts* whole = nullptr);

}  // namespace spinconv::train
