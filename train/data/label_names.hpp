// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "data/source.hpp"

namespace spinconv::train {

enum class Label { energy, forces, stress, virial };

// Those of `names` that look like this label, whatever their case and what is put before or after:
// REF_energy, dft_energy, TotEnergy, energy_ref, E_dft; REF_forces, dft_force, F_dft; ... Names of
// what only belongs to a label (energy_unit, force_weight, energy_per_atom, max_force) are none.
// The likeliest ones first: those of total energies before free_energy or binding_energy.
std::vector<std::string> names_like(Label label, const std::vector<std::string>& names);

// One sentence that names what the file has and is not read otherwise but looks like a label, with
// the keys to set; empty: nothing looks like one.
std::string label_suggestion(const std::vector<std::string>& not_read);

// The same for the labels alone that were not found; empty for another target than the energy.
std::string label_suggestion(const SourceRecord& record);

}  // namespace spinconv::train
