// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

// Commands, loading of potentials, and what is logged

#include "pair_spinconv.h"

#include "atom.h"
#include "comm.h"
#include "error.h"
#include "input.h"
#include "memory.h"
#include "neighbor.h"
#include "spinconv_deviation.h"
#include "spinconv_graph.h"
#include "universe.h"
#include "update.h"
#include "utils.h"
#include "variable.h"

#include "spinconv/elements.hpp"
#include "spinconv/error.hpp"
#include "spinconv/evaluator.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <mpi.h>

using namespace LAMMPS_NS;

static constexpr char SYNTAX[] =
    "pair_style spinconv [precision single|double] [device auto|cpu|cuda|cuda:N] "
    "[halo auto|fold|exchange|deep] [chunk N] [tf32 yes|no] [cuda_graph yes|no] "
    "[isotopes yes|no] [out_file FILE] [out_freq N]";

static constexpr char COEFF_SYNTAX[] = "pair_coeff * * FILE [FILE ...] Element1 Element2 ...";

/* ----------------------------------------------------------------------
   the value if it is one of these, else an error that names the nearest
------------------------------------------------------------------------- */

static std::string one_of(LAMMPS *lmp, const std::string &key, const std::string &value,
                          const std::vector<std::string> &valid)
{
  if (std::find(valid.begin(), valid.end(), value) == valid.end())
    lmp->error->all(FLERR, "Pair style spinconv: {}",
                    spinconv::unknown_name_message(key, value, valid));
  return value;
}

/* ---------------------------------------------------------------------- */

static bigint count(LAMMPS *lmp, const std::string &key, const std::string &value, bigint least)
{
  if (!utils::is_integer(value) || value.size() > 15 || std::stoll(value) < least)
    lmp->error->all(FLERR,
                    "Pair style spinconv: option {} is '{}': it must be a whole number, at least "
                    "{}",
                    key, value, least);
  return std::stoll(value);
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
  device = halo_option = "auto";
  chunk = 0;
  tf32 = cuda_graph = isotopes = false;
  bigint out_freq = 100;
  std::string out_file = "model_devi.out";
  // replicas must not write into one file
  if (universe->existflag) out_file += fmt::format(".{}", universe->iworld);

  for (int iarg = 0; iarg < narg; iarg += 2) {
    const std::string key = arg[iarg];
    const std::vector<std::string> keys = {"precision",  "device",   "halo",     "chunk",   "tf32",
                                           "cuda_graph", "isotopes", "out_file", "out_freq"};
    if (std::find(keys.begin(), keys.end(), key) == keys.end())
      error->all(FLERR, "Pair style spinconv: {}. Syntax: {}",
                 spinconv::unknown_name_message("option", key, keys), SYNTAX);
    if (iarg + 1 == narg)
      error->all(FLERR, "Pair style spinconv: option {} has no value. Syntax: {}", key, SYNTAX);

    const std::string value = arg[iarg + 1];
    if (key == "precision")
      precision = one_of(lmp, key, value, {"single", "double"});
    else if (key == "halo")
      halo_option = one_of(lmp, key, value, {"auto", "fold", "exchange", "deep"});
    else if (key == "chunk")
      chunk = count(lmp, key, value, 1);
    else if (key == "tf32")
      tf32 = one_of(lmp, key, value, {"yes", "no"}) == "yes";
    else if (key == "cuda_graph")
      cuda_graph = one_of(lmp, key, value, {"yes", "no"}) == "yes";
    else if (key == "isotopes")
      isotopes = one_of(lmp, key, value, {"yes", "no"}) == "yes";
    else if (key == "out_freq")
      out_freq = count(lmp, key, value, 0);
    else if (key == "out_file")
      out_file = value;
    else if (utils::strmatch(value, "^cuda:\\d+$"))
      device = value;
    else
      device = one_of(lmp, key, value, {"auto", "cpu", "cuda", "cuda:0"});
  }

  choose_halo();
  deviation->write_to(out_file, out_freq);

  // pair_style was given again: the potentials stay, with the new settings
  if (!evaluators.empty()) load_potentials();
}

