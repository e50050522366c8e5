// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>

namespace spinconv::train {

// Appends `count` values as they lie in memory.
template <class T>
void append_bytes(std::string& out, const T* values, std::size_t count) {
  out.append(reinterpret_cast<const char*>(values), count * sizeof(T));
}

}  // namespace spinconv::train
