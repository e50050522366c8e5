// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "data/frame.hpp"

namespace spinconv::train {

// Directed edges s -> t with |r_t - r_s| < cutoff, every periodic image counted, images folded onto
// their owners (s == t for an atom that sees its own image).
struct FrameEdges {
  std::vector<std::int32_t> source;  // [n_edges] s
  std::vector<std::int32_t> target;  // [n_edges] t, ascending
  std::vector<double> vectors;       // [n_edges*3] r_t - r_s of the image meant, Angstrom

  std::size_t size() const { return target.size(); }
};

// All edges of a frame, sorted by target, source and vector, so that the same frame gives the same
// list. A frame without neighbors gives an empty list. `cutoff` in Angstrom, > 0. Throws
// spinconv::Error that names the frame: coincident atoms (coincident_distance of evaluator.hpp), a
// cell that does not span its periodic directions.
FrameEdges build_edges(const Frame& frame, double cutoff);

// How the published code chose the neighbors of an atom, by its versions. All but the first keep an
// edge s -> t where s is among the `count` nearest of t or t among those of s, whatever the image.
enum class OcpGraph {
  last,    // the `count` nearest of each atom
  v003,    // v0.0.3: of the 100 nearest in the cell and its 8 neighbors along the first two vectors
  lmdb50,  // data sets made beforehand: of the 50 nearest
};
// "last", "v003", "lmdb50". Throws spinconv::Error.
OcpGraph ocp_graph(const std::string& name);
FrameEdges select_ocp_edges(const Frame& frame, const FrameEdges& edges, int count, OcpGraph graph);

}  // namespace spinconv::train
