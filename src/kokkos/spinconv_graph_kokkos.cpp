// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

#include "spinconv_graph_kokkos.h"

#include "atom_kokkos.h"
#include "atom_masks.h"
#include "neigh_list_kokkos.h"
#include "neighbor.h"

#include "spinconv_compat_kokkos.h"

#include "spinconv/evaluator.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

using namespace LAMMPS_NS;

// Arrays grow and never shrink, by a quarter more than is needed: their memory stays where it is
// while the number of edges goes up and down.
template <class View> static void grow(View &view, size_t n, const std::string &name)
{
  if (view.extent(0) < n || !view.data())
    view = View(Kokkos::view_alloc(Kokkos::WithoutInitializing, name), n + n / 4 + 1);
}

namespace {

// what both passes over the neighbor list read; one thread has one target atom

template <class DeviceType> struct NeighborsOfRows {
  typedef ArrayTypes<DeviceType> AT;
  SpinConvPositionsKokkos<DeviceType> x;
  typename AT::t_int_1d row;
  typename AT::t_neighbors_2d neighbors;
  typename AT::t_int_1d numneigh;
  double cutoffsq;

  // calls found(j, dx, dy, dz, rsq) for each neighbor j of i inside the cutoff, d = x_i - x_j;
  // distances that are not a number count as inside
  template <class Function>
  KOKKOS_INLINE_FUNCTION void operator()(int i, const Function &found) const
  {
    for (int jj = 0; jj < numneigh(i); jj++) {
      const int j = neighbors(i, jj) & NEIGHMASK;
      if (row(j) < 0) continue;
      const double delx = x(i, 0) - x(j, 0);
      const double dely = x(i, 1) - x(j, 1);
      const double delz = x(i, 2) - x(j, 2);
      const double rsq = delx * delx + dely * dely + delz * delz;
      if (rsq >= cutoffsq) continue;    // of listed edges, infinity
      found(j, delx, dely, delz, rsq);
    }
  }
};

template <class DeviceType>
NeighborsOfRows<DeviceType> neighbors_in(Atom *atom,
                                         const typename ArrayTypes<DeviceType>::t_int_1d &row,
                                         NeighList *list, double cutoff)
{
  auto *const k_list = static_cast<NeighListKokkos<DeviceType> *>(list);
  return {((AtomKokkos *) atom)->k_x.view<DeviceType>(), row, k_list->d_neighbors,
          k_list->d_numneigh, cutoff * cutoff};
}

// what is read back of edges: these, then edges of each pair of elements, then atoms of each

enum Counts {
  BAD_EDGES,
  SHORT_EDGES,
  LISTED_EDGES,
  LISTED_ATOMS,
  MOST_NEIGHBORS,
  ELEMENTS_CHANGED,
  NCOUNTS
};

constexpr double least_distance_sq = spinconv::coincident_distance * spinconv::coincident_distance;

template <class DeviceType> struct CountEdges {
  NeighborsOfRows<DeviceType> neighbors_of;
  double cutoffsq;    // of edges; the list may have more
  typename ArrayTypes<DeviceType>::t_int_1d ilist;
  int nowned;    // targets that are no ghosts, the first
  int nelements;
  Kokkos::View<int64_t *, DeviceType> types, counts;
  Kokkos::View<int64_t *, DeviceType> edges_of;    // [ilist]
  Kokkos::View<double *, DeviceType> limits;       // of SHORT_EDGES

  // sums of a few elements stay with the thread: all threads add to the same numbers
  static constexpr int FEW = 8;

  KOKKOS_INLINE_FUNCTION void add(int which, int64_t n) const
  {
    if (n) Kokkos::atomic_add(&counts(which), n);
  }

  KOKKOS_INLINE_FUNCTION void operator()(int ii) const
  {
    const int i = ilist(ii);
    const int row = neighbors_of.row(i);
    int64_t edges = 0, listed = 0, bad = 0, too_short = 0;
    if (row >= 0) {
      const int own = types(row);
      const bool few = nelements <= FEW;
      int64_t of_source[FEW];
      for (int e = 0; e < FEW; e++) of_source[e] = 0;
      neighbors_of(i, [&](int j, double, double, double, double rsq) {
        listed++;
        if (rsq >= cutoffsq) return;
        edges++;
        if (!(rsq > least_distance_sq)) bad++;
        const int e = types(neighbors_of.row(j));
        if (rsq < limits(e * nelements + own)) too_short++;
        if (few)
          of_source[e]++;
        else
          add(NCOUNTS + e * nelements + own, 1);
      });
      for (int e = 0; few && e < nelements; e++) add(NCOUNTS + e * nelements + own, of_source[e]);
      if (ii < nowned) add(LISTED_ATOMS, 1);
      add(LISTED_EDGES, listed);
      add(BAD_EDGES, bad);
      add(SHORT_EDGES, too_short);
      Kokkos::atomic_max(&counts(MOST_NEIGHBORS), edges);
    }
    edges_of(ii) = edges;
  }
};

template <class DeviceType> struct FillEdges {
  NeighborsOfRows<DeviceType> neighbors_of;
  typename ArrayTypes<DeviceType>::t_int_1d ilist;
  Kokkos::View<int64_t *, DeviceType> first, source, target;
  Kokkos::View<double *, DeviceType> vectors;

  KOKKOS_INLINE_FUNCTION void operator()(int ii) const
  {
    const int i = ilist(ii);
    if (neighbors_of.row(i) < 0) return;
    int64_t k = first(ii);
    neighbors_of(i, [&](int j, double delx, double dely, double delz, double) {
      source(k) = neighbors_of.row(j);
      target(k) = neighbors_of.row(i);
      vectors(3 * k) = delx;
      vectors(3 * k + 1) = dely;
      vectors(3 * k + 2) = delz;
      k++;
    });
  }
};

// FillEdges again, for edges that are there: all of the list

template <class DeviceType> struct UpdateVectors {
  NeighborsOfRows<DeviceType> neighbors_of;
  typename ArrayTypes<DeviceType>::t_int_1d ilist;
  Kokkos::View<int64_t *, DeviceType> first;
  Kokkos::View<double *, DeviceType> vectors, flags;
  int bad, too_short;    // flags
  Kokkos::View<int64_t *, DeviceType> types;
  int nelements;
  Kokkos::View<double *, DeviceType> limits;    // of the flag too_short

  KOKKOS_INLINE_FUNCTION void operator()(int ii) const
  {
    const int i = ilist(ii);
    if (neighbors_of.row(i) < 0) return;
    const int own = types(neighbors_of.row(i));
    int64_t k = first(ii);
    const int64_t end = first(ii + 1);
    neighbors_of(i, [&](int j, double delx, double dely, double delz, double rsq) {
      if (k < end) {
        vectors(3 * k) = delx;
        vectors(3 * k + 1) = dely;
        vectors(3 * k + 2) = delz;
      }
      k++;
      if (!(rsq > least_distance_sq)) flags(bad) = 1.0;
      if (rsq < limits((int) types(neighbors_of.row(j)) * nelements + own)) flags(too_short) = 1.0;
    });
    if (k != end) flags(bad) = 1.0;    // one is infinitely long, or was
  }
};

}    // namespace

