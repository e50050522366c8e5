// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <vector>

#include "data/frame_stream.hpp"

namespace spinconv::train {

// Molecules with properties, as QM9 has them (Ramakrishnan et al., Sci. Data 1, 140022 (2014)).
// What `source.target` names, or `source.keys.energy`, goes into Frame::energy, in the unit of the
// target; nothing else is read. Energies are in Hartree and lengths in Angstrom, as in QM9, unless
// `source` gives others. A NaN is a missing label.

// An .npz file for N molecules of different sizes, their atoms end to end:
//   n_atoms (N), z (atoms), R (atoms,3), and for each property an array (N)
//   r_unit   0-d string, unit of R, if there
// Throws spinconv::Error that names the file, the array and the cure.
bool is_qm9_npz(const std::string& path);
std::vector<Frame> read_qm9_npz(const DataSource& source, SourceRecord& record);

// The original text files (dsgdb9nsd_*.xyz, one or many of them in one file, plain or .xz): number
// of atoms; "gdb", index and 15 properties; a line of element, position and charge for each atom;
// lines of frequencies, SMILES and InChI. Powers of ten may be written *^. Throws spinconv::Error
// that names file:line, the cause and the cure.
bool is_qm9_xyz(const std::string& path);
std::unique_ptr<FrameStream> open_qm9_xyz(const DataSource& source, SourceRecord& record);

}  // namespace spinconv::train
