// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace spinconv {

// Every failure that the user can cause and cure. The text names the file, the line or key, the
// cause and the cure; callers show it as it is.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The entry of `valid` with the smallest edit distance to `name` ("" when none is near).
std::string nearest_name(const std::string& name, const std::vector<std::string>& valid);

// "unknown <what> '<name>'; did you mean '<nearest>'? Valid: a, b, c": the one wording used for
// every refused key, option and choice.
std::string unknown_name_message(const std::string& what, const std::string& name,
                                 const std::vector<std::string>& valid);

}  // namespace spinconv
