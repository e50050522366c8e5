// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "spinconv/target.hpp"

namespace spinconv::train {

// The twelve properties of QM9 (Ramakrishnan et al., Sci. Data 1, 140022 (2014)) that models are
// compared by, with the names of its columns and the units of the model: alpha (bohr^3), gap, homo,
// lumo, zpve, U0, U, H, G (eV), mu (D), Cv (cal/(mol K)), r2 (bohr^2).
const std::vector<std::string>& qm9_target_names();
// No value: not one of them.
std::optional<Target> qm9_target(const std::string& name);
// As above. Throws spinconv::Error with the nearest name.
Target named_target(const std::string& name, const std::string& where);
// `target`, which a configuration describes itself. Throws spinconv::Error: no name, no unit, or
// the name of one that has its unit.
Target custom_target(const Target& target, const std::string& where);

// What the file calls the target; empty for the energy, whose usual names the readers know.
std::string target_key(const Target& target);

// What a number of a file is multiplied with: the file's unit of energy (in eV) where the target is
// one of eV, 1 otherwise.
double target_factor(const Target& target, double energy_unit_ev);

// How a number of the target is shown: energies in meV.
struct ShownUnit {
  std::string unit;
  double factor = 1.0;
};
ShownUnit shown_unit(const Target& target);

}  // namespace spinconv::train