/* ---------------------------------------------------------------------- */

template <class DeviceType>
SpinConvGraphKokkos<DeviceType>::SpinConvGraphKokkos(LAMMPS *lmp) :
    Pointers(lmp), nowned(0), nrows(0), nedges(0), ntarget_atoms(0), natoms(-1), ntargets(0),
    absent_bits(0), steady(false), topology(0), nelements(0), limits_number(0)
{
}

/* ---------------------------------------------------------------------- */

template <class DeviceType>
void SpinConvGraphKokkos<DeviceType>::set_elements(const std::vector<int> &elements,
                                                   int number_of_elements, int bits)
{
  absent_bits = bits;
  nelements = number_of_elements;
  steady = false;
  const int n = elements.size();
  d_elements = Kokkos::View<int *, DeviceType>("spinconv:elements", n);
  auto h_elements = Kokkos::create_mirror_view(d_elements);
  for (int i = 1; i < n; i++) h_elements(i) = elements[i];
  Kokkos::deep_copy(d_elements, h_elements);
}

/* ----------------------------------------------------------------------
   exclusions act when the list is built
------------------------------------------------------------------------- */

template <class DeviceType> void SpinConvGraphKokkos<DeviceType>::mark_absent()
{
  const int nlocal = atom->nlocal;
  grow(d_absent, nlocal, "spinconv:absent");
  const auto mask = ((AtomKokkos *) atom)->k_mask.view<DeviceType>();
  const auto absent = d_absent;
  const int bits = absent_bits;
  Kokkos::parallel_for(
      "SpinConv::absent", Kokkos::RangePolicy<DeviceType>(0, nlocal),
      KOKKOS_LAMBDA(const int i) { absent(i) = (mask(i) & bits) != 0; });
}

/* ---------------------------------------------------------------------- */

