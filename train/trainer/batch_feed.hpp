// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "distributed/ranks.hpp"
#include "trainer/frame_set.hpp"

namespace spinconv::train {

// One rank's part of a batch, and the labels of all of it.
struct BatchShare {
  std::vector<std::shared_ptr<const PreparedFrame>> frames;
  LabelCounts labels;

  bool empty() const { return frames.empty(); }
  std::vector<const PreparedFrame*> pointers() const;
};

// Batches one after the other. Where frames have to be read, the threads that the set asks for do
// so ahead of next(), a few batches and no more, so that memory stays bounded. What is given out
// does not depend on threads.
class BatchFeed {
 public:
  // Frames of batch `first`, `first` + 1, ... `end` - 1. `numbers_of` gives the frames of a batch
  // of all ranks; it may be called by several threads at once. Set and ranks outlive the feed.
  using NumbersOf = std::function<std::vector<std::size_t>(std::int64_t batch)>;
  BatchFeed(const FrameSet& set, const Ranks& ranks, NumbersOf numbers_of, std::int64_t first,
            std::int64_t end);
  ~BatchFeed();
  BatchFeed(const BatchFeed&) = delete;
  BatchFeed& operator=(const BatchFeed&) = delete;

  // Throws what a reader met with (spinconv::Error) when its batch is due.
  BatchShare next();

 private:
  struct Slot {
    BatchShare share;
    std::exception_ptr error;
  };
  BatchShare read(std::int64_t batch) const;
  void read_ahead();

  const FrameSet& set_;
  const Ranks& ranks_;
  const NumbersOf numbers_of_;
  const std::int64_t end_;
  std::int64_t given_;  // the next to be given out

  std::vector<std::thread> threads_;
  std::mutex mutex_;  // of what follows
  std::condition_variable changed_;
  std::int64_t started_;  // the next to be read
  std::map<std::int64_t, Slot> ready_;
  bool stop_ = false;
};

}  // namespace spinconv::train
