// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <limits>

#include "trainer/fit_config.hpp"

namespace spinconv::train {

// Learning rate of a training with `total_steps` steps.
//   cosine:   minimum + (rate - minimum) (1 + cos(pi s / total_steps)) / 2 at step s
//   plateau:  rate times plateau_factor each time the validation loss has not improved for
//             plateau_patience epochs, not below minimum
// times min(1, (s + 1) / warmup_steps).
class Schedule {
 public:
  struct State {
    double plateau_scale = 1.0;
    double best = std::numeric_limits<double>::infinity();
    int bad_epochs = 0;
  };

  Schedule(const ScheduleConfig& config, double learning_rate, std::int64_t total_steps)
      : config_(config), learning_rate_(learning_rate), total_steps_(total_steps) {}

  double rate(std::int64_t step) const;
  void end_epoch(double validation_loss);

  const State& state() const { return state_; }
  void restore(const State& state) { state_ = state; }

 private:
  ScheduleConfig config_;
  double learning_rate_;
  std::int64_t total_steps_;
  State state_;
};

}  // namespace spinconv::train
