// SpinConv for LAMMPS. SPDX-License-Identifier: MIT

// LD_PRELOAD: a Kokkos that says of itself what the variable SPINCONV_KOKKOS_CONFIGURATION holds.
#include <cstdlib>
#include <ostream>

namespace Kokkos {

void print_configuration(std::ostream& out, bool) {
  const char* text = std::getenv("SPINCONV_KOKKOS_CONFIGURATION");
  out << (text ? text : "");
}

}  // namespace Kokkos
