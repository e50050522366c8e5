// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "data/text.hpp"

namespace spinconv::train {

// The units that a file is read in, by name.
struct ReadUnits {
  std::string energy, length;
};

// What the comment line of an extended XYZ frame says under names that are not those of the format,
// and that would make numbers wrong if it were passed by, with the cure; empty: nothing.
//
//   cell, box, unit_cell      with the numbers of a cell, beside no Lattice
//   energy_unit, units, ...   a unit that is not the one the file is read in
//   Timestep, Potential_energy   of LAMMPS's dump extxyz, whose units are those of the run, which
//   it
//                             does not say: where `units_matter` (labels are read, and the unit of
//                             energy was not given)
std::string comment_fault(const std::vector<CommentEntry>& entries, const ReadUnits& units,
                          bool units_matter);

}  // namespace spinconv::train
