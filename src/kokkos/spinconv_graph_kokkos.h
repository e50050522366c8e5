// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

#ifndef LMP_SPINCONV_GRAPH_KOKKOS_H
#define LMP_SPINCONV_GRAPH_KOKKOS_H

#include "kokkos_type.h"
#include "pointers.h"

#include "spinconv_graph.h"

#include <cstdint>
#include <functional>

namespace spinconv {
struct DeviceEdgeView;
}

namespace LAMMPS_NS {

/* SpinConvGraph in the memory of DeviceType: the same rows and edges, made there from the positions
   and the full neighbor list that are there. The edges of a target atom are next to each other, in
   the order of the list. */

template <class DeviceType> class SpinConvGraphKokkos : protected Pointers {
 public:
  typedef ArrayTypes<DeviceType> AT;
  typedef Kokkos::View<int64_t *, DeviceType> t_index;
  typedef Kokkos::View<double *, DeviceType> t_numbers;

  explicit SpinConvGraphKokkos(class LAMMPS *lmp);

  // elements: [ntypes+1] index of each type's element, -1 for NULL
  void set_elements(const int *elements);

  // rows from the atoms and ghosts of now. to_ghosts fills the entries of ghosts in an array of
  // nlocal+nghost numbers on the device with their owners'.
  void assign_rows(SpinConvGraph::Halo halo, const std::function<void(double *)> &to_ghosts);
  bool rows_are_current() const;
  void clear() { natoms = -1; }

  // false: two atoms are closer than coincident_distance, or a distance is not a number
  bool build_edges(class NeighList *list, double cutoff);
  spinconv::DeviceEdgeView view() const;

  // a step of assign_rows(); public for nvcc, which takes no lambda in another member function
  int number_rows(int first, int last, int next);

  // all of it, for messages and statistics
  void copy_to(SpinConvGraph &graph) const;
  double memory_usage() const;

  typename AT::t_int_1d d_row;            // [nlocal+nghost] row of an atom, -1: none
  typename AT::t_int_1d d_atom_of_row;    // [nrows]
  typename AT::t_int_1d d_target_atom;    // [ntarget_atoms] atoms with edges
  t_index d_first;                        // [ntarget_atoms+1] first edge of each

  int64_t nenergies;    // rows of owned atoms, the first
  int64_t nrows;
  int64_t nedges;
  int ntarget_atoms;

  t_index d_types, d_source, d_target;    // as in DeviceEdgeView
  t_numbers d_vectors;

 private:
  int natoms;    // nlocal+nghost of the rows, -1: none yet
  int64_t ntargets;
  Kokkos::View<int *, DeviceType> d_elements;
};

}    // namespace LAMMPS_NS

#endif
