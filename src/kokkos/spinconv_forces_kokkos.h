// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

#ifndef LMP_SPINCONV_FORCES_KOKKOS_H
#define LMP_SPINCONV_FORCES_KOKKOS_H

#include "kokkos_type.h"

#include <cstdint>

namespace LAMMPS_NS {

// sum over the edges of -r_a g_b, in the order of SpinConvForces::add_edges()

struct SpinConvVirialSum {
  double v[9];
  KOKKOS_INLINE_FUNCTION SpinConvVirialSum()
  {
    for (double &c : v) c = 0.0;
  }
  KOKKOS_INLINE_FUNCTION SpinConvVirialSum &operator+=(const SpinConvVirialSum &other)
  {
    for (int c = 0; c < 9; c++) v[c] += other.v[c];
    return *this;
  }
};

// edges of one target atom in a thread; forces on sources are met by other threads

template <class DeviceType> struct SpinConvAddEdgesKokkos {
  typedef ArrayTypes<DeviceType> AT;
  typename AT::t_int_1d target_atom, atom_of_row;
  Kokkos::View<int64_t *, DeviceType> first, source;
  Kokkos::View<double *, DeviceType> vectors;
  const double *gradients;
  double *of_atoms;
  int width, force_column, virial_column;    // virial_column: -1 if atoms get none
  bool total_virial;

  KOKKOS_INLINE_FUNCTION void operator()(int ii, SpinConvVirialSum &sum) const
  {
    // order of the components in LAMMPS: xx yy zz xy xz yz, and yx zx zy for the centroid form
    constexpr int A[9] = {0, 1, 2, 0, 0, 1, 1, 2, 2};
    constexpr int B[9] = {0, 1, 2, 1, 2, 2, 0, 0, 1};

    if (first(ii) == first(ii + 1)) return;
    double f[3] = {0.0, 0.0, 0.0};
    SpinConvVirialSum mine;
    for (int64_t k = first(ii); k < first(ii + 1); k++) {
      const double *const g = gradients + 3 * k;
      double *const at_s = of_atoms + (size_t) atom_of_row(source(k)) * width;
      for (int a = 0; a < 3; a++) {
        f[a] -= g[a];
        Kokkos::atomic_add(at_s + force_column + a, g[a]);
      }
      if (!total_virial && virial_column < 0) continue;
      for (int c = 0; c < 9; c++) {
        const double v = -vectors(3 * k + A[c]) * g[B[c]];
        mine.v[c] += v;
        if (virial_column >= 0) Kokkos::atomic_add(at_s + virial_column + c, 0.5 * v);
      }
    }
    double *const at_t = of_atoms + (size_t) target_atom(ii) * width;
    for (int a = 0; a < 3; a++) Kokkos::atomic_add(at_t + force_column + a, f[a]);
    if (virial_column >= 0)
      for (int c = 0; c < 9; c++) Kokkos::atomic_add(at_t + virial_column + c, 0.5 * mine.v[c]);
    sum += mine;
  }
};

}    // namespace LAMMPS_NS

#endif