template <class DeviceType>
void SpinConvGraphKokkos<DeviceType>::watch(const std::vector<double> &limitsq, int n)
{
  if (n == limits_number) return;
  limits_number = n;
  d_limits = t_numbers("spinconv:limits", limitsq.size());
  Kokkos::deep_copy(d_limits,
                    Kokkos::View<const double *, Kokkos::HostSpace, Kokkos::MemoryUnmanaged>(
                        limitsq.data(), limitsq.size()));
}

/* ---------------------------------------------------------------------- */

template <class DeviceType> bool SpinConvGraphKokkos<DeviceType>::too_short() const
{
  return h_counts(SHORT_EDGES) != 0;
}

/* ----------------------------------------------------------------------
   images stand for their owners, and what they are is of no interest
------------------------------------------------------------------------- */

template <class DeviceType>
void SpinConvGraphKokkos<DeviceType>::find_elements(SpinConvGraph::Halo halo,
                                                    const std::function<void(double *)> &to_ghosts)
{
  const int nlocal = atom->nlocal;
  const int nall = nlocal + atom->nghost;
  if (!rows_are_current()) mark_absent();
  grow(d_found, nall, "spinconv:elements of atoms");
  const auto type = ((AtomKokkos *) atom)->k_type.view<DeviceType>();
  const auto elements = d_elements;
  const auto absent = d_absent;
  const auto found = d_found;
  Kokkos::parallel_for(
      "SpinConv::elements", Kokkos::RangePolicy<DeviceType>(0, nlocal),
      KOKKOS_LAMBDA(const int i) { found(i) = absent(i) ? -1 : elements(type(i)); });
  if (halo != SpinConvGraph::FOLD) to_ghosts(d_found.data());
  if (rows_are_current()) compare_elements(halo == SpinConvGraph::FOLD ? nlocal : nall);
}

/* ---------------------------------------------------------------------- */

template <class DeviceType> void SpinConvGraphKokkos<DeviceType>::compare_elements(int n)
{
  const auto found = d_found;
  const auto element = d_element;
  const auto flags = d_flags;
  Kokkos::parallel_for(
      "SpinConv::compare elements", Kokkos::RangePolicy<DeviceType>(0, n),
      KOKKOS_LAMBDA(const int i) {
        if ((int) found(i) != element(i)) flags(CHANGED) = 1.0;
      });
}

/* ----------------------------------------------------------------------
   rows of the atoms from first to last, numbered from nrows on; returns the next number
------------------------------------------------------------------------- */

template <class DeviceType>
int SpinConvGraphKokkos<DeviceType>::number_rows(int first, int last, int next)
{
  const auto found = d_found;
  const auto kept = d_element;
  const auto row = d_row;
  const auto atom_of_row = d_atom_of_row;
  const auto types = d_types;
  int n = 0;
  Kokkos::parallel_scan(
      "SpinConv::rows", Kokkos::RangePolicy<DeviceType>(first, last),
      KOKKOS_LAMBDA(const int i, int &sum, const bool final) {
        const int element = (int) found(i);
        if (final) {
          row(i) = element < 0 ? -1 : next + sum;
          kept(i) = element;
        }
        if (element < 0) return;
        if (final) {
          atom_of_row(next + sum) = i;
          types(next + sum) = element;
        }
        sum++;
      },
      n);
  return next + n;
}

/* ----------------------------------------------------------------------
   owned atoms first, then ghosts, in the order of LAMMPS, from what find_elements() found.
   Where images stand for their owners, these tell them their rows.
------------------------------------------------------------------------- */

template <class DeviceType>
void SpinConvGraphKokkos<DeviceType>::assign_rows(SpinConvGraph::Halo halo,
                                                  const std::function<void(double *)> &to_ghosts)
{
  const int nlocal = atom->nlocal;
  const int nall = nlocal + atom->nghost;

  grow(d_row, nall, "spinconv:row");
  grow(d_atom_of_row, nall, "spinconv:atom_of_row");
  grow(d_types, nall, "spinconv:types");
  grow(d_element, nall, "spinconv:elements of rows");
  // not in the constructor: a pair style may be made where Kokkos is not, to say so
  if (!d_flags.data()) d_flags = t_numbers("spinconv:flags", NFLAGS);
  Kokkos::deep_copy(DeviceType(), d_flags, 0.0);
  steady = false;
  nowned = number_rows(0, nlocal, 0);
  nrows = halo == SpinConvGraph::FOLD ? nowned : number_rows(nlocal, nall, nowned);
  ntargets = halo == SpinConvGraph::DEEP ? nrows : nowned;
  natoms = nall;
  if (halo != SpinConvGraph::FOLD) return;

  const auto d_values = d_found;
  const auto row = d_row;
  Kokkos::parallel_for(
      "SpinConv::own rows", Kokkos::RangePolicy<DeviceType>(0, nlocal),
      KOKKOS_LAMBDA(const int i) { d_values(i) = row(i); });
  to_ghosts(d_values.data());
  Kokkos::parallel_for(
      "SpinConv::rows of images", Kokkos::RangePolicy<DeviceType>(nlocal, nall),
      KOKKOS_LAMBDA(const int i) { row(i) = (int) d_values(i); });
}

