// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <c10/util/Exception.h>

#include <cstdint>
#include <vector>

#include "spinconv/fused/kernels.hpp"

namespace spinconv::fused {

// All atoms in units of work. `full(unit, edges, before)` says whether a unit,
// with `before` units before it, ends where the next atom has so many edges. Throws
// c10::IndexError where edges are not sorted by target.
template <class Full>
std::vector<WorkUnit> units_where(const std::int64_t* target, std::int64_t edges,
                                  std::int64_t atoms, Full full) {
  std::vector<WorkUnit> units;
  WorkUnit unit{0, 0, 0, 0};
  std::int64_t edge = 0;
  for (std::int64_t a = 0; a < atoms; ++a) {
    const std::int64_t begin = edge;
    while (edge < edges && target[edge] == a) {
      ++edge;
    }
    if (unit.atoms > 0 && full(unit, edge - begin, static_cast<std::int64_t>(units.size()))) {
      units.push_back(unit);
      unit = {a, 0, begin, 0};
    }
    ++unit.atoms;
    unit.edges += edge - begin;
  }
  if (unit.atoms > 0) {
    units.push_back(unit);
  }
  TORCH_CHECK_INDEX(edge == edges, "edges are not sorted by target");
  return units;
}

}  // namespace spinconv::fused
