// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace spinconv {

// The one interface an engine with a domain decomposition implements: it shares per-atom rows
// between the rank that owns an atom and the ranks that hold a ghost of it (one call each way for
// every message layer). The core itself knows no MPI.
//
// Rows are [n_rows, width], row-major: the owned atoms first, then the ghosts, in the order of
// Graph::types. Both calls are collective: every rank makes them, with no atoms too.
class HaloExchange {
 public:
  virtual ~HaloExchange() = default;

  // Whether `rows` below are in the memory of the evaluator's device, their work in the order of
  // its stream; otherwise they are in ordinary memory. The same for all calls of an evaluation.
  virtual bool on_device() const { return false; }

  // Fill each ghost row with its owner's row.
  virtual void forward(float* rows, std::int64_t width) = 0;
  virtual void forward(double* rows, std::int64_t width) = 0;

  // The adjoint: add each ghost row to its owner's row, rows_owner += sum over its ghosts.
  // What is left in the ghost rows is not read.
  virtual void reverse(float* rows, std::int64_t width) = 0;
  virtual void reverse(double* rows, std::int64_t width) = 0;
};

}  // namespace spinconv
