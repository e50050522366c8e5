// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

#include "spinconv_ranges.h"

#include "atom.h"
#include "comm.h"
#include "domain.h"
#include "error.h"
#include "fix.h"
#include "modify.h"
#include "spinconv_graph.h"
#include "spinconv_list_rules.h"
#include "spinconv_potentials.h"
#include "update.h"
#include "utils.h"

#include "spinconv/evaluator.hpp"
#include "spinconv/training_ranges.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <mpi.h>
#include <tuple>

using namespace LAMMPS_NS;

// Of the shortest distance, and of the volume per atom at both ends. A run at the conditions of the
// training data meets distances a few percent shorter than the shortest of them, and the volume of
// a small cell at constant pressure fluctuates by as much: docs/pair_spinconv.rst.
static constexpr double MARGIN = 0.05;

static constexpr double ANY = std::numeric_limits<double>::infinity();

/* ---------------------------------------------------------------------- */

bool SpinConvRanges::Event::operator<(const Event &other) const
{
  return std::tie(step, rsq, low, high) < std::tie(other.step, other.rsq, other.low, other.high);
}

/* ---------------------------------------------------------------------- */

SpinConvRanges::SpinConvRanges(LAMMPS *lmp) :
    Pointers(lmp), active(false), nelements(0), number(0), untold(0), watched(0),
    barostat_told(false), volume_told(false), step(-1), dense(-1), volume(0.0)
{
}

/* ----------------------------------------------------------------------
   of a committee the strictest file counts
------------------------------------------------------------------------- */

void SpinConvRanges::loaded(const SpinConvPotentials &potentials, char **names, int n, bool on)
{
  active = on;
  nelements = n;
  elements.assign(names, names + n);
  sources.clear();
  trained.assign(n * n, {});
  limitsq.assign(n * n, 0.0);
  number++;
  untold = watched = 0;
  barostat_told = volume_told = false;
  found.clear();
  counted.clear();
  dense = -1;
  if (!active) return;

  for (int m = 0; m < potentials.size(); m++) {
    const auto &evaluator = *potentials.evaluators[m];
    const auto *const ranges = evaluator.training_ranges();
    if (!ranges) continue;

    Source source = {potentials.files[m], evaluator.cutoff(), 0.0, ANY, "", true};
    if (const auto &volumes = ranges->volume_per_atom) {
      source.volumes = fmt::format("{:.4g} to {:.4g}", volumes->min, volumes->max);
      source.least_volume = (1.0 - MARGIN) * volumes->min;
      // frames that are not periodic have no end to their volume
      if (ranges->fully_periodic == ranges->frames)
        source.most_volume = (1.0 + MARGIN) * volumes->max;
    }
    source.has_stress = !ranges->stress || ranges->stress->known();
    sources.push_back(source);

    std::vector<size_t> index;
    for (const auto &element : elements)
      index.push_back(std::find(ranges->elements.begin(), ranges->elements.end(), element) -
                      ranges->elements.begin());
    for (int a = 0; a < n; a++)
      for (int b = a; b < n; b++) {
        const double nearest = ranges->nearest_of(index[a], index[b]);
        const double limit = nearest < ANY ? (1.0 - MARGIN) * nearest : source.cutoff;
        if (limit * limit <= limitsq[a * n + b]) continue;
        trained[a * n + b] = {nearest, (int) sources.size() - 1};
        if (limitsq[a * n + b] == 0.0) untold++;
        set_limit(a * n + b, limit * limit);
      }
  }
}

/* ---------------------------------------------------------------------- */

void SpinConvRanges::set_limit(int pair, double value)
{
  const int a = pair / nelements, b = pair % nelements;
  watched += (value > 0.0) - (limitsq[pair] > 0.0);
  limitsq[pair] = limitsq[b * nelements + a] = value;
  number++;
}

/* ----------------------------------------------------------------------
   fixes that move the faces of the box; fix deform and append/atoms do so by what they are told
------------------------------------------------------------------------- */

void SpinConvRanges::check_barostats()
{
  if (barostat_told) return;
  for (const auto &source : sources) {
    if (source.has_stress) continue;
    for (const auto *const fix : modify->get_fix_list()) {
      if (!(fix->box_change & (Fix::BOX_CHANGE_SIZE | Fix::BOX_CHANGE_SHAPE))) continue;
      if (utils::strmatch(fix->style, "^append/atoms")) continue;
      if (utils::strmatch(fix->style, "^deform") && !utils::strmatch(fix->style, "pressure"))
        continue;
      barostat_told = true;
      if (comm->me == 0)
        error->warning(FLERR,
                       "Pair style spinconv: fix {} changes the box by the pressure, but {} was "
                       "trained without stress: its pressure may be far off; compare it, or the "
                       "density, with the reference method",
                       fix->style, source.file);
      return;
    }
  }
}

/* ---------------------------------------------------------------------- */

void SpinConvRanges::begin_evaluation(bool meet)
{
  if (update->ntimestep != step) end_step();
  step = update->ntimestep;
  found.clear();
  dense = -1;
  if (meet || comm->nprocs == 1) tell();
}

/* ---------------------------------------------------------------------- */

void SpinConvRanges::end_run()
{
  end_step();
  tell();
}

/* ----------------------------------------------------------------------
   all ranks know the volume, so it is told at once
------------------------------------------------------------------------- */

void SpinConvRanges::end_step()
{
  for (const auto &[pair, event] : found) {
    counted.emplace(pair, event);
    set_limit(pair, 0.0);
  }
  found.clear();
  if (dense >= 0) tell_volume();
  dense = -1;
}

