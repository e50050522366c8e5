// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

#ifndef LMP_SPINCONV_GRAPH_H
#define LMP_SPINCONV_GRAPH_H

#include "pointers.h"

#include "spinconv/edge_list.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace LAMMPS_NS {

/* The graph that a rank evaluates: rows (atoms, then ghosts where these are needed) and directed
   edges s -> t from the full neighbor list. Atoms without an element have no row: those of types
   that are mapped to NULL, and those that are excluded from all others. Types may change from one
   evaluation to the next, so rows are made for each; ghosts have the element of their owner, whose
   type they may not know yet.

     FOLD      one rank: images stand for their owners, there are no ghost rows
     EXCHANGE  edges to owned atoms; ghost rows take part in HaloExchange
     DEEP      edges to owned atoms and to all ghosts of a halo of (layers + 1) cutoffs */

class SpinConvGraph : protected Pointers {
 public:
  enum Halo { FOLD, EXCHANGE, DEEP };

  // From the options, the number of ranks and, once they are loaded, the potentials. Error: the
  // option halo asks for what cannot be.
  static Halo choose_halo(class LAMMPS *, const struct SpinConvSettings &,
                          const class SpinConvPotentials &);

  explicit SpinConvGraph(class LAMMPS *lmp);

  // Rows from the atoms and ghosts of now. elements: [ntypes+1] index of each type's element, -1:
  // none; absent_bits: masks of atoms that are excluded from all others since the list was built.
  // to_ghosts fills the entries of ghosts in an array of nlocal+nghost numbers with their owners'.
  void assign_rows(const std::vector<int> &elements, int absent_bits, Halo halo,
                   const std::function<void(double *)> &to_ghosts);

  // Error: as check_listed()
  void build_edges(const class NeighList *list, double cutoff);
  // Error: an owned atom has a row and is not in the list, whose first inum atoms these are
  void check_listed(const int *ilist, int inum) const;
  spinconv::Graph view();

  // "the atoms with IDs ..." that most likely made the evaluation fail, or nothing
  std::string suspects() const;

  double memory_usage() const;
  int64_t max_neighbors() const;

  std::vector<int> row_of_atom;    // [nlocal+nghost] row of an atom, -1: none
  std::vector<int> atom_of_row;    // [nrows]
  int64_t nowned;                  // rows of owned atoms, the first
  int64_t ntargets;                // rows that edges point to, the first

  std::vector<int64_t> types;    // [nrows] index of the element
  spinconv::EdgeList *edges;     // of build_edges(), between rows; vectors x_t - x_s, Angstrom

 private:
  // a committee may have several: each keeps the number of its topology
  std::map<double, spinconv::EdgeList> edges_of_cutoff;
  std::vector<char> absent;      // [nlocal] since the list was built
  std::vector<double> values;    // [nlocal+nghost] what is sent to ghosts
};

}    // namespace LAMMPS_NS

#endif
