// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "commands/commands.hpp"
#include "data/dataset.hpp"
#include "data/files.hpp"
#include "data/lammps_data.hpp"
#include "spinconv/atomic_file.hpp"
#include "spinconv/error.hpp"
#include "spinconv/json_text.hpp"

namespace spinconv::train {
namespace {

int to_data_file(const ConvertOptions& options) {
  DataSource source;
  source.path = options.input;
  source.slice = Slice::parse(std::to_string(options.frame));
  const Frame frame = read_frames(source).front();
  std::vector<std::string> elements;
  std::istringstream words(options.elements);
  for (std::string symbol; words >> symbol;) {
    elements.push_back(symbol);
  }
  const auto structure = to_lammps(frame, elements);
  write_file_atomically(options.output, structure.data_file());
  write_file_atomically(options.output + ".json", structure.to_json().dump() + "\n");
  std::cout << options.output << ": " << frame.size() << " atoms, types:";
  for (const auto& symbol : structure.elements) {
    std::cout << " " << symbol;
  }
  std::cout << "\n" << options.output << ".json: to turn results back (--cell)\n";
  if (!frame.pbc[0] || !frame.pbc[1] || !frame.pbc[2]) {
    std::cout << "boundary: see the first line of the data file\n";
  }
  write_file_atomically(options.output + ".in", structure.include_file());
  std::cout << options.output
            << ".in: to include after read_data: variable elements, group fixed\n";
  return 0;
}

int from_dump(const ConvertOptions& options) {
  std::optional<LammpsStructure> structure;
  if (!options.cell.empty()) {
    require_data_file(options.cell);
    std::ifstream in(options.cell);
    try {
      structure = LammpsStructure::from_json(parse_json({std::istreambuf_iterator<char>(in), {}}, options.cell),
                                             options.cell);
    } catch (const nlohmann::json::exception& e) {
      throw Error(options.cell + ": not JSON: " + e.what());
    }
  }
  std::map<long, double> energies;
  if (!options.log.empty()) {
    require_data_file(options.log);
    energies = log_energies(options.log);
  }
  require_data_file(options.input);
  const auto frames = dump_frames(options.input, structure ? &*structure : nullptr, energies);
  std::string text;
  for (const auto& frame : frames) {
    text += to_extxyz(frame);
  }
  write_file_atomically(options.output, text);
  std::cout << options.output << ": " << frames.size() << " frames of " << frames.front().size()
            << " atoms\n";
  return 0;
}

}  // namespace

int convert(const ConvertOptions& options) {
  if (options.output.ends_with(".extxyz") || options.output.ends_with(".xyz")) {
    return from_dump(options);
  }
  if (!options.cell.empty() || !options.log.empty()) {
    throw Error("--cell and --log belong to the way back, from a dump to OUT.extxyz");
  }
  return to_data_file(options);
}

}  // namespace spinconv::train
