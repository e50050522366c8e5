// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

#include "spinconv_timing.h"

#include "comm.h"
#include "platform.h"
#include "spinconv_potentials.h"
#include "utils.h"

#include "spinconv/evaluator.hpp"

#include <mpi.h>
#include <string>

using namespace LAMMPS_NS;

/* ---------------------------------------------------------------------- */

SpinConvTiming::SpinConvTiming(LAMMPS *lmp) :
    Pointers(lmp), nevaluations(0), sum_edges(0.0), started(0.0), time_edges(0.0), before{}
{
}

/* ---------------------------------------------------------------------- */

void SpinConvTiming::begin_run(const SpinConvPotentials &potentials)
{
  nevaluations = 0;
  sum_edges = time_edges = 0.0;
  before = of_evaluators(potentials);
}

/* ---------------------------------------------------------------------- */

void SpinConvTiming::begin_edges()
{
  started = platform::walltime();
}

void SpinConvTiming::end_edges()
{
  time_edges += platform::walltime() - started;
}

/* ---------------------------------------------------------------------- */

void SpinConvTiming::evaluated(double nedges)
{
  nevaluations++;
  sum_edges += nedges;
}

/* ---------------------------------------------------------------------- */

SpinConvTiming::Sections SpinConvTiming::of_evaluators(const SpinConvPotentials &potentials)
{
  Sections sum{};
  for (const auto &evaluator : potentials.evaluators) {
    const auto &times = evaluator->times();
    sum[1] += times.prepare;
    sum[2] += times.forward;
    sum[3] += times.backward;
    sum[4] += times.exchange;
  }
  return sum;
}

/* ---------------------------------------------------------------------- */

void SpinConvTiming::report(const SpinConvPotentials &potentials) const
{
  if (nevaluations == 0) return;

  static constexpr const char *NAMES[N] = {"Edges", "Prepare", "Graph forward", "Graph backward",
                                           "Exchange"};
  const auto now = of_evaluators(potentials);
  double mine[N + 1] = {time_edges};
  for (int k = 1; k < N; k++) mine[k] = now[k] - before[k];
  mine[N] = sum_edges;
  double least[N + 1], most[N + 1], sum[N + 1];
  MPI_Reduce(mine, least, N + 1, MPI_DOUBLE, MPI_MIN, 0, world);
  MPI_Reduce(mine, most, N + 1, MPI_DOUBLE, MPI_MAX, 0, world);
  MPI_Reduce(mine, sum, N + 1, MPI_DOUBLE, MPI_SUM, 0, world);
  if (comm->me != 0) return;

  const double npotentials = potentials.size();
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
