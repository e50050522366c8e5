// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/edge_layout.hpp"

#include <algorithm>
#include <numeric>

#include "spinconv/graph_tensors.hpp"

namespace spinconv {
namespace {

using torch::Tensor;

const std::int64_t* data_of(const Tensor& t) {
  return t.data_ptr<std::int64_t>();
}

Tensor pair_of(const GraphTensors& graph, std::int64_t elements) {
  return graph.types.index_select(0, graph.source) * elements +
         graph.types.index_select(0, graph.target);
}

// Of keys on a CPU, 0 <= key < groups.
std::vector<std::int64_t> count_keys(const Tensor& keys, std::int64_t groups, const char* what) {
  std::vector<std::int64_t> counts(groups, 0);
  const auto* key = data_of(keys);
  for (std::int64_t k = 0; k < keys.size(0); ++k) {
    TORCH_CHECK_INDEX(key[k] >= 0 && key[k] < groups, what, " ", key[k], " of ", groups);
    ++counts[key[k]];
  }
  return counts;
}

// Stable permutation that sorts keys, 0 <= key < groups.
Tensor order_of(const Tensor& keys, std::int64_t groups, const char* what) {
  if (!keys.is_cpu()) {
    return torch::argsort(keys, /*stable=*/true);
  }
  const Tensor values = keys.contiguous();
  auto next = count_keys(values, groups, what);
  std::exclusive_scan(next.begin(), next.end(), next.begin(), std::int64_t{0});
  Tensor order = torch::empty_like(values);
  const auto* key = data_of(values);
  auto* to = order.data_ptr<std::int64_t>();
  for (std::int64_t k = 0; k < values.size(0); ++k) {
    to[next[key[k]]++] = k;
  }
  return order;
}

Tensor own_types(const GraphTensors& graph) {
  return graph.types.narrow(0, 0, graph.n_targets);
}

}  // namespace

Tensor count_of_each(const Tensor& keys, std::int64_t groups) {
  return torch::zeros({groups}, keys.options()).index_add_(0, keys, torch::ones_like(keys));
}

Tensor place_among_equals(const Tensor& sorted) {
  // the first of the equal ones: what sorts below it
  return torch::arange(sorted.size(0), sorted.options()) - torch::searchsorted(sorted, sorted);
}

Tensor order_by_pair(const GraphTensors& graph, std::int64_t elements) {
  return order_of(pair_of(graph, elements), elements * elements, "pair of elements");
}

Tensor order_by_target(const GraphTensors& graph) {
  return order_of(graph.target, graph.n_targets, "target atom");
}

EdgeCounts count_edges(const GraphTensors& graph, std::int64_t elements) {
  const Tensor pair = pair_of(graph, elements), own = own_types(graph);
  EdgeCounts counts;
  if (pair.is_cpu()) {
    counts.pairs = count_keys(pair, elements * elements, "pair of elements");
    counts.types = count_keys(own.contiguous(), elements, "element");
    const auto into = count_keys(graph.target.contiguous(), graph.n_targets, "target atom");
    counts.neighbors = into.empty() ? 0 : *std::max_element(into.begin(), into.end());
    return counts;
  }
  const Tensor most = graph.n_targets > 0
                          ? count_of_each(graph.target, graph.n_targets).max().view({1})
                          : torch::zeros({1}, pair.options());
  const Tensor all =
      torch::cat({count_of_each(pair, elements * elements), count_of_each(own, elements), most})
          .cpu();
  const auto* value = data_of(all);
  counts.pairs.assign(value, value + elements * elements);
  value += elements * elements;
  counts.types.assign(value, value + elements);
  counts.neighbors = value[elements];
  return counts;
}

EdgeLayout edge_layout(const GraphTensors& graph, std::int64_t elements, const EdgeCounts& counts) {
  EdgeLayout layout;
  layout.pair = pair_of(graph, elements);
  layout.width = std::max<std::int64_t>(counts.neighbors, 1);
  layout.atom_order = order_of(own_types(graph), elements, "element");
  if (graph.target.is_cpu()) {
    const Tensor target = graph.target.contiguous();
    std::vector<std::int64_t> seen(graph.n_targets, 0);
    layout.slot = torch::empty_like(target);
    const auto* t = data_of(target);
    auto* slot = layout.slot.data_ptr<std::int64_t>();
    for (std::int64_t e = 0; e < target.size(0); ++e) {
      TORCH_CHECK_INDEX(t[e] >= 0 && t[e] < graph.n_targets, "target atom ", t[e], " of ",
                        graph.n_targets);
      slot[e] = t[e] * layout.width + seen[t[e]]++ % layout.width;
    }
    return layout;
  }
  const Tensor by_target = torch::argsort(graph.target, /*stable=*/true);
  const Tensor sorted = graph.target.index_select(0, by_target);
  const Tensor place = place_among_equals(sorted);
  layout.slot = torch::empty_like(sorted).index_copy_(
      0, by_target, sorted * layout.width + torch::remainder(place, layout.width));
  return layout;
}

}  // namespace spinconv
