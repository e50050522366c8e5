// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "trainer/checkpoint_potential.hpp"

#include "data/target.hpp"
#include "spinconv/error.hpp"
#include "spinconv/module_definition.hpp"
#include "trainer/isolated_atom_frames.hpp"

namespace spinconv::train {
namespace {

using nlohmann::json;

// What the best epoch has measured, by the names that a whole evaluation has.
json errors_of(const json& state, const Target& target) {
  const json& best = state.at("best_errors");
  json errors = {{"n_frames", state.at("validation_frames")}};
  if (target.is_energy()) {
    errors["energy_mae_per_atom_ev"] = best.at("energy");
    errors["force_mae_ev_a"] = best.at("force");
    if (best.at("stress").is_number()) {
      errors["stress_mae_ev_a3"] = best.at("stress");
    }
    return errors;
  }
  const ShownUnit shown = shown_unit(target);
  errors["target"] = target.name;
  errors["unit"] = shown.unit;
  errors["target_mae"] =
      best.at("energy").is_number() ? json(best.at("energy").get<double>() * shown.factor) : json();
  return errors;
}

void copy_weights(Model& model, const Checkpoint& c, const std::vector<torch::Tensor>& weights,
                  const std::string& path) {
  torch::NoGradGuard no_grad;
  const auto damaged = [&] {
    throw Error("checkpoint '" + path +
                "' does not hold the weights of its model; it is damaged: take another one");
  };
  auto parameters = model.parameters();
  if (parameters.size() != weights.size()) {
    damaged();
  }
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (parameters[i].sizes() != weights[i].sizes()) {
      damaged();
    }
    parameters[i].copy_(weights[i]);
  }
  const auto tables = module_definition(model.config()).tables;
  if (c.tables.size() != tables.size()) {
    damaged();
  }
  for (std::size_t i = 0; i < tables.size(); ++i) {
    model.module().setattr(tables[i].first, c.tables[i].to(torch::kCPU, torch::kFloat64).clone());
  }
}

}  // namespace

Potential potential_of(const Checkpoint& c, const std::string& path) {
  const json& state = c.state;
  if (!state.contains("model") || !state.contains("potential")) {
    throw Error("checkpoint '" + path +
                "' is of a version that kept neither the scales of the model nor its reference "
                "energies; resume the training once (spinconv-train fit CONFIG --resume), which "
                "writes a checkpoint that has them, and a potential");
  }
  try {
    auto config = ModelConfig::from_json(state.at("model"), "checkpoint '" + path + "'");
    if (const auto& p = state.at("potential"); p.contains("reference_energies")) {
      p.at("reference_energies").get_to(config.reference_energies);
    }
    const int best_epoch = state.at("best_epoch").get<int>();
    Potential potential{Model::create(config, 0), state.at("potential").at("metadata")};
    copy_weights(potential.model, c, best_epoch > 0 ? c.best : c.averaged, path);
    if (state.at("potential").value("isolated_atoms", false)) {
      make_isolated_atoms_exact(potential.model, nullptr);
    }
    auto& training = potential.metadata["training"];
    training["epochs"] = state.at("epoch");
    training["best_epoch"] = best_epoch;
    training["seconds"] = state.at("seconds");
    training.erase("finished");
    if (!state.at("finished").get<bool>()) {
      training["finished"] = false;
    }
    potential.metadata.erase("errors");
    if (best_epoch > 0 && state.at("validation_frames").get<std::size_t>() > 0) {
      potential.metadata["errors"]["validation"] = errors_of(state, potential.target());
    }
    return potential;
  } catch (const json::exception& e) {
    throw Error("checkpoint '" + path + "' is damaged: " + e.what() + "; take another one");
  }
}

std::string precision_of(const Checkpoint& checkpoint) {
  return checkpoint.state.at("potential").at("precision").get<std::string>();
}

}  // namespace spinconv::train
