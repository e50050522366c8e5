// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <limits>

namespace spinconv::train {

// One line of the learning curve. NaN: not measured.
struct EpochRecord {
  static constexpr double none = std::numeric_limits<double>::quiet_NaN();

  int epoch = 0;                // from 1
  double seconds = none;        // wall time since the start of the training
  double learning_rate = none;  // of the epoch's last step
  double train_loss = none;     // mean over the epoch's batches
  // eV per atom, as the weights were while training; of another target its own error and unit
  double train_energy_mae = none;
  double train_force_mae = none;                 // eV/Angstrom per component
  double validation_loss = none;                 // with the weights that would be saved
  double validation_energy_mae_per_atom = none;  // eV per atom, or the same
  double validation_force_mae = none;            // eV/Angstrom per component
  double train_stress_mae = none;                // eV/Angstrom^3 per component, where trained on
  double validation_stress_mae = none;           // the same
};

}  // namespace spinconv::train