/* ----------------------------------------------------------------------
   pair_coeff * * FILE ... Element1 ... ElementN: the last N arguments are the elements
------------------------------------------------------------------------- */

std::vector<std::string> PairSpinConv::potential_files(int narg, char **arg) const
{
  if (narg < 4)
    error->all(FLERR,
               "Pair style spinconv: pair_coeff needs a potential file and one element for each "
               "atom type: {}",
               COEFF_SYNTAX);

  // the first argument that looks like an element tells a wrong number of them from a lost file
  int first = 3;
  while (first < narg - 1 && strcmp(arg[first], "NULL") != 0 &&
         !utils::strmatch(arg[first], "^[A-Z][a-z]?$"))
    first++;
  if (narg - first != atom->ntypes)
    error->all(FLERR,
               "Pair style spinconv: pair_coeff names {} element(s) ({}), but there are {} atom "
               "type(s): give one element or NULL for each type, in the order of the types: {}",
               narg - first,
               utils::join_words(std::vector<std::string>(arg + first, arg + narg), " "),
               atom->ntypes, COEFF_SYNTAX);

  std::vector<std::string> paths;
  for (int iarg = 2; iarg < first; iarg++) {
    const std::string path = utils::get_potential_file_path(arg[iarg]);
    if (path.empty()) {
      const char *const folders = getenv("LAMMPS_POTENTIALS");
      error->all(FLERR,
                 "Pair style spinconv: cannot open potential file {}: it is neither there nor in "
                 "the folders of the environment variable LAMMPS_POTENTIALS ({})",
                 arg[iarg], folders ? folders : "not set");
    }
    paths.push_back(path);
  }
  return paths;
}

/* ----------------------------------------------------------------------
   set coeffs for one or more type pairs
------------------------------------------------------------------------- */

void PairSpinConv::coeff(int narg, char **arg)
{
  const auto paths = potential_files(narg, arg);
  char **const names = arg + narg - atom->ntypes;
  if (std::all_of(names, arg + narg, [](const char *name) {
        return strcmp(name, "NULL") == 0;
      }))
    error->all(FLERR, "Pair style spinconv: all atom types are mapped to NULL: {}", COEFF_SYNTAX);
  if (!allocated) allocate();
  map_element2type(atom->ntypes, names);

  files = paths;
  load_potentials();

  nextra = files.size() > 1 ? 3 : 0;
  pvector = nextra ? deviation->shown : nullptr;

  for (int i = 1; i <= atom->ntypes; i++)
    for (int j = 1; j <= atom->ntypes; j++) scale[i][j] = 1.0;
}

/* ---------------------------------------------------------------------- */

spinconv::EvaluatorOptions PairSpinConv::evaluator_options() const
{
  spinconv::EvaluatorOptions options;
  if (precision == "single") options.precision = spinconv::Precision::single_;
  if (precision == "double") options.precision = spinconv::Precision::double_;
  options.threads = comm->nthreads;
  options.device = device;
  options.elements.assign(elements, elements + nelements);
  options.chunk = chunk;
  options.tf32 = tf32;
  options.record_steps = cuda_graph;
  // ranks and replicas of a node take its devices in turn
  int rank_on_node;
  const int nranks = ranks_on_node(rank_on_node);
  options.device_turn = universe->iworld * nranks + rank_on_node;
  return options;
}

/* ---------------------------------------------------------------------- */

void PairSpinConv::load_potentials()
{
  is_set_up = false;
  const auto options = evaluator_options();

  // error->all() throws: not from inside the handler of another exception
  std::string message;
  evaluators.clear();
  spinconv::keep_freed_memory();
  try {
    for (const auto &file : files)
      evaluators.push_back(std::make_unique<spinconv::Evaluator>(file, options));
  } catch (const std::exception &e) {
    message = e.what();
    evaluators.clear();
  }
  if (!message.empty()) error->all(FLERR, "Pair style spinconv: {}", message);

  cutoff = 0.0;
  announced = false;
  for (size_t m = 0; m < files.size(); m++) {
    const auto &evaluator = *evaluators[m];
    cutoff = MAX(cutoff, evaluator.cutoff());
    if (comm->me != 0) continue;
    utils::logmesg(lmp, "Reading SpinConv potential file {}\n{}\n", files[m],
                   utils::trim(evaluator.summary()));
    utils::logmesg(lmp, "SpinConv evaluation: cutoff {} Angstrom, {} precision, device {}\n",
                   evaluator.cutoff(), evaluator.precision(), evaluator.device());
  }
  choose_halo();
  warn_of_potentials();
  if (files.size() > 1 && comm->me == 0)
    utils::logmesg(lmp,
                   "SpinConv committee of {} potentials: energy, forces and virial are the "
                   "mean\n",
                   files.size());
}

