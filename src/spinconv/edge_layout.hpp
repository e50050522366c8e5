// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <torch/script.h>

#include <cstdint>

#include "spinconv/edge_counts.hpp"

namespace spinconv {

struct GraphTensors;

// Order and index tables of edges, for models on spheres of harmonics. They are what the methods
// `sort_edges` and `layout` of the operator graph give, by loops on a CPU, and elsewhere by
// operations that make the host wait for nothing: what it has to know is in EdgeCounts.

// [groups] how often each of 0 .. groups-1 is in `keys`, int64; torch::bincount() would make the
// host wait twice.
torch::Tensor count_of_each(const torch::Tensor& keys, std::int64_t groups);

// Of sorted keys, how many equal ones come before each.
torch::Tensor place_among_equals(const torch::Tensor& sorted);

// Permutation [E] that sorts edges by the pair of their elements, of `elements` in all; stable.
torch::Tensor order_by_pair(const GraphTensors& graph, std::int64_t elements);

// Permutation [E] that sorts edges by their target; stable.
torch::Tensor order_by_target(const GraphTensors& graph);

// Waits for the device, once.
EdgeCounts count_edges(const GraphTensors& graph, std::int64_t elements);

struct EdgeLayout {
  torch::Tensor pair;  // [E] a U + b of each edge
  torch::Tensor slot;  // [E] place of the edge in the table [N, width] of those into each atom
  torch::Tensor atom_order;  // [N] atoms sorted by element; stable
  std::int64_t width = 1;    // counts.neighbors, at least 1
};
// Of edges in the order of the architecture. Edges into an atom beyond `width` go to the slots of
// its first ones: that is for atoms that are there to be ignored (Padding).
EdgeLayout edge_layout(const GraphTensors& graph, std::int64_t elements, const EdgeCounts& counts);

}  // namespace spinconv
