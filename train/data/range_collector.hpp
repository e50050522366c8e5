// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "data/frame.hpp"
#include "data/neighbors.hpp"
#include "spinconv/training_ranges.hpp"

namespace spinconv::train {

// Collects the ranges of the frames of a training, one after the other; those of several processes
// are merged. Memory does not grow with the number of frames.
class RangeCollector {
 public:
  // Symbols, in the order of the model.
  explicit RangeCollector(std::vector<std::string> elements);

  // `edges` are all within the cutoff, both ways, as build_edges() finds them. Throws
  // spinconv::Error: an element of the frame is not among those of the constructor.
  void add(const Frame& frame, const NeighborEdges& edges);

  // What another collector of the same elements has, as numbers that can be sent. merge() gives
  // what one collector of all frames would have, to rounding of the mean square of forces.
  std::vector<double> state() const;
  void merge(const std::vector<double>& state);

  // After one frame or more. `has_stress`: the target is one that has stresses; `learned`: the loss
  // gives them a weight.
  TrainingRanges ranges(bool has_stress, bool learned) const;

 private:
  struct Extent {
    double min, max;
    Extent();
    bool empty() const { return max < min; }
    void add(double value);
    void merge(const Extent& other);
  };
  struct OfElement {
    Extent atoms;      // of a frame
    Extent neighbors;  // of an atom
    double n_atoms = 0.0, n_neighbors = 0.0;
  };

  void add_composition(std::vector<std::int64_t> atoms);
  void add_group(const std::string& name, std::int64_t frames);
  void add_neighbors(const std::vector<std::size_t>& types, const NeighborEdges& edges);

  std::vector<std::string> elements_;
  std::map<int, std::size_t> index_;  // of an atomic number
  double frames_ = 0.0;
  Extent atoms_, volume_per_atom_, temperature_;
  std::vector<OfElement> of_element_;
  std::set<std::vector<std::int64_t>> compositions_;  // one more than are listed, at most
  std::array<double, 3> periodic_{};                  // frames: along none, one or two, all
  std::vector<double> nearest_;                       // [n*n] Angstrom^2, of edges both ways
  double max_force_ = 0.0, force_squares_ = 0.0, force_components_ = 0.0;
  double stress_frames_ = 0.0;
  std::map<std::string, std::int64_t> groups_;  // the same
};

}  // namespace spinconv::train
