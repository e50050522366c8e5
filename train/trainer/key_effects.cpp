// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "trainer/key_effects.hpp"

#include <algorithm>
#include <optional>
#include <type_traits>

#include "data/number_text.hpp"
#include "data/text.hpp"
#include "spinconv/hyperparameters.hpp"

namespace spinconv::train {
namespace {

const std::string model_section = "model.";

// An option that decides whether others have an effect.
struct Condition {
  const char* option;
  std::string (*value)(const FitConfig&);
  std::vector<std::string> needed;  // values with which they have one
};

const Condition energies{
    "data.target", [](const FitConfig& c) { return c.data.train.target.name; }, {Target().name}};
const Condition adam{
    "training.optimizer", [](const FitConfig& c) { return c.training.optimizer; }, {"adam"}};
const Condition muon{adam.option, adam.value, {"muon"}};
const Condition huber{
    "training.loss.type", [](const FitConfig& c) { return c.training.loss.type; }, {"huber"}};
const Condition falling{"training.schedule.type",
                        [](const FitConfig& c) { return c.training.schedule.type; },
                        {"cosine", "plateau"}};
const Condition plateau{falling.option, falling.value, {"plateau"}};

struct Row {
  std::string key;
  std::string (*text)(const FitConfig&);     // of its value
  std::vector<const Condition*> conditions;  // the first that fails is named
};

template <auto value>
std::string text(const FitConfig& config) {
  const auto found = value(config);
  if constexpr (std::is_same_v<decltype(found), const std::string>) {
    return found;
  } else {
    return number_text(static_cast<double>(found));
  }
}

// Of keys of the training; those of the model are in hyperparameters().
const std::vector<Row>& table() {
  static const std::vector<Row> rows = {
      {"training.amsgrad", &text<[](const auto& c) { return c.training.amsgrad; }>, {&adam}},
      {"training.muon_momentum",
       &text<[](const auto& c) { return c.training.muon_momentum; }>,
       {&muon}},
      {"training.muon_iterations",
       &text<[](const auto& c) { return c.training.muon_iterations; }>,
       {&muon}},
      {"training.muon_clip", &text<[](const auto& c) { return c.training.muon_clip; }>, {&muon}},
      {"training.muon_decay", &text<[](const auto& c) { return c.training.muon_decay; }>, {&muon}},
      {"training.isolated_atoms",
       &text<[](const auto& c) { return c.training.isolated_atoms.source(); }>,
       {&energies}},
      {"training.loss.energy_per_atom",
       &text<[](const auto& c) { return c.training.loss.energy_per_atom; }>,
       {&energies}},
      {"training.loss.force_weight",
       &text<[](const auto& c) { return c.training.loss.force_weight; }>,
       {&energies}},
      {"training.loss.free_atoms_only",
       &text<[](const auto& c) { return c.training.loss.free_atoms_only; }>,
       {&energies}},
      {"training.loss.huber_delta",
       &text<[](const auto& c) { return c.training.loss.huber_delta; }>,
       {&huber}},
      {"training.schedule.minimum",
       &text<[](const auto& c) { return c.training.schedule.minimum; }>,
       {&falling}},
      {"training.schedule.plateau_factor",
       &text<[](const auto& c) { return c.training.schedule.plateau_factor; }>,
       {&plateau}},
      {"training.schedule.plateau_patience",
       &text<[](const auto& c) { return c.training.schedule.plateau_patience; }>,
       {&plateau}},
  };
  return rows;
}

// The option that takes the effect of a key away, its value, and those with which it has one.
struct Obstacle {
  std::string option, value, needed;
};

std::optional<Obstacle> obstacle(const FitConfig& config, const Hyperparameter& h) {
  const auto* const unmet = h.unmet(config.model);
  if (unmet == nullptr) {
    return std::nullopt;
  }
  return Obstacle{model_section + unmet->key, hyperparameter(unmet->key).text(config.model),
                  unmet->needed()};
}

std::optional<Obstacle> obstacle(const FitConfig& config, const Row& row) {
  for (const Condition* condition : row.conditions) {
    const auto& needed = condition->needed;
    const std::string value = condition->value(config);
    if (std::find(needed.begin(), needed.end(), value) == needed.end()) {
      return Obstacle{condition->option, value, joined(needed, " or ")};
    }
  }
  return std::nullopt;
}

std::optional<Obstacle> obstacle(const FitConfig& config, const std::string& key) {
  if (key.starts_with(model_section)) {
    return obstacle(config, hyperparameter(key.substr(model_section.size())));
  }
  for (const Row& row : table()) {
    if (row.key == key) {
      return obstacle(config, row);
    }
  }
  return std::nullopt;
}

}  // namespace

bool has_effect(const FitConfig& config, const std::string& key) {
  return !obstacle(config, key);
}

std::string why_without_effect(const FitConfig& config, const std::string& key) {
  const auto found = obstacle(config, key);
  return !found ? ""
                : key + " has no effect, as " + found->option + " is " + found->value +
                      "; leave it out (it belongs to " + found->option + ": " + found->needed + ")";
}

std::vector<std::string> lost_keys(const FitConfig& config) {
  FitConfig defaults;
  defaults.model = ModelConfig::preset(config.preset);
  std::vector<std::string> lost;
  for (const Hyperparameter& h : hyperparameters()) {
    if (h.source == Hyperparameter::Source::configuration && !h.has_effect(config.model) &&
        !h.same(config.model, defaults.model)) {
      lost.push_back(model_section + h.key);
    }
  }
  for (const Row& row : table()) {
    if (obstacle(config, row) && row.text(config) != row.text(defaults)) {
      lost.push_back(row.key);
    }
  }
  return lost;
}

}  // namespace spinconv::train
