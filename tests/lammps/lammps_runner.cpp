// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "lammps/lammps_runner.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <thread>

extern char** environ;

namespace spinconv::test {
namespace {

std::vector<std::string> words(const std::string& line) {
  std::istringstream stream(line);
  return {std::istream_iterator<std::string>(stream), {}};
}

// The numbers of a line, or nothing if a word is none (nan and inf are).
std::optional<std::vector<double>> numbers(const std::string& line) {
  std::vector<double> values;
  for (const auto& word : words(line)) {
    char* end = nullptr;
    values.push_back(std::strtod(word.c_str(), &end));
    if (*end != '\0') {
      return std::nullopt;
    }
  }
  return values;
}

std::vector<Table> parse_thermo(const std::string& log) {
  std::vector<Table> tables;
  bool open = false;
  std::istringstream stream(log);
  for (std::string line; std::getline(stream, line);) {
    const auto first = words(line);
    if (!first.empty() && first[0] == "Step" && line.find(':') == std::string::npos) {
      tables.push_back({first, {}});
      open = true;
    } else if (line.rfind("Loop time", 0) == 0) {
      open = false;
    } else if (open) {
      const auto row = numbers(line);
      if (row && row->size() == tables.back().names.size()) {
        tables.back().rows.push_back(*row);
      }
    }
  }
  return tables;
}

std::map<std::string, double> parse_values(const std::string& log) {
  std::map<std::string, double> values;
  std::istringstream stream(log);
  for (std::string line; std::getline(stream, line);) {
    const auto parts = words(line);
    // commands are echoed too; only the printed line has a number in the third place
    if (parts.size() == 3 && parts[0] == "value" && numbers(parts[2])) {
      values[parts[1]] = numbers(parts[2])->front();
    }
  }
  return values;
}

}  // namespace

std::string required_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr || *value == '\0') {
    throw std::runtime_error("environment variable " + name +
                             " is not set: run the tests by ctest");
  }
  return value;
}

ProcessResult run_process(const std::vector<std::string>& command,
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

  static int count = 0;
  const std::string output_path = (folder / ("process-output-" + std::to_string(count++))).string();
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
  const int failed = posix_spawn(&pid, command.at(0).c_str(), &actions, &attributes,
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
  ProcessResult result;
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

std::size_t Table::column_index(const std::string& name) const {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    throw std::runtime_error("no column " + name);
  }
  return found - names.begin();
}

std::vector<double> Table::column(const std::string& name) const {
  const auto index = column_index(name);
  std::vector<double> values;
  for (const auto& row : rows) {
    values.push_back(row.at(index));
  }
  return values;
}

double LammpsResult::value(const std::string& name) const {
  const auto found = values.find(name);
  if (found == values.end()) {
    throw std::runtime_error("the input did not print the value " + name + ":\n" + process.output);
  }
  return found->second;
}

std::vector<double> LammpsResult::value_list(const std::string& prefix, std::size_t count) const {
  std::vector<double> list;
  for (std::size_t i = 0; i < count; ++i) {
    list.push_back(value(prefix + std::to_string(i)));
  }
  return list;
}

LammpsResult run_lammps(const TemporaryFolder& folder, const std::string& input,
                        const LammpsOptions& options) {
  write_bytes(folder / "in.lammps", input);
  std::vector<std::string> command;
  if (options.ranks > 0) {
    command = {required_environment("SPINCONV_MPIEXEC"), "-n", std::to_string(options.ranks)};
  }
  command.insert(command.end(), {required_environment("SPINCONV_LMP"), "-in", "in.lammps"});
  if (!options.with_citations) {
    command.push_back("-nocite");
  }
  command.insert(command.end(), options.arguments.begin(), options.arguments.end());

  auto variables = options.variables;
  if (!variables.count("LAMMPS_PLUGIN_PATH")) {
    variables["LAMMPS_PLUGIN_PATH"] = required_environment("LAMMPS_PLUGIN_PATH");
  }
  LammpsResult result;
  result.process = run_process(command, folder.path(), variables);
  result.thermo = parse_thermo(result.process.output);
  result.values = parse_values(result.process.output);
  return result;
}

LammpsResult run_lammps_to_message(const TemporaryFolder& folder, const std::string& input,
                                   const LammpsOptions& options, const std::string& message) {
  for (int attempt = 1;; ++attempt) {
    auto result = run_lammps(folder, input, options);
    if (attempt == 5 || result.succeeded() || result.process.timed_out ||
        result.process.output.find(message) != std::string::npos) {
      return result;
    }
  }
}

LammpsResult run_lammps_well(const TemporaryFolder& folder, const std::string& input,
                             const LammpsOptions& options) {
  auto result = run_lammps(folder, input, options);
  if (!result.succeeded()) {
    throw std::runtime_error(
        (result.process.timed_out
             ? std::string("lmp did not end in time")
             : "lmp ended with exit code " + std::to_string(result.process.exit_code)) +
        "\n--- input\n" + input + "\n--- output\n" + result.process.output);
  }
  return result;
}

std::vector<LammpsResult> run_each_well(const TemporaryFolder& folder,
                                        const std::vector<std::string>& inputs,
                                        const LammpsOptions& options) {
  const std::string border = "the next input begins";
  std::string all;
  for (const auto& input : inputs) {
    all += (all.empty() ? "" : "clear\nprint \"" + border + "\"\n") + input;
  }
  const auto whole = run_lammps_well(folder, all, options);
  std::vector<LammpsResult> results;
  std::size_t from = 0;
  while (from != std::string::npos) {
    const auto end = whole.process.output.find(border, from);
    auto result = whole;
    result.process.output = whole.process.output.substr(from, end - from);
    result.thermo = parse_thermo(result.process.output);
    result.values = parse_values(result.process.output);
    results.push_back(std::move(result));
    from = end == std::string::npos ? end : end + border.size();
  }
  if (results.size() != inputs.size()) {
    throw std::runtime_error("lmp came to " + std::to_string(results.size()) + " of " +
                             std::to_string(inputs.size()) + " inputs:\n" + whole.process.output);
  }
  return results;
}

std::vector<Table> read_dump(const std::string& path) {
  std::vector<Table> snapshots;
  std::istringstream stream(read_bytes(path));
  static const std::string header = "ITEM: ATOMS ";
  bool open = false;
  for (std::string line; std::getline(stream, line);) {
    if (line.rfind(header, 0) == 0) {
      snapshots.push_back({words(line.substr(header.size())), {}});
      open = true;
    } else if (line.rfind("ITEM:", 0) == 0) {
      open = false;
    } else if (open) {
      const auto row = numbers(line);
      if (!row || row->size() != snapshots.back().names.size()) {
        throw std::runtime_error(path + ": not a row of atoms: " + line);
      }
      snapshots.back().rows.push_back(*row);
    }
  }
  return snapshots;
}

}  // namespace spinconv::test
