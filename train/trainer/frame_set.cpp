// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "trainer/frame_set.hpp"

#include <algorithm>
#include <numeric>

namespace spinconv::train {

HeldFrames::HeldFrames(std::vector<const PreparedFrame*> frames) : frames_(std::move(frames)) {
  for (const auto* frame : frames_) {
    labels_.push_back(count_labels(*frame));
  }
}

std::shared_ptr<const PreparedFrame> HeldFrames::frame(std::size_t index) const {
  return {std::shared_ptr<const void>(), frames_[index]};  // owns nothing
}

StreamedFrames::StreamedFrames(std::shared_ptr<const FrameStore> frames, const ModelConfig& model,
                               const PrepareOptions& options, int readers)
    : frames_(std::move(frames)), model_(model), options_(options), readers_(readers) {}

bool StreamedFrames::knows_edges() const {
  return size() == 0 || !edge_counts_.empty() ||
         (model_.max_neighbors == 0 && frames_->edge_count(0, model_.cutoff).has_value());
}

void StreamedFrames::count_edges(const std::function<void()>& on_frame) {
  std::vector<std::int32_t> edge_counts;
  edge_counts.reserve(size());
  for (std::size_t i = 0; i < size(); ++i) {
    edge_counts.push_back(static_cast<std::int32_t>(frame(i)->edge_count()));
    if (on_frame) {
      on_frame();
    }
  }
  edge_counts_ = std::move(edge_counts);
}

std::shared_ptr<const PreparedFrame> StreamedFrames::frame(std::size_t index) const {
  const auto stored = frames_->edges(index, model_.cutoff);
  return std::make_shared<const PreparedFrame>(
      prepare_frame(*frames_->frame(index), model_, options_, stored ? &*stored : nullptr));
}

std::int64_t StreamedFrames::edge_count(std::size_t index) const {
  if (!knows_edges()) {
    return frame(index)->edge_count();
  }
  return edge_counts_.empty() ? *frames_->edge_count(index, model_.cutoff) : edge_counts_[index];
}

LabelCounts StreamedFrames::labels(std::size_t index) const {
  const auto figures = frames_->figures(index);
  LabelCounts counts;
  counts.n_energies = figures.energy ? 1 : 0;
  counts.n_components =
      options_.free_atoms_only ? figures.free_components : figures.force_components;
  counts.n_atoms = options_.free_atoms_only ? figures.free_atoms : figures.force_atoms;
  counts.n_stresses = figures.stress_components;
  return counts;
}

std::vector<std::vector<std::size_t>> deal_by_edges(std::span<const std::int64_t> edge_counts,
                                                    int ranks) {
  std::vector<std::size_t> order(edge_counts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return edge_counts[a] > edge_counts[b]; });
  std::vector<std::vector<std::size_t>> shares(static_cast<std::size_t>(ranks));
  std::vector<std::int64_t> load(shares.size(), 0);
  for (const std::size_t i : order) {
    const auto least =
        static_cast<std::size_t>(std::min_element(load.begin(), load.end()) - load.begin());
    shares[least].push_back(i);
    load[least] += std::max<std::int64_t>(1, edge_counts[i]);  // frames without edges are work too
  }
  for (auto& share : shares) {
    std::sort(share.begin(), share.end());
  }
  return shares;
}

}  // namespace spinconv::train