/* ----------------------------------------------------------------------
   not where atoms are there that the potential does not know: their volume is not its own
------------------------------------------------------------------------- */

void SpinConvRanges::look_at_volume(const SpinConvListRules &rules)
{
  if (volume_told || domain->dimension != 3 || !domain->xperiodic || !domain->yperiodic ||
      !domain->zperiodic || atom->natoms == 0 || rules.absent_bits)
    return;
  for (int i = 1; i <= atom->ntypes; i++)
    if (rules.element_of_type[i] < 0) return;

  volume = domain->xprd * domain->yprd * domain->zprd / (double) atom->natoms;
  for (int k = 0; k < (int) sources.size() && dense < 0; k++)
    if (volume < sources[k].least_volume || volume > sources[k].most_volume) dense = k;
}

/* ---------------------------------------------------------------------- */

void SpinConvRanges::look_at_edges(const SpinConvGraph &graph)
{
  if (watched == 0) return;
  const int64_t *const source = graph.edges->source();
  const int64_t *const target = graph.edges->target();
  const double *const vectors = graph.edges->vectors();
  const auto id = [&](int64_t row) {
    return atom->tag_enable ? (double) atom->tag[graph.atom_of_row[row]] : 0.0;
  };

  for (int64_t k = 0; k < graph.edges->size(); k++) {
    const double *const r = vectors + 3 * k;
    const double rsq = r[0] * r[0] + r[1] * r[1] + r[2] * r[2];
    const int a = graph.types[source[k]], b = graph.types[target[k]];
    if (!(rsq < limitsq[a * nelements + b])) continue;
    const auto [low, high] = std::minmax({id(source[k]), id(target[k])});
    const Event event = {(double) step, rsq, low, high};
    const auto [known, added] = found.emplace(MIN(a, b) * nelements + MAX(a, b), event);
    if (!added && event < known->second) known->second = event;
  }
}

/* ----------------------------------------------------------------------
   what has been found in steps that are over
------------------------------------------------------------------------- */

void SpinConvRanges::tell()
{
  if (untold == 0) return;
  for (const auto &[pair, event] : of_all_ranks()) {
    if (comm->me == 0) tell_pair(pair, event);
    untold--;
    set_limit(pair, 0.0);
  }
  counted.clear();
}

/* ----------------------------------------------------------------------
   the first event of each pair. Most of the time there is none, and one number is all that ranks
   exchange.
------------------------------------------------------------------------- */

SpinConvRanges::Events SpinConvRanges::of_all_ranks() const
{
  if (comm->nprocs == 1) return counted;
  static constexpr int WIDTH = 5;
  int mine = WIDTH * counted.size();
  int sum;
  MPI_Allreduce(&mine, &sum, 1, MPI_INT, MPI_SUM, world);
  Events first;
  if (sum == 0) return first;

  std::vector<double> sent;
  for (const auto &[pair, event] : counted)
    sent.insert(sent.end(), {(double) pair, event.step, event.rsq, event.low, event.high});
  std::vector<int> sizes(comm->nprocs), starts(comm->nprocs, 0);
  MPI_Allgather(&mine, 1, MPI_INT, sizes.data(), 1, MPI_INT, world);
  for (int p = 1; p < comm->nprocs; p++) starts[p] = starts[p - 1] + sizes[p - 1];
  std::vector<double> all(sum);
  MPI_Allgatherv(sent.data(), mine, MPI_DOUBLE, all.data(), sizes.data(), starts.data(), MPI_DOUBLE,
                 world);
  for (int k = 0; k < sum; k += WIDTH) {
    const Event event = {all[k + 1], all[k + 2], all[k + 3], all[k + 4]};
    const auto [known, added] = first.emplace((int) all[k], event);
    if (!added && event < known->second) known->second = event;
  }
  return first;
}

/* ---------------------------------------------------------------------- */

void SpinConvRanges::tell_pair(int pair, const Event &event) const
{
  const auto &source = sources[trained[pair].source];
  const double nearest = trained[pair].nearest;
  const std::string &a = elements[pair / nelements], &b = elements[pair % nelements];
  std::string atoms = "two atoms";
  if (event.low > 0.0)
    atoms =
        event.low == event.high
            ? fmt::format("the atom with ID {} and its periodic image", (tagint) event.low)
            : fmt::format("the atoms with IDs {} and {}", (tagint) event.low, (tagint) event.high);
  const std::string beginning =
      fmt::format("Pair style spinconv at step {}: {} ({} and {}) are {:.3f} Angstrom apart",
                  (bigint) event.step, atoms, a, b, std::sqrt(event.rsq));
  if (nearest < ANY)
    error->warning(FLERR,
                   "{}, nearer than any {} and {} that {} was trained on ({:.3f}): its energies "
                   "and forces there are a guess",
                   beginning, a, b, source.file, nearest);
  else
    error->warning(FLERR,
                   "{}, but no {} and {} were within the cutoff ({:g} Angstrom) in what {} was "
                   "trained on: how they act on each other is a guess",
                   beginning, a, b, source.cutoff, source.file);
}

/* ---------------------------------------------------------------------- */

void SpinConvRanges::tell_volume()
{
  volume_told = true;
  if (comm->me == 0)
    error->warning(FLERR,
                   "Pair style spinconv at step {}: the volume is {:.4g} Angstrom^3 per atom, but "
                   "{} was trained on {}: its energies and forces at this density are a guess",
                   step, volume, sources[dense].file, sources[dense].volumes);
}
