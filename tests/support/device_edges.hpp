// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "spinconv/evaluator.hpp"
#include "support/counting_device.hpp"
#include "support/structures.hpp"

// Edges on the counting device, and what an evaluator makes of them.
namespace spinconv::test {

// Edges as an engine has them on the device, sorted by target.
struct DeviceEdges {
  std::vector<std::int64_t> types, source, target;
  std::vector<double> vectors;
  EdgeCounts counts;

  explicit DeviceEdges(const Edges& e)
      : types(e.types.begin(), e.types.end()),
        source(e.source.begin(), e.source.end()),
        target(e.target.begin(), e.target.end()),
        vectors(e.vectors) {}

  // As the engine counts them, for `entries` elements.
  void count(std::size_t entries) {
    counts = {std::vector<std::int64_t>(entries * entries), std::vector<std::int64_t>(entries), 0};
    std::vector<std::int64_t> into(types.size());
    for (std::size_t e = 0; e < source.size(); ++e) {
      ++counts.pairs[types[source[e]] * entries + types[target[e]]];
      counts.neighbors = std::max(counts.neighbors, ++into[target[e]]);
    }
    for (const auto type : types) {
      ++counts.types[type];
    }
  }

  Graph graph(std::uint64_t topology = 0) const {
    Graph g;
    g.n_owned = g.n_rows = static_cast<std::int64_t>(types.size());
    g.n_edges = static_cast<std::int64_t>(source.size());
    g.types = types.data();
    g.source = source.data();
    g.target = target.data();
    g.vectors = vectors.data();
    g.counts = counts.types.empty() ? nullptr : &counts;
    g.topology = topology;
    return g;
  }
};

inline EvaluatorOptions counting_options() {
  EvaluatorOptions options;
  options.device = CountingDevice::device().str().substr(0, 13);
  options.precision = Precision::double_;
  return options;
}

inline Structure structure_for(const Evaluator& evaluator, std::uint64_t seed = 5) {
  return random_triclinic(8, std::min<int>(3, static_cast<int>(evaluator.elements().size())), seed);
}

// With atoms that have moved against each other, by some times `distance`: edges come and go.
inline Structure moved(Structure s, double distance) {
  for (std::size_t i = 0; i < s.size(); ++i) {
    const double x = distance * double(i % 3), y = -distance * double(i % 4);
    s.positions[i] = s.positions[i] + Vector{x, y, 0.5 * distance};
  }
  return s;
}

inline std::vector<double> values(const double* data, std::size_t n) {
  return data ? std::vector<double>(data, data + n) : std::vector<double>();
}

// The largest difference of all that a DeviceEvaluation has to what the CPU gives for the same
// edges.
inline double difference(const DeviceEvaluation& found, const Evaluation& expected,
                         std::size_t atoms, std::size_t edges) {
  EXPECT_EQ(found.atomic_forces == nullptr, expected.atomic_forces.empty());
  double most = std::abs(*found.energy - expected.energy);
  most = std::max(
      most, largest_difference(values(found.atomic_energies, atoms), expected.atomic_energies));
  if (found.atomic_forces) {
    most = std::max(
        most, largest_difference(values(found.atomic_forces, 3 * atoms), expected.atomic_forces));
  }
  if (found.edge_gradients) {
    most = std::max(
        most, largest_difference(values(found.edge_gradients, 3 * edges), expected.edge_gradients));
  }
  return most;
}

}  // namespace spinconv::test
