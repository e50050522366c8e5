// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/label_names.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace spinconv::train {
namespace {

using Words = std::vector<std::string>;

bool is_letter(char c, int (*kind)(int)) {
  return kind(static_cast<unsigned char>(c)) != 0;
}

// The words of a name in lower case: parts between signs, and at the capitals of TotEnergy; a
// single small letter before a capital (eV) does not end a word.
Words words_of(const std::string& name) {
  Words words(1);
  std::size_t small = 0;  // letters before this one
  for (const char c : name) {
    if (!is_letter(c, std::isalnum)) {
      words.emplace_back();
      small = 0;
      continue;
    }
    if (is_letter(c, std::isupper) && small >= 2) {
      words.emplace_back();
    }
    small = is_letter(c, std::islower) ? small + 1 : 0;
    words.back() += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  words.erase(std::remove(words.begin(), words.end(), ""), words.end());
  return words;
}

bool has_word(const Words& words, const std::vector<std::string_view>& wanted) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    return std::find(wanted.begin(), wanted.end(), word) != wanted.end();
  });
}

bool has_part(const Words& words, std::string_view part) {
  return std::any_of(words.begin(), words.end(),
                     [&](const std::string& word) { return word.find(part) != std::string::npos; });
}

bool looks_like(Label label, const Words& words) {
  // what belongs to a label, and labels of atoms
  if (has_word(words, {"unit",      "units",  "weight",  "weights",    "sigma",       "std",
                       "error",     "errors", "var",     "variance",   "uncertainty", "per",
                       "max",       "min",    "norm",    "mean",       "constant",    "constants",
                       "atom",      "atomic", "atoms",   "node",       "local",       "site",
                       "kinetic",   "ke",     "mask",    "field",      "cutoff",      "correction",
                       "converged", "forced", "enforce", "reinforced", "weighted",    "scale"})) {
    return false;
  }
  std::string joined;
  for (const auto& word : words) {
    joined += word;
  }
  switch (label) {
    case Label::energy:
      return has_part(words, "energ") || has_part({joined}, "poteng") ||
             has_part({joined}, "toteng") ||
             has_word(words, {"e", "toten", "etot", "epot", "etotal", "pe"});
    case Label::forces:
      return has_word(words, {"f", "frc", "forces", "force"}) || has_part(words, "forces") ||
             std::any_of(words.begin(), words.end(),
                         [](const std::string& word) { return word.ends_with("force"); });
    case Label::stress:
      return has_part(words, "stress");
    case Label::virial:
      return has_part(words, "virial") && !has_part(words, "stress");
  }
  return false;
}

// Energies that are seldom the one to learn.
bool is_secondary(const Words& words) {
  return has_word(words, {"free", "binding", "formation", "interaction", "zero", "zpe",
                          "dispersion", "correlation", "cohesive", "adsorption"});
}

struct LabelText {
  Label label;
  const char* key;
  const char* one;   // looks like ...
  const char* more;  // look like ...
};

constexpr std::array<LabelText, 4> texts{{
    {Label::energy, "energy", "an energy", "energies"},
    {Label::forces, "forces", "forces", "forces"},
    {Label::stress, "stress", "a stress", "stresses"},
    {Label::virial, "virial", "a virial", "virials"},
}};

std::string suggestion(const std::vector<std::string>& names, const std::vector<Label>& wanted) {
  std::string seen, keys, options;
  bool has_stress = false;
  for (const auto& text : texts) {
    if (std::find(wanted.begin(), wanted.end(), text.label) == wanted.end()) {
      continue;
    }
    const auto found = names_like(text.label, names);
    if (found.empty()) {
      continue;
    }
    seen += seen.empty() ? "" : ", and ";
    for (std::size_t i = 0; i < found.size(); ++i) {
      seen += (i > 0 ? ", " : "") + ("'" + found[i] + "'");
    }
    seen += std::string(found.size() > 1 ? ", which look like " : ", which looks like ") +
            (found.size() > 1 ? text.more : text.one);
    if (text.label == Label::virial && has_stress) {
      continue;  // one of the two is read
    }
    has_stress = has_stress || text.label == Label::stress;
    keys += std::string(keys.empty() ? "" : ", ") + text.key + ": " + found[0];
    options += std::string(" --") + text.key + "-key " + found[0];
  }
  if (seen.empty()) {
    return "";
  }
  return "the file has " + seen + ": name what is to be read in the configuration, data.keys: {" +
         keys + "}, or by" + options;
}

}  // namespace

std::vector<std::string> names_like(Label label, const std::vector<std::string>& names) {
  std::vector<std::string> found;
  for (const auto& name : names) {
    if (looks_like(label, words_of(name))) {
      found.push_back(name);
    }
  }
  std::stable_partition(found.begin(), found.end(),
                        [](const std::string& name) { return !is_secondary(words_of(name)); });
  return found;
}

std::string label_suggestion(const std::vector<std::string>& not_read) {
  return suggestion(not_read, {Label::energy, Label::forces, Label::stress, Label::virial});
}

std::string label_suggestion(const SourceRecord& record) {
  std::vector<Label> missing;
  if (record.target.empty()) {
    if (record.energy_key.empty()) {
      missing.push_back(Label::energy);
    }
    if (record.forces_key.empty()) {
      missing.push_back(Label::forces);
    }
    if (record.stress_key.empty()) {
      missing.insert(missing.end(), {Label::stress, Label::virial});
    }
  }
  return suggestion(record.not_read, missing);
}

}  // namespace spinconv::train
