// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace spinconv {

// What the frames that a potential was trained on have: outside of it, what it gives is a guess.
// No LibTorch type and no JSON appears here, so that it can be included beside any engine's own
// headers. In a file: training_ranges_json.hpp.
struct TrainingRanges {
  struct Range {
    double min = 0.0, max = 0.0;
  };
  struct Counts {
    std::int64_t min = 0, max = 0;
  };
  struct Neighbors {
    std::int64_t min = 0, max = 0;
    double mean = 0.0;
  };
  struct Forces {
    double max = 0.0;  // eV/Angstrom, the longest force on an atom
    double rms = 0.0;  // eV/Angstrom, over all components
  };
  struct Stress {
    std::int64_t frames = 0;  // that have it as a label
    bool learned = false;     // the loss gave it a weight
    bool known() const { return frames > 0 && learned; }
  };

  // More compositions or groups than these are not listed.
  static constexpr std::size_t max_compositions = 10;
  static constexpr std::size_t max_config_types = 100;

  std::vector<std::string> elements;  // n, in the order of the model
  std::int64_t frames = 0;
  Counts atoms;  // of a frame
  // Atoms of each element [n] of all compositions there are, ascending; empty: more than
  // max_compositions
  std::vector<std::vector<std::int64_t>> compositions;
  std::vector<Counts> atoms_of_element;  // [n], of a frame
  // Frames that are periodic along no, along one or two, along all three lattice vectors
  std::int64_t not_periodic = 0, partly_periodic = 0, fully_periodic = 0;
  // Angstrom^3, of frames that are periodic along all three and have neighbors; no value: none
  std::optional<Range> volume_per_atom;
  // [n*n], symmetric: nearest distance of two atoms of these elements, Angstrom, periodic images
  // counted; infinity: they never met within the cutoff of the model
  std::vector<double> nearest;
  std::vector<std::optional<Neighbors>> neighbors;   // [n], within the cutoff; no value: no atom
  std::optional<Forces> forces;                      // no value: no labels
  std::optional<Range> temperature;                  // K, where frames state it
  std::optional<Stress> stress;                      // no value: a target that has none
  std::map<std::string, std::int64_t> config_types;  // frames of each group that has a name

  double nearest_of(std::size_t a, std::size_t b) const { return nearest[a * elements.size() + b]; }

  // A few lines, each with two blanks before it: of long lists the beginning.
  std::string text() const;
};

}  // namespace spinconv
