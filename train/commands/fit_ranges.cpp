// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "commands/fit_ranges.hpp"

#include <cmath>

#include "data/range_collector.hpp"
#include "report/progress.hpp"

namespace spinconv::train {

TrainingRanges training_ranges(const FitConfig& config, const Part& training, Ranks& ranks) {
  const FrameStore& frames = *training.frames;
  const double cutoff = config.model.cutoff;
  const auto r = static_cast<std::size_t>(ranks.rank());
  const auto of = static_cast<std::size_t>(ranks.size());
  const std::size_t begin = frames.size() * r / of, end = frames.size() * (r + 1) / of;
  ProgressBar bar(static_cast<std::int64_t>(end - begin), "ranges of the training set",
                  ProgressOptions::passing(ranks.is_first()));
  RangeCollector own(config.model.elements);
  for (std::size_t i = begin; i < end; ++i) {
    const auto frame = frames.frame(i);
    const auto stored = frames.edges(i, cutoff);
    own.add(*frame, stored ? *stored : build_edges(*frame, cutoff));
    bar.advance();
  }
  bar.finish();
  const bool has_stress = config.data.train.target.is_energy();
  const bool learned = config.training.loss.stress_weight > 0.0;
  if (!ranks.are_many()) {
    return own.ranges(has_stress, learned);
  }
  RangeCollector all(config.model.elements);
  for (const auto& state : ranks.gather(own.state())) {
    all.merge(state);
  }
  return all.ranges(has_stress, learned);
}

std::vector<double> repulsion_radii_of(const TrainingRanges& ranges) {
  std::vector<double> radii;
  for (std::size_t a = 0; a < ranges.elements.size(); ++a) {
    for (std::size_t b = a; b < ranges.elements.size(); ++b) {
      const double nearest = ranges.nearest_of(a, b);
      radii.push_back(std::isfinite(nearest) ? nearest : 0.0);
    }
  }
  return radii;
}

}  // namespace spinconv::train
