// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/json_text.hpp"

#include <nlohmann/json.hpp>

#include "spinconv/error.hpp"

namespace spinconv {

nlohmann::json parse_json(const std::string& text, const std::string& where) {
  constexpr int deepest = 100;
  return nlohmann::json::parse(text, [&](int depth, auto, const auto&) {
    if (depth > deepest) {
      throw Error(where + ": JSON that is nested deeper than " + std::to_string(deepest) +
                  " levels; the file is damaged or was not written by this program");
    }
    return true;
  });
}

}  // namespace spinconv
