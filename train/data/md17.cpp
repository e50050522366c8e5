// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/md17.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <set>
#include <string>

#include "data/general_cell.hpp"
#include "data/label_names.hpp"
#include "data/npz.hpp"
#include "data/target.hpp"
#include "data/units.hpp"
#include "spinconv/elements.hpp"
#include "spinconv/error.hpp"

namespace spinconv::train {
namespace {

const std::string unit_cure =
    "; set it in the configuration, for MD17 and rMD17 `units: {energy: kcal/mol, length: Ang}`, "
    "or "
    "for 'evaluate' by --energy-unit kcal/mol --length-unit Ang";

// One of the two units of a file: its name, and who gave it.
struct UnitChoice {
  std::string name;
  double factor = 1.0;
  bool from_file = false;
};

class ArchiveReader {
 public:
  ArchiveReader(const DataSource& source, SourceRecord& record)
      : source_(source), record_(record), file_(source.path) {}
  std::vector<Frame> read();

 private:
  UnitChoice choose_unit(const std::string& array, const std::string& given, const std::string& key,
                         double (*factor)(const std::string&));
  void read_units();
  // The first of `names` that the file has, "" if none.
  std::string find(const std::vector<std::string>& names) const;
  std::string find_required(const std::vector<std::string>& names, const std::string& what) const;
  NpyArray take(const std::string& key);
  std::string label_key(const std::string& given, const std::vector<std::string>& usual,
                        const std::string& label) const;
  void read_energies(std::vector<Frame>& frames);
  void read_forces(std::vector<Frame>& frames);
  void read_cell(std::vector<Frame>& frames);
  void refuse_other_cells() const;

  const DataSource& source_;
  SourceRecord& record_;
  NpzFile file_;
  UnitScale scale_;
  std::set<std::string> used_;
};

[[noreturn]] void fail_shape(const NpyArray& array, const std::string& expected) {
  throw Error(array.where() + " has shape " + array.shape_text() + ", expected " + expected);
}

std::string ArchiveReader::find(const std::vector<std::string>& names) const {
  for (const auto& name : names) {
    if (file_.contains(name)) {
      return name;
    }
  }
  return "";
}

std::string ArchiveReader::find_required(const std::vector<std::string>& names,
                                         const std::string& what) const {
  const std::string key = find(names);
  if (key.empty()) {
    std::string arrays;
    for (const auto& name : file_.keys()) {
      arrays += (arrays.empty() ? "" : ", ") + name;
    }
    throw Error(source_.path + ": no " + what + ": an array '" + names[0] + "' (MD17) or '" +
                names[1] + "' (rMD17) is expected, the file has " + arrays);
  }
  return key;
}

NpyArray ArchiveReader::take(const std::string& key) {
  used_.insert(key);
  return file_.read(key);
}

std::string ArchiveReader::label_key(const std::string& given,
                                     const std::vector<std::string>& usual,
                                     const std::string& label) const {
  if (given.empty()) {
    return find(usual);
  }
  if (!file_.contains(given)) {
    const std::string suggestion = label_suggestion(file_.keys());
    throw Error(source_.path + ": keys: " + label + ": " +
                unknown_name_message("array", given, file_.keys()) +
                (suggestion.empty() ? "" : "; " + suggestion));
  }
  return given;
}

UnitChoice ArchiveReader::choose_unit(const std::string& array, const std::string& given,
                                      const std::string& key,
                                      double (*factor)(const std::string&)) {
  UnitChoice choice;
  if (file_.contains(array)) {
    const NpyArray unit = take(array);
    choice.name = unit.text();
    choice.from_file = true;
    try {
      choice.factor = factor(choice.name);
    } catch (const Error& error) {
      throw Error(unit.where() + ": " + error.what());
    }
  }
  if (!given.empty()) {
    const double given_factor = factor(given);
    if (choice.from_file && given_factor != choice.factor) {
      throw Error(source_.path + ": the file gives " + array + " = '" + choice.name +
                  "', the configuration units: " + key + ": '" + given +
                  "'; remove the one that is wrong");
    }
    choice.name = given;
    choice.factor = given_factor;
  }
  if (choice.name.empty()) {
    throw Error(source_.path + ": the file does not say its unit of " + key + " (no array '" +
                array + "')" + unit_cure);
  }
  return choice;
}

void ArchiveReader::read_units() {
  UnitChoice energy{.name = source_.target.unit};  // as it is, where that is no energy
  if (source_.target.unit == "eV") {
    energy = choose_unit("e_unit", source_.energy_unit, "energy", energy_unit_in_ev);
  }
  const auto length = choose_unit("r_unit", source_.length_unit, "length", length_unit_in_angstrom);
  scale_ = {energy.factor, length.factor};
  record_.energy_unit = energy.name;
  record_.length_unit = length.name;
  record_.units_from = energy.from_file && length.from_file   ? "file"
                       : energy.from_file || length.from_file ? "file, configuration"
                                                              : "configuration";
}

std::vector<Frame> ArchiveReader::read() {
  record_.format = "npz";
  if (file_.contains("type")) {
    const std::string type = take("type").text();
    if (type != "d") {
      throw Error(source_.path + ": an sGDML file of type '" + type +
                  "', which is not a data set ('d'); name the data set it was made from");
    }
  }
  if (!source_.keys.stress.empty() || !source_.keys.virial.empty()) {
    throw Error(source_.path +
                ": keys: 'stress' and 'virial' are not read from .npz; use an .extxyz file");
  }
  const NpyArray position_array = take(find_required({"R", "coords"}, "positions"));
  const NpyArray number_array = take(find_required({"z", "nuclear_charges"}, "atomic numbers"));
  const auto& shape = position_array.shape();
  if (shape.size() != 3 || shape[2] != 3 || shape[1] < 1) {
    fail_shape(position_array, "(frames, atoms, 3)");
  }
  const auto n_frames = static_cast<std::size_t>(shape[0]);
  const auto n_atoms = static_cast<std::size_t>(shape[1]);
  const auto& number_shape = number_array.shape();
  const bool shared = number_shape.size() == 1 && number_shape[0] == shape[1];
  if (!shared &&
      !(number_shape.size() == 2 && number_shape[0] == shape[0] && number_shape[1] == shape[1])) {
    fail_shape(number_array, "(" + std::to_string(n_atoms) + ",) or (" + std::to_string(n_frames) +
                                 ", " + std::to_string(n_atoms) + ") to fit the positions");
  }
  read_units();
  const auto numbers = number_array.integers();
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (numbers[i] < 1 || numbers[i] > max_atomic_number) {
      throw Error(number_array.where() + ": element " + std::to_string(i) + " is " +
                  std::to_string(numbers[i]) + ", not an atomic number (1 to " +
                  std::to_string(max_atomic_number) +
                  "); molecules of different sizes need an .extxyz file");
    }
  }
  const auto positions = position_array.doubles();

