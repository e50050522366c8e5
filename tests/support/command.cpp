// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "support/command.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <thread>

#include "support/temporary_folder.hpp"

extern char** environ;

namespace spinconv::test {

std::string environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

std::string required_environment(const std::string& name) {
  const auto value = environment(name);
  if (value.empty()) {
    throw std::runtime_error("environment variable " + name +
                             " is not set: run the tests by ctest");
  }
  return value;
}

CommandResult run_process(const std::vector<std::string>& command,
                          const std::filesystem::path& folder,
                          const std::map<std::string, std::string>& variables) {
  std::vector<char*> arguments;
  for (const auto& word : command) {
    arguments.push_back(const_cast<char*>(word.c_str()));
  }
  arguments.push_back(nullptr);

  std::vector<std::string> settings;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string setting = *entry;
    if (!variables.count(setting.substr(0, setting.find('=')))) {
      settings.push_back(setting);
    }
  }
  for (const auto& [name, value] : variables) {
    settings.push_back(name + "=" + value);
  }
  std::vector<char*> environment_block;
  for (const auto& setting : settings) {
    environment_block.push_back(const_cast<char*>(setting.c_str()));
  }
  environment_block.push_back(nullptr);

  const TemporaryFolder outputs;
  const std::string output_path = outputs / "output";
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, output_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                   0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  pid_t pid = 0;
  const int failed = posix_spawnp(&pid, command.at(0).c_str(), &actions, &attributes,
                                  arguments.data(), environment_block.data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (failed != 0) {
    throw std::runtime_error("cannot start " + command[0]);
  }

  using Clock = std::chrono::steady_clock;
  const auto wait_until = [&](Clock::time_point deadline, int& status) {
    while (waitpid(pid, &status, WNOHANG) == 0) {
      if (Clock::now() > deadline) {
        return false;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
  };
  CommandResult result;
  int status = 0;
  const auto limit =
      std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(hang_seconds));
  if (!wait_until(Clock::now() + limit, status)) {
    result.timed_out = true;
    // mpiexec ends its ranks, which may be in groups of their own, when it is asked politely
    kill(-pid, SIGTERM);
    if (!wait_until(Clock::now() + std::chrono::seconds(5), status)) {
      kill(-pid, SIGKILL);
      waitpid(pid, &status, 0);
    }
  }
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  result.output = read_bytes(output_path);
  return result;
}

CommandResult run_command(const std::vector<std::string>& words) {
  auto result = run_process(words, std::filesystem::current_path());
  if (result.timed_out) {
    throw std::runtime_error(words[0] + " did not end in time:\n" + result.output);
  }
  return result;
}

}  // namespace spinconv::test
