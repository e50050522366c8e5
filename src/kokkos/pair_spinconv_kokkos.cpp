// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

#include "pair_spinconv_kokkos.h"

#include "atom_kokkos.h"
#include "atom_masks.h"
#include "comm.h"
#include "error.h"
#include "fix.h"
#include "force.h"
#include "kokkos.h"
#include "memory_kokkos.h"
#include "modify.h"
#include "neigh_list.h"
#include "neigh_request.h"
#include "neighbor.h"
#include "update.h"

#include "spinconv_forces.h"
#include "spinconv_forces_kokkos.h"
#include "spinconv_graph_kokkos.h"
#include "spinconv_kokkos_styles.h"
#include "spinconv_list_rules.h"
#include "spinconv_potentials.h"
#include "spinconv_ranges.h"
#include "spinconv_rows_kokkos.h"

#include "spinconv/evaluator.hpp"

#include <algorithm>
#include <exception>

using namespace LAMMPS_NS;

/* ---------------------------------------------------------------------- */

template <class DeviceType>
PairSpinConvKokkos<DeviceType>::PairSpinConvKokkos(LAMMPS *lmp) :
    PairSpinConv(lmp), graph_kk(std::make_unique<Graph>(lmp)),
    result_kk(std::make_unique<spinconv::DeviceEvaluation>()), steady(false), width(0)
{
  const std::string problem = spinconv_kokkos_problem(lmp);
  if (!problem.empty()) error->all(FLERR, "Pair style spinconv/kk: {}", problem);

  respa_enable = 0;
  kokkosable = 1;
  reverse_comm_device = 1;
  atomKK = (AtomKokkos *) atom;
  execution_space = ExecutionSpaceFromDevice<DeviceType>::space;
  datamask_read = X_MASK | F_MASK | TYPE_MASK | MASK_MASK | ENERGY_MASK | VIRIAL_MASK;
  datamask_modify = F_MASK | ENERGY_MASK | VIRIAL_MASK;
}

/* ---------------------------------------------------------------------- */

template <class DeviceType> PairSpinConvKokkos<DeviceType>::~PairSpinConvKokkos()
{
  if (copymode) return;

  memoryKK->destroy_kokkos(k_eatom, eatom);
  memoryKK->destroy_kokkos(k_vatom, vatom);
  memoryKK->destroy_kokkos(k_cvatom, cvatom);
}

/* ----------------------------------------------------------------------
   arrays of atoms are on the device, where those of the potentials are
------------------------------------------------------------------------- */

template <class DeviceType> void PairSpinConvKokkos<DeviceType>::begin_step(int eflag, int vflag)
{
  ev_init(eflag, vflag, 0);
  if (atom->molecular != Atom::ATOMIC && neighbor->ago == 0)
    atomKK->sync(Host, TYPE_MASK | TAG_MASK | SPECIAL_MASK);
  if (check_step()) graph_kk->set_elements(rules->element_of_type, nelements, rules->absent_bits);

  atomKK->sync(execution_space, datamask_read);
  atomKK->modified(execution_space, eflag || vflag ? datamask_modify : F_MASK);
}

/* ---------------------------------------------------------------------- */

template <class DeviceType> void PairSpinConvKokkos<DeviceType>::clear_rows()
{
  const int npotentials = potentials->size();
  const size_t nall = atom->nlocal + atom->nghost;
  steady = graph_kk->edges_are_current();
  graph_kk->watch(ranges->limits(), ranges->limits_number());
  width = 3 * npotentials + (atom_virial ? 9 : 0);

  allocate_atoms();
  if (d_rows.extent(0) < nall * width)
    d_rows = Kokkos::View<double *, DeviceType>("spinconv:rows", nall * width * 5 / 4);
  else
    Kokkos::deep_copy(DeviceType(), d_rows, 0.0);
  const size_t nsums = Graph::NFLAGS + 10 * npotentials;
  if (d_sums.extent(0) != nsums) {
    d_sums = Kokkos::View<double *, DeviceType>("spinconv:sums", nsums);
    h_sums = decltype(h_sums)("spinconv:sums read back", nsums);
  } else
    Kokkos::deep_copy(DeviceType(), d_sums, 0.0);
}

