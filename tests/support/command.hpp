// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace spinconv::test {

// Value of an environment variable; "" where it is not set.
std::string environment(const std::string& name);

struct CommandResult {
  int exit_code = 0;   // 128 + signal for a killed program
  std::string output;  // stdout and stderr
};

// Run a program to its end.
CommandResult run_command(const std::vector<std::string>& words);

}  // namespace spinconv::test
