// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/comment_faults.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <initializer_list>

#include "data/text.hpp"
#include "data/units.hpp"
#include "spinconv/error.hpp"

namespace spinconv::train {
namespace {

bool is_one_of(const std::string& key, std::initializer_list<const char*> names) {
  return std::find(names.begin(), names.end(), key) != names.end();
}

std::string cell_under_another_name(const CommentEntry& entry) {
  if (!is_one_of(lower_case(entry.key), {"cell", "box", "unit_cell"})) {
    return "";
  }
  const auto numbers = parse_reals(entry.value);
  const bool is_cell =
      numbers && (numbers->size() == 3 || numbers->size() == 6 || numbers->size() == 9) &&
      std::any_of(numbers->begin(), numbers->end(), [](double x) { return x != 0.0; });
  return is_cell
             ? "'" + printable(entry.key) +
                   "' looks like a cell, which extended XYZ calls Lattice: name it so, with the "
                   "9 numbers of its vectors, or remove it where nothing is periodic"
             : "";
}

// `kind`: energy or length
std::string another_unit(const CommentEntry& entry, std::initializer_list<const char*> keys,
                         const std::string& kind, const ReadUnits& units,
                         double (*factor_of)(const std::string&)) {
  if (!is_one_of(lower_case(entry.key), keys)) {
    return "";
  }
  const double factor = factor_of(kind == "energy" ? units.energy : units.length);
  double said = factor;
  try {
    said = factor_of(entry.value);
  } catch (const Error&) {
    return "";  // not a unit of this kind
  }
  if (std::abs(said - factor) <= 1e-9 * factor) {
    return "";
  }
  const std::string unit = printable(entry.value);
  return "'" + printable(entry.key + "=" + entry.value) + "', but the file is read in " +
         units.energy + " and " + units.length + "; say its units: data.units: {" + kind + ": " +
         unit + "}, or by --" + kind + "-unit " + unit;
}

}  // namespace

std::string comment_fault(const std::vector<CommentEntry>& entries, const ReadUnits& units,
                          bool units_matter) {
  const auto has = [&](const char* key) {
    return std::any_of(entries.begin(), entries.end(),
                       [&](const CommentEntry& entry) { return entry.key == key; });
  };
  const bool has_lattice = std::any_of(entries.begin(), entries.end(), [](const auto& entry) {
    return lower_case(entry.key) == "lattice";
  });
  for (const auto& entry : entries) {
    std::string fault = has_lattice ? "" : cell_under_another_name(entry);
    if (fault.empty()) {
      fault = another_unit(entry, {"energy_unit", "energy_units", "e_unit", "units", "unit"},
                           "energy", units, energy_unit_in_ev);
    }
    if (fault.empty()) {
      fault = another_unit(entry, {"length_unit", "length_units", "r_unit", "units", "unit"},
                           "length", units, length_unit_in_angstrom);
    }
    if (!fault.empty()) {
      return fault;
    }
  }
  return units_matter && has("Timestep") && has("Potential_energy")
             ? "Timestep and Potential_energy are those of LAMMPS's dump extxyz, which is in the "
               "units "
               "of the run and does not say them; give them: data.units: {energy: eV} (units "
               "metal) or "
               "{energy: kcal/mol} (units real), or by --energy-unit"
             : "";
}

}  // namespace spinconv::train
