// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "data/frame.hpp"
#include "data/source.hpp"

namespace spinconv::train {

// First and last frame of the relaxation of a system (IS2RE, IS2RS). Positions of the last may be
// wrapped by lattice vectors.
struct Relaxation {
  std::string system;
  Frame initial, relaxed;
};

// Of every system in a file or folder, in the order of their first frames; frames in between are
// not kept. Throws spinconv::Error as open_frames(), and where a frame names no system.
std::vector<Relaxation> read_relaxations(const DataSource& source, SourceRecord& record);

}  // namespace spinconv::train