/* ----------------------------------------------------------------------
   masses and labels of the types against the elements that pair_coeff gives them. A name in
   the wrong place is a potential of another molecule, which runs and is wrong by eV.
------------------------------------------------------------------------- */

void PairSpinConv::check_elements()
{
  static constexpr char CURE[] =
      "name the elements in the order of the types, or, if it is meant so (isotopes, repartitioned "
      "masses, labels that only look like elements), add isotopes yes to pair_style spinconv";
  if (isotopes) return;
  for (int type = 1; type <= atom->ntypes; type++) {
    if (map[type] < 0 || !atom->mass) continue;
    const std::string element = elements[map[type]];
    const auto number = spinconv::find_atomic_number(element);
    const double mass = atom->mass[type];
    if (!number || atom->mass_setflag[type] == 0 || spinconv::is_mass_of(mass, *number)) continue;
    const int nearest = spinconv::nearest_element(mass);
    error->all(
        FLERR,
        "Pair style spinconv: pair_coeff says that type {} is {}, whose mass is {}, but mass "
        "{} is {}{}: {}",
        type, element, spinconv::atomic_mass(*number), type, mass,
        spinconv::is_mass_of(mass, nearest) ? ", as of " + spinconv::element_symbol(nearest) : "",
        CURE);
  }
  if (!atom->labelmapflag) return;
  for (int number = 1; number <= spinconv::max_atomic_number; number++) {
    const std::string symbol = spinconv::element_symbol(number);
    auto *const variable = input->variable;
    if (variable->compute_equal("is_typelabel(atom," + symbol + ")") == 0.0) continue;
    const int type = (int) variable->compute_equal("label2type(atom," + symbol + ")");
    if (map[type] >= 0 && symbol != elements[map[type]])
      error->all(FLERR,
                 "Pair style spinconv: pair_coeff says that type {} is {}, but its label is {}: {}",
                 type, elements[map[type]], symbol, CURE);
  }
}

/* ----------------------------------------------------------------------
   what is not as in other pair styles
------------------------------------------------------------------------- */

void PairSpinConv::warn_of_potentials()
{
  direct_forces = false;
  for (size_t m = 0; m < files.size(); m++) {
    const auto &evaluator = *evaluators[m];
    direct_forces = direct_forces || evaluator.has_direct_forces();
    if (comm->me != 0) continue;
    if (evaluator.has_direct_forces())
      error->warning(
          FLERR,
          "Pair style spinconv: forces of {} are not the gradient of its energy: dynamics "
          "do not conserve energy, and there is no virial (pressure is the kinetic part)",
          files[m]);
    else if (!evaluator.is_conservative())
      error->warning(
          FLERR,
          "Pair style spinconv: forces and virial of {} are an estimate at fixed "
          "directions of edges, not the gradient of its energy: dynamics do not conserve "
          "energy",
          files[m]);
    if (!evaluator.is_smooth())
      error->warning(FLERR,
                     "Pair style spinconv: energy and forces of {} jump where frames or neighbors "
                     "of an edge change: use it for relaxations, check dynamics",
                     files[m]);
  }
}

/* ----------------------------------------------------------------------
   how ghosts get their messages, from the option, the number of ranks and, once they are
   loaded, the potentials: those on grids would have to exchange every message into a ghost.
   Nothing is exchanged in the middle of a step that is recorded as a whole.
------------------------------------------------------------------------- */

