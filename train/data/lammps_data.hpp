// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "data/frame.hpp"
#include "data/general_cell.hpp"

namespace spinconv::train {

// A structure in LAMMPS's box, and the way back.
struct LammpsStructure {
  Frame frame;                        // as in the file it came from
  RotatedCell box;                    // box.cell: of LAMMPS, its origin at `origin`
  Vector3 origin{};                   // in LAMMPS's box; zero along periodic directions
  std::vector<std::string> elements;  // of the atom types 1, 2, ...

  std::string data_file() const;  // for read_data, atom_style atomic
  // For `include` after read_data: the variable `elements`, whose value pair_coeff wants after the
  // potential, and the group `fixed`, which is empty where the frame fixes no atoms.
  std::string include_file() const;
  nlohmann::json to_json() const;  // what turns a dump back (lammps_dump.hpp)
  static LammpsStructure from_json(const nlohmann::json& json, const std::string& where);
};

// Turn a frame into LAMMPS's box. Along a direction that is not periodic the box is at a right
// angle to the others: the lattice vector's part that way, and where it has none or atoms lie
// outside, 10 Angstrom more than the atoms take; to be run with boundary s. `elements`: of the atom
// types; empty: those of the frame by atomic number. Throws spinconv::Error naming the frame: an
// element that is not among them, a cell_fault().
LammpsStructure to_lammps(const Frame& frame, const std::vector<std::string>& elements);

}  // namespace spinconv::train
