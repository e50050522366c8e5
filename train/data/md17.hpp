// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "data/frame.hpp"
#include "data/source.hpp"

namespace spinconv::train {

// Frames of an .npz file with the arrays of MD17/sGDML or of rMD17, for N frames of n atoms:
//   z | nuclear_charges   (n) or (N,n)      atomic numbers
//   R | coords            (N,n,3)           positions
//   E | energies          (N) or (N,1)      total energies; may be missing
//   F | forces            (N,n,3)           forces -dE/dx; may be missing
//   lattice               (3,3)             lattice vectors as columns (sGDML); may be missing
//   e_unit, r_unit        0-d strings       units; force unit = e_unit / r_unit
//   type                  0-d string        'd' (a data set), if there
// Units come from the file or from `source`, and are never guessed: an Error names the
// configuration key when neither has them, or when they disagree. Of another target than the energy
// an array (N) or (N,1) is read, and no forces. A NaN energy, or forces of a
// frame that are all NaN, is a missing label. `source.keys.energy` and `.forces` choose other
// arrays (such as old_energies). Throws spinconv::Error that names the file, the array and the
// cure.
std::vector<Frame> read_md17(const DataSource& source, SourceRecord& record);

}  // namespace spinconv::train
