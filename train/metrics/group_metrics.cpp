// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "metrics/group_metrics.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "data/number_text.hpp"
#include "metrics/error_cell.hpp"
#include "spinconv/printable_text.hpp"

namespace spinconv::train {
namespace {

constexpr std::size_t longest_name = 40;

}  // namespace

std::string shown_group(const std::string& name) {
  return name.empty() ? "(no config_type)" : printable(name, longest_name);
}

void GroupMetrics::add(const Frame& frame, const FramePrediction& prediction) {
  named_ = named_ || !frame.config_type.empty();
  if (Metrics* const errors = group(frame.config_type)) {
    errors->add(frame, prediction);
  }
}

Metrics* GroupMetrics::group(const std::string& name) {
  if (!too_many_ && groups_.size() == max_groups && groups_.count(name) == 0) {
    too_many_ = true;
    groups_.clear();
  }
  return too_many_ ? nullptr : &groups_[name];
}

void GroupMetrics::merge(const GroupMetrics& other) {
  merge_flags(other.named_, other.too_many_);
  for (const auto& [name, metrics] : other.groups_) {
    if (Metrics* const errors = group(name)) {
      errors->merge(metrics);
    }
  }
}

void GroupMetrics::merge_flags(bool named, bool too_many) {
  named_ = named_ || named;
  if (too_many) {
    too_many_ = true;
    groups_.clear();
  }
}

std::vector<double> GroupMetrics::state() const {
  std::vector<double> numbers{named_ ? 1.0 : 0.0, too_many_ ? 1.0 : 0.0};
  for (const auto& [name, metrics] : groups_) {
    numbers.push_back(static_cast<double>(name.size()));
    for (const char c : name) {
      numbers.push_back(static_cast<unsigned char>(c));
    }
    const auto state = metrics.state();
    numbers.insert(numbers.end(), state.begin(), state.end());
  }
  return numbers;
}

void GroupMetrics::merge_state(std::span<const double> state) {
  merge_flags(state[0] != 0, state[1] != 0);
  for (state = state.subspan(2); !state.empty();) {
    const auto length = static_cast<std::size_t>(state[0]);
    std::string name;
    for (const double c : state.subspan(1, length)) {
      name += static_cast<char>(static_cast<unsigned char>(c));
    }
    if (Metrics* const errors = group(name)) {
      errors->merge_state(state.subspan(1 + length, Metrics::state_size()));
    }
    state = state.subspan(1 + length + Metrics::state_size());
  }
}

nlohmann::json GroupMetrics::to_json() const {
  auto json = nlohmann::json::object();
  for (const auto& [name, metrics] : groups_) {
    const auto all = metrics.to_json();
    auto& group = json[name] = nlohmann::json::object();
    for (const char* key :
         {"n_frames", "n_atoms", "energy_mae_per_atom_ev", "energy_rmse_per_atom_ev",
          "force_mae_ev_a", "force_rmse_ev_a", "stress_mae_ev_a3", "stress_rmse_ev_a3"}) {
      group[key] = all.at(key);
    }
  }
  return json;
}

std::string GroupMetrics::to_text() const {
  if (!any()) {
    return too_many_ ? "  more than " + std::to_string(max_groups) +
                           " values of config_type: no errors by group\n"
                     : "";
  }
  std::size_t width = 16;
  for (const auto& [name, metrics] : groups_) {
    width = std::max(width, shown_group(name).size());
  }
  const auto row = [&](const std::string& name, const std::string& frames,
                       const std::string& energy, const std::string& force,
                       const std::string& force_rmse, const std::string& stress) {
    return format("  %-*s %8s %10s %10s %10s %10s\n", static_cast<int>(width), name.c_str(),
                  frames.c_str(), energy.c_str(), force.c_str(), force_rmse.c_str(),
                  stress.c_str());
  };
  std::string text = "\n" + row("MAE by group", "frames", "meV/atom", "meV/A", "RMSE", "meV/A^3");
  for (const auto& [name, m] : groups_) {
    const ErrorPair energy = m.energy_per_atom(), force = m.force(), stress = m.stress();
    text +=
        row(shown_group(name), std::to_string(m.n_frames()),
            error_cell(energy.mae, energy.count, 1e3), error_cell(force.mae, force.count, 1e3),
            error_cell(force.rmse, force.count, 1e3), error_cell(stress.mae, stress.count, 1e3));
  }
  return text;
}

}  // namespace spinconv::train
