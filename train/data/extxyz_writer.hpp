// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "data/frame.hpp"
#include "spinconv/target.hpp"

namespace spinconv::train {

// A frame as extended XYZ, which extxyz.hpp reads back as it was: cell, pbc, tags, move_mask, sid,
// fid, energy, forces and stress as far as the frame has them, in eV and Angstrom, with all digits.
// `target`: what Frame::energy is; another than the energy has the key of its name, in its unit.
std::string to_extxyz(const Frame& frame, const Target& target = {});

}  // namespace spinconv::train
