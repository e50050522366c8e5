// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

#include "pair_spinconv.h"

#include "atom.h"
#include "comm.h"
#include "error.h"
#include "force.h"
#include "info.h"
#include "memory.h"
#include "neigh_list.h"
#include "neighbor.h"
#include "platform.h"
#include "update.h"
#include "utils.h"

#include "spinconv/error.hpp"
#include "spinconv/evaluator.hpp"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <unordered_map>

using namespace LAMMPS_NS;

static constexpr char SYNTAX[] =
    "pair_style spinconv [precision single|double] [device auto|cpu|cuda|cuda:N]";

/* ---------------------------------------------------------------------- */

PairSpinConv::PairSpinConv(LAMMPS *lmp) :
    Pair(lmp), device("auto"), energy_unit(1.0), scale(nullptr),
    result(std::make_unique<spinconv::Evaluation>()), announced(false), nevaluations(0),
    nedges_sum(0.0), time_edges(0.0), time_start{}
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

  if (allocated) {
    memory->destroy(setflag);
    memory->destroy(cutsq);
    memory->destroy(scale);
  }
}

/* ---------------------------------------------------------------------- */

void PairSpinConv::compute(int eflag, int vflag)
{
  ev_init(eflag, vflag);

  check_unchanged_graph();
  const double factor = uniform_scale() * energy_unit;

  const double start = platform::walltime();
  if (neighbor->ago == 0 || (int) owner.size() != atom->nlocal + atom->nghost) find_owners();
  build_edges();
  time_edges += platform::walltime() - start;

  evaluate();

  tally_forces(factor);
  if (eflag_global) eng_vdwl += factor * result->energy;
  if (eflag_atom)
    for (int i = 0; i < atom->nlocal; i++) eatom[i] += factor * result->atomic_energies[i];
  if (vflag_either) tally_virial(factor);

  nevaluations++;
  nedges_sum += source.size();
  if (!announced && comm->me == 0) {
    const int nlocal = atom->nlocal;
    utils::logmesg(lmp,
                   "SpinConv graph: {} atoms, {} edges, {:.1f} edges per atom; periodic images are "
                   "folded onto their owners\n",
                   nlocal, source.size(), nlocal ? (double) source.size() / nlocal : 0.0);
  }
  announced = true;
}

/* ----------------------------------------------------------------------
   the potential is many-body: with some of its edges taken out by other
   settings it would be another potential. Fail rather than compute that.
   The first is known only when the neighbor list is there.
------------------------------------------------------------------------- */

void PairSpinConv::check_unchanged_graph()
{
  if (list->iskip)
    error->all(
        FLERR,
        "Pair style spinconv needs all pairs of atoms, but pair_style hybrid gives some type "
        "pairs to another sub-style: use pair_style hybrid/overlay");
}

/* ----------------------------------------------------------------------
   the factor set by fix adapt. Energies of atoms depend on edges several
   cutoffs away, so a factor by pair of types has no meaning.
------------------------------------------------------------------------- */

double PairSpinConv::uniform_scale() const
{
  const double value = scale[1][1];
  for (int i = 1; i <= atom->ntypes; i++)
    for (int j = i; j <= atom->ntypes; j++)
      if (scale[i][j] != value)
        error->all(
            FLERR,
            "Pair style spinconv has one scale for all atoms, but it is {} for types 1 1 and "
            "{} for types {} {}: set it with * *",
            value, scale[i][j], i, j);
  return value;
}

/* ----------------------------------------------------------------------
   owned atom for each owned and ghost atom, by atom ID. Needs no atom map.
------------------------------------------------------------------------- */

void PairSpinConv::find_owners()
{
  const tagint *const tag = atom->tag;
  const int nlocal = atom->nlocal;
  const int nall = nlocal + atom->nghost;

  std::unordered_map<tagint, int> local;
  local.reserve(nlocal);
  owner.resize(nall);
  for (int i = 0; i < nlocal; i++) {
    owner[i] = i;
    if (!local.emplace(tag[i], i).second)
      error->one(FLERR,
                 "Pair style spinconv needs unique atom IDs, but ID {} is there more than once: "
                 "use reset_atoms id",
                 tag[i]);
  }
  for (int i = nlocal; i < nall; i++) {
    const auto found = local.find(tag[i]);
    if (found == local.end())
      error->one(FLERR, "Pair style spinconv: no owned atom for the periodic image of atom ID {}",
                 tag[i]);
    owner[i] = found->second;
  }
}

/* ----------------------------------------------------------------------
   directed edges s -> t inside the cutoff from the full neighbor list
------------------------------------------------------------------------- */

