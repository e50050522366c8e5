// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <torch/script.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "spinconv/architecture.hpp"
#include "spinconv/edge_counts.hpp"

namespace spinconv {

// What an evaluation by MessagePassing needs of a graph beside the vectors of its edges: their
// order and index tables. It serves all evaluations of the same edges.
struct Topology {
  // All edges of consecutive target atoms.
  struct Block {
    std::int64_t first_edge = 0, edges = 0, first_atom = 0;
    std::unique_ptr<Layout> layout;  // its sources are indices into `rows`
    // [U] its target atoms, then the rows that its edges start from; undefined: all rows
    torch::Tensor rows;
  };

  // Edges in any order. `counts` are theirs, null: they are counted here, for which the host waits
  // for the device. With more edges than `chunk`, 0: any number, there are blocks of at most about
  // so many, each of which the host waits for.
  Topology(const Model& model, const Model::Weights& weights, const GraphTensors& graph,
           std::int64_t chunk, const EdgeCounts* counts);

  // Takes the values of another one with the same counts, in the memory that is there.
  void assign(const Topology& other);

  std::int64_t n_targets, rows;
  bool whole;           // one block
  torch::Tensor order;  // [E] permutation of the edges into blocks, sorted within each
  std::vector<Block> blocks;

 private:
  void cut(const Model& model, const Model::Weights& weights, const GraphTensors& graph,
           std::int64_t chunk);
};

}  // namespace spinconv
