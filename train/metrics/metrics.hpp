// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/frame.hpp"
#include "spinconv/elements.hpp"

namespace spinconv::train {

// A sum that keeps its own rounding error (Neumaier), so that the order of the terms and their
// distribution over ranks change the result by no more than about one unit in the last place.
class CompensatedSum {
 public:
  CompensatedSum() = default;
  CompensatedSum(double sum, double correction) : sum_(sum), correction_(correction) {}

  void add(double term);
  void merge(const CompensatedSum& other);
  double value() const;
  double sum() const { return sum_; }
  double correction() const { return correction_; }

 private:
  double sum_ = 0.0;
  double correction_ = 0.0;
};

// What a potential says about one frame, in eV and Angstrom.
struct FramePrediction {
  double energy = 0.0;             // total energy
  std::span<const double> forces;  // [n*3], or empty: not evaluated
  std::optional<std::array<double, 6>>
      stress;  // order and sign of Frame::stress; none: not evaluated
};

// Mean absolute and root mean square error. NaN where `count` is zero (nothing to compare), and
// where a prediction was NaN or infinite.
struct ErrorPair {
  double mae = 0.0;
  double rmse = 0.0;
  std::int64_t count = 0;  // of frames, or of components
};

struct ElementErrors {
  int atomic_number = 0;
  std::int64_t n_atoms = 0;           // of this element, with or without a force label
  std::int64_t n_compared_atoms = 0;  // of them, with a force label
  ErrorPair force;                    // eV/Angstrom, per component
};

// Errors on the atoms whose reference force is about as large: lo <= |f_ref| < hi, eV/Angstrom. A
// mean over all atoms is that of the many small forces; reactions and impacts are in the few large
// ones.
struct ForceBin {
  double lo = 0.0;
  double hi = 0.0;  // infinite: the last
  std::int64_t n_atoms = 0;
  ErrorPair force;              // eV/Angstrom, per component
  double relative_error = 0.0;  // sum |f - f_ref| / sum |f_ref| of lengths
  double cosine = 0.0;          // mean; NaN: all forces are zero
};
inline constexpr std::array<double, 6> force_bin_edges{0.0, 0.1, 0.3, 1.0, 3.0, 10.0};

// Errors of predictions against labels, accumulated frame by frame.
//   energy:           |E - E_ref| over frames, eV;  energy_per_atom: |E - E_ref| / n over frames,
//   eV force:            |f - f_ref| over Cartesian components, eV/Angstrom force_max_error:  max
//   over atoms of the length of f - f_ref, eV/Angstrom force_cosine:     mean over atoms of f.f_ref
//   / (|f| |f_ref|); atoms with |f_ref| < 1e-10 eV/Angstrom are
//                     left out (and counted), atoms with f = 0 count as 0
//   stress:           |s - s_ref| over the 6 components, eV/Angstrom^3
// Missing labels (absent or NaN) are left out and counted. A NaN or infinite prediction turns every
// metric that it enters into NaN and is counted: a mean can never look better for it.
class Metrics {
 public:
  // Throws std::invalid_argument when the sizes of the frame and the prediction differ, or an
  // atomic number is outside 1..118.
  void add(const Frame& frame, const FramePrediction& prediction);

  // Add what another accumulator (another rank, another file) has seen.
  void merge(const Metrics& other);

  // The whole state as numbers, of the same length on every rank: gather them, then merge_state
  // each in the order of ranks, and every rank holds the same metrics.
  std::vector<double> state() const;
  static std::size_t state_size();
  void merge_state(std::span<const double> state);

  std::int64_t n_frames() const { return n_frames_; }
  std::int64_t n_atoms() const { return n_atoms_; }
  std::int64_t n_frames_without_energy() const { return n_frames_without_energy_; }
  std::int64_t n_atoms_without_force() const { return n_atoms_without_force_; }
  std::int64_t n_atoms_with_zero_force() const { return n_atoms_with_zero_force_; }
  std::int64_t n_frames_without_stress() const { return n_frames_without_stress_; }
  // frames with a prediction (energy, force or stress) that is NaN or infinite
  std::int64_t n_nonfinite_frames() const { return n_nonfinite_frames_; }

  ErrorPair energy() const;
  ErrorPair energy_per_atom() const;
  ErrorPair force() const;
  ErrorPair stress() const;
  double force_max_error() const;  // NaN: no force compared, or a prediction was not finite
  double force_cosine() const;     // the same
  std::vector<ElementErrors> elements() const;  // those that occur, by atomic number
  std::vector<ForceBin> force_bins() const;     // those with atoms, ascending

  // Keys: n_frames, n_atoms, energy_mae_per_atom_ev, energy_rmse_per_atom_ev, energy_mae_ev,
  // energy_rmse_ev, force_mae_ev_a, force_rmse_ev_a, force_max_error_ev_a, force_cos,
  // stress_mae_ev_a3, stress_rmse_ev_a3, the counts of what was left out, and per_element {symbol:
  // {n_atoms, n_compared_atoms, force_mae_ev_a, force_rmse_ev_a}}, per_force [{from_ev_a, to_ev_a
  // (null: the last), n_atoms, force_mae_ev_a, force_rmse_ev_a, relative_error, force_cos}]. JSON
  // has no NaN: null stands for a metric without labels, and for one with a prediction that is not
  // finite (then n_nonfinite_frames > 0).
  nlohmann::json to_json() const;

  // A table for the terminal, energies in meV and forces in meV/Angstrom. Ends with a newline.
  std::string to_text() const;

 private:
  struct Errors {
    CompensatedSum absolute;
    CompensatedSum squared;
    std::int64_t count = 0;

    void add(double error);
    void merge(const Errors& other);
    ErrorPair value() const;
  };
  struct Element {
    std::int64_t n_atoms = 0;
    std::int64_t n_compared_atoms = 0;
    Errors force;
  };
  struct Bin {
    std::int64_t n_atoms = 0;
    Errors force;
    CompensatedSum error_length, label_length, cosine;
    std::int64_t cosine_count = 0;
  };
  // Returns false when a predicted number is not finite.
  bool add_energy(const Frame& frame, double energy);
  bool add_forces(const Frame& frame, std::span<const double> forces);
  bool add_stress(const Frame& frame, const std::optional<std::array<double, 6>>& stress);

  // Calls visit(number) for every number of the state, in one fixed order.
  template <class Self, class Visit>
  static void visit_state(Self& self, Visit visit);

  std::int64_t n_frames_ = 0;
  std::int64_t n_atoms_ = 0;
  std::int64_t n_frames_without_energy_ = 0;
  std::int64_t n_atoms_without_force_ = 0;
  std::int64_t n_atoms_with_zero_force_ = 0;
  std::int64_t n_frames_without_stress_ = 0;
  std::int64_t n_nonfinite_frames_ = 0;
  Errors energy_, energy_per_atom_, force_, stress_;
  CompensatedSum cosine_;
  std::int64_t cosine_count_ = 0;
  double force_max_error_ = 0.0;
  std::array<Element, max_atomic_number + 1> elements_{};  // index: atomic number
  std::array<Bin, force_bin_edges.size()> bins_{};
};

}  // namespace spinconv::train
