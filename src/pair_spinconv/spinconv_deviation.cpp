// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

#include "spinconv_deviation.h"

#include "atom.h"
#include "comm.h"
#include "error.h"
#include "fix_spinconv_deviation.h"
#include "modify.h"
#include "spinconv_forces.h"
#include "update.h"
#include "utils.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <mpi.h>

using namespace LAMMPS_NS;

/* ---------------------------------------------------------------------- */

SpinConvDeviation::SpinConvDeviation(LAMMPS *lmp) :
    Pointers(lmp), shown{}, flag(0), asked(-1), every(0), fp(nullptr), open_step(false),
    hmc(nullptr), hmc_accepted(0)
{
}

/* ----------------------------------------------------------------------
   a run that ended in an error has left the line of its step. No error here: LAMMPS is ending.
------------------------------------------------------------------------- */

SpinConvDeviation::~SpinConvDeviation()
{
  if (!fp) return;
  if (accepted.step >= 0 && is_new(accepted)) fputs(text_of(accepted).c_str(), fp);
  const bool failed = ferror(fp) != 0;
  if (fclose(fp) != 0 || failed)
    error->warning(FLERR,
                   "Pair style spinconv: the end of the file {} of option out_file is lost: {}",
                   file, utils::getsyserror());
}

/* ---------------------------------------------------------------------- */

void SpinConvDeviation::write_to(const std::string &name, bigint steps)
{
  const bool failed = fp && fclose(fp) != 0;
  fp = nullptr;
  check(!failed);
  evaluation = accepted = written = hmc_saved = Line();
  file = name;
  every = steps;
}

/* ----------------------------------------------------------------------
   the fix has to be the last: fixes before it end the step
------------------------------------------------------------------------- */

void SpinConvDeviation::init(const std::string &id)
{
  for (auto *const fix : modify->get_fix_by_style("^SPINCONV/DEVIATION$")) {
    const auto *const other = ((FixSpinConvDeviation *) fix)->deviation;
    if (other && other != this && other->every > 0 && every > 0 && other->file == file)
      error->all(FLERR,
                 "Pair style spinconv: two committees would write to the same file {}: give one of "
                 "them another one with option out_file",
                 file);
  }

  auto *fix = modify->get_fix_by_id(id);
  if (!fix || modify->fix[modify->nfix - 1] != fix) {
    if (fix) modify->delete_fix(id);
    (*modify->fix_map)["SPINCONV/DEVIATION"] = &FixSpinConvDeviation::create;
    fix = modify->add_fix(id + " all SPINCONV/DEVIATION", 0);
    ((FixSpinConvDeviation *) fix)->deviation = this;
    fix_id = id;
  }

  const auto all_hmc = modify->get_fix_by_style("^hmc$");
  hmc = all_hmc.empty() ? nullptr : all_hmc[0];
  if (!hmc) hmc_saved = Line();
  evaluation = Line();
  open_step = false;

  int is_open = fp != nullptr;
  MPI_Bcast(&is_open, 1, MPI_INT, 0, world);
  if (every == 0 || is_open) return;
  std::string header = fmt::format("#{:>11}", "step");
  for (const char *name :
       {"max_devi_v", "min_devi_v", "avg_devi_v", "max_devi_f", "min_devi_f", "avg_devi_f"})
    header += fmt::format(" {:>18}", name);
  if (comm->me == 0) fp = fopen(file.c_str(), "w");
  print(header + "\n");
}

/* ---------------------------------------------------------------------- */

void SpinConvDeviation::remove_fix()
{
  if (!fix_id.empty() && modify && modify->get_fix_by_id(fix_id)) modify->delete_fix(fix_id);
  fix_id.clear();
}

/* ---------------------------------------------------------------------- */

bool SpinConvDeviation::is_line() const
{
  return every > 0 && update->ntimestep % every == 0;
}

bool SpinConvDeviation::is_hmc_step() const
{
  return hmc && hmc->nevery > 0 && update->ntimestep % hmc->nevery == 0;
}

bool SpinConvDeviation::is_step() const
{
  return is_line() || is_hmc_step() || (hmc && update->setupflag);
}

/* ---------------------------------------------------------------------- */

