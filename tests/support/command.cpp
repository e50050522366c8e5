// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "support/command.hpp"

#include <stdio.h>
#include <sys/wait.h>

#include <cstdlib>
#include <stdexcept>

namespace spinconv::test {

std::string environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

CommandResult run_command(const std::vector<std::string>& words) {
  std::string line;
  for (const auto& word : words) {
    line += '\'';
    for (const char c : word) {
      line += c == '\'' ? std::string("'\\''") : std::string(1, c);
    }
    line += "' ";
  }
  FILE* pipe = popen((line + "2>&1 </dev/null").c_str(), "r");
  if (pipe == nullptr) {
    throw std::runtime_error("cannot run " + line);
  }
  CommandResult result;
  char buffer[4096];
  for (std::size_t n; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) {
    result.output.append(buffer, n);
  }
  const int status = pclose(pipe);
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

}  // namespace spinconv::test
