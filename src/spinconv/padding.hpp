// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <torch/script.h>

#include "spinconv/edge_counts.hpp"
#include "spinconv/graph_tensors.hpp"

namespace spinconv {

// Tensors whose sizes stay while the number of edges goes up and down, as a CUDA graph needs them.
// Each pair of elements has a fixed number of edges: those that are left over lead from and to
// atoms of their own, one of each element, after all others. They are two cutoffs long, where the
// envelope and with it message, energy and gradient are exactly zero (models on spheres of
// harmonics).
class Padding {
 public:
  // Makes room for `counts`: a quarter more than the most there was. False: there was enough.
  bool cover(const EdgeCounts& counts);

  // Sizes with those edges and atoms, what Topology takes for counts.
  const EdgeCounts& sizes() const { return sizes_; }
  std::int64_t edges() const;

  // `real`, whose counts are covered and which has no rows of ghosts, and after its edges and atoms
  // those that fill up. [edges()] each.
  GraphTensors filled(const GraphTensors& real, const EdgeCounts& counts) const;
  // Their vectors [edges(),3], Angstrom: those of the real edges, the first, are for the caller to
  // write.
  torch::Tensor vectors(double cutoff, const torch::Device& device) const;

 private:
  EdgeCounts sizes_;
  std::vector<std::int64_t> atoms_;  // that there are of each element
};

}  // namespace spinconv
