// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/units.hpp"

#include <algorithm>

#include "spinconv/error.hpp"

namespace spinconv::train {
namespace {

// CODATA 2018 (E. Tiesinga et al., Rev. Mod. Phys. 93, 025010, 2021); e and N_A are exact in the
// SI.
constexpr double elementary_charge = 1.602176634e-19;  // C
constexpr double avogadro = 6.02214076e23;             // 1/mol
constexpr double hartree_in_ev = 27.211386245988;
constexpr double rydberg_in_ev = 13.605693122994;
constexpr double bohr_in_angstrom = 0.529177210903;
constexpr double kilojoule_per_mol_in_ev = 1000.0 / (avogadro * elementary_charge);
constexpr double calorie_in_joule = 4.184;  // thermochemical

struct Unit {
  std::string name;  // shown in messages
  std::vector<std::string> aliases;
  double factor;
};

// Names keep their case: meV and MeV are not the same.
const std::vector<Unit>& energy_units() {
  static const std::vector<Unit> units = {
      {"eV", {"ev", "EV"}, 1.0},
      {"meV", {}, 1e-3},
      {"kcal/mol",
       {"Kcal/mol", "kcal mol-1", "kcal mol^-1"},
       calorie_in_joule * kilojoule_per_mol_in_ev},
      {"kJ/mol", {"kj/mol", "KJ/mol", "kJ mol-1", "kJ mol^-1"}, kilojoule_per_mol_in_ev},
      {"Hartree", {"hartree", "Ha"}, hartree_in_ev},
      {"Rydberg", {"rydberg", "Ry"}, rydberg_in_ev},
  };
  return units;
}

const std::vector<Unit>& length_units() {
  static const std::vector<Unit> units = {
      {"Angstrom", {"angstrom", "Ang", "ang", "A"}, 1.0},
      {"Bohr", {"bohr"}, bohr_in_angstrom},
      {"nm", {}, 10.0},
  };
  return units;
}

std::vector<std::string> names_of(const std::vector<Unit>& units) {
  std::vector<std::string> names;
  for (const auto& unit : units) {
    names.push_back(unit.name);
  }
  return names;
}

double factor_of(const std::vector<Unit>& units, const std::string& name, const std::string& what) {
  for (const auto& unit : units) {
    if (unit.name == name ||
        std::find(unit.aliases.begin(), unit.aliases.end(), name) != unit.aliases.end()) {
      return unit.factor;
    }
  }
  throw Error(unknown_name_message(what, name, names_of(units)));
}

}  // namespace

double energy_unit_in_ev(const std::string& unit) {
  return factor_of(energy_units(), unit, "energy unit");
}

double length_unit_in_angstrom(const std::string& unit) {
  return factor_of(length_units(), unit, "length unit");
}

}  // namespace spinconv::train