void SpinConvDeviation::from_forces(const SpinConvForces &forces, int nmodels, const int *row,
                                    double factor)
{
  const int nlocal = atom->nlocal;
  of_atom.assign(nlocal, 0.0);
  counts.assign(nlocal, 0);
  for (int i = 0; i < nlocal; i++) {
    if (row[i] < 0) continue;
    counts[i] = 1;
    const double *const f = &forces.of_atoms[(size_t) i * forces.width];
    double sum = 0.0;
    for (int a = 0; a < 3; a++) {
      double mean = 0.0;
      for (int m = 0; m < nmodels; m++) mean += f[3 * m + a];
      mean /= nmodels;
      for (int m = 0; m < nmodels; m++) sum += (f[3 * m + a] - mean) * (f[3 * m + a] - mean);
    }
    of_atom[i] = fabs(factor) * sqrt(sum / nmodels);
  }
}

/* ---------------------------------------------------------------------- */

SpinConvDeviation::Summary SpinConvDeviation::spread_of_forces() const
{
  double largest = 0.0, smallest = -std::numeric_limits<double>::max(), sums[2] = {0.0, 0.0};
  for (size_t i = 0; i < of_atom.size(); i++) {
    if (!counts[i]) continue;
    largest = std::max(largest, of_atom[i]);
    smallest = std::max(smallest, -of_atom[i]);
    sums[0] += of_atom[i];
    sums[1] += 1.0;
  }
  double extremes[2] = {largest, smallest};
  double all_extremes[2], all_sums[2];
  MPI_Allreduce(extremes, all_extremes, 2, MPI_DOUBLE, MPI_MAX, world);
  MPI_Allreduce(sums, all_sums, 2, MPI_DOUBLE, MPI_SUM, world);

  Summary summary;
  if (all_sums[1] > 0.0) {
    summary.max = all_extremes[0];
    summary.min = -all_extremes[1];
    summary.mean = all_sums[0] / all_sums[1];
  }
  return summary;
}

/* ---------------------------------------------------------------------- */

SpinConvDeviation::Summary SpinConvDeviation::spread_of_virials(const std::vector<double> &virials,
                                                                int nmodels) const
{
  std::vector<double> all(virials.size());
  MPI_Allreduce(virials.data(), all.data(), virials.size(), MPI_DOUBLE, MPI_SUM, world);

  Summary summary;
  if (atom->natoms == 0) return summary;
  summary.min = std::numeric_limits<double>::max();
  double squares = 0.0;
  for (int c = 0; c < 9; c++) {
    double mean = 0.0, sum = 0.0;
    for (int m = 0; m < nmodels; m++) mean += all[9 * m + c];
    mean /= nmodels;
    for (int m = 0; m < nmodels; m++) sum += (all[9 * m + c] - mean) * (all[9 * m + c] - mean);
    const double deviation = sqrt(sum / nmodels) / atom->natoms;
    summary.max = std::max(summary.max, deviation);
    summary.min = std::min(summary.min, deviation);
    squares += deviation * deviation;
  }
  summary.mean = sqrt(squares / 9.0);
  return summary;
}

/* ---------------------------------------------------------------------- */

void SpinConvDeviation::evaluated(const SpinConvForces &forces, const int *row,
                                  std::vector<double> virials, double factor, bool energy)
{
  const int nmodels = virials.size() / 9;
  from_forces(forces, nmodels, row, factor);

  // for fix pair alone
  const bool step = is_step();
  if (!step && !energy) return;
  Summary virial;
  if (step) {
    for (double &v : virials) v *= factor;
    virial = spread_of_virials(virials, nmodels);
  }
  evaluation = {update->ntimestep, virial, spread_of_forces()};
}

/* ----------------------------------------------------------------------
   a minimizer goes on from the last of several evaluations, each of which is accepted
------------------------------------------------------------------------- */

void SpinConvDeviation::accept()
{
  if (update->whichflag == 1 && !update->setupflag) open_step = true;
  update_fix_pair();
  if (evaluation.step != update->ntimestep) return;
  show(evaluation);
  evaluation = Line();
}

/* ----------------------------------------------------------------------
   compute pair sums over the ranks
------------------------------------------------------------------------- */

void SpinConvDeviation::show(const Line &line)
{
  const double values[3] = {line.force.max, line.force.mean, line.force.min};
  for (int k = 0; k < 3; k++) shown[k] = comm->me == 0 ? values[k] : 0.0;
  if (accepted.step >= 0 && accepted.step != update->ntimestep) write();
  if (!is_step()) return;
  accepted = line;
  accepted.step = update->ntimestep;
}

/* ----------------------------------------------------------------------
   a set-up in the middle of a step is that of fix sgcmc, for a trial; those of a minimization
   have more evaluations of the same step to come
------------------------------------------------------------------------- */