/* ----------------------------------------------------------------------
   energies and virials of atoms, zero
------------------------------------------------------------------------- */

template <class DeviceType> void PairSpinConvKokkos<DeviceType>::allocate_atoms()
{
  const auto renew = [&](auto &k_array, auto &array, int n, const char *name) {
    if ((int) k_array.extent(0) >= n) {
      Kokkos::deep_copy(DeviceType(), k_array.template view<DeviceType>(), 0.0);
      return;
    }
    memoryKK->destroy_kokkos(k_array, array);
    memoryKK->create_kokkos(k_array, array, n, name);
  };
  if (eflag_atom) renew(k_eatom, eatom, maxeatom, "pair:eatom");
  if (vflag_atom) renew(k_vatom, vatom, maxvatom, "pair:vatom");
  if (cvflag_atom) renew(k_cvatom, cvatom, maxcvatom, "pair:cvatom");
}

/* ---------------------------------------------------------------------- */

template <class DeviceType> void PairSpinConvKokkos<DeviceType>::find_rows()
{
  graph_kk->find_elements((SpinConvGraph::Halo) halo, [this](double *values) {
    to_ghosts(values);
  });
  if (!graph_kk->rows_are_current()) assign_rows();
}

/* ---------------------------------------------------------------------- */

template <class DeviceType> void PairSpinConvKokkos<DeviceType>::build_edges(int m)
{
  if (graph_kk->edges_are_current()) {
    graph_kk->update_vectors(list);
    return;
  }

  // what the neighbor list has beyond the cutoff is of no effect to all potentials
  bool listed = halo == SpinConvGraph::FOLD;
  const double cutoff = potentials->evaluators[m]->cutoff();
  for (const auto &evaluator : potentials->evaluators)
    listed = listed && evaluator->is_smooth() && evaluator->cutoff() == cutoff;

  auto edges = graph_kk->build_edges(list, cutoff, listed);
  if (edges == Graph::OTHER_ELEMENTS) {
    assign_rows();
    edges = graph_kk->build_edges(list, cutoff, listed);
  }
  if (edges != Graph::BUILT) explain(m, edges == Graph::UNLISTED);
  if (graph_kk->too_short()) look_at_edges();
}

/* ----------------------------------------------------------------------
   which they are: once for each pair of elements, or not much more often
------------------------------------------------------------------------- */

template <class DeviceType> void PairSpinConvKokkos<DeviceType>::look_at_edges()
{
  atomKK->sync(Host, TAG_MASK);
  ranges->look_at_edges(graph_on_host());
}

/* ----------------------------------------------------------------------
   errors that say which atoms
------------------------------------------------------------------------- */

template <class DeviceType> void PairSpinConvKokkos<DeviceType>::explain(int m, bool unlisted)
{
  graph_on_host();
  if (unlisted) {
    const auto ilist =
        Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), graph_kk->d_target_atom);
    graph->check_listed(ilist.data(), list->inum);
  }
  PairSpinConv::evaluate(m);
}

/* ---------------------------------------------------------------------- */

template <class DeviceType> void PairSpinConvKokkos<DeviceType>::assign_rows()
{
  const size_t nall = atom->nlocal + atom->nghost;
  graph_kk->assign_rows((SpinConvGraph::Halo) halo, [this](double *values) {
    to_ghosts(values);
  });
  if (potentials->size() == 1) return;
  graph->row_of_atom.resize(nall);
  Kokkos::deep_copy(Kokkos::View<int *, Kokkos::HostSpace, Kokkos::MemoryUnmanaged>(
                        graph->row_of_atom.data(), nall),
                    Kokkos::subview(graph_kk->d_row, Kokkos::make_pair((size_t) 0, nall)));
}

/* ---------------------------------------------------------------------- */

