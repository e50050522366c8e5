// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <vector>

#include "data/frame_stream.hpp"

namespace spinconv::train {

// Frames of an extended XYZ file one after the other or all at once, plain or xz-compressed (path
// ends in .xz).
//
// Columns (Properties=name:type:count:...): `species` (symbols) or `Z`/`numbers` (atomic numbers),
// `pos`, and the labels `forces` or `force`; other columns are skipped and told in
// `record.not_read`. Without Properties: species:S:1:pos:R:3. Comment line: Lattice="a_x a_y a_z
// b_x ... c_z", pbc="T T F" (default T T T with Lattice, F F F without), and the labels
//   energy (or Energy)   total energy
//   stress               9 numbers, rows of the tensor, or 6: xx yy zz yz xz xy;
//                        stress = (1/V) dE/dstrain, positive under tension (the sign of ASE)
//   virial               9 or 6 numbers, virial = -dE/dstrain, hence stress = -virial / V
// Other names through `source.keys`. Another target than the energy is read from the key of its
// name, and no forces, stress or virial; of a property of QM9 that is an energy `source` has to say
// the unit. Units are eV and Angstrom, as the format prescribes, unless
// `source` gives others (stress: energy/length^3). Labels that are NaN are missing labels. Throws
// spinconv::Error that names file:line, the cause and the cure.
//
// Catalyst data: columns `tags` (integers) and `move_mask` (T: free, F: fixed; one column or one
// for each direction), comment keys `sid` or `system_id`, `fid` or `frame_number`.
//
// Of what the data are: comment keys `temperature` or `Temperature` (K; a value that is no
// temperature is passed by) and `config_type`.
std::unique_ptr<FrameStream> open_extxyz(const DataSource& source, SourceRecord& record);
std::vector<Frame> read_extxyz(const DataSource& source, SourceRecord& record);

}  // namespace spinconv::train
