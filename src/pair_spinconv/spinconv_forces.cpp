// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

#include "spinconv_forces.h"

#include "spinconv_graph.h"

using namespace LAMMPS_NS;

/* ---------------------------------------------------------------------- */

void SpinConvForces::clear(int natoms, int number_of_potentials, bool with_virial)
{
  npotentials = number_of_potentials;
  atom_virial = with_virial;
  width = 3 * npotentials + (atom_virial ? 9 : 0);
  of_atoms.assign((size_t) natoms * width, 0.0);
}

/* ---------------------------------------------------------------------- */

void SpinConvForces::add_atoms(int m, const SpinConvGraph &graph, const std::vector<double> &forces)
{
  for (int64_t r = 0; r < graph.nowned; r++)
    for (int a = 0; a < 3; a++)
      of_atoms[(size_t) graph.atom_of_row[r] * width + 3 * m + a] += forces[3 * r + a];
}

/* ----------------------------------------------------------------------
   force and virial of each edge, -r_a g_b. Atoms get one half of the virial for each of their
   ends. For one edge this is the two-body and the centroid form alike, the latter with all 9
   components since g need not be parallel to r.
------------------------------------------------------------------------- */

void SpinConvForces::add_edges(int m, const SpinConvGraph &graph,
                               const std::vector<double> &gradients, double *virial)
{
  // order of the components in LAMMPS: xx yy zz xy xz yz, and yx zx zy for the centroid form
  static constexpr int A[9] = {0, 1, 2, 0, 0, 1, 1, 2, 2};
  static constexpr int B[9] = {0, 1, 2, 1, 2, 2, 0, 0, 1};

  const int *const atoms = graph.atom_of_row.data();
  const int64_t *const source = graph.edges->source();
  const int64_t *const target = graph.edges->target();
  const double *r = graph.edges->vectors();
  const double *g = gradients.data();
  const int64_t nedges = graph.edges->size();

  for (int64_t k = 0; k < nedges; k++, r += 3, g += 3) {
    double *const at_t = &of_atoms[(size_t) atoms[target[k]] * width];
    double *const at_s = &of_atoms[(size_t) atoms[source[k]] * width];
    for (int a = 0; a < 3; a++) {
      at_t[3 * m + a] -= g[a];
      at_s[3 * m + a] += g[a];
    }
    if (!virial && !atom_virial) continue;
    double v[9];
    for (int c = 0; c < 9; c++) v[c] = -r[A[c]] * g[B[c]];
    if (virial)
      for (int c = 0; c < 9; c++) virial[c] += v[c];
    if (!atom_virial) continue;
    for (int c = 0; c < 9; c++) {
      at_t[3 * npotentials + c] += 0.5 * v[c];
      at_s[3 * npotentials + c] += 0.5 * v[c];
    }
  }
}

/* ---------------------------------------------------------------------- */

void SpinConvForces::add_to(int n, double factor, double *const *f, double *const *vatom,
                            double *const *cvatom) const
{
  const double *row = of_atoms.data();
  for (int i = 0; i < n; i++, row += width) {
    for (int m = 0; m < npotentials; m++)
      for (int a = 0; a < 3; a++) f[i][a] += factor * row[3 * m + a];
    const double *const v = row + 3 * npotentials;
    if (vatom)
      for (int c = 0; c < 6; c++) vatom[i][c] += factor * v[c];
    if (cvatom)
      for (int c = 0; c < 9; c++) cvatom[i][c] += factor * v[c];
  }
}
