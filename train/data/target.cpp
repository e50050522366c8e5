// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/target.hpp"

#include <utility>

#include "spinconv/error.hpp"

namespace spinconv::train {
namespace {

const std::vector<std::pair<const char*, const char*>> qm9_units = {
    {"alpha", "bohr^3"}, {"gap", "eV"},         {"homo", "eV"}, {"lumo", "eV"},
    {"mu", "D"},         {"Cv", "cal/(mol K)"}, {"G", "eV"},    {"H", "eV"},
    {"r2", "bohr^2"},    {"U", "eV"},           {"U0", "eV"},   {"zpve", "eV"}};

}  // namespace

const std::vector<std::string>& qm9_target_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const auto& [name, unit] : qm9_units) {
      all.emplace_back(name);
    }
    return all;
  }();
  return names;
}

std::optional<Target> qm9_target(const std::string& name) {
  for (const auto& [known, unit] : qm9_units) {
    if (name == known) {
      return Target{name, unit, ""};
    }
  }
  return std::nullopt;
}

Target named_target(const std::string& name, const std::string& where) {
  if (name == Target().name) {
    return {};
  }
  const auto target = qm9_target(name);
  if (!target) {
    auto valid = qm9_target_names();
    valid.insert(valid.begin(), Target().name);
    throw Error(where + ": " + unknown_name_message("target", name, valid) +
                "; another number of each frame: {name: " + name + ", unit: UNIT, key: KEY}");
  }
  return *target;
}

Target custom_target(const Target& target, const std::string& where) {
  if (target.name.empty() || target.unit.empty()) {
    throw Error(where + " needs name and unit, e.g. {name: charge, unit: e, key: total_charge}");
  }
  if (target.is_energy() || qm9_target(target.name)) {
    throw Error(where + ".name: '" + target.name + "' has its unit: give the name alone (target: " +
                target.name + "), or choose another one");
  }
  return target;
}

std::string target_key(const Target& target) {
  return target.is_energy() ? "" : target.key.empty() ? target.name : target.key;
}

double target_factor(const Target& target, double energy_unit_ev) {
  return target.unit == "eV" ? energy_unit_ev : 1.0;
}

ShownUnit shown_unit(const Target& target) {
  return target.unit == "eV" ? ShownUnit{"meV", 1e3} : ShownUnit{target.unit, 1.0};
}

}  // namespace spinconv::train
