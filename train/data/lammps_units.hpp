// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "data/units.hpp"

namespace spinconv::train {

// The unit styles that LAMMPS's command `units` takes: real, metal, lj, ...
const std::vector<std::string>& lammps_unit_styles();

// What lengths (x, box), energies (PotEng) and forces (fx) of a style are multiplied with to be in
// Angstrom, eV and eV/Angstrom. An eV of LAMMPS is 23.060549 kcal/mol, also in the pair styles that
// compute in eV and run in units real, so that their energies come back as they were. Throws
// spinconv::Error: no such style; lj, whose units are those of the potential.
UnitScale lammps_unit_scale(const std::string& style);

}  // namespace spinconv::train
