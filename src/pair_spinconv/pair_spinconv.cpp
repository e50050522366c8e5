// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

#include "pair_spinconv.h"

#include "atom.h"
#include "comm.h"
#include "error.h"
#include "fix.h"
#include "force.h"
#include "memory.h"
#include "modify.h"
#include "neigh_list.h"
#include "neighbor.h"
#include "platform.h"
#include "spinconv_deviation.h"
#include "spinconv_graph.h"
#include "spinconv_list_rules.h"
#include "update.h"
#include "utils.h"

#include "spinconv/error.hpp"
#include "spinconv/evaluator.hpp"

#include <cstring>
#include <exception>

using namespace LAMMPS_NS;

/* ----------------------------------------------------------------------
   rows of ghosts from their owners, by the communication of LAMMPS
------------------------------------------------------------------------- */

class PairSpinConv::RowExchange : public spinconv::HaloExchange {
 public:
  explicit RowExchange(PairSpinConv *p) : pair(p) {}

  void forward(float *rows, int64_t width) override { to_ghosts(rows, width, true); }
  void forward(double *rows, int64_t width) override { to_ghosts(rows, width, false); }
  void reverse(float *rows, int64_t width) override { to_owners(rows, width, true); }
  void reverse(double *rows, int64_t width) override { to_owners(rows, width, false); }

 private:
  void to_ghosts(void *rows, int64_t width, bool single)
  {
    pair->comm_rows = {rows, (int) width, single, pair->graph->row.data()};
    pair->comm->forward_comm(pair, pair->comm_rows.size());
  }
  void to_owners(void *rows, int64_t width, bool single)
  {
    pair->comm_rows = {rows, (int) width, single, pair->graph->row.data()};
    pair->comm->reverse_comm(pair, pair->comm_rows.size());
  }

  PairSpinConv *pair;
};

/* ---------------------------------------------------------------------- */

PairSpinConv::PairSpinConv(LAMMPS *lmp) :
    Pair(lmp), device("auto"), halo_option("auto"), chunk(0), tf32(false), cuda_graph(false),
    isotopes(false), energy_unit(1.0), scale(nullptr), halo(SpinConvGraph::FOLD),
    direct_forces(false), cutoff(0.0), exchange(std::make_unique<RowExchange>(this)),
    deviation(std::make_unique<SpinConvDeviation>(lmp)),
    rules(std::make_unique<SpinConvListRules>(lmp)), rules_checked(false), absent_bits(0),
    is_set_up(false), graph(std::make_unique<SpinConvGraph>(lmp)),
    result(std::make_unique<spinconv::Evaluation>()), width(0), comm_rows{}, announced(false),
    nevaluations(0), nedges_sum(0.0), time_edges(0.0)
{
  single_enable = 0;
  restartinfo = 0;
  one_coeff = 1;
  manybody_flag = 1;
  unit_convert_flag = utils::get_supported_conversions(utils::ENERGY);

  // forces on images are added to their owners, and edge forces are not central:
  // the virial is summed over edges, and atoms get all 9 components
  no_virial_fdotr_compute = 1;
  centroidstressflag = CENTROID_AVAIL;
}

/* ---------------------------------------------------------------------- */

PairSpinConv::~PairSpinConv()
{
  if (copymode) return;

  deviation->remove_fix();
  if (allocated) {
    memory->destroy(setflag);
    memory->destroy(cutsq);
    memory->destroy(cutghost);
    memory->destroy(scale);
  }
}

/* ---------------------------------------------------------------------- */

