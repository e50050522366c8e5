// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "data/frame.hpp"
#include "spinconv/target.hpp"

namespace spinconv::train {

// Energy per element such that E(frame) ~ sum over its atoms of the energy of their element.
struct ReferenceEnergies {
  std::vector<double> energies;  // [n_elements] eV
  double offset = 0.0;           // eV of a frame, whatever its atoms; 0 where it was not fitted
  // Independent compositions in the data. Below n_elements the solution of minimum norm was taken:
  // the sums over the frames' compositions are right, how they are shared between elements is
  // arbitrary.
  std::size_t rank = 0;
  std::size_t n_frames = 0;  // frames with an energy, which are all that count
};

// Least squares of the total energies on the compositions. `elements` are symbols. All zero where
// no frame has an energy. `with_offset`: and on a constant, which counts in `rank`. Throws
// spinconv::Error: an element of a frame is not in `elements`.
ReferenceEnergies fit_reference_energies(const std::vector<Frame>& frames,
                                         const std::vector<std::string>& elements,
                                         bool with_offset = false);

// What the model takes from the training set.
struct Statistics {
  std::vector<std::string> elements;       // symbols
  std::vector<double> reference_energies;  // [n_elements] eV
  double offset = 0.0;                     // see ReferenceEnergies::offset
  bool has_offset = false;
  std::size_t reference_rank = 0;          // see ReferenceEnergies::rank
  double average_neighbors = 0.0;          // edges per atom inside the cutoff
  double force_rms = 0.0;                  // eV/Angstrom, over all components; 0 without forces
  double energy_std_per_atom = 0.0;        // eV, of (E - sum of reference energies) / n; 0 without

  std::string text(const Target& target = {}) const;
};

// `cutoff` in Angstrom; `with_offset` as in fit_reference_energies. Throws as that and build_edges
// do, and on no frames.
Statistics compute_statistics(const std::vector<Frame>& frames,
                              const std::vector<std::string>& elements, double cutoff,
                              bool with_offset = false);

}  // namespace spinconv::train
