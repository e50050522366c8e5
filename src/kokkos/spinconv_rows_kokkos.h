// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

#ifndef LMP_SPINCONV_ROWS_KOKKOS_H
#define LMP_SPINCONV_ROWS_KOKKOS_H

#include "kokkos_type.h"

namespace LAMMPS_NS {

/* Rows of numbers of atoms in a communication buffer: of T = double, or two T = float in a double,
   `size` doubles for an atom. One thread has one number. An atom without a row (index -1) sends
   zeros and takes nothing. */

template <class DeviceType, class T> struct SpinConvRowsKokkos {
  T *rows;    // [nrows][width]
  int width;
  const int *index;    // row of an atom, null: the atom itself
  int size;            // of an atom in the buffer, doubles

  KOKKOS_INLINE_FUNCTION int row(int atom) const { return index ? index[atom] : atom; }
  KOKKOS_INLINE_FUNCTION T *in(double *buffer, int i) const
  {
    return reinterpret_cast<T *>(buffer + (size_t) i * size);
  }
  typedef Kokkos::RangePolicy<DeviceType, Kokkos::IndexType<int64_t>> policy;
  policy numbers(int n) const { return policy(0, (int64_t) n * width); }

  void pack_list(int n, const typename ArrayTypes<DeviceType>::t_int_1d &list, double *buffer) const
  {
    const auto self = *this;
    Kokkos::parallel_for(
        "SpinConv::pack forward", numbers(n), KOKKOS_LAMBDA(const int64_t k) {
          const int i = k / self.width, c = k % self.width;
          const int r = self.row(list(i));
          self.in(buffer, i)[c] = r < 0 ? T(0) : self.rows[(size_t) r * self.width + c];
        });
  }

  void unpack_range(int n, int first, double *buffer) const
  {
    const auto self = *this;
    Kokkos::parallel_for(
        "SpinConv::unpack forward", numbers(n), KOKKOS_LAMBDA(const int64_t k) {
          const int i = k / self.width, c = k % self.width;
          const int r = self.row(first + i);
          if (r >= 0) self.rows[(size_t) r * self.width + c] = self.in(buffer, i)[c];
        });
  }

  void pack_range(int n, int first, double *buffer) const
  {
    const auto self = *this;
    Kokkos::parallel_for(
        "SpinConv::pack reverse", numbers(n), KOKKOS_LAMBDA(const int64_t k) {
          const int i = k / self.width, c = k % self.width;
          const int r = self.row(first + i);
          self.in(buffer, i)[c] = r < 0 ? T(0) : self.rows[(size_t) r * self.width + c];
        });
  }

  // an atom is once in a list
  void add_list(int n, const typename ArrayTypes<DeviceType>::t_int_1d &list, double *buffer) const
  {
    const auto self = *this;
    Kokkos::parallel_for(
        "SpinConv::unpack reverse", numbers(n), KOKKOS_LAMBDA(const int64_t k) {
          const int i = k / self.width, c = k % self.width;
          const int r = self.row(list(i));
          if (r >= 0) self.rows[(size_t) r * self.width + c] += self.in(buffer, i)[c];
        });
  }
};

}    // namespace LAMMPS_NS

#endif
