// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include "spinconv/graph_tensors.hpp"

namespace spinconv::test {

// Edges that no structure has to have, by which implementations of a model are compared: frames of
// so many atoms end to end, whose edges have random sources in the same frame or among the ghosts
// behind it (of one frame alone). Some edges are as long as the cutoff and longer; two of an atom
// lie on the axis, where the angle of the edge frame is not defined; every fourth atom has none.
GraphTensors random_edges(int atoms, int ghosts, int most_neighbors, int elements, double cutoff,
                          std::uint64_t seed, int frames = 1);

}  // namespace spinconv::test
