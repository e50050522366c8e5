// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "trainer/key_effects.hpp"

#include <algorithm>
#include <type_traits>

#include "data/number_text.hpp"

namespace spinconv::train {
namespace {

// An option that decides whether others have an effect.
struct Condition {
  const char* option;
  std::string (*value)(const FitConfig&);
  std::vector<std::string> needed;  // values with which they have one
};

const Condition harmonics{
    "model.sphere", [](const FitConfig& c) { return c.model.sphere; }, {"harmonics"}};
const Condition grid{harmonics.option, harmonics.value, {"grid"}};
const Condition convolution{
    "model.roll", [](const FitConfig& c) { return c.model.roll; }, {"convolution"}};
const Condition swish{
    "model.roll_activation", [](const FitConfig& c) { return c.model.roll_activation; }, {"swish"}};
const Condition direct{
    "model.forces", [](const FitConfig& c) { return c.model.forces; }, {"direct"}};
// the 24 rotations of the cube are not drawn
const Condition drawn{"model.force_rotations",
                      [](const FitConfig& c) {
                        return c.model.force_rotations == 24 ? std::string("24")
                                                             : std::string("a number but 24");
                      },
                      {"a number but 24"}};
const Condition energies{
    "data.target", [](const FitConfig& c) { return c.data.train.target.name; }, {Target().name}};
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

// The graph of the grid has the published activation, normalization and groups (M/8).
const std::vector<Row>& table() {
  static const std::vector<Row> rows = {
      {"model.force_rotations",
       &text<[](const auto& c) { return c.model.force_rotations; }>,
       {&direct}},
      {"model.force_seed",
       &text<[](const auto& c) { return c.model.force_seed; }>,
       {&direct, &drawn}},
      {"model.latitudes", &text<[](const auto& c) { return c.model.latitudes; }>, {&grid}},
      {"model.longitudes", &text<[](const auto& c) { return c.model.longitudes; }>, {&grid}},
      {"model.max_neighbors", &text<[](const auto& c) { return c.model.max_neighbors; }>, {&grid}},
      {"model.l_max", &text<[](const auto& c) { return c.model.l_max; }>, {&harmonics}},
      {"model.m_max", &text<[](const auto& c) { return c.model.m_max; }>, {&harmonics}},
      {"model.channel_groups",
       &text<[](const auto& c) { return c.model.channel_groups; }>,
       {&harmonics}},
      {"model.roll_activation",
       &text<[](const auto& c) { return c.model.roll_activation; }>,
       {&harmonics, &convolution}},
      {"model.roll_samples",
       &text<[](const auto& c) { return c.model.roll_samples; }>,
       {&harmonics, &convolution, &swish}},
      {"model.normalization",
       &text<[](const auto& c) { return c.model.normalization; }>,
       {&harmonics}},
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

const Condition* failing(const FitConfig& config, const std::string& key) {
  for (const Row& row : table()) {
    if (row.key != key) {
      continue;
    }
    for (const Condition* condition : row.conditions) {
      const auto& needed = condition->needed;
      if (std::find(needed.begin(), needed.end(), condition->value(config)) == needed.end()) {
        return condition;
      }
    }
  }
  return nullptr;
}

}  // namespace

bool has_effect(const FitConfig& config, const std::string& key) {
  return failing(config, key) == nullptr;
}

std::string why_without_effect(const FitConfig& config, const std::string& key) {
  const Condition* const condition = failing(config, key);
  if (condition == nullptr) {
    return "";
  }
  std::string needed;
  for (const auto& value : condition->needed) {
    needed += (needed.empty() ? "" : " or ") + value;
  }
  return key + " has no effect, as " + condition->option + " is " + condition->value(config) +
         "; leave it out (it belongs to " + condition->option + ": " + needed + ")";
}

std::vector<std::string> lost_keys(const FitConfig& config) {
  FitConfig defaults;
  defaults.model = ModelConfig::preset(config.preset);
  std::vector<std::string> lost;
  for (const Row& row : table()) {
    if (!has_effect(config, row.key) && row.text(config) != row.text(defaults)) {
      lost.push_back(row.key);
    }
  }
  return lost;
}

}  // namespace spinconv::train
