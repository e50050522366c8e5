// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "metrics/group_metrics.hpp"
#include "metrics/metrics.hpp"
#include "spinconv/target.hpp"

namespace spinconv::train {

// The figures of a model of `target`: of an energy Metrics::to_json() and to_text(), and those of
// the groups, "per_group", where there are some; of another one, where Metrics has seen its values
// as energies, errors of these alone, energies in meV. Keys then: target, unit, target_mae,
// target_rmse, n_frames, n_atoms, n_frames_without_target, n_nonfinite_frames.
nlohmann::json metrics_json(const Metrics& metrics, const GroupMetrics& groups,
                            const Target& target);
std::string metrics_text(const Metrics& metrics, const GroupMetrics& groups, const Target& target);

}  // namespace spinconv::train
