// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

#ifndef LMP_SPINCONV_LIST_RULES_H
#define LMP_SPINCONV_LIST_RULES_H

#include "pointers.h"

#include <string>
#include <vector>

namespace LAMMPS_NS {

/* What other commands take out of the neighbor list: pairs by neigh_modify exclude, bonded pairs by
   special_bonds. The potential is many-body: with some of its edges taken out it would be another
   one. An atom that is excluded from all others is not there at all; that is how fix gcmc and its
   kind ask for the energy without it.

   map: [ntypes+1] index of each type's element, -1 for NULL */

class SpinConvListRules : protected Pointers {
 public:
  explicit SpinConvListRules(class LAMMPS *lmp) : Pointers(lmp) {}

  // map with -1 also for types that are excluded from all types
  std::vector<int> elements(const int *map) const;
  // an atom whose mask has one of these bits is excluded from group all
  int absent_bits() const;

  // the rules that leave an atom some of its neighbors and not the others, for a warning; or
  // nothing
  std::string partial_exclusions() const;

  // Bonded pairs of mapped atoms that special_bonds takes out of the list. Errors: there are such
  // pairs (collective), or what a command brings during the run may have them.
  void check_bonds(const int *map) const;
  void check_coming_bonds(const int *map) const;

 private:
  int first_missing() const;
  bool excluded_from_all(int type) const;
};

}    // namespace LAMMPS_NS

#endif
