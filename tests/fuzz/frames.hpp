// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "data/frame.hpp"

namespace spinconv::fuzz {

// What everything that uses a frame relies on: arrays of the number of atoms, elements that exist.
// Throws std::logic_error.
void check_frame(const train::Frame& frame);
// And at least one frame, finite positions, whose summary can be told.
void check_frames(const std::vector<train::Frame>& frames);

}  // namespace spinconv::fuzz
