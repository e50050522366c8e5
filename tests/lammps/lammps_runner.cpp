// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "lammps/lammps_runner.hpp"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <sstream>
#include <stdexcept>

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

LammpsResult read_result(CommandResult process) {
  LammpsResult result;
  result.thermo = parse_thermo(process.output);
  result.values = parse_values(process.output);
  result.process = std::move(process);
  return result;
}

}  // namespace

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
  return read_result(run_process(command, folder.path(), variables));
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
  const auto whole = run_lammps_well(folder, all, options).process;
  std::vector<LammpsResult> results;
  std::size_t from = 0;
  while (from != std::string::npos) {
    const auto end = whole.output.find(border, from);
    results.push_back(read_result({.exit_code = whole.exit_code,
                                   .timed_out = whole.timed_out,
                                   .output = whole.output.substr(from, end - from)}));
    from = end == std::string::npos ? end : end + border.size();
  }
  if (results.size() != inputs.size()) {
    throw std::runtime_error("lmp came to " + std::to_string(results.size()) + " of " +
                             std::to_string(inputs.size()) + " inputs:\n" + whole.output);
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
