// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

namespace spinconv::fused {

// Edges sorted by their source row, in their order within a row: sums over them have the same bits
// for any number of threads. Of row r they are edges[begin[r]] ... edges[begin[r + 1] - 1].
struct SourceOrder {
  SourceOrder() = default;
  SourceOrder(const std::int64_t* source, std::int64_t count, std::int64_t rows)
      : begin(static_cast<std::size_t>(rows) + 1, 0), edges(static_cast<std::size_t>(count)) {
    for (std::int64_t e = 0; e < count; ++e) {
      ++begin[source[e] + 1];
    }
    std::partial_sum(begin.begin(), begin.end(), begin.begin());
    std::vector<std::int64_t> next(begin.begin(), begin.end() - 1);
    for (std::int64_t e = 0; e < count; ++e) {
      edges[next[source[e]]++] = e;
    }
  }

  bool is_of(std::int64_t rows) const {
    return static_cast<std::int64_t>(begin.size()) == rows + 1;
  }

  std::vector<std::int64_t> begin, edges;
};

}  // namespace spinconv::fused