template <class DeviceType> void PairSpinConvKokkos<DeviceType>::evaluate(int m)
{
  // on CUDA the evaluator's work follows on the same stream
  if (SPINCONV_HOST_SEES<DeviceType>) DeviceType().fence();

  // error->one() throws: not from inside the handler of another exception
  std::string message;
  try {
    potentials->evaluators[m]->evaluate(graph_kk->view(), true, *result_kk,
                                        halo == SpinConvGraph::EXCHANGE ? exchange.get() : nullptr);
    return;
  } catch (const std::exception &e) {
    message = e.what();
  }
  error->one(FLERR, "Pair style spinconv/kk at step {}: {}{}", update->ntimestep, message,
             graph_on_host().suspects());
}

/* ----------------------------------------------------------------------
   of potential m, beside the flags of the graph, and of atoms
------------------------------------------------------------------------- */

template <class DeviceType> void PairSpinConvKokkos<DeviceType>::add_energies(int m)
{
  const auto sums = d_sums;
  const auto flags = graph_kk->d_flags;
  const double *const energy = result_kk->energy;
  Kokkos::parallel_for(
      "SpinConv::sums", Kokkos::RangePolicy<DeviceType>(0, 1), KOKKOS_LAMBDA(const int) {
        sums(Graph::NFLAGS + 10 * m) = *energy;
        for (int i = 0; i < Graph::NFLAGS; i++)
          if (flags(i) != 0.0) sums(i) = flags(i);
        flags(Graph::SHORT) = 0.0;    // of this evaluation alone
      });
  if (!eflag_atom) return;

  const auto d_eatom = k_eatom.template view<DeviceType>();
  const auto atom_of_row = graph_kk->d_atom_of_row;
  const double *const of_rows = result_kk->atomic_energies;
  const double unit = factor;
  Kokkos::parallel_for(
      "SpinConv::energies of atoms", Kokkos::RangePolicy<DeviceType>(0, graph_kk->nowned),
      KOKKOS_LAMBDA(const int r) { d_eatom(atom_of_row(r)) += unit * of_rows[r]; });
}

/* ---------------------------------------------------------------------- */

template <class DeviceType> void PairSpinConvKokkos<DeviceType>::add_forces(int m)
{
  if (potentials->evaluators[m]->has_direct_forces())
    add_atoms(m);
  else
    add_edges(m);
}

/* ----------------------------------------------------------------------
   direct forces on owned atoms by potential m
------------------------------------------------------------------------- */

template <class DeviceType> void PairSpinConvKokkos<DeviceType>::add_atoms(int m)
{
  const double *const of_rows = result_kk->atomic_forces;
  const auto atom_of_row = graph_kk->d_atom_of_row;
  double *const to = d_rows.data() + 3 * m;
  const int stride = width;
  Kokkos::parallel_for(
      "SpinConv::forces of atoms", Kokkos::RangePolicy<DeviceType>(0, graph_kk->nowned),
      KOKKOS_LAMBDA(const int r) {
        for (int a = 0; a < 3; a++)
          to[(size_t) atom_of_row(r) * stride + a] += of_rows[3 * (size_t) r + a];
      });
}

/* ----------------------------------------------------------------------
   forces and virial of each edge by potential m, see SpinConvForces::add_edges()
------------------------------------------------------------------------- */

template <class DeviceType> void PairSpinConvKokkos<DeviceType>::add_edges(int m)
{
  SpinConvAddEdgesKokkos<DeviceType> add;
  add.target_atom = graph_kk->d_target_atom;
  add.atom_of_row = graph_kk->d_atom_of_row;
  add.first = graph_kk->d_first;
  add.source = graph_kk->d_source;
  add.vectors = graph_kk->d_vectors;
  add.gradients = result_kk->edge_gradients;
  add.of_atoms = d_rows.data();
  add.width = width;
  add.force_column = 3 * m;
  add.virial_column = atom_virial ? 3 * potentials->size() : -1;
  add.total_virial = total_virial;

  const Kokkos::RangePolicy<DeviceType> targets(0, graph_kk->ntarget_atoms);
  if (!total_virial) {
    // no sum that has to be waited for
    Kokkos::parallel_for(
        "SpinConv::add edges", targets, KOKKOS_LAMBDA(const int ii) {
          SpinConvVirialSum none;
          add(ii, none);
        });
    return;
  }
  // a sum that stays on the device is not waited for
  static_assert(sizeof(SpinConvVirialSum) == 9 * sizeof(double));
  const Kokkos::View<SpinConvVirialSum, DeviceType, Kokkos::MemoryUnmanaged> sum(
      (SpinConvVirialSum *) (d_sums.data() + Graph::NFLAGS + 10 * m + 1));
  Kokkos::parallel_reduce("SpinConv::add edges", targets, add, sum);
}

