// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "trainer/batch.hpp"
#include "trainer/loss.hpp"

namespace spinconv::train {

// What is known of a frame before it is read: the work it makes and the labels it has.
struct FrameCost {
  std::int64_t edges = 0;
  LabelCounts labels;
};
FrameCost cost_of(const PreparedFrame& frame);

// Frames to train on, by index, wherever they are kept.
class FrameSet {
 public:
  virtual ~FrameSet() = default;
  virtual std::size_t size() const = 0;
  virtual FrameCost cost(std::size_t index) const = 0;
  // A frame, for as long as the pointer is held. Throws spinconv::Error where it cannot be read.
  virtual std::shared_ptr<const PreparedFrame> frame(std::size_t index) = 0;
  // These will be asked for next, in this order; what was announced before is forgotten.
  virtual void announce(std::vector<std::size_t> indices) { (void)indices; }
};

// Frames that the caller keeps in memory.
class FramesInMemory : public FrameSet {
 public:
  explicit FramesInMemory(std::vector<const PreparedFrame*> frames);
  std::size_t size() const override { return frames_.size(); }
  FrameCost cost(std::size_t index) const override { return costs_[index]; }
  std::shared_ptr<const PreparedFrame> frame(std::size_t index) override;

 private:
  std::vector<const PreparedFrame*> frames_;
  std::vector<FrameCost> costs_;
};

// Deal the frames of a batch, whose edges are given, to `ranks` so that these have about the same
// number of edges: each frame, from the largest down, goes to the rank that has least. Returns the
// positions of each rank in ascending order; a rank may get none. Depends on its arguments alone, so
// that every rank knows the share of each.
std::vector<std::vector<std::size_t>> deal_by_edges(std::span<const std::int64_t> edges, int ranks);

}  // namespace spinconv::train
