// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "spinconv/potential.hpp"
#include "trainer/checkpoint.hpp"

namespace spinconv::train {

// The potential of a checkpoint's best weights, or, where no epoch has been completed, of its
// averaged ones: the model of state "model" with the metadata of state "potential", to which
// training.epochs, best_epoch, seconds, finished (where it is not) and the errors of the best epoch
// are added. `path` names the checkpoint in messages. Throws spinconv::Error: a checkpoint of a
// version that kept neither, or one that is damaged.
Potential potential_of(const Checkpoint& checkpoint, const std::string& path);

// "single" or "double", of the numbers in the file: state "potential".
std::string precision_of(const Checkpoint& checkpoint);

}  // namespace spinconv::train
