// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

#include "spinconv_deviation.h"

#include "atom.h"
#include "comm.h"
#include "error.h"
#include "update.h"
#include "utils.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <mpi.h>

using namespace LAMMPS_NS;

/* ---------------------------------------------------------------------- */

SpinConvDeviation::SpinConvDeviation(LAMMPS *lmp) :
    Pointers(lmp), flag(0), every(0), last(-1), fp(nullptr)
{
}

/* ---------------------------------------------------------------------- */

SpinConvDeviation::~SpinConvDeviation()
{
  if (fp) fclose(fp);
}

/* ---------------------------------------------------------------------- */

void SpinConvDeviation::write_to(const std::string &name, bigint steps)
{
  if (fp) fclose(fp);
  fp = nullptr;
  last = -1;
  file = name;
  every = steps;
}

/* ----------------------------------------------------------------------
   one line for a step: a line search evaluates more than once in one
------------------------------------------------------------------------- */

bool SpinConvDeviation::is_step() const
{
  return every > 0 && update->ntimestep % every == 0 && update->ntimestep != last;
}

/* ---------------------------------------------------------------------- */

void SpinConvDeviation::from_forces(const std::vector<double> &rows, int width, int nmodels,
                                    const int *row, double factor)
{
  const int nlocal = atom->nlocal;
  of_atom.assign(nlocal, 0.0);
  counts.assign(nlocal, 0);
  for (int i = 0; i < nlocal; i++) {
    if (row[i] < 0) continue;
    counts[i] = 1;
    const double *const f = &rows[(size_t) i * width];
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

SpinConvDeviation::Summary SpinConvDeviation::forces() const
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

SpinConvDeviation::Summary SpinConvDeviation::virials(std::vector<double> virials,
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

/* ----------------------------------------------------------------------
   rank 0 writes; the columns are those of DeePMD-kit's model_devi.out
------------------------------------------------------------------------- */

void SpinConvDeviation::write(const Summary &virial, const Summary &force)
{
  last = update->ntimestep;
  if (comm->me != 0) return;
  if (!fp) {
    fp = fopen(file.c_str(), "w");
    if (!fp)
      error->one(FLERR, "Pair style spinconv: cannot write the file {} of option out_file: {}",
                 file, utils::getsyserror());
    fmt::print(fp, "#{:>11}", "step");
    for (const char *name : {"max_devi_v", "min_devi_v", "avg_devi_v", "max_devi_f", "min_devi_f",
                             "avg_devi_f"})
      fmt::print(fp, " {:>18}", name);
    fmt::print(fp, "\n");
  }
  fmt::print(fp, "{:>12}", update->ntimestep);
  for (const double value :
       {virial.max, virial.min, virial.mean, force.max, force.min, force.mean})
    fmt::print(fp, " {:>18.6e}", value);
  fmt::print(fp, "\n");
  fflush(fp);
}
