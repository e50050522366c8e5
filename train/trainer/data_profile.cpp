// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "trainer/data_profile.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "spinconv/elements.hpp"

namespace spinconv::train {
namespace {

// What is looked at to count neighbors: enough for a mean, little for time.
constexpr std::size_t sampled_frames = 200;
constexpr std::size_t sampled_atoms = 20000;

void count_neighbors(const FrameStore& frames, const std::vector<std::size_t>& sample,
                     DataProfile& profile) {
  std::size_t atoms = 0;
  std::array<double, DataProfile::cutoffs.size()> edges{};
  for (const std::size_t i : sample) {
    if (atoms > sampled_atoms) {
      break;
    }
    const auto frame = frames.frame(i);
    const auto found = build_edges(*frame, DataProfile::cutoffs.back());
    for (std::size_t e = 0; e < found.size(); ++e) {
      const double* const v = &found.vectors[3 * e];
      const double distance = std::sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
      for (std::size_t c = 0; c < edges.size(); ++c) {
        edges[c] += distance < DataProfile::cutoffs[c] ? 1.0 : 0.0;
      }
    }
    atoms += frame->size();
  }
  for (std::size_t c = 0; c < edges.size() && atoms > 0; ++c) {
    profile.neighbors[c] = edges[c] / static_cast<double>(atoms);
  }
}

// Some of them, from all parts of the file, in an order of which any beginning is from all parts
// too.
std::vector<std::size_t> spread(const std::vector<std::size_t>& all, std::size_t most) {
  const std::size_t n = std::min(all.size(), most);
  // a stride that has no factor in common with n visits each once
  auto stride = std::max<std::size_t>(1, static_cast<std::size_t>(0.618 * static_cast<double>(n)));
  while (std::gcd(stride, n) > 1) {
    ++stride;
  }
  std::vector<std::size_t> chosen;
  for (std::size_t k = 0; k < n; ++k) {
    chosen.push_back(all[(k * stride % n) * all.size() / n]);
  }
  return chosen;
}

}  // namespace

double DataProfile::neighbors_within(double cutoff) const {
  const auto at = std::find(cutoffs.begin(), cutoffs.end(), cutoff);
  return neighbors.at(static_cast<std::size_t>(at - cutoffs.begin()));
}

DataProfile profile_of(const FrameStore& frames, std::optional<double> counted_cutoff) {
  DataProfile profile;
  profile.counted_cutoff = counted_cutoff;
  profile.frames = frames.size();
  std::set<int> numbers;
  std::map<std::string, double> alone;
  std::vector<std::size_t> structures;
  double atoms = 0.0, squares = 0.0;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const auto figures = frames.figures(i);
    for (const auto& [number, count] : figures.composition) {
      numbers.insert(number);
    }
    profile.n_energies += figures.energy ? 1 : 0;
    profile.n_forces += figures.force_components > 0 ? 1 : 0;
    profile.n_stresses += figures.stress_components > 0 ? 1 : 0;
    profile.max_force = std::max(profile.max_force, figures.max_force);
    if (is_isolated_atom(frames, i, counted_cutoff.value_or(5.0))) {
      if (figures.energy) {
        const auto element = element_symbol(figures.composition[0].first);
        const auto [known, is_new] = alone.emplace(element, *figures.energy);
        profile.isolated_differ =
            profile.isolated_differ || std::abs(known->second - *figures.energy) > same_atom_energy;
      }
      continue;
    }
    const auto n = static_cast<std::size_t>(figures.atoms);
    profile.min_atoms = structures.empty() ? n : std::min(profile.min_atoms, n);
    profile.max_atoms = std::max(profile.max_atoms, n);
    profile.periodic += figures.periodic ? 1 : 0;
    atoms += static_cast<double>(n);
    squares += static_cast<double>(n) * static_cast<double>(n);
    structures.push_back(i);
  }
  profile.structures = structures.size();
  profile.mean_atoms = structures.empty() ? 1.0 : atoms / static_cast<double>(structures.size());
  if (!structures.empty()) {
    const double variance =
        squares / static_cast<double>(structures.size()) - profile.mean_atoms * profile.mean_atoms;
    profile.atoms_deviation = std::sqrt(std::max(0.0, variance));
  }
  for (const int number : numbers) {
    profile.elements.push_back(element_symbol(number));
    if (alone.count(profile.elements.back()) > 0) {
      profile.isolated.push_back(profile.elements.back());
    }
  }
  const auto sample = spread(structures, sampled_frames);
  count_neighbors(frames, sample, profile);
  const auto add_group = [&](std::size_t i) {
    if (const auto& name = frames.frame(i)->config_type; !name.empty()) {
      ++profile.groups[name];
    }
  };
  if (frames.in_memory()) {
    for (std::size_t i = 0; i < frames.size(); ++i) {
      add_group(i);
    }
  } else {
    std::for_each(sample.begin(), sample.end(), add_group);
  }
  return profile;
}

}  // namespace spinconv::train
