// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace spinconv {

// What a model gives for a structure, always as a sum over its atoms and a constant: the potential
// energy, which alone has forces and runs in an engine, or any other number of it.
struct Target {
  std::string name = "energy";
  std::string unit = "eV";  // of the model's numbers, its scales and its reference values
  std::string key;          // what data files call it; empty: as `name`

  bool is_energy() const { return name == "energy"; }
  bool operator==(const Target&) const = default;

  // The key `targets` of a potential file: a list of one {name, unit, key (where it is not name)}.
  // A file without it is a potential: energies in eV. Throws spinconv::Error naming `where`.
  nlohmann::json to_json() const;
  static Target from_metadata(const nlohmann::json& metadata, const std::string& where);
};

}  // namespace spinconv
