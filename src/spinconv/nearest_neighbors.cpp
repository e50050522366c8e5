// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/nearest_neighbors.hpp"

namespace spinconv {

torch::Tensor nearest_neighbors(const torch::Tensor& target, const torch::Tensor& vectors,
                                std::int64_t count) {
  const std::int64_t edges = target.size(0);
  if (edges == 0) {
    return target;
  }
  const auto by_distance = torch::argsort(vectors.square().sum(1), /*stable=*/true);
  const auto order = by_distance.index_select(
      0, torch::argsort(target.index_select(0, by_distance), /*stable=*/true));
  const auto sorted = target.index_select(0, order);
  // first of each target: what sorts below it
  const auto rank = torch::arange(edges, sorted.options()) - torch::searchsorted(sorted, sorted);
  return std::get<0>(torch::sort(order.masked_select(rank < count)));
}

}  // namespace spinconv
