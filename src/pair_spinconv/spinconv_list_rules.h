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

   What is taken out is known only when the list is built: fixes have their part in it, some in
   their own init().

   map: [ntypes+1] index of each type's element, -1 for NULL */

class SpinConvListRules : protected Pointers {
 public:
  explicit SpinConvListRules(class LAMMPS *lmp) : Pointers(lmp), absent_bits(0), known(false) {}

  void begin_run() { known = false; }
  // Before each evaluation: the list is one that the potential can work with. Errors: pair_style
  // hybrid gives pairs to another sub-style; special_bonds takes bonded pairs of mapped atoms out
  // (collective), or would take out those that a command may bring during the run. True: what
  // follows was found anew, once in a run.
  bool check_step(const class NeighList *list, const int *map);

  std::vector<int>
      element_of_type;    // map with -1 also for types that are excluded from all types
  int absent_bits;        // an atom whose mask has one of these bits is excluded from group all

 private:
  bool known;    // since begin_run()

  void check_skips(const class NeighList *list, const int *map) const;
  std::vector<int> elements(const int *map) const;
  bool excluded_from_all(int type) const;
  int bits_of_absent() const;
  std::string partial_exclusions() const;
  int first_missing() const;
  void check_bonds(const int *map) const;
  void check_coming_bonds(const int *map) const;
};

}    // namespace LAMMPS_NS

#endif
