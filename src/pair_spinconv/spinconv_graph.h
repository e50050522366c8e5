// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

#ifndef LMP_SPINCONV_GRAPH_H
#define LMP_SPINCONV_GRAPH_H

#include "pointers.h"

#include <cstdint>
#include <vector>

namespace spinconv {
struct EdgeView;
}

namespace LAMMPS_NS {

/* The graph that a rank evaluates: rows (atoms, then ghosts where these are needed) and directed
   edges s -> t from the full neighbor list. Atoms of types that are mapped to NULL have no row.

     FOLD      one rank: images stand for their owners, there are no ghost rows
     EXCHANGE  edges to owned atoms; ghost rows take part in HaloExchange
     DEEP      edges to owned atoms and to all ghosts of a halo of (layers + 1) cutoffs */

class SpinConvGraph : protected Pointers {
 public:
  enum Halo { FOLD, EXCHANGE, DEEP };

  explicit SpinConvGraph(class LAMMPS *lmp) : Pointers(lmp) {}

  // rows from the atoms and ghosts of now; elements: index of each type's element, -1 for NULL
  void assign_rows(const int *elements, Halo halo);
  bool rows_are_current() const;

  void build_edges(const class NeighList *list, double cutoff);
  spinconv::EdgeView view() const;

  // "the atoms with IDs ..." that most likely made the evaluation fail, or nothing
  std::string suspects() const;

  double memory_usage() const;
  int64_t max_neighbors() const;

  std::vector<int> row;            // [nlocal+nghost] row of an atom, -1: none
  std::vector<int> atom_of_row;    // [nrows]
  int64_t nenergies;               // rows of owned atoms, the first
  int64_t ntargets;                // rows that edges point to, the first

  std::vector<int32_t> types;      // [nrows] index of the element
  std::vector<int32_t> source;     // [nedges] row
  std::vector<int32_t> target;     // [nedges] row
  std::vector<double> vectors;     // [nedges*3] x_t - x_s, Angstrom

 private:
  void fold_images();
};

}    // namespace LAMMPS_NS

#endif
