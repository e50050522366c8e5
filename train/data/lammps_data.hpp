// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <map>
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
  Vector3 origin{};                   // zero for periodic structures
  std::vector<std::string> elements;  // of the atom types 1, 2, ...

  std::string data_file() const;    // for read_data, atom_style atomic
  // For `include` after read_data: the variable `elements`, whose value pair_coeff wants after the
  // potential, and the group `fixed`, which is empty where the frame fixes no atoms.
  std::string include_file() const;
  nlohmann::json to_json() const;   // what dump_frames() needs
  static LammpsStructure from_json(const nlohmann::json& json, const std::string& where);
};

// Turn a frame into LAMMPS's box; a structure without cell gets one 10 Angstrom larger on all sides,
// to be run with boundary s s s. `elements`: of the atom types; empty: those of the frame by
// atomic number. Throws spinconv::Error naming the frame.
LammpsStructure to_lammps(const Frame& frame, const std::vector<std::string>& elements);

// Frames of a text dump (dump custom with id, type or element, x y z or xu yu zu or xs ys zs, forces
// if there) in the order of the ids. With `original` (of the same atoms) they are turned back: its
// cell, or the cell that a changed box has become, tags and fixed atoms. `energies` by time step are
// added as labels. Throws spinconv::Error naming file and line.
std::vector<Frame> dump_frames(const std::string& path, const LammpsStructure* original,
                               const std::map<long, double>& energies);

// Thermo column PotEng by step, of all runs in a log.lammps. Throws spinconv::Error: no such column.
std::map<long, double> log_energies(const std::string& path);

// Extended XYZ with all digits: cell, pbc, tags, move_mask, forces, energy, sid and fid as the frame has them.
std::string to_extxyz(const Frame& frame);

}  // namespace spinconv::train
