// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/target.hpp"

#include <nlohmann/json.hpp>

#include "spinconv/error.hpp"

namespace spinconv {

nlohmann::json Target::to_json() const {
  nlohmann::json one = {{"name", name}, {"unit", unit}};
  if (!key.empty()) {
    one["key"] = key;
  }
  return nlohmann::json::array({one});
}

Target Target::from_metadata(const nlohmann::json& metadata, const std::string& where) {
  if (!metadata.contains("targets")) {
    return {};
  }
  const auto& list = metadata.at("targets");
  if (!list.is_array() || list.size() != 1) {
    throw Error(where + ": its targets are " + list.dump() +
                ", but this version knows models of one target; update SpinConv");
  }
  const auto& one = list[0];
  return {one.at("name").get<std::string>(), one.at("unit").get<std::string>(),
          one.value("key", "")};
}

}  // namespace spinconv
