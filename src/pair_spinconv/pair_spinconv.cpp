// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

#include "pair_spinconv.h"

#include "atom.h"
#include "citeme.h"
#include "comm.h"
#include "error.h"
#include "fix.h"
#include "force.h"
#include "memory.h"
#include "modify.h"
#include "neigh_list.h"
#include "neighbor.h"
#include "spinconv_deviation.h"
#include "spinconv_elements.h"
#include "spinconv_forces.h"
#include "spinconv_graph.h"
#include "spinconv_list_rules.h"
#include "spinconv_log.h"
#include "spinconv_potentials.h"
#include "spinconv_ranges.h"
#include "spinconv_timing.h"
#include "update.h"
#include "utils.h"

#include "spinconv/evaluator.hpp"

#include <cstring>
#include <exception>

using namespace LAMMPS_NS;

// LAMMPS copies it: this library may be gone before the list of citations
static const char cite_pair_spinconv[] =
    "pair style spinconv: doi:10.48550/arXiv.2106.09575\n\n"
    "@Misc{Shuaibi2021,\n"
    " author = {M. Shuaibi and A. Kolluru and A. Das and A. Grover and A. Sriram and Z. Ulissi and "
    "C. L. Zitnick},\n"
    " title = {Rotation Invariant Graph Neural Networks using Spin Convolutions},\n"
    " year = 2021,\n"
    " eprint = {2106.09575},\n"
    " archivePrefix = {arXiv},\n"
    " doi = {10.48550/arXiv.2106.09575}\n"
    "}\n\n";

/* ----------------------------------------------------------------------
   rows of ghosts from their owners, by the communication of LAMMPS
------------------------------------------------------------------------- */

class PairSpinConv::RowExchange : public spinconv::HaloExchange {
 public:
  explicit RowExchange(PairSpinConv *p) : pair(p) {}

  // a style of Kokkos has its rows where the evaluator has them
  bool on_device() const override { return pair->kokkosable; }
  void forward(float *rows, int64_t width) override { exchange(rows, width, true, true); }
  void forward(double *rows, int64_t width) override { exchange(rows, width, false, true); }
  void reverse(float *rows, int64_t width) override { exchange(rows, width, true, false); }
  void reverse(double *rows, int64_t width) override { exchange(rows, width, false, false); }

 private:
  void exchange(void *rows, int64_t width, bool single, bool forward)
  {
    pair->exchange_rows({rows, (int) width, single, pair->row_of_atom()}, forward);
  }

  PairSpinConv *pair;
};

/* ---------------------------------------------------------------------- */

PairSpinConv::PairSpinConv(LAMMPS *lmp) :
    Pair(lmp), potentials(std::make_unique<SpinConvPotentials>(lmp)), scale(nullptr),
    halo(SpinConvGraph::FOLD), exchange(std::make_unique<RowExchange>(this)),
    deviation(std::make_unique<SpinConvDeviation>(lmp)),
    rules(std::make_unique<SpinConvListRules>(lmp)), ranges(std::make_unique<SpinConvRanges>(lmp)),
    is_set_up(false), graph(std::make_unique<SpinConvGraph>(lmp)),
    result(std::make_unique<spinconv::Evaluation>()), forces(std::make_unique<SpinConvForces>()),
    atom_virial(false), total_virial(false), factor(1.0), comm_rows{},
    log(std::make_unique<SpinConvLog>(lmp)), timing(std::make_unique<SpinConvTiming>(lmp))
{
  if (lmp->citeme) lmp->citeme->add(cite_pair_spinconv);

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
  begin_step(eflag, vflag);
  ranges->begin_evaluation(eflag || vflag || neighbor->ago == 0);
  ranges->look_at_volume(*rules);
  const int npotentials = potentials->size();
  factor = uniform_scale() * options.energy_unit / npotentials;
  atom_virial = vflag_atom || cvflag_atom;
  total_virial = vflag_global || npotentials > 1;
  energies.assign(npotentials, 0.0);
  virials.assign(9 * npotentials, 0.0);

  double nedges;
  do {
    clear_rows();
    nedges = 0.0;
    double built = 0.0;    // cutoff of the edges that are there
    for (int m = 0; m < npotentials; m++) {
      const double cutoff = potentials->evaluators[m]->cutoff();
      if (cutoff != built) {
        timing->begin_edges();
        if (m == 0) find_rows();
        build_edges(m);
        built = cutoff;
        timing->end_edges();
      }
      if (log->needs_graph()) log->graph(graph_on_host(), halo, *potentials, options.chunk);
      evaluate(m);
      nedges += number_of_edges();
      add_energies(m);
      add_forces(m);
    }
  } while (!read_sums());
  timing->evaluated(nedges);

  add_rows(complete_rows());
  for (int m = 0; m < npotentials; m++) {
    if (eflag_global)
      eng_vdwl += factor * (energies[m] +
                            (comm->me == 0 ? potentials->evaluators[m]->energy_offset() : 0.0));
    if (vflag_global)
      for (int c = 0; c < 6; c++) virial[c] += factor * virials[9 * m + c];
  }
  if (npotentials > 1)
    deviation->evaluated(forces_on_host(), graph->row_of_atom.data(), virials, factor * npotentials,
                         eflag_global);
  end_step();
}

