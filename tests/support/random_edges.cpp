// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "support/random_edges.hpp"

#include <cmath>
#include <random>

#include "support/structures.hpp"

namespace spinconv::test {

GraphTensors random_edges(int atoms, int ghosts, int most_neighbors, int elements, double cutoff,
                          std::uint64_t seed, int frames) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> unit(-1.0, 1.0);
  std::vector<std::int64_t> types, source, target;
  std::vector<double> vectors;
  for (int a = 0; a < frames * atoms + ghosts; ++a) {
    types.push_back(static_cast<std::int64_t>(random() % elements));
  }
  for (int t = 0; t < frames * atoms; ++t) {
    const int edges = t % 4 == 3 ? 0 : static_cast<int>(random() % (most_neighbors + 1));
    for (int k = 0; k < edges; ++k) {
      source.push_back(t / atoms * atoms + static_cast<std::int64_t>(random() % (atoms + ghosts)));
      target.push_back(t);
      Vector n{unit(random), unit(random), unit(random)};
      if (k < 2) {
        n = {0.0, 0.0, k == 0 ? 1.0 : -1.0};
      }
      const double length = 0.9 + (1.02 * cutoff - 0.9) * std::abs(unit(random));
      for (const double x : (length / norm(n)) * n) {
        vectors.push_back(x);
      }
    }
  }
  return GraphTensors::of(source, target, types, frames * atoms, vectors);
}

}  // namespace spinconv::test
