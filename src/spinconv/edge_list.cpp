// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/edge_list.hpp"

#include <algorithm>
#include <atomic>

namespace spinconv {

std::uint64_t new_topology() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

void EdgeList::grow() {
  const std::size_t capacity = std::max<std::size_t>(source_.size() + source_.size() / 2, 64);
  source_.resize(capacity);
  target_.resize(capacity);
  vectors_.resize(3 * capacity);
}

Graph EdgeList::graph(const std::vector<std::int64_t>& types, std::int64_t n_owned,
                      std::int64_t n_energies) {
  if (topology_ == 0 || size_ != topology_edges_ || owned_ != n_owned || types_ != types) {
    topology_ = new_topology();
    topology_edges_ = size_;
    owned_ = n_owned;
    types_ = types;
  }
  Graph graph;
  graph.n_owned = n_owned;
  graph.n_rows = static_cast<std::int64_t>(types.size());
  graph.n_edges = size_;
  graph.n_energies = n_energies;
  graph.types = types_.data();
  graph.source = source_.data();
  graph.target = target_.data();
  graph.topology = topology_;
  graph.vectors = vectors_.data();
  return graph;
}

double EdgeList::memory_usage() const {
  return double(source_.capacity() + target_.capacity() + types_.capacity()) *
             sizeof(std::int64_t) +
         double(vectors_.capacity()) * sizeof(double);
}

}  // namespace spinconv
