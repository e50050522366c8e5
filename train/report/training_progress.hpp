// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <utility>

#include "report/epoch_line.hpp"
#include "report/progress.hpp"
#include "trainer/training_observer.hpp"

namespace spinconv::train {

// Shows a training on stderr: a bar of all steps, and a line for each epoch.
class TrainingProgress : public TrainingObserver {
 public:
  // Of `options`, those of the training count.
  explicit TrainingProgress(EpochLineOptions options) : options_(std::move(options)) {}

  void start(std::int64_t done, std::int64_t steps) override;
  void step(int epoch, double loss) override;
  void epoch(const EpochRecord& record, bool best) override;
  void finish() override { bar_->finish(); }

 private:
  EpochLineOptions options_;
  std::optional<ProgressBar> bar_;
};

}  // namespace spinconv::train
