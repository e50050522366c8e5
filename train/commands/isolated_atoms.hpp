// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "commands/fit_data.hpp"
#include "trainer/fit_config.hpp"

namespace spinconv::train {

// Energies (eV) of isolated atoms of config.model.elements, in this order: those that the
// configuration gives, or those of single-atom frames of any part, an atom that has no neighbor
// inside the cutoff. Throws spinconv::Error: an element without one, two that differ, an element
// that is given and is not among those of the model.
std::vector<double> isolated_atom_energies(const FitConfig& config, const Parts& parts);

// A line for the log.
std::string isolated_atoms_text(const FitConfig& config, const std::vector<double>& energies);

}  // namespace spinconv::train
