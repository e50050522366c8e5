// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/training_ranges.hpp"

#include <cmath>
#include <cstdio>

namespace spinconv {
namespace {

// Entries of a list that are shown: that of the pairs of four elements is whole.
constexpr std::size_t shown = 10;

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

std::string number(std::int64_t value) {
  return std::to_string(value);
}

template <class Range>
std::string range(const Range& r) {
  const std::string min = number(r.min), max = number(r.max);
  return min == max ? min : min + " to " + max;
}

std::string list(const std::vector<std::string>& entries, const std::string& separator = ", ") {
  std::string text;
  for (std::size_t i = 0; i < entries.size() && i < shown; ++i) {
    text += (i > 0 ? separator : "") + entries[i];
  }
  if (entries.size() > shown) {
    text += " and " + std::to_string(entries.size() - shown) + " more";
  }
  return text;
}

std::string formula(const TrainingRanges& r, const std::vector<std::int64_t>& atoms) {
  std::string text;
  for (std::size_t e = 0; e < r.elements.size(); ++e) {
    if (atoms[e] > 0) {
      text += (text.empty() ? "" : " ") + r.elements[e] + (atoms[e] > 1 ? number(atoms[e]) : "");
    }
  }
  return text;
}

std::string compositions_text(const TrainingRanges& r) {
  std::vector<std::string> entries;
  for (const auto& atoms : r.compositions) {
    entries.push_back(formula(r, atoms));
  }
  if (!entries.empty()) {
    return list(entries, "; ");
  }
  for (std::size_t e = 0; e < r.elements.size(); ++e) {
    entries.push_back(r.elements[e] + " " + range(r.atoms_of_element[e]));
  }
  return range(r.atoms) + " atoms (" + list(entries) + ")";
}

std::string cells_text(const TrainingRanges& r) {
  std::vector<std::string> entries;
  const auto add = [&](std::int64_t frames, const std::string& what) {
    if (frames > 0) {
      entries.push_back(what + (frames < r.frames ? " (" + number(frames) + " frames)" : ""));
    }
  };
  add(r.not_periodic, "no cell");
  add(r.partly_periodic, "partly periodic");
  add(r.fully_periodic,
      "periodic" + (r.volume_per_atom ? ", " + range(*r.volume_per_atom) + " A^3/atom" : ""));
  return list(entries, "; ");
}

std::string distances_text(const TrainingRanges& r) {
  std::vector<std::string> met, never;
  for (std::size_t a = 0; a < r.elements.size(); ++a) {
    for (std::size_t b = a; b < r.elements.size(); ++b) {
      const std::string pair = r.elements[a] + "-" + r.elements[b];
      const double distance = r.nearest_of(a, b);
      if (std::isfinite(distance)) {
        met.push_back(pair + " " + number(distance));
      } else {
        never.push_back(pair);
      }
    }
  }
  std::string text = met.empty() ? "" : "nearest " + list(met) + " A";
  if (!never.empty()) {
    text += (text.empty() ? "" : "; ") + std::string("never within the cutoff: ") + list(never);
  }
  return text;
}

std::string neighbors_text(const TrainingRanges& r) {
  std::vector<std::string> entries;
  for (std::size_t e = 0; e < r.elements.size(); ++e) {
    if (const auto& n = r.neighbors[e]) {
      entries.push_back(r.elements[e] + " " + range(*n) +
                        (n->min == n->max ? "" : " (mean " + number(n->mean) + ")"));
    }
  }
  return list(entries);
}

std::string labels_text(const TrainingRanges& r) {
  std::vector<std::string> entries;
  if (r.forces) {
    entries.push_back("forces up to " + number(r.forces->max) + " eV/A (RMS " +
                      number(r.forces->rms) + ")");
  }
  if (r.stress && r.stress->known()) {
    entries.push_back("stress of " + number(r.stress->frames) + " frames");
  } else if (r.stress) {
    // of a periodic system somebody may ask for a constant pressure
    const std::string pressure =
        r.fully_periodic > 0 ? ": constant pressure (fix npt, box/relax) is an extrapolation" : "";
    entries.push_back((r.stress->frames == 0 ? "no stress labels"
                                             : "stress labels of " + number(r.stress->frames) +
                                                   " frames, which were not learned") +
                      pressure);
  }
  if (r.temperature) {
    entries.push_back("temperatures " + range(*r.temperature) + " K");
  }
  return list(entries, "; ");
}

std::string groups_text(const TrainingRanges& r) {
  std::vector<std::string> entries;
  for (const auto& [name, frames] : r.config_types) {
    entries.push_back(name + " " + number(frames));
  }
  return list(entries);
}

}  // namespace

std::string TrainingRanges::text() const {
  std::string out;
  const auto line = [&](const std::string& what, const std::string& content) {
    if (!content.empty()) {
      out += "  " + what + content + "\n";
    }
  };
  line("trained compositions: ", compositions_text(*this) + "; " + cells_text(*this));
  line("trained distances: ", distances_text(*this));
  line("trained neighbors: ", neighbors_text(*this));
  line("trained labels: ", labels_text(*this));
  line("trained groups: ", groups_text(*this));
  return out;
}

}  // namespace spinconv
