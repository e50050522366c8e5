// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

#include "spinconv_list_rules.h"

#include "atom.h"
#include "comm.h"
#include "error.h"
#include "fix.h"
#include "group.h"
#include "modify.h"
#include "neigh_list.h"
#include "neighbor.h"
#include "utils.h"

using namespace LAMMPS_NS;

static constexpr int ALL = 0;    // index of group all

/* ---------------------------------------------------------------------- */

bool SpinConvListRules::check_step(const NeighList *list, const int *map)
{
  check_skips(list, map);
  const bool anew = !known;
  known = true;
  if (anew) {
    element_of_type = elements(map);
    absent_bits = bits_of_absent();
    check_coming_bonds(map);
    const std::string partial = partial_exclusions();
    if (!partial.empty() && comm->me == 0)
      error->warning(FLERR,
                     "Pair style spinconv: neigh_modify exclude ({}) takes edges out of the graph, "
                     "which changes the potential",
                     partial);
  }
  if (neighbor->ago == 0) check_bonds(map);
  return anew;
}

/* ----------------------------------------------------------------------
   of pairs that pair_style hybrid does not give to this style
------------------------------------------------------------------------- */

void SpinConvListRules::check_skips(const NeighList *list, const int *map) const
{
  if (!list->iskip) return;
  for (int i = 1; i <= atom->ntypes; i++)
    for (int j = i; j <= atom->ntypes; j++) {
      if (map[i] < 0 || map[j] < 0) continue;
      if (list->iskip[i] || list->iskip[j] || list->ijskip[i][j] || list->ijskip[j][i])
        error->all(FLERR,
                   "Pair style spinconv needs all pairs of its atoms, but pair_style hybrid gives "
                   "types {} {} to another sub-style: use pair_style hybrid/overlay, or map types "
                   "that are not its own to NULL",
                   i, j);
    }
}

/* ---------------------------------------------------------------------- */

bool SpinConvListRules::excluded_from_all(int type) const
{
  if (neighbor->nex_type == 0) return false;
  for (int other = 1; other <= atom->ntypes; other++) {
    bool excluded = false;
    for (int m = 0; m < neighbor->nex_type; m++) {
      const int a = neighbor->ex1_type[m], b = neighbor->ex2_type[m];
      excluded = excluded || (a == type && b == other) || (b == type && a == other);
    }
    if (!excluded) return false;
  }
  return true;
}

/* ---------------------------------------------------------------------- */

std::vector<int> SpinConvListRules::elements(const int *map) const
{
  std::vector<int> result(map, map + atom->ntypes + 1);
  result[0] = -1;
  for (int type = 1; type <= atom->ntypes; type++)
    if (excluded_from_all(type)) result[type] = -1;
  return result;
}

/* ----------------------------------------------------------------------
   trial deletions take an atom out of group all while they exclude it from that group, so
   the bit of the other group alone tells
------------------------------------------------------------------------- */

int SpinConvListRules::bits_of_absent() const
{
  int bits = 0;
  for (int m = 0; m < neighbor->nex_group; m++) {
    const int a = neighbor->ex1_group[m], b = neighbor->ex2_group[m];
    if (b == ALL) bits |= group->bitmask[a];
    if (a == ALL) bits |= group->bitmask[b];
  }
  return bits;
}

/* ----------------------------------------------------------------------
   the rules that leave an atom some of its neighbors and not the others; or nothing
------------------------------------------------------------------------- */

std::string SpinConvListRules::partial_exclusions() const
{
  std::string rules;
  const auto add = [&](const std::string &rule) {
    rules += (rules.empty() ? "" : ", ") + rule;
  };
  for (int m = 0; m < neighbor->nex_type; m++) {
    const int a = neighbor->ex1_type[m], b = neighbor->ex2_type[m];
    if (!excluded_from_all(a) && !excluded_from_all(b)) add(fmt::format("type {} {}", a, b));
  }
  for (int m = 0; m < neighbor->nex_group; m++) {
    const int a = neighbor->ex1_group[m], b = neighbor->ex2_group[m];
    if (a != ALL && b != ALL) add(fmt::format("group {} {}", group->names[a], group->names[b]));
  }
  for (int m = 0; m < neighbor->nex_mol; m++)
    add(fmt::format("molecule/{} {}", neighbor->ex_mol_intra[m] ? "intra" : "inter",
                    group->names[neighbor->ex_mol_group[m]]));
  return rules;
}

