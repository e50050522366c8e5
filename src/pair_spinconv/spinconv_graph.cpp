// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

#include "spinconv_graph.h"

#include "atom.h"
#include "error.h"
#include "neigh_list.h"
#include "neighbor.h"

#include "spinconv/evaluator.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_map>

using namespace LAMMPS_NS;

/* ----------------------------------------------------------------------
   owned atoms first, then ghosts, in the order of LAMMPS
------------------------------------------------------------------------- */

void SpinConvGraph::assign_rows(const int *elements, Halo halo)
{
  const int nlocal = atom->nlocal;
  const int nall = nlocal + atom->nghost;

  row.assign(nall, -1);
  atom_of_row.clear();
  types.clear();
  const int nwithrows = halo == FOLD ? nlocal : nall;
  for (int i = 0; i < nwithrows; i++) {
    if (i == nlocal) nenergies = atom_of_row.size();
    const int element = elements[atom->type[i]];
    if (element < 0) continue;
    row[i] = atom_of_row.size();
    atom_of_row.push_back(i);
    types.push_back(element);
  }
  if (nwithrows == nlocal) nenergies = atom_of_row.size();
  ntargets = halo == DEEP ? (int64_t) atom_of_row.size() : nenergies;
  if (halo == FOLD) fold_images();
}

/* ----------------------------------------------------------------------
   row of the owned atom that each ghost is an image of, by atom ID. Needs no atom map.
------------------------------------------------------------------------- */

void SpinConvGraph::fold_images()
{
  const tagint *const tag = atom->tag;
  const int nlocal = atom->nlocal;
  const int nall = nlocal + atom->nghost;

  std::unordered_map<tagint, int> local;
  local.reserve(nlocal);
  for (int i = 0; i < nlocal; i++)
    if (!local.emplace(tag[i], row[i]).second)
      error->one(FLERR,
                 "Pair style spinconv needs unique atom IDs, but ID {} is there more than once: "
                 "use reset_atoms id",
                 tag[i]);
  for (int i = nlocal; i < nall; i++) {
    const auto found = local.find(tag[i]);
    if (found == local.end())
      error->one(FLERR, "Pair style spinconv: no owned atom for the periodic image of atom ID {}",
                 tag[i]);
    row[i] = found->second;
  }
}

/* ----------------------------------------------------------------------
   atoms have been reordered, exchanged or given new ghosts only when the lists were built
------------------------------------------------------------------------- */

bool SpinConvGraph::rows_are_current() const
{
  return neighbor->ago != 0 && (int) row.size() == atom->nlocal + atom->nghost;
}

/* ----------------------------------------------------------------------
   directed edges s -> t inside the cutoff. The list of a deep halo has the ghosts after the
   owned atoms.
------------------------------------------------------------------------- */

void SpinConvGraph::build_edges(const NeighList *list, double cutoff)
{
  const double *const *const x = atom->x;
  const double cutoffsq = cutoff * cutoff;

  source.clear();
  target.clear();
  vectors.clear();
  const int ntarget_atoms = list->inum + (ntargets > nenergies ? list->gnum : 0);
  for (int ii = 0; ii < ntarget_atoms; ii++) {
    const int i = list->ilist[ii];
    if (row[i] < 0) continue;
    const int *const jlist = list->firstneigh[i];
    for (int jj = 0; jj < list->numneigh[i]; jj++) {
      const int j = jlist[jj] & NEIGHMASK;
      if (row[j] < 0) continue;
      const double delx = x[i][0] - x[j][0];
      const double dely = x[i][1] - x[j][1];
      const double delz = x[i][2] - x[j][2];
      if (delx * delx + dely * dely + delz * delz >= cutoffsq) continue;
      source.push_back(row[j]);
      target.push_back(row[i]);
      vectors.insert(vectors.end(), {delx, dely, delz});
    }
  }
}

/* ---------------------------------------------------------------------- */

spinconv::EdgeView SpinConvGraph::view() const
{
  spinconv::EdgeView edges;
  edges.n_owned = ntargets;
  edges.n_rows = types.size();
  edges.n_edges = source.size();
  edges.types = types.data();
  edges.source = source.data();
  edges.target = target.data();
  edges.vectors = vectors.data();
  edges.n_energies = nenergies;
  return edges;
}

/* ----------------------------------------------------------------------
   the pair whose distance is not a number, or else the closest one if that is shorter than
   any bond
------------------------------------------------------------------------- */

std::string SpinConvGraph::suspects() const
{
  static constexpr double SHORTEST_BOND = 0.5;    // Angstrom; H2 has 0.74

  double minimum = SHORTEST_BOND * SHORTEST_BOND;
  size_t closest = source.size();
  for (size_t k = 0; k < source.size(); k++) {
    const double *const r = &vectors[3 * k];
    const double rsq = r[0] * r[0] + r[1] * r[1] + r[2] * r[2];
    if (rsq >= minimum) continue;
    minimum = rsq;
    closest = k;
    if (std::isnan(rsq)) break;
  }
  if (closest == source.size()) return "";
  return fmt::format(". Look at the atoms with IDs {} and {}",
                     atom->tag[atom_of_row[target[closest]]],
                     atom->tag[atom_of_row[source[closest]]]);
}

/* ---------------------------------------------------------------------- */

int64_t SpinConvGraph::max_neighbors() const
{
  std::vector<int64_t> count(ntargets, 0);
  for (const int32_t t : target) count[t]++;
  return count.empty() ? 0 : *std::max_element(count.begin(), count.end());
}

/* ---------------------------------------------------------------------- */

double SpinConvGraph::memory_usage() const
{
  return (double) (row.capacity() + atom_of_row.capacity()) * sizeof(int) +
      (double) (types.capacity() + source.capacity() + target.capacity()) * sizeof(int32_t) +
      (double) vectors.capacity() * sizeof(double);
}