void PairSpinConv::choose_halo()
{
  if (halo_option == "fold" && comm->nprocs > 1)
    error->all(
        FLERR,
        "Pair style spinconv: option halo fold is for one MPI rank, but there are {}: remove "
        "it, or use halo exchange",
        comm->nprocs);
  halo = SpinConvGraph::FOLD;
  if (halo_option == "deep") halo = SpinConvGraph::DEEP;
  if (halo_option == "exchange" || (halo_option == "auto" && comm->nprocs > 1))
    halo = SpinConvGraph::EXCHANGE;
  if (cuda_graph && halo == SpinConvGraph::EXCHANGE) {
    if (halo_option == "exchange")
      error->all(FLERR,
                 "Pair style spinconv: option cuda_graph records a step as a whole, which halo "
                 "exchange cuts into parts: use halo auto or deep, or leave cuda_graph out");
    halo = SpinConvGraph::DEEP;
  }
  const bool exchanges =
      std::all_of(evaluators.begin(), evaluators.end(), [](const auto &evaluator) {
        return evaluator->exchanges();
      });
  if (!exchanges && halo == SpinConvGraph::EXCHANGE) {
    if (halo_option == "exchange")
      error->all(FLERR,
                 "Pair style spinconv: a potential on grids (sphere grid) cannot use option halo "
                 "exchange: use halo auto or deep");
    halo = SpinConvGraph::DEEP;
  }
  ghostneigh = halo == SpinConvGraph::DEEP;
}

/* ----------------------------------------------------------------------
   ranks of this world on this node, and which of them this one is
------------------------------------------------------------------------- */

int PairSpinConv::ranks_on_node(int &rank_on_node) const
{
  int n = 1;
  rank_on_node = 0;
#if !defined(MPI_STUBS)
  MPI_Comm node;
  MPI_Comm_split_type(world, MPI_COMM_TYPE_SHARED, comm->me, MPI_INFO_NULL, &node);
  MPI_Comm_size(node, &n);
  MPI_Comm_rank(node, &rank_on_node);
  MPI_Comm_free(&node);
#endif
  return n;
}

/* ----------------------------------------------------------------------
   once for a potential: the size of the graph and what it takes
------------------------------------------------------------------------- */

void PairSpinConv::log_graph()
{
  announced = true;
  bigint mine[3] = {graph->nenergies, (bigint) graph->edges.size(),
                    (bigint) graph->types.size() - graph->nenergies};
  bigint total[3];
  MPI_Allreduce(mine, total, 3, MPI_LMP_BIGINT, MPI_SUM, world);

  std::string route = "periodic images are folded onto their owners";
  if (halo == SpinConvGraph::EXCHANGE)
    route = fmt::format("rows of {} numbers are exchanged for {} ghosts, in {} layers",
                        evaluators[0]->exchange_width(), total[2], evaluators[0]->layers());
  if (halo == SpinConvGraph::DEEP)
    route = fmt::format("{} ghosts in a halo of {} cutoffs are evaluated again", total[2],
                        evaluators[0]->layers() + 1);
  const bigint ntargets = halo == SpinConvGraph::DEEP ? total[0] + total[2] : total[0];
  if (comm->me == 0)
    utils::logmesg(lmp, "SpinConv graph: {} atoms, {} edges, {:.1f} edges per atom; {}\n", total[0],
                   total[1], ntargets ? (double) total[1] / ntargets : 0.0, route);

  bigint largest[2] = {(bigint) graph->edges.size(), graph->max_neighbors()};
  bigint all_largest[2];
  MPI_Allreduce(largest, all_largest, 2, MPI_LMP_BIGINT, MPI_MAX, world);
  bigint targets = graph->ntargets, all_targets;
  MPI_Allreduce(&targets, &all_targets, 1, MPI_LMP_BIGINT, MPI_MAX, world);
  if (all_targets > 0) log_memory(all_targets, all_largest[0], all_largest[1]);
}

/* ----------------------------------------------------------------------
   memory that the network takes for the rank with the most atoms and edges, and how many
   atoms would fit
------------------------------------------------------------------------- */