/* ----------------------------------------------------------------------
   1, 2 or 3: the first of the 1-2, 1-3 and 1-4 pairs that are not in the list; 0: all are.
   LAMMPS keeps pairs whose two factors are 0 where a long-range Coulomb style needs them.
------------------------------------------------------------------------- */

int SpinConvListRules::first_missing() const
{
  for (int k = 1; k <= 3; k++)
    if (neighbor->special_flag[k] == 0) return k;
  return 0;
}

static constexpr char SPECIAL_CURE[] = "use special_bonds lj/coul 1 1 1";

/* ----------------------------------------------------------------------
   bonded pairs of mapped atoms that are not in the list
------------------------------------------------------------------------- */

void SpinConvListRules::check_bonds(const int *map) const
{
  const int missing = atom->molecular == Atom::ATOMIC ? 0 : first_missing();
  if (missing == 0) return;

  int found = 0, other = 0, kind = missing;
  if (atom->molecular == Atom::TEMPLATE) {
    found = atom->nbonds > 0;
  } else {
    const int *const type = atom->type;
    for (int i = 0; i < atom->nlocal && !found; i++) {
      if (map[type[i]] < 0) continue;
      for (int k = 0; k < atom->nspecial[i][2]; k++) {
        kind = 1 + (k >= atom->nspecial[i][0]) + (k >= atom->nspecial[i][1]);
        if (neighbor->special_flag[kind]) continue;
        other = atom->map(atom->special[i][k]);
        // without an index it is further away than the list reaches
        if (other < 0 || map[type[other]] < 0) continue;
        found = i + 1;
        break;
      }
    }
  }
  // all ranks end, with the IDs of one that has such a pair
  int mine[2] = {found > 0, comm->me}, owner[2];
  MPI_Allreduce(mine, owner, 1, MPI_2INT, MPI_MAXLOC, world);
  if (!owner[0]) return;
  const bool has_ids = atom->molecular != Atom::TEMPLATE;
  tagint ids[2] = {0, 0};
  if (found && has_ids) {
    ids[0] = atom->tag[found - 1];
    ids[1] = atom->tag[other];
  }
  MPI_Bcast(ids, 2, MPI_LMP_TAGINT, owner[1], world);
  MPI_Bcast(&kind, 1, MPI_INT, owner[1], world);
  const std::string pair =
      has_ids ? fmt::format(", such as that of the atoms with IDs {} and {}", ids[0], ids[1]) : "";
  error->all(
      FLERR,
      "Pair style spinconv needs the pairs of bonded atoms, but special_bonds takes the 1-{} pairs "
      "out{}: {}",
      kind + 1, pair, SPECIAL_CURE);
}

/* ----------------------------------------------------------------------
   bonds may come during the run: with the molecules that fix deposit, pour, gcmc or widom
   insert, or by a fix that makes bonds. Of other types than those of the potential they do no
   harm: where there are such types check_bonds() tells when it has happened.
------------------------------------------------------------------------- */

void SpinConvListRules::check_coming_bonds(const int *map) const
{
  const int missing = atom->molecular == Atom::ATOMIC ? 0 : first_missing();
  if (missing == 0) return;
  for (int type = 1; type <= atom->ntypes; type++)
    if (map[type] < 0) return;

  std::string bringer;
  if (atom->nmolecule > 0) bringer = "a molecule template may have";
  for (const auto *const fix : modify->get_fix_list())
    for (const char *const style : {"^bond/create", "^bond/react"})
      if (bringer.empty() && utils::strmatch(fix->style, style))
        bringer = fmt::format("fix {} of style {} makes", fix->id, fix->style);
  if (!bringer.empty())
    error->all(
        FLERR,
        "Pair style spinconv needs the pairs of bonded atoms, but special_bonds would take out "
        "the 1-{} pairs of the bonds that {}: {}",
        missing + 1, bringer, SPECIAL_CURE);
}
