// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/lammps_log.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>
#include <vector>

#include "data/lammps_units.hpp"
#include "data/line_reader.hpp"
#include "data/number_text.hpp"
#include "data/text.hpp"
#include "spinconv/error.hpp"

namespace spinconv::train {
namespace {

constexpr std::size_t none = static_cast<std::size_t>(-1);

// What the last digit of a printed number counts: 0.01 for -7.25, 1 for -7e0.
double resolution_of(std::string_view text) {
  const std::size_t e = std::min(text.find_first_of("eE"), text.size());
  const auto power = e < text.size() ? parse_integer(text.substr(e + 1)) : 0;
  const std::size_t point = text.substr(0, e).find('.');
  const std::size_t decimals = point == std::string_view::npos ? 0 : e - point - 1;
  return std::pow(10.0, static_cast<double>(power.value_or(0)) - static_cast<double>(decimals));
}

// Separated by blanks; the signs of a YAML list are blanks.
void split_list(std::string& text, std::vector<std::string_view>& parts) {
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return c == '[' || c == ']' || c == ',' || c == '\'' || c == '"'; }, ' ');
  split_blanks(text, parts);
}

}  // namespace

class LogParser {
 public:
  LogParser(const std::string& path, LammpsLog& log) : lines_(path), log_(log) {}

  void parse() {
    std::string_view line;
    while (lines_.next(line)) {
      split_blanks(line, parts_);
      if (parts_.empty() || read_command() || read_end_of_run()) {
        continue;
      }
      if (parts_[0] == "keywords:" || (parts_[0] == "-" && is_list_)) {
        text_ = line.substr(parts_[0].data() - line.data() + parts_[0].size());
        const bool is_header = parts_[0] != "-";
        split_list(text_, parts_);
        is_header ? read_header(true) : read_row();
      } else if (parts_.size() > 3 && parts_[0].find_first_not_of('-') == std::string_view::npos &&
                 parts_[1] == "Step") {
        multi_step_ = parse_integer(parts_[2]);
        atoms_ = std::nullopt;
      } else if (multi_step_) {
        read_multi();
      } else if (is_header()) {
        read_header(false);
      } else if (!is_list_) {
        read_row();
      }
    }
    finish();
  }

 private:
  [[noreturn]] void fail(const std::string& reason) const {
    throw Error(log_.path_ + ":" + std::to_string(lines_.line_number()) + ": " + reason);
  }

  // Commands of the input that the log echoes, and what a log of the screen says in their place.
  bool read_command() {
    if (parts_[0] == "units" && parts_.size() > 1) {
      set_units(parts_[1]);
    } else if (parts_.size() == 4 && parts_[0] == "Unit" && parts_[1] == "style") {
      set_units(parts_[3]);
    } else if (parts_[0] == "thermo_style" || parts_[0] == "clear") {
      per_atom_ = false;  // the defaults again
    } else if (parts_[0] == "thermo_modify") {
      for (std::size_t i = 1; i + 1 < parts_.size() && parts_[i][0] != '#'; ++i) {
        if (parts_[i] == "norm") {
          per_atom_ = parts_[i + 1] == "yes" || parts_[i + 1] == "on" || parts_[i + 1] == "true";
        }
      }
    } else {
      return false;
    }
    return true;
  }