void PairSpinConv::log_memory(bigint natoms, bigint nedges, bigint neighbors)
{
  int rank_on_node;
  const int nranks = ranks_on_node(rank_on_node);
  if (comm->me != 0) return;

  static constexpr double MB = 1024.0 * 1024.0;
  std::string message;
  spinconv::MemoryUse use;
  double available = 0.0;
  try {
    use = evaluators[0]->measure_memory(natoms, nedges, neighbors);
    available = (double) evaluators[0]->available_memory();
  } catch (const std::exception &e) {
    message = e.what();
  }
  if (!message.empty()) error->one(FLERR, "Pair style spinconv: {}", message);

  std::string text = fmt::format("SpinConv memory: {:.3g} MB per atom", use.per_atom / MB);
  if (use.fixed > 0.0)
    text += fmt::format(" and {:.4g} MB for blocks of {} edges", use.fixed / MB, chunk);
  if (available > 0.0) {
    const double fit = (available / nranks - use.fixed) / use.per_atom;
    text +=
        fmt::format("; of {:.4g} GB that are free, shared by {} rank(s), about {:.2g} atoms fit "
                    "on each",
                    available / MB / 1024.0, nranks, MAX(fit, 0.0));
  }
  utils::logmesg(lmp, text + "\n");

  const double needed = use.fixed + use.per_atom * natoms;
  if (available > 0.0 && needed > available / nranks)
    error->warning(
        FLERR,
        "Pair style spinconv: {} edges of {} atoms on one rank need about {:.3g} GB, but "
        "{:.3g} GB are free for it: use option chunk {}, more nodes, or precision single",
        nedges, natoms, needed / MB / 1024.0, available / nranks / MB / 1024.0,
        chunk ? MAX(chunk / 4, 100) : MIN(MAX(nedges / 4, 100), 10000));
}

/* ---------------------------------------------------------------------- */

std::vector<double> PairSpinConv::evaluator_times() const
{
  std::vector<double> sum(4, 0.0);
  for (const auto &evaluator : evaluators) {
    const auto &times = evaluator->times();
    sum[0] += times.prepare;
    sum[1] += times.forward;
    sum[2] += times.backward;
    sum[3] += times.exchange;
  }
  return sum;
}

/* ----------------------------------------------------------------------
   end of a run: where the time went
------------------------------------------------------------------------- */

void PairSpinConv::finish()
{
  if (nevaluations == 0) return;

  static constexpr int N = 5;
  static constexpr const char *NAMES[N] = {"Edges", "Prepare", "Graph forward", "Graph backward",
                                           "Exchange"};
  const auto now = evaluator_times();
  double mine[N + 1] = {time_edges};
  for (int k = 0; k < 4; k++) mine[k + 1] = now[k] - time_start[k];
  mine[N] = nedges_sum;
  double least[N + 1], most[N + 1], sum[N + 1];
  MPI_Reduce(mine, least, N + 1, MPI_DOUBLE, MPI_MIN, 0, world);
  MPI_Reduce(mine, most, N + 1, MPI_DOUBLE, MPI_MAX, 0, world);
  MPI_Reduce(mine, sum, N + 1, MPI_DOUBLE, MPI_SUM, 0, world);
  if (comm->me != 0) return;

  const double npotentials = evaluators.size();
  double total = 0.0;
  for (int k = 0; k < N; k++) total += sum[k] / comm->nprocs;
  std::string text = fmt::format(
      "\nSpinConv timing breakdown: {} evaluations, {:.1f} edges on average, at most "
      "{:.1f} on a rank\n"
      "  Section         |  min time  |  avg time  |  max time  | %total\n",
      nevaluations, sum[N] / npotentials / nevaluations, most[N] / npotentials / nevaluations);
  for (int k = 0; k < N; k++)
    text += fmt::format("  {:<15} | {:<10.5g} | {:<10.5g} | {:<10.5g} | {:6.2f}\n", NAMES[k],
                        least[k], sum[k] / comm->nprocs, most[k],
                        total > 0.0 ? 100.0 * sum[k] / comm->nprocs / total : 0.0);
  utils::logmesg(lmp, text);
}
