// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/topology.hpp"

#include <tuple>

#include "spinconv/edge_layout.hpp"

namespace spinconv {

using torch::Tensor;

Topology::Topology(const Model& model, const Model::Weights& weights, const EdgeTensors& edges,
                   std::int64_t chunk, const EdgeCounts* counts)
    : owned(edges.owned),
      rows(edges.types.size(0)),
      whole(chunk <= 0 || edges.source.size(0) <= chunk) {
  if (!whole) {
    cut(model, weights, edges, chunk);
    return;
  }
  order = model.edge_order(edges, weights);
  EdgeTensors sorted = edges;
  sorted.source = edges.source.index_select(0, order);
  sorted.target = edges.target.index_select(0, order);
  Block block;
  block.edges = sorted.source.size(0);
  block.layout = model.layout(sorted, weights, counts);
  block.source = sorted.source;
  blocks.push_back(std::move(block));
}

// Blocks of consecutive targets; one atom may have more edges than a chunk.
void Topology::cut(const Model& model, const Model::Weights& weights, const EdgeTensors& p,
                   std::int64_t chunk) {
  const Tensor by_target = torch::argsort(p.target, /*stable=*/true);
  const Tensor per_atom = count_of_each(p.target, owned).cpu();
  const auto* edges_of = per_atom.data_ptr<std::int64_t>();
  std::vector<Tensor> orders;
  std::int64_t first_atom = 0, first_edge = 0;
  while (first_atom < owned) {
    std::int64_t edges = edges_of[first_atom], atoms = 1;
    while (first_atom + atoms < owned && edges + edges_of[first_atom + atoms] <= chunk) {
      edges += edges_of[first_atom + atoms];
      ++atoms;
    }
    Tensor part = by_target.narrow(0, first_edge, edges);
    // the graph's tables want owned rows first: those of the block's targets, then all rows
    EdgeTensors own;
    own.types = torch::cat({p.types.narrow(0, first_atom, atoms), p.types});
    own.owned = atoms;
    own.source = p.source.index_select(0, part) + atoms;
    own.target = p.target.index_select(0, part) - first_atom;
    const Tensor sorted = model.edge_order(own, weights);
    part = part.index_select(0, sorted);
    own.source = own.source.index_select(0, sorted);
    own.target = own.target.index_select(0, sorted);

    Block block;
    block.first_edge = first_edge;
    block.edges = edges;
    block.first_atom = first_atom;
    block.layout = model.layout(own, weights);
    block.layout.types = p.types.narrow(0, first_atom, atoms);
    std::tie(block.rows, block.source, std::ignore) =
        at::_unique2(own.source - atoms, /*sorted=*/true, /*return_inverse=*/true);
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
  Block& to = blocks.front();
  const Block& from = other.blocks.front();
  order.copy_(other.order);
  to.source.copy_(from.source);
  to.layout.pair.toTensor().copy_(from.layout.pair.toTensor());
  to.layout.slot.toTensor().copy_(from.layout.slot.toTensor());
  to.layout.atom_order.toTensor().copy_(from.layout.atom_order.toTensor());
  to.layout.types.copy_(from.layout.types);
}

}  // namespace spinconv
