// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "data/frame_store.hpp"
#include "trainer/batch.hpp"
#include "trainer/loss.hpp"

namespace spinconv::train {

// Frames to train on, by number. May be used by several threads at once.
class FrameSet {
 public:
  virtual ~FrameSet() = default;
  virtual std::size_t size() const = 0;
  virtual std::shared_ptr<const PreparedFrame> frame(std::size_t index) const = 0;
  virtual std::int64_t edge_count(std::size_t index) const = 0;
  // What count_labels() counts, without the frame.
  virtual LabelCounts labels(std::size_t index) const = 0;
  // Threads that get frames ready ahead of the training (batch_feed.hpp); 0: they are ready.
  virtual int readers() const { return 0; }
};

// Prepared frames in memory, which the caller keeps.
class HeldFrames : public FrameSet {
 public:
  explicit HeldFrames(std::vector<const PreparedFrame*> frames);
  std::size_t size() const override { return frames_.size(); }
  std::shared_ptr<const PreparedFrame> frame(std::size_t index) const override;
  std::int64_t edge_count(std::size_t index) const override { return frames_[index]->edge_count(); }
  LabelCounts labels(std::size_t index) const override { return labels_[index]; }

 private:
  std::vector<const PreparedFrame*> frames_;
  std::vector<LabelCounts> labels_;
};

// Frames that are read and prepared when they are asked for, and not kept: memory does not grow
// with their number, but for 4 bytes a frame where count_edges() was called.
class StreamedFrames : public FrameSet {
 public:
  StreamedFrames(std::shared_ptr<const FrameStore> frames, const ModelConfig& model,
                 const PrepareOptions& options, int readers);

  // Whether edge_count() knows the edges of a frame without preparing it.
  bool knows_edges() const;
  // Prepare every frame once to know it from now on. `on_frame` is called for each.
  void count_edges(const std::function<void()>& on_frame = {});

  std::size_t size() const override { return frames_->size(); }
  // Throws as FrameStore::frame() and prepare_frame().
  std::shared_ptr<const PreparedFrame> frame(std::size_t index) const override;
  std::int64_t edge_count(std::size_t index) const override;
  LabelCounts labels(std::size_t index) const override;
  int readers() const override { return readers_; }

 private:
  std::shared_ptr<const FrameStore> frames_;
  ModelConfig model_;
  PrepareOptions options_;
  int readers_;
  std::vector<std::int32_t> edge_counts_;  // of each frame, where they were counted
};

// Deal the frames of a batch, whose numbers of edges are given, to `ranks` so that these have about
// the same number of edges: each frame, from the largest down, goes to the rank that has least.
// Returns the positions of each rank in ascending order; a rank may get none. Depends on its
// arguments alone, so that every rank knows the share of each.
std::vector<std::vector<std::size_t>> deal_by_edges(std::span<const std::int64_t> edge_counts,
                                                    int ranks);

}  // namespace spinconv::train