/* ----------------------------------------------------------------------
   atoms have been reordered, exchanged or given new ghosts only when the lists were built
------------------------------------------------------------------------- */

template <class DeviceType> bool SpinConvGraphKokkos<DeviceType>::rows_are_current() const
{
  return neighbor->ago != 0 && natoms == atom->nlocal + atom->nghost;
}

/* ----------------------------------------------------------------------
   numbers of edges inside the cutoff, in d_edges those of each target atom
------------------------------------------------------------------------- */

template <class DeviceType>
void SpinConvGraphKokkos<DeviceType>::count_edges(NeighList *list, double cutoff)
{
  const size_t n = NCOUNTS + (size_t) nelements * (nelements + 1);
  if (d_counts.extent(0) != n) {
    d_counts = t_index("spinconv:edge counts", n);
    h_counts = decltype(h_counts)("spinconv:edge counts read back", n);
  }
  Kokkos::deep_copy(DeviceType(), d_counts, 0);
  const auto listed = neighbors_in<DeviceType>(atom, d_row, list, INFINITY);
  Kokkos::parallel_for("SpinConv::count edges", Kokkos::RangePolicy<DeviceType>(0, ntarget_atoms),
                       CountEdges<DeviceType>{listed, cutoff * cutoff, d_target_atom, list->inum,
                                              nelements, d_types, d_counts, d_edges, d_limits});
  const auto to = d_counts;
  const auto flags = d_flags;
  const auto types = d_types;
  const int first_type = NCOUNTS + nelements * nelements;
  const int last = ntargets;
  Kokkos::parallel_for(
      "SpinConv::count atoms", Kokkos::RangePolicy<DeviceType>(0, std::max(last, 1)),
      KOKKOS_LAMBDA(const int r) {
        if (r < last) Kokkos::atomic_add(&to(first_type + (int) types(r)), (int64_t) 1);
        if (r == 0) to(ELEMENTS_CHANGED) = flags(CHANGED) != 0.0;
      });
  Kokkos::deep_copy(h_counts, d_counts);

  const int64_t *const pairs = h_counts.data() + NCOUNTS;
  const int64_t *const atoms = pairs + nelements * nelements;
  counts.pairs.assign(pairs, atoms);
  counts.types.assign(atoms, atoms + nelements);
  counts.neighbors = h_counts(MOST_NEIGHBORS);
}

/* ----------------------------------------------------------------------
   directed edges s -> t inside the cutoff. The list of a deep halo has the ghosts after the
   owned atoms. Their numbers have to be known here, to LibTorch: they are what is read back.
------------------------------------------------------------------------- */

template <class DeviceType>
typename SpinConvGraphKokkos<DeviceType>::Edges
SpinConvGraphKokkos<DeviceType>::build_edges(NeighList *list, double cutoff, bool listed)
{
  ntarget_atoms = list->inum + (ntargets > nowned ? list->gnum : 0);
  d_target_atom = static_cast<NeighListKokkos<DeviceType> *>(list)->d_ilist;
  grow(d_first, ntarget_atoms + 1, "spinconv:first edge");
  grow(d_edges, ntarget_atoms, "spinconv:edges of an atom");
  count_edges(list, cutoff);
  if (h_counts(ELEMENTS_CHANGED)) return OTHER_ELEMENTS;
  if (h_counts(LISTED_ATOMS) != nowned) return UNLISTED;
  const bool bad = h_counts(BAD_EDGES) != 0;
  nedges = std::accumulate(counts.pairs.begin(), counts.pairs.end(), (int64_t) 0);

  // on a host a wait costs nothing, and an edge too many does
  const int64_t allowed = listed ? nedges + (SPINCONV_HOST_SEES<DeviceType> ? 0 : nedges / 4) : -1;
  steady = h_counts(LISTED_EDGES) <= allowed;
  if (steady && h_counts(LISTED_EDGES) > nedges) {
    cutoff = INFINITY;
    count_edges(list, cutoff);
    nedges = std::accumulate(counts.pairs.begin(), counts.pairs.end(), (int64_t) 0);
  }
  topology = spinconv::new_topology();

  const auto first = d_first;
  const auto edges_of = d_edges;
  const int last = ntarget_atoms;
  Kokkos::parallel_scan(
      "SpinConv::first edges", Kokkos::RangePolicy<DeviceType>(0, ntarget_atoms + 1),
      KOKKOS_LAMBDA(const int ii, int64_t &sum, const bool final) {
        if (final) first(ii) = sum;
        if (ii < last) sum += edges_of(ii);
      });
  grow(d_source, nedges, "spinconv:source");
  grow(d_target, nedges, "spinconv:target");
  grow(d_vectors, 3 * nedges, "spinconv:vectors");
  const auto inside = neighbors_in<DeviceType>(atom, d_row, list, cutoff);
  Kokkos::parallel_for(
      "SpinConv::fill edges", Kokkos::RangePolicy<DeviceType>(0, ntarget_atoms),
      FillEdges<DeviceType>{inside, d_target_atom, d_first, d_source, d_target, d_vectors});
  return bad ? BAD_DISTANCE : BUILT;
}

