// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "commands/isolated_atoms.hpp"

#include <algorithm>
#include <cmath>

#include "data/number_text.hpp"
#include "data/text.hpp"
#include "spinconv/elements.hpp"
#include "spinconv/error.hpp"

namespace spinconv::train {
namespace {

const std::string key = "training.isolated_atoms";

std::string energy_text(double energy) {
  return format("%.6f", energy);
}

struct Found {
  double energy;
  std::string source;
};

std::map<std::string, Found> in_frames(const Parts& parts, double cutoff) {
  std::map<std::string, Found> found;
  for (const Part* part : {&parts.training, &parts.validation, &parts.test}) {
    for (std::size_t i = 0; i < part->size(); ++i) {
      const auto figures = part->frames->figures(i);
      if (!figures.energy || !is_isolated_atom(*part->frames, i, cutoff)) {
        continue;
      }
      const std::string element = element_symbol(figures.composition[0].first);
      const std::string source = part->frames->frame(i)->source;
      const auto [at, is_new] = found.emplace(element, Found{*figures.energy, source});
      if (!is_new && std::abs(at->second.energy - *figures.energy) > same_atom_energy) {
        throw Error(key + ": two isolated atoms of " + element + " have different energies: " +
                    at->second.source + " " + energy_text(at->second.energy) + " eV, " + source +
                    " " + energy_text(*figures.energy) +
                    " eV; leave one of them out, or give the energies (" + key + ": {" + element +
                    ": " + energy_text(at->second.energy) + "})");
      }
    }
  }
  return found;
}

}  // namespace

std::vector<double> isolated_atom_energies(const FitConfig& config, const Parts& parts) {
  const auto& atoms = config.training.isolated_atoms;
  const auto& elements = config.model.elements;
  std::map<std::string, double> known = atoms.energies;
  if (atoms.from_frames) {
    for (const auto& [element, found] : in_frames(parts, config.model.cutoff)) {
      known[element] = found.energy;
    }
  }
  std::vector<double> energies;
  std::vector<std::string> missing;
  for (const auto& element : elements) {
    const auto found = known.find(element);
    if (found == known.end()) {
      missing.push_back(element);
    } else {
      energies.push_back(found->second);
    }
  }
  if (!missing.empty() && atoms.from_frames) {
    throw Error(key + ": no frame of " + parts.training.record.path + " is an isolated atom of " +
                joined(missing, ", ") + " (one atom, an energy, no neighbor within the cutoff of " +
                energy_text(config.model.cutoff) +
                " Angstrom); every element needs one: add it, give the energies (" + key + ": {" +
                missing[0] + ": ENERGY_IN_EV, ...}), or leave the key out");
  }
  if (!missing.empty()) {
    throw Error(key + " lacks " + joined(missing, ", ") +
                "; give the energy of an atom of each element (" + joined(elements, ", ") + ")");
  }
  for (const auto& [element, energy] : atoms.energies) {
    if (std::find(elements.begin(), elements.end(), element) == elements.end()) {
      throw Error(unknown_name_message(key + ", element", element, elements));
    }
  }
  return energies;
}

std::string isolated_atoms_text(const FitConfig& config, const std::vector<double>& energies) {
  std::string text = "energies of isolated atoms, which stay (eV):";
  for (std::size_t e = 0; e < energies.size(); ++e) {
    text += " " + config.model.elements[e] + " " + energy_text(energies[e]);
  }
  return text + "\n";
}

}  // namespace spinconv::train