void SpinConvDeviation::begin_run()
{
  if (open_step) return;
  if (hmc && hmc_saved.step < 0 && accepted.step == update->ntimestep) {
    hmc_saved = accepted;
    hmc_accepted = (bigint) hmc->compute_vector(0);
  }
  if (update->whichflag == 1) write();
}

/* ---------------------------------------------------------------------- */

void SpinConvDeviation::end_of_step()
{
  open_step = false;
  follow_hmc();
  write();
}

/* ---------------------------------------------------------------------- */

void SpinConvDeviation::end_of_run()
{
  open_step = false;
  write();
}

/* ----------------------------------------------------------------------
   fix hmc puts the atoms of its last accepted step back at the end of a step, with their energy
   and forces and without an evaluation
------------------------------------------------------------------------- */

void SpinConvDeviation::follow_hmc()
{
  if (!is_hmc_step() || accepted.step != update->ntimestep) return;
  const auto naccepted = (bigint) hmc->compute_vector(0);
  if (naccepted != hmc_accepted || hmc_saved.step < 0)
    hmc_saved = accepted;
  else
    show(hmc_saved);
  hmc_accepted = naccepted;
}

/* ----------------------------------------------------------------------
   fix pair copies the deviation of the atoms after the first evaluation of a step, and not again:
   after the first trial of a Monte Carlo move or of a line search. It tells steps by their number,
   so with another one it copies again, and will at its own time in this step too.
------------------------------------------------------------------------- */

void SpinConvDeviation::update_fix_pair()
{
  // a step for all intervals, but step 0 has to be told from itself: 20! is a multiple of all
  // intervals up to 20, and of the usual ones up to some thousands
  static constexpr bigint OTHER = 2432902008176640000;

  struct Timestep {
    bigint &step;
    const bigint now;
    ~Timestep() { step = now; }    // also when fix pair ends in an error
  } const timestep = {update->ntimestep, update->ntimestep};

  if (asked != timestep.now) return;
  update->ntimestep = timestep.now ? 0 : OTHER;
  for (auto *const fix : modify->get_fix_by_style("^pair$")) {
    const size_t n = (size_t) atom->nlocal * MAX(fix->size_peratom_cols, 1);
    double *const values = n == 0             ? nullptr
                           : fix->vector_atom ? fix->vector_atom
                                              : fix->array_atom[0];
    const std::vector<double> before(values, values + n);
    asked = -1;
    fix->post_force(0);
    // of another pair style, which has not computed it for this
    if (asked < 0) std::copy(before.begin(), before.end(), values);
  }
  asked = -1;
}

/* ----------------------------------------------------------------------
   one line for a step, also where the next run begins with it, unless it begins with other atoms
------------------------------------------------------------------------- */

bool SpinConvDeviation::is_new(const Line &line) const
{
  if (line.step != written.step) return true;
  const double scale = std::max(line.force.max, written.force.max);
  const auto differ = [&](double a, double b) {
    return fabs(a - b) > 1e-3 * scale;
  };
  return differ(line.force.max, written.force.max) || differ(line.force.mean, written.force.mean);
}

/* ----------------------------------------------------------------------
   the columns are those of DeePMD-kit's model_devi.out
------------------------------------------------------------------------- */

std::string SpinConvDeviation::text_of(const Line &line)
{
  std::string text = fmt::format("{:>12}", line.step);
  for (const double value : {line.virial.max, line.virial.min, line.virial.mean, line.force.max,
                             line.force.min, line.force.mean})
    text += fmt::format(" {:>18.6e}", value);
  return text + "\n";
}

/* ---------------------------------------------------------------------- */

void SpinConvDeviation::write()
{
  const Line line = accepted;
  accepted = Line();
  if (line.step < 0 || every == 0 || line.step % every != 0 || !is_new(line)) return;
  written = line;
  print(text_of(line));
}

/* ----------------------------------------------------------------------
   rank 0 writes, and what it could not write ends the run on all ranks
------------------------------------------------------------------------- */

void SpinConvDeviation::print(const std::string &text)
{
  check(comm->me != 0 || (fp && fputs(text.c_str(), fp) >= 0 && fflush(fp) == 0));
}

/* ---------------------------------------------------------------------- */

void SpinConvDeviation::check(bool well) const
{
  const std::string why = utils::getsyserror();
  int all_well = well;
  MPI_Bcast(&all_well, 1, MPI_INT, 0, world);
  if (!all_well)
    error->all(FLERR, "Pair style spinconv: cannot write the file {} of option out_file: {}", file,
               why);
}
