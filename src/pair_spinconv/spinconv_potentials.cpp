// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

#include "spinconv_potentials.h"

#include "comm.h"
#include "error.h"
#include "spinconv_rows.h"
#include "universe.h"

#include "spinconv/evaluator.hpp"

#include <algorithm>
#include <exception>
#include <mpi.h>

using namespace LAMMPS_NS;

/* ---------------------------------------------------------------------- */

SpinConvPotentials::SpinConvPotentials(LAMMPS *lmp) :
    Pointers(lmp), cutoff(0.0), direct_forces(false), nranks_node(1)
{
}

SpinConvPotentials::~SpinConvPotentials() = default;

/* ---------------------------------------------------------------------- */

void SpinConvPotentials::load(const std::vector<std::string> &paths,
                              spinconv::EvaluatorOptions options)
{
  const int place = place_on_node();
  options.device_turn = universe->iworld * nranks_node + place;

  // error->all() throws: not from inside the handler of another exception
  std::string message;
  std::vector<std::unique_ptr<spinconv::Evaluator>> loaded;
  evaluators.clear();
  spinconv::keep_freed_memory();
  try {
    for (const auto &path : paths)
      loaded.push_back(std::make_unique<spinconv::Evaluator>(path, options));
  } catch (const std::exception &e) {
    message = e.what();
  }
  if (!message.empty()) error->all(FLERR, "Pair style spinconv: {}", message);

  evaluators.swap(loaded);
  files = paths;
  cutoff = 0.0;
  direct_forces = false;
  for (const auto &evaluator : evaluators) {
    cutoff = std::max(cutoff, evaluator->cutoff());
    direct_forces = direct_forces || evaluator->has_direct_forces();
  }
}

/* ---------------------------------------------------------------------- */

bool SpinConvPotentials::exchange() const
{
  return std::all_of(evaluators.begin(), evaluators.end(), [](const auto &evaluator) {
    return evaluator->exchanges();
  });
}

/* ---------------------------------------------------------------------- */

int SpinConvPotentials::layers() const
{
  int most = 0;
  for (const auto &evaluator : evaluators) most = std::max(most, evaluator->layers());
  return most;
}

/* ---------------------------------------------------------------------- */

int SpinConvPotentials::row_size() const
{
  int largest = 1;
  for (const auto &evaluator : evaluators) {
    const bool single = evaluator->precision() == "single";
    const SpinConvRows row = {nullptr, (int) evaluator->exchange_width(), single, nullptr};
    largest = std::max(largest, row.size());
  }
  return largest;
}

/* ----------------------------------------------------------------------
   which of the ranks of this world on this node this one is
------------------------------------------------------------------------- */

int SpinConvPotentials::place_on_node()
{
  int place = 0;
  nranks_node = 1;
#if !defined(MPI_STUBS)
  MPI_Comm node;
  MPI_Comm_split_type(world, MPI_COMM_TYPE_SHARED, comm->me, MPI_INFO_NULL, &node);
  MPI_Comm_size(node, &nranks_node);
  MPI_Comm_rank(node, &place);
  MPI_Comm_free(&node);
#endif
  return place;
}