void PairSpinConv::build_edges()
{
  const double *const *const x = atom->x;
  const double cutoff = evaluator->cutoff();
  const double cutoffsq = cutoff * cutoff;

  types.resize(atom->nlocal);
  for (int i = 0; i < atom->nlocal; i++) types[i] = atom->type[i] - 1;

  source.clear();
  target.clear();
  vectors.clear();
  for (int ii = 0; ii < list->inum; ii++) {
    const int i = list->ilist[ii];
    const int *const jlist = list->firstneigh[i];
    for (int jj = 0; jj < list->numneigh[i]; jj++) {
      const int j = jlist[jj] & NEIGHMASK;
      const double delx = x[i][0] - x[j][0];
      const double dely = x[i][1] - x[j][1];
      const double delz = x[i][2] - x[j][2];
      if (delx * delx + dely * dely + delz * delz >= cutoffsq) continue;
      source.push_back(owner[j]);
      target.push_back(i);
      vectors.insert(vectors.end(), {delx, dely, delz});
    }
  }
}

/* ---------------------------------------------------------------------- */

void PairSpinConv::evaluate()
{
  spinconv::EdgeView edges;
  edges.n_owned = edges.n_rows = atom->nlocal;
  edges.n_edges = source.size();
  edges.types = types.data();
  edges.source = source.data();
  edges.target = target.data();
  edges.vectors = vectors.data();

  // error->one() throws: not from inside the handler of another exception
  std::string message;
  try {
    evaluator->evaluate(edges, true, *result);
    return;
  } catch (const std::exception &e) {
    message = e.what();
  }
  error->one(FLERR, "Pair style spinconv at step {}: {}{}", update->ntimestep, message, suspects());
}

/* ----------------------------------------------------------------------
   where to look when the evaluation failed: at the pair whose distance is
   not a number, or else the closest one if that is shorter than any bond
------------------------------------------------------------------------- */

std::string PairSpinConv::suspects() const
{
  static constexpr double SHORTEST_BOND = 0.5;    // Angstrom; H2 has 0.74

  double minimum = SHORTEST_BOND * SHORTEST_BOND;
  size_t closest = source.size();
  for (size_t k = 0; k < source.size(); k++) {
    const double *const r = &vectors[3 * k];
    const double rsq = r[0] * r[0] + r[1] * r[1] + r[2] * r[2];
    if (rsq >= minimum) continue;
    minimum = rsq;
    closest = k;
    if (std::isnan(rsq)) break;
  }
  if (closest == source.size()) return "";
  return fmt::format(". Look at the atoms with IDs {} and {}", atom->tag[target[closest]],
                     atom->tag[source[closest]]);
}

/* ----------------------------------------------------------------------
   forces are added to owned atoms only, so that newton on and off agree
------------------------------------------------------------------------- */

void PairSpinConv::tally_forces(double factor)
{
  double *const *const f = atom->f;
  const double *g = result->edge_gradients.data();
  for (size_t k = 0; k < source.size(); k++, g += 3) {
    double *const ft = f[target[k]];
    double *const fs = f[source[k]];
    for (int a = 0; a < 3; a++) {
      ft[a] -= factor * g[a];
      fs[a] += factor * g[a];
    }
  }
}

/* ----------------------------------------------------------------------
   virial of each edge, -r_a g_b; atoms get one half for each of their ends.
   For one edge this is the two-body and the centroid form alike, the latter
   with all 9 components since g need not be parallel to r.
------------------------------------------------------------------------- */

void PairSpinConv::tally_virial(double factor)
{
  // order of the components in LAMMPS: xx yy zz xy xz yz, and yx zx zy for the centroid form
  static constexpr int A[9] = {0, 1, 2, 0, 0, 1, 1, 2, 2};
  static constexpr int B[9] = {0, 1, 2, 1, 2, 2, 0, 0, 1};

  const double *r = vectors.data();
  const double *g = result->edge_gradients.data();
  for (size_t k = 0; k < source.size(); k++, r += 3, g += 3) {
    double v[9];
    for (int m = 0; m < 9; m++) v[m] = -factor * r[A[m]] * g[B[m]];
    if (vflag_global)
      for (int m = 0; m < 6; m++) virial[m] += v[m];
    if (vflag_atom)
      for (int m = 0; m < 6; m++) {
        vatom[target[k]][m] += 0.5 * v[m];
        vatom[source[k]][m] += 0.5 * v[m];
      }
    if (cvflag_atom)
      for (int m = 0; m < 9; m++) {
        cvatom[target[k]][m] += 0.5 * v[m];
        cvatom[source[k]][m] += 0.5 * v[m];
      }
  }
}