/* ----------------------------------------------------------------------
   the one copy to the host of a step with edges of the step before. False: their elements have
   changed. The edges of other steps have been looked at before.
------------------------------------------------------------------------- */

template <class DeviceType> bool PairSpinConvKokkos<DeviceType>::read_sums()
{
  const int npotentials = potentials->size();
  if (!steady && !eflag_global && !vflag_global && npotentials == 1) return true;
  Kokkos::deep_copy(h_sums, d_sums);
  for (int m = 0; m < npotentials; m++) {
    const double *const of_potential = h_sums.data() + Graph::NFLAGS + 10 * m;
    energies[m] = of_potential[0];
    for (int c = 0; c < 9; c++) virials[9 * m + c] = of_potential[1 + c];
  }
  if (!steady) return true;

  const auto outcome = Graph::outcome(h_sums.data());
  if (outcome == Graph::BAD_DISTANCE) explain(0, false);
  if (outcome == Graph::OTHER_ELEMENTS) assign_rows();
  if (outcome == Graph::BUILT && h_sums(Graph::SHORT) != 0.0) look_at_edges();
  return outcome != Graph::OTHER_ELEMENTS;
}

/* ---------------------------------------------------------------------- */

template <class DeviceType> void PairSpinConvKokkos<DeviceType>::add_rows(bool complete)
{
  const int npotentials = potentials->size();
  const auto f = atomKK->k_f.view<DeviceType>();
  const auto d_vatom = k_vatom.template view<DeviceType>();
  const auto d_cvatom = k_cvatom.template view<DeviceType>();
  const double *const from = d_rows.data();
  const int stride = width;
  const bool six = vflag_atom, nine = cvflag_atom;
  const double unit = factor;
  Kokkos::parallel_for(
      "SpinConv::add rows",
      Kokkos::RangePolicy<DeviceType>(0, complete ? atom->nlocal : atom->nlocal + atom->nghost),
      KOKKOS_LAMBDA(const int i) {
        const double *const row = from + (size_t) i * stride;
        for (int m = 0; m < npotentials; m++)
          for (int a = 0; a < 3; a++) f(i, a) += unit * row[3 * m + a];
        const double *const v = row + 3 * npotentials;
        if (six)
          for (int c = 0; c < 6; c++) d_vatom(i, c) += unit * v[c];
        if (nine)
          for (int c = 0; c < 9; c++) d_cvatom(i, c) += unit * v[c];
      });
}

/* ----------------------------------------------------------------------
   energies and virials of atoms, whose host side LAMMPS reads
------------------------------------------------------------------------- */

template <class DeviceType> void PairSpinConvKokkos<DeviceType>::end_step()
{
  const auto to_host = [](auto &k_array) {
    k_array.template modify<DeviceType>();
    k_array.template sync<LMPHostType>();
  };
  if (eflag_atom) to_host(k_eatom);
  if (vflag_atom) to_host(k_vatom);
  if (cvflag_atom) to_host(k_cvatom);
}

/* ---------------------------------------------------------------------- */

template <class DeviceType> double PairSpinConvKokkos<DeviceType>::number_of_edges() const
{
  return graph_kk->nedges;
}

template <class DeviceType> const int *PairSpinConvKokkos<DeviceType>::row_of_atom() const
{
  return graph_kk->d_row.data();
}

template <class DeviceType> SpinConvRows PairSpinConvKokkos<DeviceType>::rows_of_forces()
{
  return {d_rows.data(), width, false, nullptr};
}

