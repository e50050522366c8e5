// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "spinconv/edge_counts.hpp"

namespace spinconv {

// What an engine evaluates: directed edges s -> t between rows of atoms. Who is joined to whom, the
// topology, is apart from where they are, the geometry: it is sorted, counted and laid out once for
// all steps that have it. Pointers stay the caller's.
struct Graph {
  // N, target atoms, which come first: those that edges may point to. Owned atoms; with a deep halo
  // they include ghosts, of other ranks mostly.
  std::int64_t n_owned = 0;
  std::int64_t n_rows = 0;   // R, all rows, target atoms first; n_owned where images are folded
  std::int64_t n_edges = 0;  // E, in any order
  // The first atoms, whose energies make up Evaluation::energy; the other target atoms only pass
  // messages on (a deep halo). Negative: all target atoms.
  std::int64_t n_energies = -1;
  const std::int64_t* types = nullptr;   // [R] index into EvaluatorOptions::elements
  const std::int64_t* source = nullptr;  // [E] row of s
  const std::int64_t* target = nullptr;  // [E] row of t, below n_owned
  // Not 0: all of the above is as in the last call with this number, of new_topology(), and only
  // vectors differ. What has to be sorted, counted or allocated for edges is then there.
  std::uint64_t topology = 0;
  // Of these edges, in ordinary memory, U the entries of EvaluatorOptions::elements. Null: they are
  // counted, for which the host waits for a device.
  const EdgeCounts* counts = nullptr;

  // [E*3] r_t - r_s, Angstrom. Edges may be longer than the cutoff, as those in the skin of a
  // neighbor list are: they have no part in energies, and a gradient of zero, if the model is
  // smooth (Evaluator::is_smooth()).
  const double* vectors = nullptr;
};

// A number for Graph::topology that no other one in this process has.
std::uint64_t new_topology();

}  // namespace spinconv