void PairSpinConv::compute(int eflag, int vflag)
{
  ev_init(eflag, vflag);

  check_step();
  const int npotentials = evaluators.size();
  const double factor = uniform_scale() * energy_unit / npotentials;
  const bool atom_virial = vflag_atom || cvflag_atom;

  width = 3 * npotentials + (atom_virial ? 9 : 0);
  rows.assign((size_t) (atom->nlocal + atom->nghost) * width, 0.0);
  virials.assign(9 * npotentials, 0.0);

  double built = 0.0;    // cutoff of the edges that are there
  for (int m = 0; m < npotentials; m++) {
    if (evaluators[m]->cutoff() != built) {
      const double start = platform::walltime();
      if (m == 0)
        graph->assign_rows(element_of_type, absent_bits, (SpinConvGraph::Halo) halo,
                           [this](double *values) {
                             to_ghosts(values);
                           });
      built = evaluators[m]->cutoff();
      graph->build_edges(list, built);
      time_edges += platform::walltime() - start;
    }
    if (!announced) log_graph();
    evaluate(m);
    nedges_sum += graph->edges.size();
    if (eflag_global)
      eng_vdwl +=
          factor * (result->energy + (comm->me == 0 ? evaluators[m]->energy_offset() : 0.0));
    if (eflag_atom)
      for (int64_t r = 0; r < graph->nenergies; r++)
        eatom[graph->atom_of_row[r]] += factor * result->atomic_energies[r];
    if (evaluators[m]->has_direct_forces())
      add_atoms(m);
    else
      add_edges(m, atom_virial);
  }
  nevaluations++;

  const bool complete = complete_rows();
  add_rows(complete, atom_virial, factor);
  if (vflag_global)
    for (int m = 0; m < npotentials; m++)
      for (int c = 0; c < 6; c++) virial[c] += factor * virials[9 * m + c];
  if (npotentials > 1) report_deviation(factor * npotentials);
}

/* ----------------------------------------------------------------------
   what is asked of a step can be had. What other commands do to the neighbor list is known
   only when it is built: fixes have their part in it, some in their own init().
------------------------------------------------------------------------- */

void PairSpinConv::check_step()
{
  if (!is_set_up)
    error->all(
        FLERR,
        "Pair style spinconv: the potentials or their elements were given anew, for which the run "
        "has to be set up: run without pre no");
  check_unchanged_graph();
  if (!rules_checked) {
    rules_checked = true;
    element_of_type = rules->elements(map);
    absent_bits = rules->absent_bits();
    rules->check_coming_bonds(map);
    const std::string partial = rules->partial_exclusions();
    if (!partial.empty() && comm->me == 0)
      error->warning(FLERR,
                     "Pair style spinconv: neigh_modify exclude ({}) takes edges out of the graph, "
                     "which changes the potential",
                     partial);
  }
  if (neighbor->ago == 0) rules->check_bonds(map);
  if (direct_forces && (vflag_atom || cvflag_atom))
    error->all(FLERR,
               "Pair style spinconv: a potential with direct forces has no virial of atoms: remove "
               "compute stress/atom and heat/flux");
}

/* ----------------------------------------------------------------------
   the potential is many-body: with some of its edges taken out by other
   settings it would be another potential. Fail rather than compute that.
   The list is known only now.
------------------------------------------------------------------------- */

void PairSpinConv::check_unchanged_graph()
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

/* ----------------------------------------------------------------------
   the factor set by fix adapt. Energies of atoms depend on edges several
   cutoffs away, so a factor by pair of types has no meaning.
------------------------------------------------------------------------- */

double PairSpinConv::uniform_scale() const
{
  int first = 0;
  for (int i = 1; i <= atom->ntypes; i++)
    for (int j = i; j <= atom->ntypes; j++) {
      if (map[i] < 0 || map[j] < 0) continue;
      if (first == 0) first = i;
      if (scale[i][j] != scale[first][first])
        error->all(
            FLERR,
            "Pair style spinconv has one scale for all atoms, but it is {} for types {} {} and "
            "{} for types {} {}: set it with * *",
            scale[first][first], first, first, scale[i][j], i, j);
    }
  return first ? scale[first][first] : 1.0;
}

/* ----------------------------------------------------------------------
   numbers of ghosts from their owners
------------------------------------------------------------------------- */

void PairSpinConv::to_ghosts(double *values)
{
  comm_rows = {values, 1, false, nullptr};
  comm->forward_comm(this, comm_rows.size());
}

/* ---------------------------------------------------------------------- */

