// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

#ifndef LMP_SPINCONV_GRAPH_KOKKOS_H
#define LMP_SPINCONV_GRAPH_KOKKOS_H

#include "kokkos_type.h"
#include "pointers.h"

#include "spinconv_graph.h"

#include "spinconv/edge_counts.hpp"

#include <cstdint>
#include <functional>

namespace spinconv {
struct Graph;
}

namespace LAMMPS_NS {

// host and device have one memory: nothing need be copied for what runs on the host
template <class DeviceType>
constexpr bool SPINCONV_HOST_SEES =
    Kokkos::SpaceAccessibility<Kokkos::HostSpace, typename DeviceType::memory_space>::accessible;

/* SpinConvGraph in the memory of DeviceType: the same rows and edges, made there from the
   positions, types and the full neighbor list that are there. The edges of a target atom are next
   to each other, in the order of the list. Rows are made when the list was built, and anew where an
   element has changed since.

   The numbers of edges are read back in one copy for each set of edges. Where the list itself has
   hardly more of them than are inside the cutoff, as of a small molecule, all of the list are taken
   until the next one is built: those outside change nothing. Then nothing is read back before an
   evaluation, which gives what there is to tell as flags, for the one copy at its end. */

template <class DeviceType> class SpinConvGraphKokkos : protected Pointers {
 public:
  typedef ArrayTypes<DeviceType> AT;
  typedef Kokkos::View<int64_t *, DeviceType> t_index;
  typedef Kokkos::View<double *, DeviceType> t_numbers;

  explicit SpinConvGraphKokkos(class LAMMPS *lmp);

  // as in SpinConvGraph::assign_rows(), with numbers on the device: find_elements() before each
  // evaluation, assign_rows() where rows are not current, or build_edges() says so
  void set_elements(const std::vector<int> &elements, int nelements, int absent_bits);
  void find_elements(SpinConvGraph::Halo halo, const std::function<void(double *)> &to_ghosts);
  void assign_rows(SpinConvGraph::Halo halo, const std::function<void(double *)> &to_ghosts);
  bool rows_are_current() const;    // no list was built since they were assigned

  // SpinConvRanges::limits() and their number, before edges are built or updated; edges that are
  // shorter are told of by too_short(), or by the flag SHORT
  void watch(const std::vector<double> &limitsq, int number);

  enum Edges { BUILT, BAD_DISTANCE, OTHER_ELEMENTS, UNLISTED };
  // BAD_DISTANCE: two atoms are closer than coincident_distance, or a distance is not a number;
  // OTHER_ELEMENTS: rows have to be assigned, then edges built again; UNLISTED: see
  // SpinConvGraph::check_listed()
  // listed: edges outside the cutoff are allowed, and current for this list
  Edges build_edges(class NeighList *list, double cutoff, bool listed);
  bool too_short() const;    // of the edges that were built
  bool edges_are_current() const { return steady && rows_are_current(); }
  // new vectors of current edges; outcome() of flags that were read back says how that went
  void update_vectors(class NeighList *list);
  static Edges outcome(const double *flags);
  spinconv::Graph view() const;

  // steps of the above; public for nvcc, which takes no lambda in another member function
  int number_rows(int first, int last, int next);
  void mark_absent();
  void compare_elements(int n);
  void count_edges(class NeighList *list, double cutoff);

  // all of it, for messages and statistics
  void copy_to(SpinConvGraph &graph) const;
  double memory_usage() const;

  typename AT::t_int_1d d_row;            // [nlocal+nghost] row of an atom, -1: none
  typename AT::t_int_1d d_atom_of_row;    // [nrows]
  typename AT::t_int_1d d_target_atom;    // [ntarget_atoms] atoms with edges
  t_index d_first;                        // [ntarget_atoms+1] first edge of each

  int64_t nowned;    // rows of owned atoms, the first
  int64_t nrows;
  int64_t nedges;
  int ntarget_atoms;

  t_index d_types, d_source, d_target;    // as in spinconv::Graph
  t_numbers d_vectors;

  enum Flags { CHANGED, BAD, SHORT, NFLAGS };
  t_numbers d_flags;    // [NFLAGS] not 0: since they were read back, see Edges

 private:
  int natoms;    // nlocal+nghost of the rows, -1: none yet
  int64_t ntargets;
  int absent_bits;
  Kokkos::View<int *, DeviceType> d_elements;    // of types
  Kokkos::View<int *, DeviceType> d_absent;      // [nlocal] since the list was built
  t_numbers d_found;                             // [nlocal+nghost] elements of now
  typename AT::t_int_1d d_element;               // [nlocal+nghost] elements that the rows have

  bool steady;                    // edges serve until the next list
  uint64_t topology;              // number of these edges
  spinconv::EdgeCounts counts;    // theirs
  int nelements;
  t_numbers d_limits;    // [nelements^2] of watch()
  int limits_number;
  t_index d_edges;     // [ntarget_atoms] edges of each
  t_index d_counts;    // what count_edges() finds, see there
  Kokkos::View<int64_t *, Kokkos::HostSpace> h_counts;
};

}    // namespace LAMMPS_NS

#endif
