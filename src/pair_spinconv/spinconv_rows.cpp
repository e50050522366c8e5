// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

#include "spinconv_rows.h"

#include <cstring>

using namespace LAMMPS_NS;

/* ---------------------------------------------------------------------- */

void SpinConvRows::pack(int atom, double *buf) const
{
  const int r = row(atom);
  buf[size() - 1] = 0.0;    // half of it may be all that the floats leave
  if (r < 0)
    memset(buf, 0, size() * sizeof(double));
  else
    memcpy(buf, (const char *) data + r * bytes(), bytes());
}

/* ---------------------------------------------------------------------- */

int SpinConvRows::pack_list(int n, const int *atoms, double *buf) const
{
  for (int i = 0; i < n; i++) pack(atoms[i], buf + (size_t) i * size());
  return n * size();
}

/* ---------------------------------------------------------------------- */

void SpinConvRows::unpack_range(int n, int first, const double *buf) const
{
  for (int i = first; i < first + n; i++, buf += size()) {
    const int r = row(i);
    if (r >= 0) memcpy((char *) data + r * bytes(), buf, bytes());
  }
}

/* ---------------------------------------------------------------------- */

int SpinConvRows::pack_range(int n, int first, double *buf) const
{
  for (int i = 0; i < n; i++) pack(first + i, buf + (size_t) i * size());
  return n * size();
}

/* ---------------------------------------------------------------------- */

template <class T> static void add(int n, void *to, const double *buf)
{
  const auto *const from = (const T *) buf;
  for (int k = 0; k < n; k++) ((T *) to)[k] += from[k];
}

void SpinConvRows::add_list(int n, const int *atoms, const double *buf) const
{
  for (int i = 0; i < n; i++, buf += size()) {
    const int r = row(atoms[i]);
    if (r < 0) continue;
    void *const to = (char *) data + r * bytes();
    if (single)
      add<float>(width, to, buf);
    else
      add<double>(width, to, buf);
  }
}