template <class DeviceType> const SpinConvGraph &PairSpinConvKokkos<DeviceType>::graph_on_host()
{
  graph_kk->copy_to(*graph);
  return *graph;
}

template <class DeviceType> const SpinConvForces &PairSpinConvKokkos<DeviceType>::forces_on_host()
{
  auto &of_atoms = forces->of_atoms;
  forces->width = width;
  of_atoms.resize((size_t) atom->nlocal * width);
  Kokkos::deep_copy(Kokkos::View<double *, Kokkos::HostSpace, Kokkos::MemoryUnmanaged>(
                        of_atoms.data(), of_atoms.size()),
                    Kokkos::subview(d_rows, Kokkos::make_pair((size_t) 0, of_atoms.size())));
  return *forces;
}

/* ----------------------------------------------------------------------
   rows that are on the device: there, or on the host where LAMMPS was told so (package kokkos comm
   no or host, comm_style tiled)
------------------------------------------------------------------------- */

template <class DeviceType>
void PairSpinConvKokkos<DeviceType>::exchange_rows(const SpinConvRows &what, bool forward)
{
  const bool by_host = execution_space != Device || spinconv_comm_on_host(lmp->kokkos, forward) ||
                       comm->style != Comm::BRICK;

  const size_t nall = atom->nlocal + atom->nghost;
  const size_t n = what.index ? graph_kk->nrows : nall;
  SpinConvRows rows = what;
  typedef Kokkos::View<char *, DeviceType, Kokkos::MemoryUnmanaged> Bytes;
  const Bytes d_bytes((char *) what.data, n * what.bytes());
  Kokkos::View<char *, Kokkos::HostSpace> h_bytes;
  Kokkos::View<int *, Kokkos::HostSpace> h_index;
  if (by_host && !SPINCONV_HOST_SEES<DeviceType>) {
    h_bytes = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), d_bytes);
    rows.data = h_bytes.data();
    if (what.index) {
      h_index = Kokkos::create_mirror_view_and_copy(
          Kokkos::HostSpace(),
          Kokkos::subview(graph_kk->d_row, Kokkos::make_pair((size_t) 0, nall)));
      rows.index = h_index.data();
    }
  } else if (by_host) {
    DeviceType().fence();
  }

  PairSpinConv::exchange_rows(rows, forward);
  if (h_bytes.data()) Kokkos::deep_copy(d_bytes, h_bytes);
}

/* ---------------------------------------------------------------------- */

#define WITH_ROWS(call)                                                                  \
  do {                                                                                   \
    const int size = comm_rows.size();                                                   \
    if (comm_rows.single)                                                                \
      SpinConvRowsKokkos<DeviceType, float>{(float *) comm_rows.data, comm_rows.width,   \
                                            comm_rows.index, size}                       \
          .call;                                                                         \
    else                                                                                 \
      SpinConvRowsKokkos<DeviceType, double>{(double *) comm_rows.data, comm_rows.width, \
                                             comm_rows.index, size}                      \
          .call;                                                                         \
  } while (0)

template <class DeviceType>
int PairSpinConvKokkos<DeviceType>::pack_forward_comm_kokkos(int n, DAT::tdual_int_1d k_list,
                                                             SpinConvBufferKokkos &k_buf,
                                                             int /*pbc_flag*/, int * /*pbc*/)
{
  const typename AT::t_int_1d list = k_list.view<DeviceType>();
  WITH_ROWS(pack_list(n, list, k_buf.view<DeviceType>().data()));
  return n * comm_rows.size();
}

/* ---------------------------------------------------------------------- */

template <class DeviceType>
void PairSpinConvKokkos<DeviceType>::unpack_forward_comm_kokkos(int n, int first,
                                                                SpinConvBufferKokkos &k_buf)
{
  WITH_ROWS(unpack_range(n, first, k_buf.view<DeviceType>().data()));
}

/* ---------------------------------------------------------------------- */

template <class DeviceType>
int PairSpinConvKokkos<DeviceType>::pack_reverse_comm_kokkos(int n, int first,
                                                             SpinConvBufferKokkos &k_buf)
{
  WITH_ROWS(pack_range(n, first, k_buf.view<DeviceType>().data()));
  return n * comm_rows.size();
}

