// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "trainer/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace spinconv::train {

double Schedule::rate(std::int64_t step) const {
  double rate = learning_rate_;
  if (config_.type == "cosine") {
    const double phase =
        std::min(1.0, double(step) / double(std::max<std::int64_t>(1, total_steps_)));
    rate = config_.minimum +
           (learning_rate_ - config_.minimum) * 0.5 * (1.0 + std::cos(std::numbers::pi * phase));
  } else if (config_.type == "plateau") {
    rate = std::max(config_.minimum, learning_rate_ * state_.plateau_scale);
  }
  if (config_.warmup_steps > 0) {
    rate *= std::min(1.0, double(step + 1) / config_.warmup_steps);
  }
  return rate;
}

void Schedule::end_epoch(double validation_loss) {
  if (validation_loss < state_.best) {
    state_.best = validation_loss;
    state_.bad_epochs = 0;
  } else if (++state_.bad_epochs > config_.plateau_patience) {
    state_.plateau_scale *= config_.plateau_factor;
    state_.bad_epochs = 0;
  }
}

}  // namespace spinconv::train