void PairSpinConv::evaluate(int m)
{
  // error->one() throws: not from inside the handler of another exception
  std::string message;
  try {
    evaluators[m]->evaluate(graph->view(), true, *result,
                            halo == SpinConvGraph::EXCHANGE ? exchange.get() : nullptr);
    return;
  } catch (const std::exception &e) {
    message = e.what();
  }
  error->one(FLERR, "Pair style spinconv at step {}: {}{}", update->ntimestep, message,
             graph->suspects());
}

/* ----------------------------------------------------------------------
   direct forces on owned atoms by potential m
------------------------------------------------------------------------- */

void PairSpinConv::add_atoms(int m)
{
  for (int64_t r = 0; r < graph->nenergies; r++)
    for (int a = 0; a < 3; a++)
      rows[(size_t) graph->atom_of_row[r] * width + 3 * m + a] += result->atomic_forces[3 * r + a];
}

/* ----------------------------------------------------------------------
   forces and virial of each edge, -r_a g_b, by potential m. Atoms get one half of the
   virial for each of their ends. For one edge this is the two-body and the centroid form
   alike, the latter with all 9 components since g need not be parallel to r.
------------------------------------------------------------------------- */

void PairSpinConv::add_edges(int m, bool atom_virial)
{
  // order of the components in LAMMPS: xx yy zz xy xz yz, and yx zx zy for the centroid form
  static constexpr int A[9] = {0, 1, 2, 0, 0, 1, 1, 2, 2};
  static constexpr int B[9] = {0, 1, 2, 1, 2, 2, 0, 0, 1};

  const int npotentials = evaluators.size();
  const bool total_virial = vflag_global || npotentials > 1;
  const int *const atoms = graph->atom_of_row.data();
  const double *r = graph->edges.vectors();
  const int64_t *const source = graph->edges.source();
  const int64_t *const target = graph->edges.target();
  const double *g = result->edge_gradients.data();
  const int64_t nedges = graph->edges.size();
  double *const w = &virials[9 * m];

  for (int64_t k = 0; k < nedges; k++, r += 3, g += 3) {
    double *const at_t = &rows[(size_t) atoms[target[k]] * width];
    double *const at_s = &rows[(size_t) atoms[source[k]] * width];
    for (int a = 0; a < 3; a++) {
      at_t[3 * m + a] -= g[a];
      at_s[3 * m + a] += g[a];
    }
    if (!total_virial && !atom_virial) continue;
    double v[9];
    for (int c = 0; c < 9; c++) v[c] = -r[A[c]] * g[B[c]];
    for (int c = 0; c < 9; c++) w[c] += v[c];
    if (!atom_virial) continue;
    for (int c = 0; c < 9; c++) {
      at_t[3 * npotentials + c] += 0.5 * v[c];
      at_s[3 * npotentials + c] += 0.5 * v[c];
    }
  }
}

/* ----------------------------------------------------------------------
   rows of ghosts are added to their owners by LAMMPS where newton_pair is on. Otherwise,
   or where the forces of each potential are needed, this is done here. True: owned rows
   have it all.
------------------------------------------------------------------------- */

bool PairSpinConv::complete_rows()
{
  if (halo == SpinConvGraph::FOLD) return true;
  if (force->newton_pair && evaluators.size() == 1) return false;
  comm_rows = {rows.data(), width, false, nullptr};
  comm->reverse_comm(this, comm_rows.size());
  return true;
}

/* ---------------------------------------------------------------------- */

void PairSpinConv::add_rows(bool complete, bool atom_virial, double factor)
{
  const int npotentials = evaluators.size();
  double *const *const f = atom->f;
  const int n = complete ? atom->nlocal : atom->nlocal + atom->nghost;
  const double *row = rows.data();
  for (int i = 0; i < n; i++, row += width) {
    for (int m = 0; m < npotentials; m++)
      for (int a = 0; a < 3; a++) f[i][a] += factor * row[3 * m + a];
    if (!atom_virial) continue;
    const double *const v = row + 3 * npotentials;
    if (vflag_atom)
      for (int c = 0; c < 6; c++) vatom[i][c] += factor * v[c];
    if (cvflag_atom)
      for (int c = 0; c < 9; c++) cvatom[i][c] += factor * v[c];
  }
}

/* ----------------------------------------------------------------------
   spread of the committee: for fix pair, for compute pair, and to the file, if this turns out to be
   the evaluation that the step shows
------------------------------------------------------------------------- */

