// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "metrics/metrics.hpp"

namespace spinconv::train {

// Errors of each group of frames (Frame::config_type), accumulated frame by frame.
class GroupMetrics {
 public:
  // Names beyond that are no groups but labels of single frames: nothing is kept then.
  static constexpr std::size_t max_groups = 100;

  // Throws as Metrics::add().
  void add(const Frame& frame, const FramePrediction& prediction);

  // Add what another accumulator has seen.
  void merge(const GroupMetrics& other);

  // Names and errors as numbers, to be gathered over ranks: each merges all in their order.
  std::vector<double> state() const;
  void merge_state(std::span<const double> state);

  // Whether a frame had a name and there are not too many names.
  bool any() const { return named_ && !too_many_; }
  bool too_many() const { return too_many_; }
  // By name; frames without one are under "".
  const std::map<std::string, Metrics>& groups() const { return groups_; }

  // {name: {n_frames, n_atoms, energy_mae_per_atom_ev, energy_rmse_per_atom_ev, force_mae_ev_a,
  // force_rmse_ev_a, stress_mae_ev_a3, stress_rmse_ev_a3}}, as Metrics::to_json().
  nlohmann::json to_json() const;
  // A table for the terminal, in meV and Angstrom. Ends with a newline; empty without groups.
  std::string to_text() const;

 private:
  // The errors of a group, or null where there would be too many.
  Metrics* group(const std::string& name);
  void merge_flags(bool named, bool too_many);

  std::map<std::string, Metrics> groups_;
  bool named_ = false, too_many_ = false;
};

// What a table shows for frames without a name.
std::string shown_group(const std::string& name);

}  // namespace spinconv::train
