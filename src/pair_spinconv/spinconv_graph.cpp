// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

#include "spinconv_graph.h"

#include "atom.h"
#include "comm.h"
#include "error.h"
#include "neigh_list.h"
#include "neighbor.h"
#include "spinconv_potentials.h"
#include "spinconv_settings.h"

#include "spinconv/evaluator.hpp"

#include <algorithm>
#include <cmath>

using namespace LAMMPS_NS;

static constexpr char UNLISTED[] =
    "Pair style spinconv: atom ID {} has got type {}, of an element, from a type that is NULL "
    "since "
    "the neighbor list was built, which leaves types out that are NULL: let the list be built with "
    "the change (neigh_modify delay 0 every 1 check no; no run with pre no)";

/* ---------------------------------------------------------------------- */

SpinConvGraph::SpinConvGraph(LAMMPS *lmp) : Pointers(lmp), nowned(0), ntargets(0)
{
  edges = &edges_of_cutoff[0.0];
}

/* ----------------------------------------------------------------------
   potentials on grids would have to exchange every message into a ghost, and nothing is exchanged
   in the middle of a step that is recorded as a whole
------------------------------------------------------------------------- */

SpinConvGraph::Halo SpinConvGraph::choose_halo(LAMMPS *lmp, const SpinConvSettings &settings,
                                               const SpinConvPotentials &potentials)
{
  auto *const error = lmp->error;
  const int nprocs = lmp->comm->nprocs;
  if (settings.halo == "fold" && nprocs > 1)
    error->all(
        FLERR,
        "Pair style spinconv: option halo fold is for one MPI rank, but there are {}: remove "
        "it, or use halo exchange",
        nprocs);
  Halo halo = FOLD;
  if (settings.halo == "deep") halo = DEEP;
  if (settings.halo == "exchange" || (settings.halo == "auto" && nprocs > 1)) halo = EXCHANGE;
  if (settings.cuda_graph && halo == EXCHANGE) {
    if (settings.halo == "exchange")
      error->all(FLERR,
                 "Pair style spinconv: option cuda_graph records a step as a whole, which halo "
                 "exchange cuts into parts: use halo auto or deep, or leave cuda_graph out");
    halo = DEEP;
  }
  if (!potentials.exchange() && halo == EXCHANGE) {
    if (settings.halo == "exchange")
      error->all(FLERR,
                 "Pair style spinconv: a potential on grids (sphere grid) cannot use option halo "
                 "exchange: use halo auto or deep");
    halo = DEEP;
  }
  return halo;
}

/* ----------------------------------------------------------------------
   owned atoms first, then ghosts, in the order of LAMMPS. Where images stand for their owners
   these tell them their rows, else their elements.
------------------------------------------------------------------------- */

void SpinConvGraph::assign_rows(const std::vector<int> &elements, int absent_bits, Halo halo,
                                const std::function<void(double *)> &to_ghosts)
{
  const int nlocal = atom->nlocal;
  const int nall = nlocal + atom->nghost;

  // exclusions act when the list is built, whatever becomes of the groups until the next time
  if (neighbor->ago == 0 || (int) absent.size() != nlocal) {
    absent.resize(nlocal);
    for (int i = 0; i < nlocal; i++) absent[i] = (atom->mask[i] & absent_bits) != 0;
  }

  row_of_atom.assign(nall, -1);
  atom_of_row.clear();
  types.clear();
  const auto add_row = [this](int i, int element) {
    if (element < 0) return;
    row_of_atom[i] = atom_of_row.size();
    atom_of_row.push_back(i);
    types.push_back(element);
  };

  values.resize(nall);
  for (int i = 0; i < nlocal; i++) {
    const int element = absent[i] ? -1 : elements[atom->type[i]];
    add_row(i, element);
    values[i] = halo == FOLD ? row_of_atom[i] : element;
  }
  nowned = ntargets = atom_of_row.size();
  to_ghosts(values.data());
  if (halo == FOLD) {
    for (int i = nlocal; i < nall; i++) row_of_atom[i] = (int) values[i];
    return;
  }
  for (int i = nlocal; i < nall; i++) add_row(i, (int) values[i]);
  if (halo == DEEP) ntargets = atom_of_row.size();
}

