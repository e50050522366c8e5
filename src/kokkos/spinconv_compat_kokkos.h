// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

#ifndef LMP_SPINCONV_COMPAT_KOKKOS_H
#define LMP_SPINCONV_COMPAT_KOKKOS_H

#include "atom_kokkos.h"
#include "kokkos.h"
#include "kokkos_base.h"
#include "kokkos_type.h"

#include <type_traits>
#include <utility>

namespace LAMMPS_NS {

/* What releases of LAMMPS name differently in their KOKKOS package. Types are taken from what has
   them, so that no version need be known. */

namespace SpinConvCompatKokkos {

template <class T> struct BufferOf;
template <class Base, class Buffer> struct BufferOf<void (Base::*)(int, int, Buffer &)> {
  typedef Buffer type;
};

// positions that are read only, and at random: by the cache of textures on a GPU
template <class View> struct RandomRead {
  typedef Kokkos::View<typename View::const_data_type, typename View::array_layout,
                       typename View::device_type, Kokkos::MemoryTraits<Kokkos::RandomAccess>>
      type;
};

template <class Kokkos_>
auto forward_on_host(const Kokkos_ *k, int) -> decltype(k->forward_pair_comm_legacy != 0)
{
  return k->forward_pair_comm_legacy != 0;
}
template <class Kokkos_>
auto forward_on_host(const Kokkos_ *k, long) -> decltype(k->forward_pair_comm_classic != 0)
{
  return k->forward_pair_comm_classic != 0;
}
template <class Kokkos_>
auto reverse_on_host(const Kokkos_ *k, int) -> decltype(k->reverse_pair_comm_legacy != 0)
{
  return k->reverse_pair_comm_legacy != 0;
}
template <class Kokkos_>
auto reverse_on_host(const Kokkos_ *k, long) -> decltype(k->reverse_pair_comm_classic != 0)
{
  return k->reverse_pair_comm_classic != 0;
}
}    // namespace SpinConvCompatKokkos

// of communication: DAT::tdual_double_1d, before September 2025 DAT::tdual_xfloat_1d
typedef SpinConvCompatKokkos::BufferOf<decltype(&KokkosBase::unpack_forward_comm_kokkos)>::type
    SpinConvBufferKokkos;

// of positions on the device or host
template <class DeviceType>
using SpinConvPositionsKokkos = typename SpinConvCompatKokkos::RandomRead<
    std::decay_t<decltype(std::declval<AtomKokkos &>().k_x.template view<DeviceType>())>>::type;

// arrays of atoms, whose host side LAMMPS reads as double * and double **
typedef Kokkos::DualView<double *, Kokkos::LayoutRight, LMPDeviceType> SpinConvEnergiesKokkos;
template <int N>
using SpinConvVirialsKokkos = Kokkos::DualView<double *[N], Kokkos::LayoutRight, LMPDeviceType>;

// whether rows are packed on the host, as package kokkos comm has it
inline bool spinconv_comm_on_host(const KokkosLMP *kokkos, bool forward)
{
  return forward ? SpinConvCompatKokkos::forward_on_host(kokkos, 0)
                 : SpinConvCompatKokkos::reverse_on_host(kokkos, 0);
}

}    // namespace LAMMPS_NS

#endif
