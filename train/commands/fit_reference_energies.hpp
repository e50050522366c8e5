// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "commands/fit_data.hpp"
#include "distributed/ranks.hpp"
#include "spinconv/model.hpp"

namespace spinconv::train {

// Adds `changes` (eV/atom) to the reference energies of the model's elements. Returns a line that
// says so, for the log.
std::string correct_reference_energies(Model& model, const std::vector<double>& changes);

// Gives the model the reference energies that leave the smallest absolute errors of the energies of
// up to 1000 training frames, and says so on std::cout. The weights, an average over the last
// steps, are behind in what all frames have in common. Each rank evaluates a share; the same on
// every rank. Without energies nothing is changed. `kernels` as for Predictor.
void fit_reference_energies_again(Model& model, const fused::InstructionSet* kernels,
                                  const Part& training, Ranks& ranks);

}  // namespace spinconv::train
