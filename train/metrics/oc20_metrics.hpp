// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "metrics/metrics.hpp"

// The metrics of OC20 (Chanussot et al., ACS Catal. 11, 6059, 2021) as its evaluator computes them.
// eV and Angstrom. Where a frame says which atoms are fixed, the free ones alone count.
namespace spinconv::train {

// Structure to energy and forces.
//   energy MAE     |E - E_ref| over frames
//   force MAE      |f - f_ref| over Cartesian components
//   force cosine   mean over atoms of f . f_ref / (|f| |f_ref|); 0 where one of them is 0
//   EFwT           share of frames with |E - E_ref| < 0.02 and every |f - f_ref| < 0.03
// Frames without energy or forces count for neither of what they lack, and not for EFwT.
class S2efMetrics {
 public:
  void add(const Frame& frame, const FramePrediction& prediction);
  void merge(const S2efMetrics& other);
  nlohmann::json to_json() const;
  std::string to_text() const;

  double energy_mae() const;
  double force_mae() const;
  double force_cosine() const;
  double efwt() const;

 private:
  std::int64_t energies_ = 0, components_ = 0, atoms_ = 0, judged_ = 0, within_ = 0;
  CompensatedSum energy_, force_, cosine_;
};

// Initial structure to relaxed energy: MAE, and EwT, the share of systems with an error below 0.02.
class Is2reMetrics {
 public:
  void add(double energy, double reference);
  nlohmann::json to_json() const;
  std::string to_text() const;
  double energy_mae() const;
  double ewt() const;

 private:
  std::int64_t systems_ = 0, within_ = 0;
  CompensatedSum energy_;
};

// Initial structure to relaxed structure.
//   ADwT   over the thresholds 0.01, 0.011 .. 0.499: mean share of systems whose mean displacement
//   of
//          free atoms from the reference is below the threshold
//   AFbT   over the thresholds 0.01, 0.011 .. 0.399: mean share of systems whose largest force
//   (DFT)
//          on a free atom is below the threshold
// Displacements are taken to the nearest image in each lattice coordinate by itself, as OC20 does.
class Is2rsMetrics {
 public:
  // Throws std::invalid_argument where the number of atoms differs.
  void add(const Frame& predicted, const Frame& reference);
  // DFT forces at a predicted structure. One of which they are not known on every free atom, or
  // that has no free atom, is left out: it is not counted as one without forces.
  void add_forces(const Frame& frame);
  nlohmann::json to_json() const;
  std::string to_text() const;
  double adwt() const;
  double mean_distance() const;
  std::optional<double> afbt() const;

 private:
  std::vector<double> distances_, forces_;
};

// Mean over the free atoms of the reference, Angstrom.
double mean_displacement(const Frame& predicted, const Frame& reference);

}  // namespace spinconv::train
