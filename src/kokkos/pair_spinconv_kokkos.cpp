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
#include "platform.h"
#include "update.h"

#include "spinconv_deviation.h"
#include "spinconv_edges_kokkos.h"
#include "spinconv_graph_kokkos.h"
#include "spinconv_kokkos_settings.h"
#include "spinconv_rows_kokkos.h"

#include "spinconv/error.hpp"
#include "spinconv/evaluator.hpp"

#include <algorithm>
#include <exception>

using namespace LAMMPS_NS;

struct LAMMPS_NS::SpinConvResultKokkos : spinconv::DeviceEvaluation {};

/* ----------------------------------------------------------------------
   rows of ghosts from their owners on the device, or on the host where LAMMPS was told so
   (package kokkos comm no or host, comm_style tiled)
------------------------------------------------------------------------- */

template <class DeviceType>
class PairSpinConvKokkos<DeviceType>::RowExchangeKokkos : public spinconv::HaloExchange {
 public:
  explicit RowExchangeKokkos(PairSpinConvKokkos *p) : pair(p) {}

  bool on_device() const override { return true; }
  void forward(float *rows, int64_t width) override { exchange(rows, width, true, true); }
  void forward(double *rows, int64_t width) override { exchange(rows, width, false, true); }
  void reverse(float *rows, int64_t width) override { exchange(rows, width, true, false); }
  void reverse(double *rows, int64_t width) override { exchange(rows, width, false, false); }

 private:
  void exchange(void *rows, int64_t width, bool single, bool forward)
  {
    pair->exchange_rows({rows, (int) width, single, pair->graph_kk->d_row.data()},
                        pair->graph_kk->nrows, forward);
  }

  PairSpinConvKokkos *pair;
};

/* ---------------------------------------------------------------------- */

template <class DeviceType>
PairSpinConvKokkos<DeviceType>::PairSpinConvKokkos(LAMMPS *lmp) :
    PairSpinConv(lmp), graph_kk(std::make_unique<SpinConvGraphKokkos<DeviceType>>(lmp)),
    to_host(false)
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
  exchange = std::make_unique<RowExchangeKokkos>(this);
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
   as PairSpinConv::compute(), on the device
------------------------------------------------------------------------- */

template <class DeviceType> void PairSpinConvKokkos<DeviceType>::compute(int eflag, int vflag)
{
  ev_init(eflag, vflag, 0);
  if (atom->molecular != Atom::ATOMIC && neighbor->ago == 0)
    atomKK->sync(Host, TYPE_MASK | TAG_MASK | SPECIAL_MASK);
  const bool new_rules = !rules_checked;
  check_step();
  if (new_rules) graph_kk->set_elements(element_of_type, nelements, absent_bits);

  atomKK->sync(execution_space, datamask_read);
  atomKK->modified(execution_space, eflag || vflag ? datamask_modify : F_MASK);

  const int npotentials = evaluators.size();
  const double factor = uniform_scale() * energy_unit / npotentials;
  const bool atom_virial = vflag_atom || cvflag_atom;

  width = 3 * npotentials + (atom_virial ? 9 : 0);
  virials.assign(9 * npotentials, 0.0);
  bool steady;
  do {
    steady = graph_kk->edges_are_current();
    evaluate_all(atom_virial);
  } while (!read_sums(steady));
  if (eflag_global)
    for (int m = 0; m < npotentials; m++)
      eng_vdwl += factor * (h_sums(Graph::NFLAGS + 10 * m) +
                            (comm->me == 0 ? evaluators[m]->energy_offset() : 0.0));
  nevaluations++;

  const bool complete = complete_rows_kk();
  add_rows_kk(complete, atom_virial, factor);
  if (vflag_global)
    for (int m = 0; m < npotentials; m++)
      for (int c = 0; c < 6; c++) virial[c] += factor * virials[9 * m + c];
  if (to_host) {
    rows.resize((size_t) atom->nlocal * width);
    Kokkos::deep_copy(Kokkos::View<double *, Kokkos::HostSpace, Kokkos::MemoryUnmanaged>(
                          rows.data(), rows.size()),
                      Kokkos::subview(d_rows, Kokkos::make_pair((size_t) 0, rows.size())));
    report_deviation(factor * npotentials);
  }

  if (eflag_atom) {
    k_eatom.template modify<DeviceType>();
    k_eatom.template sync<LMPHostType>();
  }
  if (vflag_atom) {
    k_vatom.template modify<DeviceType>();
    k_vatom.template sync<LMPHostType>();
  }
  if (cvflag_atom) {
    k_cvatom.template modify<DeviceType>();
    k_cvatom.template sync<LMPHostType>();
  }
}

