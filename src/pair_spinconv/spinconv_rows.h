// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

#ifndef LMP_SPINCONV_ROWS_H
#define LMP_SPINCONV_ROWS_H

#include <cstddef>

namespace LAMMPS_NS {

/* Rows of numbers of atoms, doubles or floats (two in a double), in the communication buffers of
   LAMMPS, `size()` doubles for an atom. An atom without a row (index -1) sends zeros and takes
   nothing. The functions are those of Pair::pack_forward_comm() and its kind, in ordinary memory;
   SpinConvRowsKokkos has them for a device. */

struct SpinConvRows {
  void *data;          // [nrows][width]
  int width;           // numbers of a row
  bool single;         // floats
  const int *index;    // row of an atom, null: the atom itself

  int size() const { return single ? (width + 1) / 2 : width; }
  size_t bytes() const { return (size_t) width * (single ? sizeof(float) : sizeof(double)); }

  int pack_list(int n, const int *atoms, double *buf) const;
  void unpack_range(int n, int first, const double *buf) const;
  int pack_range(int n, int first, double *buf) const;
  void add_list(int n, const int *atoms, const double *buf) const;

 private:
  int row(int atom) const { return index ? index[atom] : atom; }
  void pack(int atom, double *buf) const;
};

}    // namespace LAMMPS_NS

#endif
