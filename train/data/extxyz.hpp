// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "data/frame.hpp"
#include "data/source.hpp"

namespace spinconv::train {

// Frames of an extended XYZ file, plain or xz-compressed (path ends in .xz).
//
// Columns (Properties=name:type:count:...): `species` (symbols) or `Z`/`numbers` (atomic numbers),
// `pos`, and the labels `forces` or `force`; other columns are skipped and told in
// `record.not_read`. Without Properties: species:S:1:pos:R:3. Comment line: Lattice="a_x a_y a_z
// b_x ... c_z", pbc="T T F" (default T T T with Lattice, F F F without), and the labels
//   energy (or Energy)   total energy
//   stress               9 numbers, rows of the tensor, or 6: xx yy zz yz xz xy;
//                        stress = (1/V) dE/dstrain, positive under tension (the sign of ASE)
//   virial               9 or 6 numbers, virial = -dE/dstrain, hence stress = -virial / V
// Other names through `source.keys`. Units are eV and Angstrom, as the format prescribes, unless
// `source` gives others (stress: energy/length^3). Labels that are NaN are missing labels. Throws
// spinconv::Error that names file:line, the cause and the cure.
std::vector<Frame> read_extxyz(const DataSource& source, SourceRecord& record);

}  // namespace spinconv::train