/* ----------------------------------------------------------------------
   rows of all potentials, and sums on the device
------------------------------------------------------------------------- */

template <class DeviceType> void PairSpinConvKokkos<DeviceType>::evaluate_all(bool atom_virial)
{
  const int npotentials = evaluators.size();
  const size_t nall = atom->nlocal + atom->nghost;
  const double factor = uniform_scale() * energy_unit / npotentials;

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

  double built = 0.0;    // cutoff of the edges that are there
  for (int m = 0; m < npotentials; m++) {
    if (evaluators[m]->cutoff() != built) {
      const double start = platform::walltime();
      if (m == 0) find_rows();
      built = evaluators[m]->cutoff();
      if (graph_kk->edges_are_current())
        graph_kk->update_vectors(list);
      else
        build_edges(m);
      time_edges += platform::walltime() - start;
    }
    if (!announced) {
      graph_kk->copy_to(*graph);
      log_graph();
    }
    SpinConvResultKokkos found;
    evaluate_kk(m, found);
    nedges_sum += graph_kk->nedges;
    add_sums(m, found.energy);
    if (eflag_atom) add_energies(found.atomic_energies, factor);
    if (evaluators[m]->has_direct_forces())
      add_atoms_kk(m, found.atomic_forces);
    else
      add_edges_kk(m, atom_virial, found.edge_gradients);
  }
}

/* ----------------------------------------------------------------------
   the energy of potential m, and flags of the graph
------------------------------------------------------------------------- */

template <class DeviceType>
void PairSpinConvKokkos<DeviceType>::add_sums(int m, const double *energy)
{
  const auto sums = d_sums;
  const auto flags = graph_kk->d_flags;
  Kokkos::parallel_for(
      "SpinConv::sums", Kokkos::RangePolicy<DeviceType>(0, 1), KOKKOS_LAMBDA(const int) {
        sums(Graph::NFLAGS + 10 * m) = *energy;
        for (int i = 0; i < Graph::NFLAGS; i++) sums(i) = flags(i);
      });
}

/* ----------------------------------------------------------------------
   the one copy to the host of a step with edges of the step before. False: their elements have
   changed, so that all has to be done again. The edges of other steps have been looked at before.
------------------------------------------------------------------------- */

template <class DeviceType> bool PairSpinConvKokkos<DeviceType>::read_sums(bool steady)
{
  const int npotentials = evaluators.size();
  if (!steady && !eflag_global && !vflag_global && npotentials == 1) return true;
  Kokkos::deep_copy(h_sums, d_sums);
  for (int m = 0; m < npotentials; m++)
    for (int c = 0; c < 9; c++) virials[9 * m + c] = h_sums(Graph::NFLAGS + 10 * m + 1 + c);
  if (!steady) return true;

  const auto outcome = Graph::outcome(h_sums.data());
  if (outcome == Graph::BAD_DISTANCE) explain(0, false);
  if (outcome == Graph::OTHER_ELEMENTS) assign_rows();
  return outcome != Graph::OTHER_ELEMENTS;
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

template <class DeviceType> void PairSpinConvKokkos<DeviceType>::to_ghosts_kk(double *values)
{
  exchange_rows({values, 1, false, nullptr}, atom->nlocal + atom->nghost, true);
}

/* ---------------------------------------------------------------------- */

template <class DeviceType> void PairSpinConvKokkos<DeviceType>::find_rows()
{
  graph_kk->find_elements((SpinConvGraph::Halo) halo, [this](double *values) {
    to_ghosts_kk(values);
  });
  if (!graph_kk->rows_are_current()) assign_rows();
}

/* ---------------------------------------------------------------------- */

template <class DeviceType> void PairSpinConvKokkos<DeviceType>::build_edges(int m)
{
  // what the neighbor list has beyond the cutoff is of no effect to all potentials
  bool listed = halo == SpinConvGraph::FOLD;
  for (const auto &evaluator : evaluators)
    listed = listed && evaluator->is_smooth() && evaluator->cutoff() == evaluators[m]->cutoff();

  auto edges = graph_kk->build_edges(list, evaluators[m]->cutoff(), listed);
  if (edges == Graph::OTHER_ELEMENTS) {
    assign_rows();
    edges = graph_kk->build_edges(list, evaluators[m]->cutoff(), listed);
  }
  if (edges != Graph::BUILT) explain(m, edges == Graph::UNLISTED);
}

/* ----------------------------------------------------------------------
   errors that say which atoms
------------------------------------------------------------------------- */

template <class DeviceType> void PairSpinConvKokkos<DeviceType>::explain(int m, bool unlisted)
{
  graph_kk->copy_to(*graph);
  if (unlisted) {
    const auto ilist =
        Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), graph_kk->d_target_atom);
    graph->check_listed(ilist.data(), list->inum);
  }
  evaluate(m);
}

