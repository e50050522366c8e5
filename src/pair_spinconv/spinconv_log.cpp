// SpinConv for LAMMPS. SPDX-License-Identifier: GPL-2.0-only

#include "spinconv_log.h"

#include "comm.h"
#include "error.h"
#include "spinconv_graph.h"
#include "spinconv_potentials.h"
#include "utils.h"

#include "spinconv/evaluator.hpp"

#include <exception>
#include <mpi.h>
#include <string>

using namespace LAMMPS_NS;

/* ---------------------------------------------------------------------- */

void SpinConvLog::loaded(const SpinConvPotentials &potentials)
{
  graph_known = false;
  if (comm->me != 0) return;
  for (int m = 0; m < potentials.size(); m++) {
    const auto &evaluator = *potentials.evaluators[m];
    utils::logmesg(lmp, "Reading SpinConv potential file {}\n{}\n", potentials.files[m],
                   utils::trim(evaluator.summary()));
    utils::logmesg(lmp,
                   "SpinConv evaluation: cutoff {} Angstrom, {} precision, device {}, "
                   "implementation {}\n",
                   evaluator.cutoff(), evaluator.precision(), evaluator.device(),
                   evaluator.implementation());
  }
}

/* ---------------------------------------------------------------------- */

void SpinConvLog::properties(const SpinConvPotentials &potentials)
{
  if (comm->me != 0) return;
  for (int m = 0; m < potentials.size(); m++) {
    const auto &evaluator = *potentials.evaluators[m];
    const std::string &file = potentials.files[m];
    if (evaluator.has_direct_forces())
      error->warning(
          FLERR,
          "Pair style spinconv: forces of {} are not the gradient of its energy: dynamics "
          "do not conserve energy, and there is no virial (pressure is the kinetic part)",
          file);
    else if (!evaluator.is_conservative())
      error->warning(
          FLERR,
          "Pair style spinconv: forces and virial of {} are an estimate at fixed "
          "directions of edges, not the gradient of its energy: dynamics do not conserve "
          "energy",
          file);
    if (!evaluator.is_smooth())
      error->warning(FLERR,
                     "Pair style spinconv: energy and forces of {} jump where frames or neighbors "
                     "of an edge change: use it for relaxations, check dynamics",
                     file);
  }
  if (potentials.size() > 1)
    utils::logmesg(lmp,
                   "SpinConv committee of {} potentials: energy, forces and virial are the "
                   "mean\n",
                   potentials.size());
}

/* ---------------------------------------------------------------------- */

void SpinConvLog::graph(const SpinConvGraph &graph, int halo, const SpinConvPotentials &potentials,
                        bigint chunk)
{
  graph_known = true;
  const auto &evaluator = *potentials.evaluators[0];
  bigint mine[3] = {graph.nowned, (bigint) graph.edges->size(),
                    (bigint) graph.types.size() - graph.nowned};
  bigint total[3];
  MPI_Allreduce(mine, total, 3, MPI_LMP_BIGINT, MPI_SUM, world);

  std::string route = "periodic images are folded onto their owners";
  if (halo == SpinConvGraph::EXCHANGE)
    route = fmt::format("rows of {} numbers are exchanged for {} ghosts, in {} layers",
                        evaluator.exchange_width(), total[2], evaluator.layers());
  if (halo == SpinConvGraph::DEEP)
    route = fmt::format("{} ghosts in a halo of {} cutoffs are evaluated again", total[2],
                        evaluator.layers() + 1);
  const bigint ntargets = halo == SpinConvGraph::DEEP ? total[0] + total[2] : total[0];
  if (comm->me == 0)
    utils::logmesg(lmp, "SpinConv graph: {} atoms, {} edges, {:.1f} edges per atom; {}\n", total[0],
                   total[1], ntargets ? (double) total[1] / ntargets : 0.0, route);

  bigint largest[3] = {graph.ntargets, (bigint) graph.edges->size(), graph.max_neighbors()};
  bigint all_largest[3];
  MPI_Allreduce(largest, all_largest, 3, MPI_LMP_BIGINT, MPI_MAX, world);
  if (comm->me == 0 && all_largest[0] > 0)
    memory_use(all_largest[0], all_largest[1], all_largest[2], potentials, chunk);
}

/* ----------------------------------------------------------------------
   memory that the network takes for the rank with the most atoms and edges, and how many
   atoms would fit
------------------------------------------------------------------------- */

void SpinConvLog::memory_use(bigint natoms, bigint nedges, bigint neighbors,
                             const SpinConvPotentials &potentials, bigint chunk)
{
  static constexpr double MB = 1024.0 * 1024.0;
  const int nranks = potentials.nranks_node;
  std::string message;
  spinconv::MemoryUse use;
  double available = 0.0;
  try {
    auto &evaluator = *potentials.evaluators[0];
    use = evaluator.measure_memory(natoms, nedges, neighbors);
    available = (double) evaluator.available_memory();
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
