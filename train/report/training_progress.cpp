// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "report/training_progress.hpp"

#include "data/number_text.hpp"
#include "trainer/cost_estimate.hpp"

namespace spinconv::train {

void TrainingProgress::start(std::int64_t done, std::int64_t steps) {
  bar_.emplace(steps, "training");
  bar_->start_at(done);
}

void TrainingProgress::step(int epoch, double loss) {
  bar_->set_status(format("epoch %d/%d, loss %f, %lld MB", epoch, options_.epochs, loss,
                          static_cast<long long>(peak_memory() / 1000000)));
  bar_->advance();
}

void TrainingProgress::epoch(const EpochRecord& record, bool best) {
  options_.best = best;
  options_.columns = bar_->line_columns();
  bar_->print(epoch_line(record, options_));
}

}  // namespace spinconv::train