/* ---------------------------------------------------------------------- */

template <class DeviceType> void PairSpinConvKokkos<DeviceType>::assign_rows()
{
  const size_t nall = atom->nlocal + atom->nghost;
  graph_kk->assign_rows((SpinConvGraph::Halo) halo, [this](double *values) {
    to_ghosts_kk(values);
  });
  if (!to_host) return;
  graph->row.resize(nall);
  Kokkos::deep_copy(
      Kokkos::View<int *, Kokkos::HostSpace, Kokkos::MemoryUnmanaged>(graph->row.data(), nall),
      Kokkos::subview(graph_kk->d_row, Kokkos::make_pair((size_t) 0, nall)));
}

/* ---------------------------------------------------------------------- */

template <class DeviceType>
void PairSpinConvKokkos<DeviceType>::evaluate_kk(int m, SpinConvResultKokkos &found)
{
  // on CUDA the evaluator's work follows on the same stream
  if (SPINCONV_HOST_SEES<DeviceType>) DeviceType().fence();

  // error->one() throws: not from inside the handler of another exception
  std::string message;
  try {
    evaluators[m]->evaluate(graph_kk->view(), true, found,
                            halo == SpinConvGraph::EXCHANGE ? exchange.get() : nullptr);
    return;
  } catch (const std::exception &e) {
    message = e.what();
  }
  graph_kk->copy_to(*graph);
  error->one(FLERR, "Pair style spinconv/kk at step {}: {}{}", update->ntimestep, message,
             graph->suspects());
}

/* ---------------------------------------------------------------------- */

template <class DeviceType>
void PairSpinConvKokkos<DeviceType>::add_energies(const double *energies, double factor)
{
  const auto d_eatom = k_eatom.template view<DeviceType>();
  const auto atom_of_row = graph_kk->d_atom_of_row;
  Kokkos::parallel_for(
      "SpinConv::energies of atoms", Kokkos::RangePolicy<DeviceType>(0, graph_kk->nenergies),
      KOKKOS_LAMBDA(const int r) { d_eatom(atom_of_row(r)) += factor * energies[r]; });
}

/* ----------------------------------------------------------------------
   direct forces on owned atoms by potential m
------------------------------------------------------------------------- */

template <class DeviceType>
void PairSpinConvKokkos<DeviceType>::add_atoms_kk(int m, const double *forces)
{
  const auto atom_of_row = graph_kk->d_atom_of_row;
  double *const to = d_rows.data() + 3 * m;
  const int stride = width;
  Kokkos::parallel_for(
      "SpinConv::forces of atoms", Kokkos::RangePolicy<DeviceType>(0, graph_kk->nenergies),
      KOKKOS_LAMBDA(const int r) {
        for (int a = 0; a < 3; a++)
          to[(size_t) atom_of_row(r) * stride + a] += forces[3 * (size_t) r + a];
      });
}

/* ----------------------------------------------------------------------
   forces and virial of each edge by potential m, see PairSpinConv::add_edges()
------------------------------------------------------------------------- */

