// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "data/frame.hpp"
#include "spinconv/neighbor_list.hpp"

namespace spinconv::train {

// All edges of a frame, as find_edges(). `cutoff` in Angstrom, > 0. Throws spinconv::Error that
// names the frame.
NeighborEdges build_edges(const Frame& frame, double cutoff);

// How the published code chose the neighbors of an atom, by its versions. All but the first keep an
// edge s -> t where s is among the `count` nearest of t or t among those of s, whatever the image.
enum class OcpGraph {
  last,    // the `count` nearest of each atom
  v003,    // v0.0.3: of the 100 nearest in the cell and its 8 neighbors along the first two vectors
  lmdb50,  // data sets made beforehand: of the 50 nearest
};
// "last", "v003", "lmdb50". Throws spinconv::Error.
OcpGraph ocp_graph(const std::string& name);
NeighborEdges select_ocp_edges(const Frame& frame, const NeighborEdges& edges, int count,
                               OcpGraph graph);

}  // namespace spinconv::train
