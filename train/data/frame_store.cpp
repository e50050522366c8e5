// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/frame_store.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace spinconv::train {

FrameStatistics figures_of(const Frame& frame) {
  FrameStatistics figures;
  std::map<int, std::int64_t> counts;
  for (const int number : frame.atomic_numbers) {
    ++counts[number];
  }
  figures.composition.assign(counts.begin(), counts.end());
  figures.atoms = static_cast<std::int64_t>(frame.size());
  figures.energy = frame.energy;
  figures.periodic = frame.pbc[0] || frame.pbc[1] || frame.pbc[2];
  figures.has_forces = !frame.forces.empty();
  figures.has_stress = frame.stress.has_value();
  for (std::size_t i = 0; 3 * i < frame.forces.size(); ++i) {
    const double* const f = &frame.forces[3 * i];
    figures.max_force = std::max(figures.max_force, std::hypot(f[0], f[1], f[2]));
    const bool fixed = !frame.fixed.empty() && frame.fixed[i] != 0;
    const bool whole = !std::isnan(f[0]) && !std::isnan(f[1]) && !std::isnan(f[2]);
    figures.force_atoms += whole ? 1 : 0;
    figures.free_atoms += whole && !fixed ? 1 : 0;
    for (std::size_t d = 0; d < 3; ++d) {
      figures.force_squares += std::isnan(f[d]) ? 0.0 : f[d] * f[d];
      figures.force_components += std::isnan(f[d]) ? 0 : 1;
      figures.free_components += std::isnan(f[d]) || fixed ? 0 : 1;
    }
  }
  if (frame.stress && frame.pbc[0] && frame.pbc[1] && frame.pbc[2]) {
    for (const double s : *frame.stress) {
      figures.stress_components += std::isnan(s) ? 0 : 1;
    }
  }
  return figures;
}

MemoryFrames::MemoryFrames(std::vector<Frame> frames) {
  frames_.reserve(frames.size());
  for (auto& frame : frames) {
    frames_.push_back(std::make_shared<const Frame>(std::move(frame)));
  }
}

std::shared_ptr<const FrameStore> MemoryFrames::select(
    const std::vector<std::size_t>& indices) const {
  std::shared_ptr<MemoryFrames> chosen(new MemoryFrames());
  chosen->frames_.reserve(indices.size());
  for (const std::size_t index : indices) {
    chosen->frames_.push_back(frames_[index]);
  }
  return chosen;
}

bool is_isolated_atom(const FrameStore& frames, std::size_t index, double cutoff) {
  return frames.figures(index).atoms == 1 && build_edges(*frames.frame(index), cutoff).size() == 0;
}

}  // namespace spinconv::train
