// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "spinconv/graph.hpp"

namespace spinconv {

// The edges that an engine finds in ordinary memory, step after step. Its arrays grow and never
// shrink, and their topology keeps its number while rows and edges are those of the step before.
class EdgeList {
 public:
  // Of a step: it has no edges yet.
  void begin() { size_ = 0; }
  // s -> t with the vector (x, y, z) = r_t - r_s, Angstrom.
  void add(std::int64_t source, std::int64_t target, double x, double y, double z) {
    if (size_ == static_cast<std::int64_t>(source_.size())) {
      grow();
    }
    if (size_ >= topology_edges_ || source_[size_] != source || target_[size_] != target) {
      topology_ = 0;
      source_[size_] = source;
      target_[size_] = target;
    }
    double* const v = &vectors_[3 * size_++];
    v[0] = x;
    v[1] = y;
    v[2] = z;
  }
  // What was added since begin(), between rows of these types [R], the first `n_owned` of them
  // target atoms. Good until the next begin().
  Graph graph(const std::vector<std::int64_t>& types, std::int64_t n_owned,
              std::int64_t n_energies = -1);

  std::int64_t size() const { return size_; }
  // [size()], and more after it
  const std::int64_t* source() const { return source_.data(); }
  const std::int64_t* target() const { return target_.data(); }
  const double* vectors() const { return vectors_.data(); }  // [size()*3]

  double memory_usage() const;  // bytes

 private:
  void grow();

  std::vector<std::int64_t> source_, target_, types_;
  std::vector<double> vectors_;
  std::int64_t size_ = 0;
  // of the step before, until another edge is added
  std::uint64_t topology_ = 0;
  std::int64_t topology_edges_ = 0;
  std::int64_t owned_ = 0;
};

}  // namespace spinconv