template <class DeviceType>
void PairSpinConvKokkos<DeviceType>::add_edges_kk(int m, bool atom_virial, const double *gradients)
{
  const int npotentials = evaluators.size();
  SpinConvAddEdgesKokkos<DeviceType> add;
  add.target_atom = graph_kk->d_target_atom;
  add.atom_of_row = graph_kk->d_atom_of_row;
  add.first = graph_kk->d_first;
  add.source = graph_kk->d_source;
  add.vectors = graph_kk->d_vectors;
  add.gradients = gradients;
  add.rows = d_rows.data();
  add.width = width;
  add.force_column = 3 * m;
  add.virial_column = atom_virial ? 3 * npotentials : -1;
  add.total_virial = vflag_global || npotentials > 1;

  const Kokkos::RangePolicy<DeviceType> targets(0, graph_kk->ntarget_atoms);
  if (!add.total_virial) {
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
   see PairSpinConv::complete_rows()
------------------------------------------------------------------------- */

template <class DeviceType> bool PairSpinConvKokkos<DeviceType>::complete_rows_kk()
{
  if (halo == SpinConvGraph::FOLD) return true;
  if (force->newton_pair && evaluators.size() == 1) return false;
  exchange_rows({d_rows.data(), width, false, nullptr}, atom->nlocal + atom->nghost, false);
  return true;
}

/* ---------------------------------------------------------------------- */

template <class DeviceType>
void PairSpinConvKokkos<DeviceType>::add_rows_kk(bool complete, bool atom_virial, double factor)
{
  const int npotentials = evaluators.size();
  const auto f = atomKK->k_f.view<DeviceType>();
  const auto d_vatom = k_vatom.template view<DeviceType>();
  const auto d_cvatom = k_cvatom.template view<DeviceType>();
  const double *const from = d_rows.data();
  const int stride = width;
  const bool six = vflag_atom, nine = cvflag_atom;
  Kokkos::parallel_for(
      "SpinConv::add rows",
      Kokkos::RangePolicy<DeviceType>(0, complete ? atom->nlocal : atom->nlocal + atom->nghost),
      KOKKOS_LAMBDA(const int i) {
        const double *const row = from + (size_t) i * stride;
        for (int m = 0; m < npotentials; m++)
          for (int a = 0; a < 3; a++) f(i, a) += factor * row[3 * m + a];
        if (!atom_virial) return;
        const double *const v = row + 3 * npotentials;
        if (six)
          for (int c = 0; c < 6; c++) d_vatom(i, c) += factor * v[c];
        if (nine)
          for (int c = 0; c < 9; c++) d_cvatom(i, c) += factor * v[c];
      });
}

/* ----------------------------------------------------------------------
   forward or reverse communication of n rows that are on the device
------------------------------------------------------------------------- */

template <class DeviceType>
void PairSpinConvKokkos<DeviceType>::exchange_rows(const CommRows &what, size_t n, bool forward)
{
  const bool by_host = execution_space != Device || spinconv_comm_on_host(lmp->kokkos, forward) ||
                       comm->style != Comm::BRICK;

  comm_rows = what;
  typedef Kokkos::View<char *, DeviceType, Kokkos::MemoryUnmanaged> Bytes;
  const Bytes d_bytes((char *) what.data, n * what.bytes());
  Kokkos::View<char *, Kokkos::HostSpace> h_bytes;
  Kokkos::View<int *, Kokkos::HostSpace> h_index;
  if (by_host && !SPINCONV_HOST_SEES<DeviceType>) {
    h_bytes = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), d_bytes);
    comm_rows.data = h_bytes.data();
    if (what.index) {
      const size_t nall = atom->nlocal + atom->nghost;
      h_index = Kokkos::create_mirror_view_and_copy(
          Kokkos::HostSpace(),
          Kokkos::subview(graph_kk->d_row, Kokkos::make_pair((size_t) 0, nall)));
      comm_rows.index = h_index.data();
    }
  } else if (by_host) {
    DeviceType().fence();
  }

  if (forward)
    comm->forward_comm(this, comm_rows.size());
  else
    comm->reverse_comm(this, comm_rows.size());
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
  auto options = PairSpinConv::evaluator_options();
  options.threads = lmp->kokkos->nthreads;
  const auto place = spinconv_kokkos_place<DeviceType>();
  if (device != "auto" && device != place.device && !(device == "cuda" && place.device != "cpu"))
    error->all(FLERR,
               "Pair style spinconv/kk runs where Kokkos runs, on {}, but option device is {}: "
               "remove the option; the GPU is chosen by the command line (-k on g N), the host by "
               "pair_style spinconv/kk/host",
               place.device, device);
  options.device = place.device;
  options.stream = place.stream;
  return options;
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

  to_host = evaluators.size() > 1;
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
