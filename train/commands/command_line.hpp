// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace spinconv::train {

// The command with these arguments (without the program's name), quoted where the shell wants it,
// so that it can be copied.
std::string command_text(const std::vector<std::string>& arguments);

// The same of a `fit` that goes on: with --resume, without --overwrite.
std::string resume_command(const std::vector<std::string>& arguments);

}  // namespace spinconv::train
