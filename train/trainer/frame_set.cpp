// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "trainer/frame_set.hpp"

#include <algorithm>
#include <numeric>

namespace spinconv::train {

FrameCost cost_of(const PreparedFrame& frame) {
  FrameCost cost;
  cost.edges = frame.edge_count();
  cost.labels = count_labels(frame);
  return cost;
}

FrameSet::FrameSet(std::vector<const PreparedFrame*> frames) : frames_(std::move(frames)) {
  for (const auto* frame : frames_) {
    costs_.push_back(cost_of(*frame));
  }
}

std::vector<std::vector<std::size_t>> deal_by_edges(std::span<const std::int64_t> edges,
                                                    int ranks) {
  std::vector<std::size_t> order(edges.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return edges[a] > edges[b]; });
  std::vector<std::vector<std::size_t>> shares(static_cast<std::size_t>(ranks));
  std::vector<std::int64_t> load(shares.size(), 0);
  for (const std::size_t i : order) {
    const auto least =
        static_cast<std::size_t>(std::min_element(load.begin(), load.end()) - load.begin());
    shares[least].push_back(i);
    load[least] += std::max<std::int64_t>(1, edges[i]);  // frames without edges are work too
  }
  for (auto& share : shares) {
    std::sort(share.begin(), share.end());
  }
  return shares;
}

}  // namespace spinconv::train
