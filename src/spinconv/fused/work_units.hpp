// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <c10/util/Exception.h>

#include <cstdint>
#include <vector>

#include "spinconv/fused/kernels.hpp"

namespace spinconv::fused {

// All atoms in chunks of consecutive targets. `full(chunk, edges, before)` says whether a chunk,
// with `before` chunks before it, ends where the next atom has so many edges. Throws
// c10::IndexError where edges are not sorted by target.
template <class Full>
std::vector<Chunk> chunks_where(const std::int64_t* target, std::int64_t edges, std::int64_t atoms,
                                Full full) {
  std::vector<Chunk> chunks;
  Chunk chunk{0, 0, 0, 0};
  std::int64_t edge = 0;
  for (std::int64_t a = 0; a < atoms; ++a) {
    const std::int64_t begin = edge;
    while (edge < edges && target[edge] == a) {
      ++edge;
    }
    if (chunk.atoms > 0 && full(chunk, edge - begin, static_cast<std::int64_t>(chunks.size()))) {
      chunks.push_back(chunk);
      chunk = {a, 0, begin, 0};
    }
    ++chunk.atoms;
    chunk.edges += edge - begin;
  }
  if (chunk.atoms > 0) {
    chunks.push_back(chunk);
  }
  TORCH_CHECK_INDEX(edge == edges, "edges are not sorted by target");
  return chunks;
}

}  // namespace spinconv::fused
