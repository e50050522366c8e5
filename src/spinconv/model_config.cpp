// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/model_config.hpp"

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "spinconv/error.hpp"
#include "spinconv/model_error.hpp"

namespace spinconv {
namespace {

// Calls f(key, member) for every hyperparameter: the one list of what a file or config may say.
template <class Config, class F>
void for_each_key(Config& c, F&& f) {
  f("sphere", c.sphere);
  f("roll", c.roll);
  f("forces", c.forces);
  f("force_rotations", c.force_rotations);
  f("force_seed", c.force_seed);
  f("force_scale", c.force_scale);
  f("elements", c.elements);
  f("cutoff", c.cutoff);
  f("layers", c.layers);
  f("message_channels", c.message_channels);
  f("hidden_channels", c.hidden_channels);
  f("l_max", c.l_max);
  f("m_max", c.m_max);
  f("channel_groups", c.channel_groups);
  f("experts", c.experts);
  f("embedding_channels", c.embedding_channels);
  f("gaussians", c.gaussians);
  f("gaussian_width", c.gaussian_width);
  f("envelope_exponent", c.envelope_exponent);
  f("roll_activation", c.roll_activation);
  f("roll_samples", c.roll_samples);
  f("normalization", c.normalization);
  f("average_neighbors", c.average_neighbors);
  f("energy_scale", c.energy_scale);
  f("reference_energies", c.reference_energies);
  f("energy_offset", c.energy_offset);
  f("latitudes", c.latitudes);
  f("longitudes", c.longitudes);
  f("max_neighbors", c.max_neighbors);
  f("distance_scale_max", c.distance_scale_max);
  f("message_filters", c.message_filters);
  f("force_filters", c.force_filters);
}

void require(bool ok, const std::string& key, const std::string& value, const std::string& valid) {
  if (!ok) {
    throw ModelError(key, key + " is " + value + "; it must be " + valid);
  }
}

void require_choice(const std::string& key, const std::string& value,
                    const std::vector<std::string>& valid) {
  for (const auto& choice : valid) {
    if (value == choice) {
      return;
    }
  }
  throw ModelError(key, unknown_name_message(key, value, valid));
}

void require_between(const std::string& key, int value, int low, int high) {
  require(value >= low && value <= high, key, std::to_string(value),
          "between " + std::to_string(low) + " and " + std::to_string(high));
}

void require_positive(const std::string& key, double value) {
  require(std::isfinite(value) && value > 0, key, std::to_string(value), "a positive number");
}

}  // namespace

void ModelConfig::validate() const {
  require(!elements.empty(), "elements", "empty", "at least one element symbol");
  std::set<std::string> seen;
  for (const auto& symbol : elements) {
    require(seen.insert(symbol).second, "elements", "naming '" + symbol + "' twice",
            "a list of different symbols");
  }
  require_positive("cutoff", cutoff);
  require_between("layers", layers, 1, 16);
  require_between("message_channels", message_channels, 1, 1024);
  require_between("hidden_channels", hidden_channels, 4, 4096);
  require_between("l_max", l_max, 1, 10);
  require_between("m_max", m_max, 0, l_max);
  require_between("channel_groups", channel_groups, 1, message_channels);
  require(message_channels % channel_groups == 0 && hidden_channels % channel_groups == 0,
          "channel_groups", std::to_string(channel_groups),
          "a divisor of message_channels and hidden_channels");
  require_between("experts", experts, 1, 256);
  require_between("embedding_channels", embedding_channels, 1, 1024);
  require_between("gaussians", gaussians, 2, 4096);
  require_positive("gaussian_width", gaussian_width);
  require_choice("sphere", sphere, {"harmonics", "grid"});
  require_choice("roll", roll, {"convolution", "none"});
  require_choice("forces", forces, {"gradient", "direct", "distance"});
  require(is_grid() || forces != "distance", "forces", "distance",
          "gradient or direct with sphere harmonics");
  require_between("force_rotations", force_rotations, 1, 100);
  require_positive("force_scale", force_scale);
  require(envelope_exponent == 0 || (envelope_exponent >= 3 && envelope_exponent <= 20),
          "envelope_exponent", std::to_string(envelope_exponent), "between 3 and 20, or 0 (none)");
  require(is_grid() || envelope_exponent != 0, "envelope_exponent", "0 (none)",
          "between 3 and 20 with sphere harmonics: without it the energy jumps at the cutoff");
  require(std::isfinite(energy_offset), "energy_offset", "not finite", "a number");
  if (is_grid()) {
    require_between("latitudes", latitudes, 2, 256);
    require_between("longitudes", longitudes, 2, 256);
    require_between("max_neighbors", max_neighbors, 0, 100000);
    require(std::isfinite(distance_scale_max) && distance_scale_max >= 1.0, "distance_scale_max",
            std::to_string(distance_scale_max), "1 or more");
    require_choice("message_filters", message_filters, {"grid", "harmonics"});
    require_choice("force_filters", force_filters, {"grid", "harmonics"});
    require(message_channels % 8 == 0 && hidden_channels % (message_channels / 8) == 0,
            "message_channels", std::to_string(message_channels),
            "a multiple of 8 with sphere grid, and hidden_channels one of message_channels / 8");
  } else {
    require(max_neighbors == 0, "max_neighbors", std::to_string(max_neighbors),
            "0 with sphere harmonics: a truncated list makes the energy jump");
  }
  require_choice("roll_activation", roll_activation, {"gated", "quadratic", "swish"});
  require_between("roll_samples", roll_samples, 1, 256);
  require_choice("normalization", normalization, {"none", "group"});
  require(normalization != "group" || hidden_channels % 4 == 0, "hidden_channels",
          std::to_string(hidden_channels), "a multiple of 4 with normalization group");
  require_positive("average_neighbors", average_neighbors);
  require_positive("energy_scale", energy_scale);
  require(reference_energies.size() == elements.size(), "reference_energies",
          "of length " + std::to_string(reference_energies.size()),
          "one energy for each of the " + std::to_string(elements.size()) + " elements");
  for (double e : reference_energies) {
    require(std::isfinite(e), "reference_energies", "not finite", "a list of numbers");
  }
}

nlohmann::json ModelConfig::to_json() const {
  nlohmann::json json;
  for_each_key(*this, [&](const char* key, const auto& value) { json[key] = value; });
  return json;
}

ModelConfig ModelConfig::from_json(const nlohmann::json& json, const std::string& where) {
  ModelConfig config;
  std::vector<std::string> keys;
  for_each_key(config, [&](const char* key, auto& value) {
    keys.emplace_back(key);
    if (!json.contains(key)) {
      return;
    }
    try {
      json.at(key).get_to(value);
    } catch (const nlohmann::json::exception& e) {
      throw Error(where + ": model key '" + key + "': " + e.what());
    }
  });
  for (const auto& [key, value] : json.items()) {
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
      throw Error(where + ": " + unknown_name_message("model key", key, keys));
    }
  }
  return config;
}

