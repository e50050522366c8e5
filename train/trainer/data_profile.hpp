// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "data/frame_store.hpp"

namespace spinconv::train {

// What is chosen by, of labelled frames. The same frames give the same profile.
struct DataProfile {
  std::size_t frames = 0;
  // Of frames that are not isolated atoms, which say nothing of the others
  std::size_t structures = 0;
  std::size_t min_atoms = 0, max_atoms = 0;
  double mean_atoms = 0.0;
  double atoms_deviation = 0.0;  // standard deviation of the number of atoms
  std::size_t periodic = 0;      // along any direction

  std::vector<std::string> elements;         // symbols by atomic number
  std::size_t n_energies = 0, n_forces = 0;  // frames that have them
  std::size_t n_stresses = 0;                // frames periodic along all directions that have one
  double max_force = 0.0;                    // eV/Angstrom, on an atom

  // Single atoms without neighbors within 5 Angstrom, or the cutoff of a cache
  std::vector<std::string> isolated;  // elements of those that have an energy
  bool isolated_differ = false;       // two of one element have different energies

  // Frames by config_type: of all frames in memory, of a sample of a cache
  std::map<std::string, std::size_t> groups;

  // Mean number of neighbors within each of `cutoffs`, of a sample of the frames
  static constexpr std::array<double, 7> cutoffs{4.0, 4.5, 5.0, 5.5, 6.0, 7.0, 8.0};
  std::array<double, cutoffs.size()> neighbors{};
  // Angstrom, that a cache has counted edges for
  std::optional<double> counted_cutoff;

  double neighbors_within(double cutoff) const;  // one of `cutoffs`
  bool mostly_periodic() const { return 2 * periodic > structures; }
};

// `counted_cutoff` of a cache, or none. Reads some hundred frames of a cache, and all figures.
DataProfile profile_of(const FrameStore& frames, std::optional<double> counted_cutoff);

}  // namespace spinconv::train