/* ----------------------------------------------------------------------
   end of a run: where the time went
------------------------------------------------------------------------- */

void PairSpinConv::finish()
{
  if (nevaluations == 0 || comm->me != 0) return;

  const auto &times = evaluator->times();
  const double part[4] = {time_edges, times.prepare - time_start[0], times.forward - time_start[1],
                          times.backward - time_start[2]};
  const double total = part[0] + part[1] + part[2] + part[3];
  const double percent = total > 0.0 ? 100.0 / total : 0.0;
  utils::logmesg(lmp,
                 "\nSpinConv timing breakdown: {} evaluations, {:.1f} edges on average\n"
                 "  Edges           {:12.5g} s {:6.2f} %\n"
                 "  Prepare         {:12.5g} s {:6.2f} %\n"
                 "  Graph forward   {:12.5g} s {:6.2f} %\n"
                 "  Graph backward  {:12.5g} s {:6.2f} %\n",
                 nevaluations, nedges_sum / nevaluations, part[0], percent * part[0], part[1],
                 percent * part[1], part[2], percent * part[2], part[3], percent * part[3]);
}

/* ---------------------------------------------------------------------- */

void PairSpinConv::allocate()
{
  allocated = 1;
  const int n = atom->ntypes + 1;

  memory->create(setflag, n, n, "pair:setflag");
  memory->create(cutsq, n, n, "pair:cutsq");
  memory->create(scale, n, n, "pair:scale");
  map = new int[n];
}

/* ----------------------------------------------------------------------
   global settings
------------------------------------------------------------------------- */

void PairSpinConv::settings(int narg, char **arg)
{
  if (strcmp(update->unit_style, "metal") == 0)
    energy_unit = 1.0;
  else if (strcmp(update->unit_style, "real") == 0)
    energy_unit = utils::get_conversion_factor(utils::ENERGY, utils::METAL2REAL);
  else
    error->all(
        FLERR,
        "Pair style spinconv computes in eV and Angstrom and works with units metal or real, "
        "not with units {}",
        update->unit_style);

  precision.clear();
  device = "auto";

  for (int iarg = 0; iarg < narg; iarg += 2) {
    const std::string key = arg[iarg];
    const std::vector<std::string> keys = {"precision", "device"};
    if (key != keys[0] && key != keys[1])
      error->all(FLERR, "Pair style spinconv: {}. Syntax: {}",
                 spinconv::unknown_name_message("option", key, keys), SYNTAX);
    if (iarg + 1 == narg)
      error->all(FLERR, "Pair style spinconv: option {} has no value. Syntax: {}", key, SYNTAX);

    const std::string value = arg[iarg + 1];
    if (key == "precision") {
      if (value != "single" && value != "double")
        error->all(FLERR, "Pair style spinconv: {}",
                   spinconv::unknown_name_message("precision", value, {"single", "double"}));
      precision = value;
    } else {
      if (value != "auto" && value != "cpu" && value != "cuda" &&
          !utils::strmatch(value, "^cuda:\\d+$"))
        error->all(
            FLERR, "Pair style spinconv: {}",
            spinconv::unknown_name_message("device", value, {"auto", "cpu", "cuda", "cuda:0"}));
      device = value;
    }
  }

  // pair_style was given again: the potential stays, with the new settings
  if (evaluator) load_potential();
}

/* ----------------------------------------------------------------------
   set coeffs for one or more type pairs
------------------------------------------------------------------------- */

void PairSpinConv::coeff(int narg, char **arg)
{
  if (narg < 4)
    error->all(FLERR,
               "Pair style spinconv: pair_coeff needs a potential file and one element for each "
               "atom type: pair_coeff * * FILE Element1 Element2 ...");
  if (narg - 3 != atom->ntypes)
    error->all(FLERR,
               "Pair style spinconv: pair_coeff names {} element(s) ({}), but there are {} atom "
               "type(s): give one element for each type, in the order of the types",
               narg - 3, utils::join_words(std::vector<std::string>(arg + 3, arg + narg), " "),
               atom->ntypes);
  for (int iarg = 3; iarg < narg; iarg++)
    if (strcmp(arg[iarg], "NULL") == 0)
      error->all(FLERR,
                 "Pair style spinconv: atom type {} is mapped to NULL, which is not supported: "
                 "every atom type needs an element of the potential",
                 iarg - 2);

  if (!allocated) allocate();
  map_element2type(narg - 3, arg + 3);

  potential_file = utils::get_potential_file_path(arg[2]);
  if (potential_file.empty()) {
    const char *const folders = getenv("LAMMPS_POTENTIALS");
    error->all(FLERR,
               "Pair style spinconv: cannot open potential file {}: it is neither there nor in "
               "the folders of the environment variable LAMMPS_POTENTIALS ({})",
               arg[2], folders ? folders : "not set");
  }
  type_elements.assign(arg + 3, arg + narg);
  load_potential();

  for (int i = 1; i <= atom->ntypes; i++)
    for (int j = 1; j <= atom->ntypes; j++) scale[i][j] = 1.0;
}

