// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace spinconv::test {

// How often `part` stands in `text`.
inline int occurrences(const std::string& text, const std::string& part) {
  int n = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++n;
  }
  return n;
}

}  // namespace spinconv::test