/* ----------------------------------------------------------------------
   what is asked of a step is known, and can be had
------------------------------------------------------------------------- */

void PairSpinConv::begin_step(int eflag, int vflag)
{
  ev_init(eflag, vflag);
  check_step();
}

/* ----------------------------------------------------------------------
   true: what the list has was found anew
------------------------------------------------------------------------- */

bool PairSpinConv::check_step()
{
  if (!is_set_up)
    error->all(
        FLERR,
        "Pair style spinconv: the potentials or their elements were given anew, for which the run "
        "has to be set up: run without pre no");
  const bool anew = rules->check_step(list, map);
  if (potentials->direct_forces && (vflag_atom || cvflag_atom))
    error->all(FLERR,
               "Pair style spinconv: a potential with direct forces has no virial of atoms: remove "
               "compute stress/atom and heat/flux");
  return anew;
}

/* ----------------------------------------------------------------------
   rows of atoms are zero, and what else the potentials add to
------------------------------------------------------------------------- */

void PairSpinConv::clear_rows()
{
  forces->clear(atom->nlocal + atom->nghost, potentials->size(), atom_virial);
}

/* ----------------------------------------------------------------------
   which atoms and ghosts are in the graph
------------------------------------------------------------------------- */

void PairSpinConv::find_rows()
{
  graph->assign_rows(rules->element_of_type, rules->absent_bits, (SpinConvGraph::Halo) halo,
                     [this](double *values) {
                       to_ghosts(values);
                     });
}

/* ----------------------------------------------------------------------
   edges inside the cutoff of potential m
------------------------------------------------------------------------- */

void PairSpinConv::build_edges(int m)
{
  graph->build_edges(list, potentials->evaluators[m]->cutoff());
  ranges->look_at_edges(*graph);
}

/* ---------------------------------------------------------------------- */

double PairSpinConv::number_of_edges() const
{
  return graph->edges->size();
}

const SpinConvGraph &PairSpinConv::graph_on_host()
{
  return *graph;
}

const SpinConvForces &PairSpinConv::forces_on_host()
{
  return *forces;
}

SpinConvRows PairSpinConv::rows_of_forces()
{
  return {forces->of_atoms.data(), forces->width, false, nullptr};
}