void PairSpinConv::report_deviation(double factor)
{
  const int npotentials = evaluators.size();
  deviation->from_forces(rows, width, npotentials, graph->row.data(), factor);

  const bool step = deviation->is_step();
  if (!step && !eflag_global) return;
  SpinConvDeviation::Summary virial_spread;
  if (step) {
    for (double &v : virials) v *= factor;
    virial_spread = deviation->virials(virials, npotentials);
  }
  deviation->evaluated(virial_spread, deviation->forces());
}

/* ----------------------------------------------------------------------
   rows without an index have the order of the atoms; an atom without a row sends zeros
------------------------------------------------------------------------- */

int PairSpinConv::pack_forward_comm(int n, int *atoms, double *buf, int /*pbc_flag*/, int * /*pbc*/)
{
  const int size = comm_rows.size();
  const size_t bytes = comm_rows.bytes();
  const auto *const data = (const char *) comm_rows.data;
  for (int i = 0; i < n; i++, buf += size) {
    const int r = comm_rows.index ? comm_rows.index[atoms[i]] : atoms[i];
    buf[size - 1] = 0.0;    // half of it may be all that the floats leave
    if (r < 0)
      memset(buf, 0, size * sizeof(double));
    else
      memcpy(buf, data + r * bytes, bytes);
  }
  return n * size;
}

/* ---------------------------------------------------------------------- */

void PairSpinConv::unpack_forward_comm(int n, int first, double *buf)
{
  const int size = comm_rows.size();
  const size_t bytes = comm_rows.bytes();
  auto *const data = (char *) comm_rows.data;
  for (int i = first; i < first + n; i++, buf += size) {
    const int r = comm_rows.index ? comm_rows.index[i] : i;
    if (r >= 0) memcpy(data + r * bytes, buf, bytes);
  }
}

/* ---------------------------------------------------------------------- */

int PairSpinConv::pack_reverse_comm(int n, int first, double *buf)
{
  const int size = comm_rows.size();
  const size_t bytes = comm_rows.bytes();
  const auto *const data = (const char *) comm_rows.data;
  for (int i = first; i < first + n; i++, buf += size) {
    const int r = comm_rows.index ? comm_rows.index[i] : i;
    buf[size - 1] = 0.0;
    if (r < 0)
      memset(buf, 0, size * sizeof(double));
    else
      memcpy(buf, data + r * bytes, bytes);
  }
  return n * size;
}

/* ---------------------------------------------------------------------- */

void PairSpinConv::unpack_reverse_comm(int n, int *atoms, double *buf)
{
  const int size = comm_rows.size();
  for (int i = 0; i < n; i++, buf += size) {
    const int r = comm_rows.index ? comm_rows.index[atoms[i]] : atoms[i];
    if (r < 0) continue;
    if (comm_rows.single) {
      float *const to = (float *) comm_rows.data + (size_t) r * comm_rows.width;
      const auto *const from = (const float *) buf;
      for (int k = 0; k < comm_rows.width; k++) to[k] += from[k];
    } else {
      double *const to = (double *) comm_rows.data + (size_t) r * comm_rows.width;
      for (int k = 0; k < comm_rows.width; k++) to[k] += buf[k];
    }
  }
}

/* ---------------------------------------------------------------------- */

void PairSpinConv::allocate()
{
  allocated = 1;
  const int n = atom->ntypes + 1;

  memory->create(setflag, n, n, "pair:setflag");
  memory->create(cutsq, n, n, "pair:cutsq");
  memory->create(cutghost, n, n, "pair:cutghost");
  memory->create(scale, n, n, "pair:scale");
  map = new int[n];
}

/* ----------------------------------------------------------------------
   init specific to this pair style
------------------------------------------------------------------------- */

