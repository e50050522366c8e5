// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <ATen/Parallel.h>

namespace spinconv::test {

// LibTorch's threads, as they were when it began, at its end.
struct Threads {
  int before = at::get_num_threads();
  ~Threads() { at::set_num_threads(before); }
};

}  // namespace spinconv::test
