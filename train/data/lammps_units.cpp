// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/lammps_units.hpp"

#include <algorithm>
#include <array>

#include "spinconv/error.hpp"

namespace spinconv::train {
namespace {

struct Style {
  const char* name;
  double energy;  // eV; 0: none
  double length;  // Angstrom
};

constexpr double joule = 1.0 / 1.602176634e-19;  // in eV, exact in the SI
constexpr double hartree = 27.211386245988;      // CODATA 2018
constexpr double bohr = 0.529177210903;

constexpr std::array<Style, 8> styles{{
    {"metal", 1.0, 1.0},
    {"real", 1.0 / 23.060549, 1.0},  // kcal/mol, by LAMMPS's own number
    {"electron", hartree, bohr},
    {"si", joule, 1e10},
    {"cgs", 1e-7 * joule, 1e8},     // erg, cm
    {"micro", 1e-15 * joule, 1e4},  // pg um^2/us^2, um
    {"nano", 1e-21 * joule, 10.0},  // ag nm^2/ns^2, nm
    {"lj", 0.0, 0.0},
}};

}  // namespace

const std::vector<std::string>& lammps_unit_styles() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const auto& style : styles) {
      all.emplace_back(style.name);
    }
    return all;
  }();
  return names;
}

UnitScale lammps_unit_scale(const std::string& name) {
  const auto* const found = std::find_if(styles.begin(), styles.end(),
                                         [&](const Style& style) { return name == style.name; });
  if (found == styles.end()) {
    throw Error(unknown_name_message("unit style", name, lammps_unit_styles()));
  }
  if (found->energy == 0.0) {
    throw Error(
        "units lj are those of a potential and have no eV and Angstrom; run in units metal or "
        "real");
  }
  return {found->energy, found->length};
}

}  // namespace spinconv::train
