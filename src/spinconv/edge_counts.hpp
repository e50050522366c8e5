// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

namespace spinconv {

// The numbers of a graph that give tensors their sizes: the host has to know them before work on a
// device can be started.
struct EdgeCounts {
  // [U*U] edges from an atom of element a to one of element b, at a U + b; U elements
  std::vector<std::int64_t> pairs;
  std::vector<std::int64_t> types;  // [U] target atoms of each element
  std::int64_t neighbors = 0;       // most edges that point to one atom
};

}  // namespace spinconv