void PairSpinConv::init_style()
{
  if (evaluators.empty())
    error->all(
        FLERR,
        "Pair style spinconv has no potential: add pair_coeff * * FILE Element1 Element2 ...");
  check_elements();
  if (neighbor->includegroup)
    error->all(FLERR,
               "Pair style spinconv needs the neighbors of all atoms: remove neigh_modify include");

  if (direct_forces)
    for (const auto *const fix : modify->get_fix_list())
      if (fix->box_change != Fix::NO_BOX_CHANGE && !utils::strmatch(fix->style, "^deform"))
        error->all(
            FLERR,
            "Pair style spinconv: a potential with direct forces has no virial, by which fix "
            "{} changes the box: use a potential whose forces are a gradient",
            fix->style);

  if (force->pair) force->pair->ghostneigh = MAX(force->pair->ghostneigh, ghostneigh);

  neighbor->add_request(this, halo == SpinConvGraph::DEEP
                                  ? NeighConst::REQ_FULL | NeighConst::REQ_GHOST
                                  : NeighConst::REQ_FULL);

  int layers = 0, row_size = 1;
  for (const auto &evaluator : evaluators) {
    layers = MAX(layers, evaluator->layers());
    const CommRows row = {nullptr, (int) evaluator->exchange_width(),
                          evaluator->precision() == "single", nullptr};
    row_size = MAX(row_size, row.size());
  }
  if (halo == SpinConvGraph::DEEP)
    comm->cutghostuser = MAX(comm->cutghostuser, (layers + 1) * cutoff + neighbor->skin);

  // pair_style hybrid took these from its sub-styles before the potential was known
  const int reverse_size = MAX(row_size, 3 * (int) evaluators.size() + 9);
  for (Pair *const pair : {(Pair *) this, force->pair}) {
    pair->comm_forward = MAX(pair->comm_forward, row_size);
    pair->comm_reverse = MAX(pair->comm_reverse, reverse_size);
    pair->comm_reverse_off = MAX(pair->comm_reverse_off, reverse_size);
  }

  rules_checked = false;
  is_set_up = true;
  if (evaluators.size() > 1)
    deviation->init(fmt::format("SPINCONV_DEVIATION_{}", instance_me));
  else
    deviation->remove_fix();

  nevaluations = 0;
  nedges_sum = time_edges = 0.0;
  time_start = evaluator_times();
}

/* ----------------------------------------------------------------------
   init for one type pair i,j and corresponding j,i
------------------------------------------------------------------------- */

double PairSpinConv::init_one(int i, int j)
{
  if (setflag[i][j] == 0)
    error->all(FLERR,
               "Pair style spinconv has no potential for types {} {}: name an element or NULL for "
               "each type in pair_coeff; atoms of types that are NULL need another style of "
               "pair_style hybrid/overlay",
               i, j);
  scale[j][i] = scale[i][j];
  cutghost[i][j] = cutghost[j][i] = cutoff;
  return cutoff;
}

/* ---------------------------------------------------------------------- */

double PairSpinConv::memory_usage()
{
  return Pair::memory_usage() + graph->memory_usage() +
         (double) (rows.capacity() + virials.capacity() + result->edge_gradients.capacity() +
                   result->atomic_energies.capacity()) *
             sizeof(double);
}

/* ----------------------------------------------------------------------
   scale, a factor of energy and forces, for fix adapt; the flag is for fix pair
------------------------------------------------------------------------- */

void *PairSpinConv::extract(const char *str, int &dim)
{
  dim = 2;
  if (strcmp(str, "scale") == 0) return (void *) scale;
  dim = 0;
  if (strcmp(str, "deviation_flag") == 0) return (void *) &deviation->flag;
  return nullptr;
}

/* ----------------------------------------------------------------------
   spread of the forces over a committee, for fix pair
------------------------------------------------------------------------- */

void *PairSpinConv::extract_peratom(const char *str, int &ncol)
{
  if (strcmp(str, "deviation") != 0) return nullptr;
  ncol = 0;
  if (evaluators.size() < 2)
    error->all(FLERR,
               "Pair style spinconv: the deviation of the forces needs a committee, but there is "
               "one potential: name more files in pair_coeff");
  // fix pair asks before the first step too
  deviation->asked = update->ntimestep;
  if ((int) deviation->of_atom.size() < atom->nlocal) deviation->of_atom.resize(atom->nlocal, 0.0);
  return (void *) deviation->of_atom.data();
}
