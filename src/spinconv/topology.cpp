// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/topology.hpp"

#include "spinconv/edge_layout.hpp"

namespace spinconv {

using torch::Tensor;

Topology::Topology(const Model& model, const Model::Weights& weights, const GraphTensors& graph,
                   std::int64_t chunk, const EdgeCounts* counts)
    : n_targets(graph.n_targets),
      rows(graph.types.size(0)),
      whole(chunk <= 0 || graph.source.size(0) <= chunk) {
  if (!whole) {
    cut(model, weights, graph, chunk);
    return;
  }
  const Architecture& architecture = model.architecture();
  order = architecture.order(graph, weights);
  Block block;
  block.edges = order.size(0);
  block.layout = architecture.layout(graph.in_order(order), weights, counts);
  blocks.push_back(std::move(block));
}

// Blocks of consecutive targets; one atom may have more edges than a chunk.
void Topology::cut(const Model& model, const Model::Weights& weights, const GraphTensors& p,
                   std::int64_t chunk) {
  const Architecture& architecture = model.architecture();
  const Tensor by_target = torch::argsort(p.target, /*stable=*/true);
  const Tensor per_atom = count_of_each(p.target, n_targets).cpu();
  const auto* edges_of = per_atom.data_ptr<std::int64_t>();
  std::vector<Tensor> orders;
  std::int64_t first_atom = 0, first_edge = 0;
  while (first_atom < n_targets) {
    std::int64_t edges = edges_of[first_atom], atoms = 1;
    while (first_atom + atoms < n_targets && edges + edges_of[first_atom + atoms] <= chunk) {
      edges += edges_of[first_atom + atoms];
      ++atoms;
    }
    Tensor part = by_target.narrow(0, first_edge, edges);
    // the tables of the operator graph want rows of targets first: those of the block, then all
    // rows
    GraphTensors own;
    own.types = torch::cat({p.types.narrow(0, first_atom, atoms), p.types});
    own.n_targets = atoms;
    own.source = p.source.index_select(0, part) + atoms;
    own.target = p.target.index_select(0, part) - first_atom;
    const Tensor sorted = architecture.order(own, weights);
    part = part.index_select(0, sorted);

    Block block;
    block.first_edge = first_edge;
    block.edges = edges;
    block.first_atom = first_atom;
    block.layout = architecture.layout(own.in_order(sorted), weights, nullptr);
    const auto [others, place, counts] = at::_unique2(block.layout->source - atoms,
                                                      /*sorted=*/true, /*return_inverse=*/true);
    block.rows =
        torch::cat({torch::arange(first_atom, first_atom + atoms, others.options()), others});
    block.layout->source = place + atoms;
    block.layout->types = p.types.narrow(0, first_atom, atoms);
    blocks.push_back(std::move(block));
    orders.push_back(part);
    first_atom += atoms;
    first_edge += edges;
  }
  order = torch::cat(orders);
}

void Topology::assign(const Topology& other) {
  TORCH_CHECK(whole && other.whole && order.sizes() == other.order.sizes() && rows == other.rows,
              "topologies of different sizes");
  order.copy_(other.order);
  blocks.front().layout->assign(*other.blocks.front().layout);
}

}  // namespace spinconv
