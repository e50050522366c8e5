// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

#ifndef LMP_SPINCONV_KOKKOS_STYLES_H
#define LMP_SPINCONV_KOKKOS_STYLES_H

#include <string>

namespace LAMMPS_NS {

// new styles spinconv/kk/device and spinconv/kk/host
class Pair *spinconv_kokkos_creator(class LAMMPS *);
class Pair *spinconv_kokkos_host_creator(class LAMMPS *);

// why this lmp cannot run styles that were compiled with this Kokkos, with the cure; or nothing
std::string spinconv_kokkos_problem(class LAMMPS *);

// the device of DeviceType as the evaluator names it, and its stream (null on a CPU)
struct SpinConvPlaceKokkos {
  std::string device;
  void *stream;
};
template <class DeviceType> SpinConvPlaceKokkos spinconv_kokkos_place();

}    // namespace LAMMPS_NS

#endif
