// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "spinconv/model_config.hpp"

namespace spinconv {

// All that is said of a member of ModelConfig, once: its key, what is valid, when it matters and
// what it means. Configurations, checks, presets, potential files, `info` and the documentation
// follow from the table of these, hyperparameters().
struct Hyperparameter {
  using Member =
      std::variant<int ModelConfig::*, std::uint64_t ModelConfig::*, double ModelConfig::*,
                   std::string ModelConfig::*, std::vector<std::string> ModelConfig::*,
                   std::vector<double> ModelConfig::*>;

  // Of a number, or of each one of a list. All are finite.
  struct Range {
    double low = -std::numeric_limits<double>::infinity();
    double high = std::numeric_limits<double>::infinity();
    bool above_low = false;           // low itself is not valid
    std::optional<double> also = {};  // valid too, outside of low..high
    const char* also_means = "";

    bool contains(double value) const;
    std::string text() const;  // "between 1 and 10", "a positive number"
  };

  struct Choice {
    std::string name;
    std::string help;
    std::vector<std::string> architectures = {};  // values of `sphere`; empty: all
  };

  // What another key has to be for this one to matter.
  struct Condition {
    std::string key;
    std::vector<std::string> values;
    bool unless = false;  // any value but these, of a number

    bool met(const ModelConfig& config) const;
    std::string needed() const;  // "harmonics", "a or b", "a number but 24"
  };

  enum class Source {
    configuration,  // model.KEY of a configuration of `fit`
    data,           // the training set; comes with the weights
    import          // a published checkpoint; comes with the weights
  };

  // Beside config.yaml and the potential file, which have whatever has an effect.
  enum class Shown {
    if_changed,  // by describe(), where it is not the default
    in_presets,  // there too
    always       // by presets and describe()
  };

  std::string key;
  Member member;
  std::string help;                       // one line, no capital and no full stop
  Range range = {};                       // of numbers
  std::vector<Choice> choices = {};       // of texts
  std::vector<Condition> only_with = {};  // it has an effect where all of these are met
  Source source = Source::configuration;
  Shown shown = Shown::if_changed;
  // Weights that were trained with one value mean nothing with another.
  bool fixes_weights = true;

  // The first condition that is not met; nullptr: the key matters in this configuration.
  const Condition* unmet(const ModelConfig& config) const;
  bool has_effect(const ModelConfig& config) const { return unmet(config) == nullptr; }

  // The value, as YAML has it: numbers by the shortest text that reads back as the same.
  std::string text(const ModelConfig& config) const;
  bool same(const ModelConfig& a, const ModelConfig& b) const;
  void copy(const ModelConfig& from, ModelConfig& to) const;

  std::vector<std::string> choice_names() const;
  // Throws ModelError where the value is outside of the range or none of the choices.
  void check(const ModelConfig& config) const;
};

// One for each member of ModelConfig, in the order in which configurations are written.
const std::vector<Hyperparameter>& hyperparameters();
// Throws std::invalid_argument for a key that is not in the table.
const Hyperparameter& hyperparameter(const std::string& key);

// A line of the sizes of the model and one of what is not the default, where something is; the
// cutoff and what comes from the data are left out. "  layers 3, message_channels 16\n"
std::string hyperparameter_summary(const ModelConfig& config);

// Every key with its value in `config`, what is valid and what it means: the reference that
// `spinconv-train preset NAME --keys` prints and docs/hyperparameters.md has.
std::string hyperparameter_reference(const ModelConfig& config);

}  // namespace spinconv
