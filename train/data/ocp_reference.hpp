// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include "data/frame.hpp"
#include "data/source.hpp"

namespace spinconv::train {

// One structure with outputs of the published code, as JSON:
//   system.{positions, cell (rows), pbc, atomic_numbers, tags}
//   graph.edges            [[s, t, x, y, z], ...]: r_s + (x y z) . cell -> r_t
//   random_rotations       {u_a, u_b, u_c}: uniform numbers in [0,1), index = rotation * n + atom
//   outputs.KEY.{energy_denormalised, forces_denormalised}, KEY = float64_pole0, or another chosen
//   by
//                          `source.keys.energy`
// A file with graph.edges gives its graph to the model in place of one found by distance
// (structures of high symmetry have ties that rounding decides). Throws spinconv::Error naming file
// and key.
Frame read_ocp_reference(const DataSource& source, SourceRecord& record);

}  // namespace spinconv::train