/* ---------------------------------------------------------------------- */

template <class DeviceType> void SpinConvGraphKokkos<DeviceType>::update_vectors(NeighList *list)
{
  const auto listed = neighbors_in<DeviceType>(atom, d_row, list, INFINITY);
  Kokkos::parallel_for("SpinConv::update vectors",
                       Kokkos::RangePolicy<DeviceType>(0, ntarget_atoms),
                       UpdateVectors<DeviceType>{listed, d_target_atom, d_first, d_vectors, d_flags,
                                                 BAD, SHORT, d_types, nelements, d_limits});
}

/* ---------------------------------------------------------------------- */

template <class DeviceType>
typename SpinConvGraphKokkos<DeviceType>::Edges
SpinConvGraphKokkos<DeviceType>::outcome(const double *flags)
{
  if (flags[CHANGED] != 0.0) return OTHER_ELEMENTS;
  return flags[BAD] != 0.0 ? BAD_DISTANCE : BUILT;
}

/* ---------------------------------------------------------------------- */

template <class DeviceType> spinconv::Graph SpinConvGraphKokkos<DeviceType>::view() const
{
  spinconv::Graph graph;
  graph.n_owned = ntargets;
  graph.n_rows = nrows;
  graph.n_edges = nedges;
  graph.types = d_types.data();
  graph.source = d_source.data();
  graph.target = d_target.data();
  graph.vectors = d_vectors.data();
  graph.n_energies = nowned;
  graph.counts = &counts;
  graph.topology = topology;
  return graph;
}

/* ---------------------------------------------------------------------- */

template <class View, class T>
static void copy_first(const View &view, size_t n, std::vector<T> &to)
{
  const auto part = Kokkos::subview(view, Kokkos::make_pair((size_t) 0, n));
  const auto host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), part);
  to.assign(host.data(), host.data() + n);
}

template <class DeviceType>
void SpinConvGraphKokkos<DeviceType>::copy_to(SpinConvGraph &graph) const
{
  copy_first(d_row, natoms, graph.row_of_atom);
  copy_first(d_atom_of_row, nrows, graph.atom_of_row);
  copy_first(d_types, nrows, graph.types);
  std::vector<int64_t> source, target;
  std::vector<double> vectors;
  copy_first(d_source, nedges, source);
  copy_first(d_target, nedges, target);
  copy_first(d_vectors, 3 * nedges, vectors);
  graph.edges->begin();
  for (int64_t k = 0; k < nedges; k++)
    graph.edges->add(source[k], target[k], vectors[3 * k], vectors[3 * k + 1], vectors[3 * k + 2]);
  graph.nowned = nowned;
  graph.ntargets = ntargets;
}

/* ---------------------------------------------------------------------- */

template <class DeviceType> double SpinConvGraphKokkos<DeviceType>::memory_usage() const
{
  return (double) (d_row.span() + d_atom_of_row.span() + d_element.span() + d_absent.span()) *
             sizeof(int) +
         (double) (d_types.span() + d_source.span() + d_target.span() + d_first.span() +
                   d_edges.span()) *
             sizeof(int64_t) +
         (double) (d_vectors.span() + d_found.span()) * sizeof(double);
}

namespace LAMMPS_NS {
template class SpinConvGraphKokkos<LMPDeviceType>;
#ifdef LMP_KOKKOS_GPU
template class SpinConvGraphKokkos<LMPHostType>;
#endif
}    // namespace LAMMPS_NS
