// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace spinconv::test {

// Value of an environment variable; "" where it is not set.
std::string environment(const std::string& name);

// The same; throws where the build system should have set it.
std::string required_environment(const std::string& name);

// No run of a test takes so long, beside other jobs and with sanitizers either: what reaches it
// hangs.
inline constexpr double hang_seconds = 600.0;

struct CommandResult {
  int exit_code = 0;  // 128 + signal for a killed program
  bool timed_out = false;
  std::string output;  // stdout and stderr
};

// Run a program to its end in a folder, with these variables of the environment besides those
// that are set. After hang_seconds its whole process group is ended.
CommandResult run_process(const std::vector<std::string>& command,
                          const std::filesystem::path& folder,
                          const std::map<std::string, std::string>& variables = {});

// The same where the test runs; throws with the output after hang_seconds.
CommandResult run_command(const std::vector<std::string>& words);

}  // namespace spinconv::test
