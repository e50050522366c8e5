// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "data/frame_store.hpp"
#include "spinconv/target.hpp"

namespace spinconv::train {

// Energy per element such that E(frame) ~ sum over its atoms of the energy of their element.
struct ReferenceEnergies {
  std::vector<double> energies;  // [n_elements] eV
  double offset = 0.0;           // eV of a frame, whatever its atoms; 0 where it was not fitted
  // Independent compositions in the data. Below n_elements the solution of minimum norm was taken:
  // the sums over the frames' compositions are right, how they are shared between elements is
  // arbitrary.
  std::size_t independent = 0;
  std::size_t n_frames = 0;  // frames with an energy, which are all that count
};

// Least squares of the total energies on the compositions, frame by frame; `with_offset`: and on a
// constant, which counts in `independent`. Memory does not grow with their number: whenever there
// are many rows, they are replaced by the triangular factor that has the same solution (QR, which
// keeps the precision that normal equations would lose).
class ReferenceFit {
 public:
  explicit ReferenceFit(std::size_t n_elements, bool with_offset = false)
      : n_elements_(n_elements), with_offset_(with_offset) {}
  // Atoms of each element, [n_elements], and the energy (eV).
  void add(const std::vector<double>& composition, double energy);
  // All zero where no frame was added.
  ReferenceEnergies solve() const;

 private:
  std::size_t columns() const { return n_elements_ + (with_offset_ ? 1 : 0); }
  void reduce();

  std::size_t n_elements_;
  bool with_offset_;
  std::vector<double> rows_;  // [rows, columns + 1], the energy last
  std::size_t n_frames_ = 0;
};

// Of the frames that have an energy, less what `subtract` ([frames], eV; empty: nothing) says of
// each. `elements` are symbols. Throws spinconv::Error: an element of a frame is not in `elements`.
ReferenceEnergies fit_reference_energies(const FrameStore& frames,
                                         const std::vector<std::string>& elements,
                                         std::span<const double> subtract = {},
                                         bool with_offset = false);

// The same of the frames `numbers` alone, `subtract` one for each of these, by least absolute
// deviations: what a few strange frames say does not move it (of one composition: the median).
ReferenceEnergies fit_reference_energies_robustly(const FrameStore& frames,
                                                  const std::vector<std::string>& elements,
                                                  std::span<const std::size_t> numbers,
                                                  std::span<const double> subtract);

// What the model takes from the training set.
struct Statistics {
  std::vector<std::string> elements;       // symbols
  std::vector<double> reference_energies;  // [n_elements] eV
  double offset = 0.0;                     // see ReferenceEnergies::offset
  bool has_offset = false;
  std::size_t independent = 0;       // see ReferenceEnergies::independent
  double average_neighbors = 0.0;    // edges per atom inside the cutoff
  double force_rms = 0.0;            // eV/Angstrom, over all components; 0 without forces
  double energy_std_per_atom = 0.0;  // eV, of (E - sum of reference energies) / n; 0 without

  std::string text(const Target& target = {}) const;
};

// `cutoff` in Angstrom; `with_offset` as in ReferenceFit. `on_frame` is called for each frame whose
// edges are counted or known. Throws as fit_reference_energies and build_edges do, and on no
// frames.
Statistics compute_statistics(const FrameStore& frames, const std::vector<std::string>& elements,
                              double cutoff, bool with_offset = false,
                              const std::function<void()>& on_frame = {});

}  // namespace spinconv::train