const std::vector<std::string>& ModelConfig::preset_names() {
  static const std::vector<std::string> names{"small", "medium", "paper", "grid"};
  return names;
}

ModelConfig ModelConfig::preset(const std::string& name) {
  ModelConfig c;  // the defaults are "small"
  if (name == "small") {
    return c;
  }
  if (name == "medium") {
    c.message_channels = 32;
    c.hidden_channels = 128;
    c.l_max = 4;
    c.m_max = 2;
    return c;
  }
  if (name == "paper") {
    // the published sizes in our terms: 16 x 12 grid -> L 5; filters grouped by 8 channels; orders
    // above 2 cost more than they were measured to bring
    c.cutoff = 6.0;
    c.message_channels = 32;
    c.hidden_channels = 256;
    c.l_max = 5;
    c.m_max = 2;
    c.channel_groups = 4;
    c.gaussians = 64;
    c.normalization = "group";
    return c;
  }
  if (name == "grid") {
    // the published architecture at the size of its ablation (Table 3: 12 x 8), with an envelope
    c.sphere = "grid";
    c.cutoff = 6.0;
    c.message_channels = 16;
    c.hidden_channels = 64;
    c.gaussians = 64;
    c.gaussian_width = 3.0;
    return c;
  }
  throw Error(unknown_name_message("preset", name, preset_names()));
}

}  // namespace spinconv
