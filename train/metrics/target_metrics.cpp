// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "metrics/target_metrics.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "data/target.hpp"
#include "metrics/error_cell.hpp"

namespace spinconv::train {

nlohmann::json metrics_json(const Metrics& metrics, const GroupMetrics& groups,
                            const Target& target) {
  if (target.is_energy()) {
    auto json = metrics.to_json();
    if (groups.any()) {
      json["per_group"] = groups.to_json();
    }
    return json;
  }
  const ShownUnit shown = shown_unit(target);
  const auto number = [&](double value) {
    return std::isfinite(value) ? nlohmann::json(value * shown.factor) : nlohmann::json(nullptr);
  };
  return {{"target", target.name},
          {"unit", shown.unit},
          {"target_mae", number(metrics.energy().mae)},
          {"target_rmse", number(metrics.energy().rmse)},
          {"n_frames", metrics.n_frames()},
          {"n_atoms", metrics.n_atoms()},
          {"n_frames_without_target", metrics.n_frames_without_energy()},
          {"n_nonfinite_frames", metrics.n_nonfinite_frames()}};
}

std::string metrics_text(const Metrics& metrics, const GroupMetrics& groups, const Target& target) {
  if (target.is_energy()) {
    return metrics.to_text() + groups.to_text();
  }
  const ShownUnit shown = shown_unit(target);
  const ErrorPair errors = metrics.energy();
  std::string text = "  " + std::to_string(metrics.n_frames()) + " frames, " +
                     std::to_string(metrics.n_atoms()) + " atoms\n";
  text += errors.count == 0
              ? "  nothing to compare: no frame has " + target.name + "\n"
              : "  " + target.name + ": MAE " + error_cell(errors.mae, errors.count, shown.factor) +
                    ", RMSE " + error_cell(errors.rmse, errors.count, shown.factor) + " " +
                    shown.unit + " (" + std::to_string(errors.count) + " frames)\n";
  const auto note = [&](std::int64_t count, const std::string& what) {
    if (count > 0) {
      text += "  " + std::to_string(count) + " " + what + "\n";
    }
  };
  note(metrics.n_frames_without_energy(), "frames without " + target.name + " left out");
  note(metrics.n_nonfinite_frames(), "FRAMES WITH A PREDICTION THAT IS NAN OR INFINITE");
  return text;
}

}  // namespace spinconv::train