  std::vector<Frame> frames(n_frames);
  for (std::size_t f = 0; f < n_frames; ++f) {
    Frame& frame = frames[f];
    frame.source = source_.path + ":" + std::to_string(f);
    const auto first = numbers.begin() + static_cast<std::ptrdiff_t>(shared ? 0 : f * n_atoms);
    frame.atomic_numbers.assign(first, first + static_cast<std::ptrdiff_t>(n_atoms));
    frame.positions.resize(3 * n_atoms);
    for (std::size_t i = 0; i < 3 * n_atoms; ++i) {
      const double x = positions[f * 3 * n_atoms + i];
      if (!std::isfinite(x)) {
        throw Error(position_array.where() + ": frame " + std::to_string(f) + ", atom " +
                    std::to_string(i / 3) + ": position is not finite; remove the frame");
      }
      frame.positions[i] = x * scale_.length;
    }
  }
  read_energies(frames);
  read_forces(frames);
  read_cell(frames);
  for (const auto& key : file_.keys()) {
    if (used_.count(key) == 0) {
      record_.not_read.push_back(key);
    }
  }
  return frames;
}

void ArchiveReader::read_energies(std::vector<Frame>& frames) {
  record_.energy_key =
      label_key(source_.keys.energy.empty() ? target_key(source_.target) : source_.keys.energy,
                {"E", "energies"}, "energy");
  if (record_.energy_key.empty()) {
    return;
  }
  const NpyArray array = take(record_.energy_key);
  const auto& shape = array.shape();
  const auto n = static_cast<std::int64_t>(frames.size());
  const bool fits = !shape.empty() && shape[0] == n &&
                    (shape.size() == 1 || (shape.size() == 2 && shape[1] == 1));
  if (!fits) {
    const std::string count = std::to_string(n);
    fail_shape(array, "(" + count + ",) or (" + count + ", 1) to fit the positions");
  }
  const auto energies = array.doubles();
  for (std::size_t f = 0; f < frames.size(); ++f) {
    if (std::isinf(energies[f] * target_factor(source_.target, scale_.energy))) {
      throw Error(array.where() + ": frame " + std::to_string(f) +
                  ": energy is not finite; write nan where there is none");
    }
    if (!std::isnan(energies[f])) {
      frames[f].energy = energies[f] * target_factor(source_.target, scale_.energy);
    }
  }
}

void ArchiveReader::read_forces(std::vector<Frame>& frames) {
  if (!source_.target.is_energy()) {
    return;
  }
  record_.forces_key = label_key(source_.keys.forces, {"F", "forces"}, "forces");
  if (record_.forces_key.empty()) {
    return;
  }
  const NpyArray array = take(record_.forces_key);
  const std::size_t n_atoms = frames.empty() ? 0 : frames[0].size();
  const std::vector<std::int64_t> expected = {static_cast<std::int64_t>(frames.size()),
                                              static_cast<std::int64_t>(n_atoms), 3};
  if (!frames.empty() && array.shape() != expected) {
    fail_shape(array, "(" + std::to_string(frames.size()) + ", " + std::to_string(n_atoms) +
                          ", 3) to fit the positions");
  }
  const auto forces = array.doubles();
  for (std::size_t f = 0; f < frames.size(); ++f) {
    const auto first = forces.begin() + static_cast<std::ptrdiff_t>(f * 3 * n_atoms);
    const auto last = first + static_cast<std::ptrdiff_t>(3 * n_atoms);
    if (std::all_of(first, last, [](double x) { return std::isnan(x); })) {
      continue;
    }
    if (!std::all_of(first, last, [](double x) { return std::isfinite(x); })) {
      throw Error(array.where() + ": frame " + std::to_string(f) +
                  ": some forces are not finite; write nan for all forces of the frame to leave "
                  "them out");
    }
    frames[f].forces.assign(first, last);
    for (double& x : frames[f].forces) {
      x *= scale_.force();
    }
  }
}

void ArchiveReader::read_cell(std::vector<Frame>& frames) {
  if (!file_.contains("lattice")) {
    refuse_other_cells();
    return;
  }
  const NpyArray array = take("lattice");
  if (array.shape() != std::vector<std::int64_t>{3, 3}) {
    fail_shape(array, "(3, 3)");
  }
  const auto columns = array.doubles();
  if (!std::all_of(columns.begin(), columns.end(), [](double x) { return std::isfinite(x); })) {
    throw Error(array.where() + ": not finite; correct it or leave it out");
  }
  const std::array<bool, 3> pbc = {true, true, true};
  const auto fault = cell_fault({columns[0], columns[3], columns[6], columns[1], columns[4],
                                 columns[7], columns[2], columns[5], columns[8]},
                                pbc);
  if (!fault.empty()) {
    throw Error(array.where() + ": " + fault +
                "; partly periodic structures need an .extxyz file, molecules no lattice");
  }
  for (auto& frame : frames) {
    frame.pbc = pbc;
    for (std::size_t row = 0; row < 3; ++row) {
      for (std::size_t d = 0; d < 3; ++d) {
        frame.cell[3 * row + d] = columns[3 * d + row] * scale_.length;
      }
    }
  }
}

// A cell under another name, read as if it were not there, would turn crystals into molecules.
void ArchiveReader::refuse_other_cells() const {
  for (const auto& key : file_.keys()) {
    std::string name = key;
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const std::vector<std::string> cells = {
        "cell", "cells",     "box",     "boxes", "lattices", "lattice_vectors",
        "pbc",  "unit_cell", "lattice", "latt"};
    if (std::find(cells.begin(), cells.end(), name) == cells.end()) {
      continue;
    }
    const NpyArray array = file_.read(key);
    std::vector<double> values;
    try {
      values = array.doubles();
    } catch (const Error&) {
      continue;  // no numbers
    }
    if (std::any_of(values.begin(), values.end(), [](double x) { return x != 0.0; })) {
      throw Error(
          array.where() +
          " looks like a cell, which is not read under this name: one cell of all frames is "
          "'lattice' (3, 3), vectors as columns, as sGDML has it; cells that differ need an "
          ".extxyz file");
    }
  }
}

}  // namespace

std::vector<Frame> read_md17(const DataSource& source, SourceRecord& record) {
  return ArchiveReader(source, record).read();
}

}  // namespace spinconv::train
