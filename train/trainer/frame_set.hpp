// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <vector>

#include "trainer/batch.hpp"
#include "trainer/loss.hpp"

namespace spinconv::train {

// The work that a frame makes and the labels it has.
struct FrameCost {
  std::int64_t edges = 0;
  LabelCounts labels;
};
FrameCost cost_of(const PreparedFrame& frame);

// Frames to train on, which the caller keeps in memory.
class FrameSet {
 public:
  explicit FrameSet(std::vector<const PreparedFrame*> frames);
  std::size_t size() const { return frames_.size(); }
  const PreparedFrame* frame(std::size_t index) const { return frames_[index]; }
  const FrameCost& cost(std::size_t index) const { return costs_[index]; }

 private:
  std::vector<const PreparedFrame*> frames_;
  std::vector<FrameCost> costs_;
};

// Deal the frames of a batch, whose edges are given, to `ranks` so that these have about the same
// number of edges: each frame, from the largest down, goes to the rank that has least. Returns the
// positions of each rank in ascending order; a rank may get none. Depends on its arguments alone,
// so that every rank knows the share of each.
std::vector<std::vector<std::size_t>> deal_by_edges(std::span<const std::int64_t> edges, int ranks);

}  // namespace spinconv::train
