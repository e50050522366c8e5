// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "data/neighbors.hpp"
#include "spinconv/error.hpp"

namespace spinconv::train {
namespace {

double squared(const NeighborEdges& edges, std::size_t e) {
  const double* v = &edges.vectors[3 * e];
  return v[0] * v[0] + v[1] * v[1] + v[2] * v[2];
}

// The `count` nearest edges of each target, of those given, in the order of the list.
std::vector<std::size_t> nearest(const NeighborEdges& edges, const std::vector<std::size_t>& of,
                                 int count) {
  std::vector<std::size_t> order = of;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return edges.target[a] != edges.target[b] ? edges.target[a] < edges.target[b]
                                              : squared(edges, a) < squared(edges, b);
  });
  std::vector<std::size_t> kept;
  int place = 0;
  for (std::size_t k = 0; k < order.size(); ++k) {
    place = k > 0 && edges.target[order[k]] == edges.target[order[k - 1]] ? place + 1 : 0;
    if (place < count) {
      kept.push_back(order[k]);
    }
  }
  std::sort(kept.begin(), kept.end());
  return kept;
}

// Lattice vectors by which the source of edge e is shifted, along each of the three.
std::array<long, 3> shift_of(const Frame& frame, const NeighborEdges& edges, std::size_t e) {
  const auto& c = frame.cell;
  double r[3];
  for (int d = 0; d < 3; ++d) {
    r[d] = frame.positions[3 * edges.target[e] + d] - frame.positions[3 * edges.source[e] + d] -
           edges.vectors[3 * e + d];
  }
  const auto cross = [&](int i, int j, int d) {
    const int p = (d + 1) % 3, q = (d + 2) % 3;
    return c[3 * i + p] * c[3 * j + q] - c[3 * i + q] * c[3 * j + p];
  };
  std::array<long, 3> shift{};
  for (int k = 0; k < 3; ++k) {
    double volume = 0.0, along = 0.0;
    for (int d = 0; d < 3; ++d) {
      const double normal = cross((k + 1) % 3, (k + 2) % 3, d);
      volume += c[3 * k + d] * normal;
      along += r[d] * normal;
    }
    shift[k] = volume == 0.0 ? 0 : std::lround(along / volume);
  }
  return shift;
}

}  // namespace

OcpGraph ocp_graph(const std::string& name) {
  if (name == "last") {
    return OcpGraph::last;
  }
  if (name == "v003") {
    return OcpGraph::v003;
  }
  if (name == "lmdb50") {
    return OcpGraph::lmdb50;
  }
  throw Error(unknown_name_message("graph", name, {"last", "v003", "lmdb50"}));
}

NeighborEdges select_ocp_edges(const Frame& frame, const NeighborEdges& edges, int count,
                               OcpGraph graph) {
  std::vector<std::size_t> kept(edges.size());
  std::iota(kept.begin(), kept.end(), 0);
  if (graph == OcpGraph::last) {
    kept = nearest(edges, kept, count);
  } else {
    if (graph == OcpGraph::v003) {
      std::erase_if(kept, [&](std::size_t e) {
        const auto s = shift_of(frame, edges, e);
        return std::abs(s[0]) > 1 || std::abs(s[1]) > 1 || s[2] != 0;
      });
    }
    kept = nearest(edges, kept, graph == OcpGraph::v003 ? 100 : 50);
    std::set<std::pair<std::int32_t, std::int32_t>> pairs;
    const auto pair = [&](std::size_t e) { return std::minmax(edges.source[e], edges.target[e]); };
    for (const auto e : nearest(edges, kept, count)) {
      pairs.insert(pair(e));
    }
    std::erase_if(kept, [&](std::size_t e) { return pairs.count(pair(e)) == 0; });
  }
  NeighborEdges result;
  for (const auto e : kept) {
    result.source.push_back(edges.source[e]);
    result.target.push_back(edges.target[e]);
    result.vectors.insert(result.vectors.end(), &edges.vectors[3 * e], &edges.vectors[3 * e] + 3);
  }
  return result;
}

}  // namespace spinconv::train