/* ---------------------------------------------------------------------- */

template <class DeviceType>
void PairSpinConvKokkos<DeviceType>::unpack_reverse_comm_kokkos(int n, DAT::tdual_int_1d k_list,
                                                                SpinConvBufferKokkos &k_buf)
{
  const typename AT::t_int_1d list = k_list.view<DeviceType>();
  WITH_ROWS(add_list(n, list, k_buf.view<DeviceType>().data()));
}

/* ----------------------------------------------------------------------
   where Kokkos is, with its threads
------------------------------------------------------------------------- */

template <class DeviceType>
spinconv::EvaluatorOptions PairSpinConvKokkos<DeviceType>::evaluator_options() const
{
  auto of_evaluators = PairSpinConv::evaluator_options();
  of_evaluators.threads = lmp->kokkos->nthreads;
  const auto place = spinconv_kokkos_place<DeviceType>();
  const std::string &device = options.device;
  if (device != "auto" && device != place.device && !(device == "cuda" && place.device != "cpu"))
    error->all(FLERR,
               "Pair style spinconv/kk runs where Kokkos runs, on {}, but option device is {}: "
               "remove the option; the GPU is chosen by the command line (-k on g N), the host by "
               "pair_style spinconv/kk/host",
               place.device, device);
  of_evaluators.device = place.device;
  of_evaluators.stream = place.stream;
  return of_evaluators;
}

/* ----------------------------------------------------------------------
   init specific to this pair style. The full list is asked for whatever package kokkos
   neigh says, and works with both settings of newton.
------------------------------------------------------------------------- */

template <class DeviceType> void PairSpinConvKokkos<DeviceType>::init_style()
{
  PairSpinConv::init_style();
  if (!SPINCONV_HOST_SEES<DeviceType>) refuse_monte_carlo();

  auto *const request = neighbor->find_request(this);
  request->set_kokkos_host(std::is_same_v<DeviceType, LMPHostType> &&
                           !std::is_same_v<DeviceType, LMPDeviceType>);
  request->set_kokkos_device(std::is_same_v<DeviceType, LMPDeviceType>);
}

/* ----------------------------------------------------------------------
   they change atoms on the host and ask pair styles for energies in the middle of a step, which
   no one tells a GPU of: its energies would be those of before the change
------------------------------------------------------------------------- */

template <class DeviceType> void PairSpinConvKokkos<DeviceType>::refuse_monte_carlo()
{
  const std::vector<std::string> styles = {"atom/swap", "charge/regulation", "gcmc",  "hmc",
                                           "mol/swap",  "neighbor/swap",     "sgcmc", "widom"};
  for (auto *const fix : modify->get_fix_list())
    if (std::find(styles.begin(), styles.end(), fix->style) != styles.end())
      error->all(FLERR,
                 "Pair style spinconv/kk: fix {} changes atoms in ways that LAMMPS does not tell a "
                 "GPU of: use pair_style spinconv device cuda, without -k on",
                 fix->style);
}

/* ---------------------------------------------------------------------- */

template <class DeviceType> double PairSpinConvKokkos<DeviceType>::memory_usage()
{
  return PairSpinConv::memory_usage() + graph_kk->memory_usage() +
         (double) d_rows.span() * sizeof(double);
}

/* ---------------------------------------------------------------------- */

Pair *LAMMPS_NS::spinconv_kokkos_creator(LAMMPS *lmp)
{
  return new PairSpinConvKokkos<LMPDeviceType>(lmp);
}

Pair *LAMMPS_NS::spinconv_kokkos_host_creator(LAMMPS *lmp)
{
  return new PairSpinConvKokkos<LMPHostType>(lmp);
}

namespace LAMMPS_NS {
template class PairSpinConvKokkos<LMPDeviceType>;
#ifdef LMP_KOKKOS_GPU
template class PairSpinConvKokkos<LMPHostType>;
#endif
}    // namespace LAMMPS_NS
