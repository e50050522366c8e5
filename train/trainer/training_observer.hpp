// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "metrics/epoch_record.hpp"

namespace spinconv::train {

struct Checkpoint;

// What a Trainer tells of a run, for others to show it and to write it down.
class TrainingObserver {
 public:
  virtual ~TrainingObserver() = default;

  // The run begins, with `done` of all `steps` made before.
  virtual void start(std::int64_t /*done*/, std::int64_t /*steps*/) {}
  // A step was made in this epoch (from 1), whose mean loss is `loss` so far.
  virtual void step(int /*epoch*/, double /*loss*/) {}
  // Once, before the calls below: after the first step (or where there is none to make), so that a
  // training that fails at once has written nothing.
  virtual void begin_output() {}
  // An epoch was completed; `best`: no other one was better.
  virtual void epoch(const EpochRecord&, bool /*best*/) {}
  // The state to go on from, to which an observer may add.
  virtual void checkpoint(Checkpoint&) {}
  // A state whose best weights are of a later epoch than those of the call before: at the first
  // best epoch, then after checkpoints.
  virtual void best(Checkpoint&) {}
  // No step is left to make; the last checkpoint follows.
  virtual void finish() {}
};

}  // namespace spinconv::train
