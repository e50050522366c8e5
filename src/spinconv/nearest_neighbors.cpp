// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/nearest_neighbors.hpp"

#include "spinconv/edge_layout.hpp"

namespace spinconv {

torch::Tensor nearest_neighbors(const torch::Tensor& target, const torch::Tensor& vectors,
                                std::int64_t count) {
  if (target.size(0) == 0) {
    return target;
  }
  const auto by_distance = torch::argsort(vectors.square().sum(1), /*stable=*/true);
  const auto order = by_distance.index_select(
      0, torch::argsort(target.index_select(0, by_distance), /*stable=*/true));
  const auto sorted = target.index_select(0, order);
  const auto place = place_among_equals(sorted);
  return std::get<0>(torch::sort(order.masked_select(place < count)));
}

}  // namespace spinconv