const int *PairSpinConv::row_of_atom() const
{
  return graph->row_of_atom.data();
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
   the gradient of potential m, and its energy
------------------------------------------------------------------------- */

void PairSpinConv::evaluate(int m)
{
  // error->one() throws: not from inside the handler of another exception
  std::string message;
  try {
    potentials->evaluators[m]->evaluate(graph->view(), true, *result,
                                        halo == SpinConvGraph::EXCHANGE ? exchange.get() : nullptr);
    return;
  } catch (const std::exception &e) {
    message = e.what();
  }
  error->one(FLERR, "Pair style spinconv at step {}: {}{}", update->ntimestep, message,
             graph->suspects());
}

/* ----------------------------------------------------------------------
   of potential m, of the rank and of atoms
------------------------------------------------------------------------- */

void PairSpinConv::add_energies(int m)
{
  energies[m] = result->energy;
  if (eflag_atom)
    for (int64_t r = 0; r < graph->nowned; r++)
      eatom[graph->atom_of_row[r]] += factor * result->atomic_energies[r];
}

/* ----------------------------------------------------------------------
   forces and virials by potential m
------------------------------------------------------------------------- */

void PairSpinConv::add_forces(int m)
{
  if (potentials->evaluators[m]->has_direct_forces())
    forces->add_atoms(m, *graph, result->atomic_forces);
  else
    forces->add_edges(m, *graph, result->edge_gradients, total_virial ? &virials[9 * m] : nullptr);
}

/* ----------------------------------------------------------------------
   the energies and virials of the rank are known, where they are asked for. False: the graph
   was not that of the atoms of now, so that all has to be done again.
------------------------------------------------------------------------- */

bool PairSpinConv::read_sums()
{
  return true;
}

/* ----------------------------------------------------------------------
   rows of ghosts are added to their owners by LAMMPS where newton_pair is on. Otherwise,
   or where the forces of each potential are needed, this is done here. True: owned rows
   have it all.
------------------------------------------------------------------------- */

bool PairSpinConv::complete_rows()
{
  if (halo == SpinConvGraph::FOLD) return true;
  if (force->newton_pair && potentials->size() == 1) return false;
  exchange_rows(rows_of_forces(), false);
  return true;
}

/* ----------------------------------------------------------------------
   to forces and virials of atoms: of owned ones if their rows are complete, else of ghosts too
------------------------------------------------------------------------- */

void PairSpinConv::add_rows(bool complete)
{
  forces->add_to(complete ? atom->nlocal : atom->nlocal + atom->nghost, factor, atom->f,
                 vflag_atom ? vatom : nullptr, cvflag_atom ? cvatom : nullptr);
}

/* ----------------------------------------------------------------------
   what LAMMPS reads is where it reads it
------------------------------------------------------------------------- */

void PairSpinConv::end_step() {}

/* ----------------------------------------------------------------------
   numbers of ghosts from their owners
------------------------------------------------------------------------- */

void PairSpinConv::to_ghosts(double *values)
{
  exchange_rows({values, 1, false, nullptr}, true);
}

/* ----------------------------------------------------------------------
   rows of ghosts from their owners, or to them. Rows without an index have the order of the atoms.
------------------------------------------------------------------------- */

void PairSpinConv::exchange_rows(const SpinConvRows &what, bool forward)
{
  comm_rows = what;
  if (forward)
    comm->forward_comm(this, comm_rows.size());
  else
    comm->reverse_comm(this, comm_rows.size());
}

/* ---------------------------------------------------------------------- */

int PairSpinConv::pack_forward_comm(int n, int *atoms, double *buf, int /*pbc_flag*/, int * /*pbc*/)
{
  return comm_rows.pack_list(n, atoms, buf);
}

void PairSpinConv::unpack_forward_comm(int n, int first, double *buf)
{
  comm_rows.unpack_range(n, first, buf);
}

int PairSpinConv::pack_reverse_comm(int n, int first, double *buf)
{
  return comm_rows.pack_range(n, first, buf);
}

void PairSpinConv::unpack_reverse_comm(int n, int *atoms, double *buf)
{
  comm_rows.add_list(n, atoms, buf);
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
   global settings
------------------------------------------------------------------------- */

void PairSpinConv::settings(int narg, char **arg)
{
  options = SpinConvSettings::parse(lmp, narg, arg);
  choose_halo();
  deviation->write_to(options.out_file, options.out_freq);

  // pair_style was given again: the potentials stay, with the new settings
  if (potentials->size() > 0) load_potentials(std::vector<std::string>(potentials->files));
}

/* ----------------------------------------------------------------------
   set coeffs for one or more type pairs
------------------------------------------------------------------------- */

void PairSpinConv::coeff(int narg, char **arg)
{
  const auto coefficients = SpinConvCoefficients::parse(lmp, narg, arg);
  if (!allocated) allocate();
  map_element2type(atom->ntypes, coefficients.elements);
  load_potentials(coefficients.files);

  nextra = potentials->size() > 1 ? 3 : 0;
  pvector = nextra ? deviation->shown : nullptr;

  for (int i = 1; i <= atom->ntypes; i++)
    for (int j = 1; j <= atom->ntypes; j++) scale[i][j] = 1.0;
}

/* ---------------------------------------------------------------------- */

void PairSpinConv::choose_halo()
{
  halo = SpinConvGraph::choose_halo(lmp, options, *potentials);
  ghostneigh = halo == SpinConvGraph::DEEP;
}

/* ---------------------------------------------------------------------- */

void PairSpinConv::load_potentials(const std::vector<std::string> &files)
{
  is_set_up = false;
  potentials->load(files, evaluator_options());
  log->loaded(*potentials);
  choose_halo();
  log->properties(*potentials);
  ranges->loaded(*potentials, elements, nelements, options.warn);
}

/* ---------------------------------------------------------------------- */

spinconv::EvaluatorOptions PairSpinConv::evaluator_options() const
{
  auto of_evaluators = options.evaluator_options();
  of_evaluators.threads = comm->nthreads;
  of_evaluators.elements.assign(elements, elements + nelements);
  return of_evaluators;
}

/* ----------------------------------------------------------------------
   init specific to this pair style
------------------------------------------------------------------------- */

void PairSpinConv::init_style()
{
  if (potentials->size() == 0)
    error->all(
        FLERR,
        "Pair style spinconv has no potential: add pair_coeff * * FILE Element1 Element2 ...");
  if (!options.isotopes) spinconv_check_elements(lmp, map, elements);
  if (neighbor->includegroup)
    error->all(FLERR,
               "Pair style spinconv needs the neighbors of all atoms: remove neigh_modify include");

  if (potentials->direct_forces)
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

  if (halo == SpinConvGraph::DEEP)
    comm->cutghostuser =
        MAX(comm->cutghostuser, (potentials->layers() + 1) * potentials->cutoff + neighbor->skin);

  // pair_style hybrid took these from its sub-styles before the potential was known
  const int row_size = potentials->row_size();
  const int reverse_size = MAX(row_size, 3 * potentials->size() + 9);
  for (Pair *const pair : {(Pair *) this, force->pair}) {
    pair->comm_forward = MAX(pair->comm_forward, row_size);
    pair->comm_reverse = MAX(pair->comm_reverse, reverse_size);
    pair->comm_reverse_off = MAX(pair->comm_reverse_off, reverse_size);
  }

  rules->begin_run();
  is_set_up = true;
  if (potentials->size() > 1)
    deviation->init(fmt::format("SPINCONV_DEVIATION_{}", instance_me));
  else
    deviation->remove_fix();

  ranges->check_barostats();
  timing->begin_run(*potentials);
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
  cutghost[i][j] = cutghost[j][i] = potentials->cutoff;
  return potentials->cutoff;
}

/* ----------------------------------------------------------------------
   end of a run: what the last step shows, and where the time went
------------------------------------------------------------------------- */

void PairSpinConv::finish()
{
  ranges->end_run();
  timing->report(*potentials);
}

/* ---------------------------------------------------------------------- */

double PairSpinConv::memory_usage()
{
  return Pair::memory_usage() + graph->memory_usage() +
         (double) (forces->of_atoms.capacity() + energies.capacity() + virials.capacity() +
                   result->edge_gradients.capacity() + result->atomic_energies.capacity()) *
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
  if (potentials->size() < 2)
    error->all(FLERR,
               "Pair style spinconv: the deviation of the forces needs a committee, but there is "
               "one potential: name more files in pair_coeff");
  // fix pair asks before the first step too
  deviation->asked = update->ntimestep;
  if ((int) deviation->of_atom.size() < atom->nlocal) deviation->of_atom.resize(atom->nlocal, 0.0);
  return (void *) deviation->of_atom.data();
}