  void set_units(std::string_view style) {
    const auto& known = lammps_unit_styles();
    const std::string name(style);
    // `units ${style}` is echoed a second time with its value
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return;
    }
    if (!log_.units_.empty() && log_.units_ != name) {
      fail("units " + name + ", after units " + log_.units_ + " in line " +
           std::to_string(units_line_) + "; give a log of one input");
    }
    log_.units_ = name;
    units_line_ = lines_.line_number();
  }

  // Loop time of 0.1 on 1 procs for 10 steps with 8 atoms
  bool read_end_of_run() {
    if (parts_.size() < 2 || parts_[0] != "Loop" || parts_[1] != "time") {
      return false;
    }
    if (parts_.size() > 3 && parts_.back() == "atoms" && parts_[parts_.size() - 3] == "with") {
      const auto atoms = parse_integer(parts_[parts_.size() - 2]);
      for (const long step : steps_of_run_) {
        auto& energy = log_.energies_[step];
        energy.atoms_at_end = energy.atoms_at_end ? energy.atoms_at_end : atoms;
      }
    }
    steps_of_run_.clear();
    multi_step_ = std::nullopt;
    is_list_ = false;
    width_ = 0;
    return true;
  }

  bool is_header() const {
    return std::find(parts_.begin(), parts_.end(), "Step") != parts_.end() &&
           std::none_of(parts_.begin(), parts_.end(),
                        [](std::string_view part) { return parse_real(part).has_value(); });
  }

  void read_header(bool is_list) {
    const auto at = [&](std::string_view name) {
      const auto found = std::find(parts_.begin(), parts_.end(), name);
      return found == parts_.end() ? none : static_cast<std::size_t>(found - parts_.begin());
    };
    is_list_ = is_list;
    step_ = at("Step");
    energy_ = at("PotEng");
    count_ = at("Atoms");
    width_ = step_ == none || energy_ == none ? 0 : parts_.size();
    found_ = found_ || width_ > 0;
    if (width_ == 0 && columns_.empty()) {
      for (const auto part : parts_) {
        columns_ += " " + std::string(part);
      }
    }
  }

  // A line of the table; what is printed between its lines is none.
  void read_row() {
    if (width_ == 0 || parts_.size() != width_ ||
        !std::all_of(parts_.begin(), parts_.end(),
                     [](std::string_view part) { return parse_real(part).has_value(); })) {
      return;
    }
    if (const auto step = parse_integer(parts_[step_])) {
      atoms_ = count_ == none ? std::nullopt : parse_integer(parts_[count_]);
      add(*step, parts_[energy_]);
    }
  }

  // PotEng = -7.25 among other values, three on a line
  void read_multi() {
    for (std::size_t i = 0; i + 2 < parts_.size(); ++i) {
      if (parts_[i + 1] != "=") {
        continue;
      }
      if (parts_[i] == "Atoms") {
        atoms_ = parse_integer(parts_[i + 2]);
        if (const auto entry = log_.energies_.find(*multi_step_); entry != log_.energies_.end()) {
          entry->second.atoms = atoms_;
        }
      } else if (parts_[i] == "PotEng" && parse_real(parts_[i + 2])) {
        found_ = true;
        add(*multi_step_, parts_[i + 2]);
      }
    }
  }

  void add(long step, std::string_view text) {
    LammpsLog::Energy energy;
    energy.value = *parse_real(text);
    energy.resolution = resolution_of(text);
    energy.per_atom = per_atom_;
    energy.atoms = atoms_;
    energy.line = lines_.line_number();
    steps_of_run_.insert(step);
    const auto [entry, is_new] = log_.energies_.emplace(step, energy);
    if (is_new) {
      return;
    }
    LammpsLog::Energy& old = entry->second;
    // where one run ends and the next begins the step stands twice
    const double allowed = old.resolution + energy.resolution + 1e-7 * std::abs(old.value);
    if (old.per_atom != energy.per_atom) {
      // the two cannot be compared without the number of atoms; the total is the better one
      old = old.per_atom && old.other.empty() ? energy : old;
    } else if (std::abs(old.value - energy.value) > allowed ||
               std::isfinite(old.value) != std::isfinite(energy.value)) {
      old.other = "line " + std::to_string(energy.line) + ": " + std::string(text);
    } else if (energy.resolution <= old.resolution && old.other.empty()) {
      old = energy;
    }
  }

  void finish() {
    if (!found_) {
      throw Error(log_.path_ + ": no thermo table with the columns Step and PotEng" +
                  (columns_.empty() ? "" : " (the first one has" + columns_ + ")") +
                  "; thermo_style custom step pe ...");
    }
  }

  LineReader lines_;
  LammpsLog& log_;
  std::vector<std::string_view> parts_;
  std::string text_;
  std::size_t units_line_ = 0;
  bool per_atom_ = false;
  bool found_ = false;
  std::string columns_;  // of the first table without PotEng
  // the present table; a width of 0: none
  std::size_t step_ = none, energy_ = none, count_ = none, width_ = 0;
  bool is_list_ = false;            // of thermo_modify line yaml
  std::optional<long> multi_step_;  // the present step of thermo_modify line multi
  std::optional<long> atoms_;
  std::set<long> steps_of_run_;
};

LammpsLog::LammpsLog(const std::string& path) : path_(path) {
  LogParser(path, *this).parse();
}

std::optional<double> LammpsLog::energy(long step, std::size_t atoms) const {
  const auto found = energies_.find(step);
  if (found == energies_.end() || std::isnan(found->second.value)) {
    return std::nullopt;
  }
  const Energy& energy = found->second;
  const std::string where =
      path_ + ":" + std::to_string(energy.line) + ": step " + std::to_string(step);
  if (!energy.other.empty()) {
    throw Error(where + " has the energy " + number_text(energy.value) +
                ", and another one in another run (" + energy.other +
                "): which of them belongs to the dump is not known; give a log of one run (command "
                "'log' before each), or number the steps on (no reset_timestep)");
  }
  if (!std::isfinite(energy.value)) {
    throw Error(where + ": the energy is not finite; leave the snapshot out");
  }
  if (energy.atoms && *energy.atoms != static_cast<long>(atoms)) {
    throw Error(where + " has " + std::to_string(*energy.atoms) + " atoms, the dump " +
                std::to_string(atoms) +
                ": the energy is not that of the atoms of the dump; dump all of them (dump ... "
                "all custom)");
  }
  if (energy.per_atom && !energy.atoms && energy.atoms_at_end &&
      *energy.atoms_at_end != static_cast<long>(atoms)) {
    throw Error(where + " has an energy per atom (thermo_modify norm yes), its run " +
                std::to_string(*energy.atoms_at_end) + " atoms and the dump " +
                std::to_string(atoms) +
                ", so that the total is not known; thermo_modify norm no, or dump all atoms");
  }
  return energy.per_atom ? energy.value * static_cast<double>(atoms) : energy.value;
}

std::optional<long> LammpsLog::atoms_of_run(long step) const {
  const auto found = energies_.find(step);
  return found == energies_.end() ? std::nullopt : found->second.atoms_at_end;
}

}  // namespace spinconv::train
