// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "commands/commands.hpp"
#include "data/dataset.hpp"
#include "data/extxyz_writer.hpp"
#include "data/files.hpp"
#include "data/lammps_data.hpp"
#include "data/lammps_dump.hpp"
#include "data/lammps_log.hpp"
#include "data/lammps_units.hpp"
#include "data/line_reader.hpp"
#include "spinconv/atomic_file.hpp"
#include "spinconv/elements.hpp"
#include "spinconv/error.hpp"
#include "spinconv/json_text.hpp"

namespace spinconv::train {
namespace {

int to_data_file(const ConvertOptions& options) {
  std::vector<std::string> elements;
  if (!options.elements.empty()) {
    elements = parse_element_list(options.elements, "--elements");
  }
  DataSource source;
  source.path = options.input;
  source.slice = Slice::parse(std::to_string(options.frame.value_or(0)));
  const Frame frame = read_frames(source).front();
  const auto structure = to_lammps(frame, elements);
  // all of them or none
  AtomicFile data(options.output), json(options.output + ".json"), include(options.output + ".in");
  data.write(structure.data_file());
  json.write(structure.to_json().dump() + "\n");
  include.write(structure.include_file());
  data.finish();
  json.finish();
  include.finish();
  std::cout << options.output << ": " << frame.size() << " atoms, types:";
  for (const auto& symbol : structure.elements) {
    std::cout << " " << symbol;
  }
  std::cout << "\n" << options.output << ".json: to turn results back (--cell)\n";
  if (!frame.pbc[0] || !frame.pbc[1] || !frame.pbc[2]) {
    std::cout << "boundary: see the first line of the data file\n";
  }
  std::cout << options.output
            << ".in: to include after read_data: variable elements, group fixed\n";
  return 0;
}

LammpsStructure read_structure(const std::string& path) {
  require_data_file(path);
  std::ifstream in(path);
  try {
    return LammpsStructure::from_json(parse_json({std::istreambuf_iterator<char>(in), {}}, path),
                                      path);
  } catch (const nlohmann::json::exception& e) {
    throw Error(path + ": not JSON: " + e.what());
  }
}

int from_dump(const ConvertOptions& options) {
  std::optional<LammpsStructure> structure;
  std::optional<LammpsLog> log;
  DumpOptions dump_options;
  dump_options.units = options.units;
  if (!options.units.empty()) {
    try {
      lammps_unit_scale(options.units);
    } catch (const Error& error) {
      throw Error(std::string("--units: ") + error.what());
    }
  }
  if (!options.elements.empty()) {
    // types may share an element
    dump_options.elements = parse_element_list(options.elements, "--elements", true);
  }
  if (!options.cell.empty()) {
    structure = read_structure(options.cell);
    dump_options.original = &*structure;
  }
  if (!options.log.empty()) {
    log.emplace(options.log);
    dump_options.log = &*log;
  }
  LammpsDump dump(options.input, dump_options);
  AtomicFile output(options.output);
  std::size_t frames = 0, energies = 0, smallest = 0, largest = 0;
  std::array<bool, 3> pbc{};
  for (Frame frame; dump.next(frame); ++frames) {
    output.write(to_extxyz(frame));
    smallest = frames == 0 ? frame.size() : std::min(smallest, frame.size());
    largest = std::max(largest, frame.size());
    energies += frame.energy ? 1 : 0;
    pbc = frame.pbc;
  }
  if (log && energies == 0) {
    throw Error(
        options.log + ": none of the steps of " + options.input +
        " is in its thermo tables; give the log of the same run, with thermo at the steps of "
        "the dump");
  }
  output.finish();
  std::cout << options.output << ": " << frames << (frames == 1 ? " frame of " : " frames of ")
            << smallest;
  if (largest != smallest) {
    std::cout << " to " << largest;
  }
  std::cout << " atoms, from units " << dump.units() << ", periodic: " << (pbc[0] ? "T " : "F ")
            << (pbc[1] ? "T " : "F ") << (pbc[2] ? "T" : "F");
  if (log) {
    std::cout << ", energies: ";
    energies == frames ? std::cout << "all"
                       : std::cout << energies << " (the log lacks the other steps)";
  }
  std::cout << "\n";
  for (const auto& warning : dump.warnings()) {
    std::cout << "warning: " << warning << "\n";
  }
  return 0;
}

bool is_dump(const std::string& path) {
  LineReader lines(path);
  std::string_view line;
  return lines.next(line) && line.starts_with("ITEM: ");
}

// Options that belong to the other direction have no effect, which is not what who gives them
// wants.
void refuse_options(const std::vector<std::pair<const char*, bool>>& given,
                    const std::string& direction) {
  for (const auto& [option, is_given] : given) {
    if (is_given) {
      throw Error(
          std::string(option) + " belongs to the conversion " + direction +
          " (by the ending of OUT: .extxyz or .xyz takes a dump, any other ending is a data "
          "file); leave it out");
    }
  }
}

}  // namespace

int convert(const ConvertOptions& options) {
  if (options.output.ends_with(".extxyz") || options.output.ends_with(".xyz")) {
    refuse_options({{"--frame", options.frame.has_value()}},
                   "of an extended XYZ file to a LAMMPS data file");
    return from_dump(options);
  }
  if (is_dump(options.input)) {
    throw Error(options.input + ": a LAMMPS dump becomes extended XYZ, not '" + options.output +
                "'; name the output OUT.extxyz");
  }
  refuse_options({{"--cell", !options.cell.empty()},
                  {"--log", !options.log.empty()},
                  {"--units", !options.units.empty()}},
                 "of a dump to extended XYZ");
  return to_data_file(options);
}

}  // namespace spinconv::train
