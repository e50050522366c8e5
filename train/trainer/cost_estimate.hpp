// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "trainer/fit_config.hpp"
#include "trainer/frame_set.hpp"

namespace spinconv::train {

// What a training will take, from one step that is made and forgotten (the weights stay).
struct CostEstimate {
  std::int64_t frames = 0, edges = 0;  // of the training set
  std::int64_t steps_per_epoch = 0;
  std::int64_t largest_batch_edges = 0;  // that any order of the frames can give
  std::int64_t measured_edges = 0;       // of the step that was measured
  double step_seconds = 0.0;             // of that
  std::int64_t step_bytes = 0;           // largest sum of its tensors
  std::int64_t weight_bytes = 0;         // weights, gradients, moments, averages
  std::int64_t process_bytes = 0;        // what the process had taken before it, data included
  double epoch_seconds = 0.0;            // by edges, validation included
  int epochs = 0;

  // Bytes of the process in the largest batch.
  std::int64_t memory() const;
  std::string text() const;
  // "about 8 s an epoch, 7 min for 56 epochs, on one process as it is now"
  std::string time_text() const;
};

// Makes the step on a batch with about as many edges as an average one. The model is in its
// precision, on its device.
CostEstimate estimate_cost(const FitConfig& config, Model& model, const FrameSet& training,
                           const FrameSet& validation);

// Largest memory of this process so far, bytes.
std::int64_t peak_memory();

}  // namespace spinconv::train