/* ---------------------------------------------------------------------- */

void PairSpinConv::load_potential()
{
  spinconv::EvaluatorOptions options;
  if (precision == "single") options.precision = spinconv::Precision::single_;
  if (precision == "double") options.precision = spinconv::Precision::double_;
  options.threads = comm->nthreads;
  options.device = device;
  options.elements = type_elements;

  // error->all() throws: not from inside the handler of another exception
  std::string message;
  evaluator.reset();
  try {
    evaluator = std::make_unique<spinconv::Evaluator>(potential_file, options);
  } catch (const std::exception &e) {
    message = e.what();
  }
  if (!evaluator) error->all(FLERR, "Pair style spinconv: {}", message);

  announced = false;
  if (comm->me == 0) {
    utils::logmesg(lmp, "Reading SpinConv potential file {}\n{}\n", potential_file,
                   utils::trim(evaluator->summary()));
    utils::logmesg(lmp, "SpinConv evaluation: cutoff {} Angstrom, {} precision, device {}\n",
                   evaluator->cutoff(), evaluator->precision(), evaluator->device());
  }
}

/* ----------------------------------------------------------------------
   init specific to this pair style
------------------------------------------------------------------------- */

void PairSpinConv::init_style()
{
  if (comm->nprocs > 1)
    error->all(FLERR,
               "Pair style spinconv runs on one MPI rank, but there are {}: start LAMMPS with one "
               "rank, or with -partition and one rank for each replica; OMP_NUM_THREADS gives it "
               "more cores",
               comm->nprocs);
  if (!evaluator)
    error->all(
        FLERR,
        "Pair style spinconv has no potential: add pair_coeff * * FILE Element1 Element2 ...");
  if (atom->tag_enable == 0)
    error->all(FLERR, "Pair style spinconv requires atom IDs: remove atom_modify id no");
  if (neighbor->includegroup)
    error->all(FLERR,
               "Pair style spinconv needs the neighbors of all atoms: remove neigh_modify include");

  // pairs with both factors 0 are not in the neighbor list
  if (atom->molecular != Atom::ATOMIC && atom->nbonds > 0)
    for (int i = 1; i < 4; i++)
      if (force->special_lj[i] == 0.0 && force->special_coul[i] == 0.0)
        error->all(FLERR,
                   "Pair style spinconv needs the pairs of bonded atoms, but special_bonds takes "
                   "the 1-{} pairs out: use special_bonds lj/coul 1 1 1",
                   i + 1);
  if (neighbor->exclude && comm->me == 0)
    error->warning(FLERR,
                   "Pair style spinconv: neigh_modify exclude takes edges out of the graph, which "
                   "changes the potential");

  neighbor->add_request(this, NeighConst::REQ_FULL);

  nevaluations = 0;
  nedges_sum = time_edges = 0.0;
  const auto &times = evaluator->times();
  time_start[0] = times.prepare;
  time_start[1] = times.forward;
  time_start[2] = times.backward;
}

/* ----------------------------------------------------------------------
   init for one type pair i,j and corresponding j,i
------------------------------------------------------------------------- */

double PairSpinConv::init_one(int i, int j)
{
  if (setflag[i][j] == 0)
    error->all(FLERR, Error::NOLASTLINE,
               "All pair coeffs are not set. Status\n" + Info::get_pair_coeff_status(lmp));
  scale[j][i] = scale[i][j];
  return evaluator->cutoff();
}

/* ---------------------------------------------------------------------- */

double PairSpinConv::memory_usage()
{
  double bytes = Pair::memory_usage();
  bytes += (double) owner.capacity() * sizeof(int);
  bytes += (double) (types.capacity() + source.capacity() + target.capacity()) * sizeof(int32_t);
  bytes += (double) (vectors.capacity() + result->edge_gradients.capacity() +
                     result->atomic_energies.capacity()) *
           sizeof(double);
  return bytes;
}

/* ----------------------------------------------------------------------
   scale, a factor of energy and forces, for fix adapt
------------------------------------------------------------------------- */

void *PairSpinConv::extract(const char *str, int &dim)
{
  dim = 2;
  if (strcmp(str, "scale") == 0) return (void *) scale;
  return nullptr;
}
