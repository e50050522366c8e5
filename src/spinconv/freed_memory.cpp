// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <malloc.h>

#include <cstdlib>

#include "spinconv/evaluator.hpp"

namespace spinconv {

void keep_freed_memory() {
#ifdef __GLIBC__
  for (const char* name :
       {"MALLOC_MMAP_MAX_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "GLIBC_TUNABLES"}) {
    if (std::getenv(name)) {
      return;
    }
  }
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, -1);  // never
  mallopt(M_TOP_PAD, 64 << 20);
#endif
}

}  // namespace spinconv
