// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "trainer/batch_feed.hpp"

namespace spinconv::train {

std::vector<const PreparedFrame*> BatchShare::pointers() const {
  std::vector<const PreparedFrame*> result;
  for (const auto& frame : frames) {
    result.push_back(frame.get());
  }
  return result;
}

BatchFeed::BatchFeed(const FrameSet& set, const Ranks& ranks, NumbersOf numbers_of,
                     std::int64_t first, std::int64_t end)
    : set_(set),
      ranks_(ranks),
      numbers_of_(std::move(numbers_of)),
      end_(end),
      given_(first),
      started_(first) {
  for (int i = 0; i < set.readers(); ++i) {
    threads_.emplace_back([this] { read_ahead(); });
  }
}

BatchFeed::~BatchFeed() {
  {
    const std::lock_guard guard(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  for (auto& thread : threads_) {
    thread.join();
  }
}

BatchShare BatchFeed::read(std::int64_t batch) const {
  const auto numbers = numbers_of_(batch);
  BatchShare share;
  for (const std::size_t i : numbers) {
    share.labels += set_.labels(i);
  }
  if (!ranks_.are_many()) {
    for (const std::size_t i : numbers) {
      share.frames.push_back(set_.frame(i));
    }
    return share;
  }
  std::vector<std::int64_t> edges;
  for (const std::size_t i : numbers) {
    edges.push_back(set_.edge_count(i));
  }
  const auto shares = deal_by_edges(edges, ranks_.size());
  for (const std::size_t k : shares[static_cast<std::size_t>(ranks_.rank())]) {
    share.frames.push_back(set_.frame(numbers[k]));
  }
  return share;
}

void BatchFeed::read_ahead() {
  // one batch in the hands of each thread, two that wait
  const auto ahead = static_cast<std::int64_t>(set_.readers()) + 2;
  std::unique_lock guard(mutex_);
  while (true) {
    changed_.wait(guard, [&] { return stop_ || started_ == end_ || started_ < given_ + ahead; });
    if (stop_ || started_ == end_) {
      return;
    }
    const std::int64_t batch = started_++;
    guard.unlock();
    Slot slot;
    try {
      slot.share = read(batch);
    } catch (...) {
      slot.error = std::current_exception();
    }
    guard.lock();
    ready_.emplace(batch, std::move(slot));
    changed_.notify_all();
  }
}

BatchShare BatchFeed::next() {
  if (threads_.empty()) {
    return read(given_++);
  }
  std::unique_lock guard(mutex_);
  changed_.wait(guard, [&] { return ready_.count(given_) > 0; });
  Slot slot = std::move(ready_.extract(given_++).mapped());
  guard.unlock();
  changed_.notify_all();
  if (slot.error) {
    std::rethrow_exception(slot.error);
  }
  return std::move(slot.share);
}

}  // namespace spinconv::train
