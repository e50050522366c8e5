// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace spinconv {

// JSON of a file. Its values are copied and written by functions that call themselves for what is
// in them: text that is nested deeper than any file of ours is refused, before it overflows the
// stack. `where` names the file. Throws spinconv::Error for this, nlohmann::json::exception for
// text that is no JSON.
nlohmann::json parse_json(const std::string& text, const std::string& where);

}  // namespace spinconv