/* ----------------------------------------------------------------------
   pair_style hybrid leaves atoms of types mapped to NULL out of the list when it is built:
   one that has become an element since then has no neighbors in it
------------------------------------------------------------------------- */

void SpinConvGraph::check_listed(const int *ilist, int inum) const
{
  int64_t nlisted = 0;
  for (int ii = 0; ii < inum; ii++) nlisted += row_of_atom[ilist[ii]] >= 0;
  if (nlisted == nowned) return;
  std::vector<char> listed(atom->nlocal, 0);
  for (int ii = 0; ii < inum; ii++) listed[ilist[ii]] = 1;
  for (int i = 0; i < atom->nlocal; i++)
    if (row_of_atom[i] >= 0 && !listed[i])
      error->one(FLERR, UNLISTED, atom->tag_enable ? atom->tag[i] : 0, atom->type[i]);
}

/* ----------------------------------------------------------------------
   directed edges s -> t inside the cutoff. The list of a deep halo has the ghosts after the
   owned atoms.
------------------------------------------------------------------------- */

void SpinConvGraph::build_edges(const NeighList *list, double cutoff)
{
  const double *const *const x = atom->x;
  const double cutoffsq = cutoff * cutoff;

  check_listed(list->ilist, list->inum);
  edges = &edges_of_cutoff[cutoff];
  edges->begin();
  const int ntarget_atoms = list->inum + (ntargets > nowned ? list->gnum : 0);
  for (int ii = 0; ii < ntarget_atoms; ii++) {
    const int i = list->ilist[ii];
    if (row_of_atom[i] < 0) continue;
    const int *const jlist = list->firstneigh[i];
    for (int jj = 0; jj < list->numneigh[i]; jj++) {
      const int j = jlist[jj] & NEIGHMASK;
      if (row_of_atom[j] < 0) continue;
      const double delx = x[i][0] - x[j][0];
      const double dely = x[i][1] - x[j][1];
      const double delz = x[i][2] - x[j][2];
      if (delx * delx + dely * dely + delz * delz >= cutoffsq) continue;
      edges->add(row_of_atom[j], row_of_atom[i], delx, dely, delz);
    }
  }
}

/* ---------------------------------------------------------------------- */

spinconv::Graph SpinConvGraph::view()
{
  return edges->graph(types, ntargets, nowned);
}

/* ----------------------------------------------------------------------
   the pair whose distance is not a number, or else the closest one if that is shorter than
   any bond
------------------------------------------------------------------------- */

std::string SpinConvGraph::suspects() const
{
  static constexpr double SHORTEST_BOND = 0.5;    // Angstrom; H2 has 0.74

  double minimum = SHORTEST_BOND * SHORTEST_BOND;
  int64_t closest = edges->size();
  for (int64_t k = 0; k < edges->size(); k++) {
    const double *const r = edges->vectors() + 3 * k;
    const double rsq = r[0] * r[0] + r[1] * r[1] + r[2] * r[2];
    if (rsq >= minimum) continue;
    minimum = rsq;
    closest = k;
    if (std::isnan(rsq)) break;
  }
  if (closest == edges->size() || atom->tag_enable == 0) return "";
  return fmt::format(". Look at the atoms with IDs {} and {}",
                     atom->tag[atom_of_row[edges->target()[closest]]],
                     atom->tag[atom_of_row[edges->source()[closest]]]);
}

/* ---------------------------------------------------------------------- */

int64_t SpinConvGraph::max_neighbors() const
{
  std::vector<int64_t> count(ntargets, 0);
  for (int64_t k = 0; k < edges->size(); k++) count[edges->target()[k]]++;
  return count.empty() ? 0 : *std::max_element(count.begin(), count.end());
}

/* ---------------------------------------------------------------------- */

double SpinConvGraph::memory_usage() const
{
  double of_edges = 0.0;
  for (const auto &entry : edges_of_cutoff) of_edges += entry.second.memory_usage();
  return (double) (row_of_atom.capacity() + atom_of_row.capacity()) * sizeof(int) +
         (double) absent.capacity() + (double) values.capacity() * sizeof(double) +
         (double) types.capacity() * sizeof(int64_t) + of_edges;
}
