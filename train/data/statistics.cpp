// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/statistics.hpp"

#include <ATen/ATen.h>

#include <cmath>
#include <cstdio>
#include <map>

#include "data/elements.hpp"
#include "data/neighbors.hpp"
#include "spinconv/error.hpp"

namespace spinconv::train {
namespace {

std::map<int, std::size_t> index_of_number(const std::vector<std::string>& elements) {
  std::map<int, std::size_t> index;
  for (std::size_t i = 0; i < elements.size(); ++i) {
    index.emplace(atomic_number(elements[i]), i);
  }
  return index;
}

// Atoms of each element in the frame, [n_elements].
std::vector<double> composition(const Frame& frame, const std::map<int, std::size_t>& index,
                                std::size_t n_elements) {
  std::vector<double> counts(n_elements, 0.0);
  for (const int number : frame.atomic_numbers) {
    const auto found = index.find(number);
    if (found == index.end()) {
      throw Error(
          frame.source + ": element " + element_symbol(number) +
          " is not among the model's elements; add it to `elements` or leave the frame out");
    }
    counts[found->second] += 1.0;
  }
  return counts;
}

}  // namespace

ReferenceEnergies fit_reference_energies(const std::vector<Frame>& frames,
                                         const std::vector<std::string>& elements,
                                         bool with_offset) {
  const auto index = index_of_number(elements);
  ReferenceEnergies result;
  result.energies.assign(elements.size(), 0.0);
  std::vector<double> counts;
  std::vector<double> energies;
  for (const auto& frame : frames) {
    const auto row = composition(frame, index, elements.size());
    if (frame.energy) {
      counts.insert(counts.end(), row.begin(), row.end());
      if (with_offset) {
        counts.push_back(1.0);
      }
      energies.push_back(*frame.energy);
    }
  }
  result.n_frames = energies.size();
  if (energies.empty()) {
    return result;
  }
  const auto n = static_cast<std::int64_t>(energies.size());
  const auto n_elements = static_cast<std::int64_t>(elements.size());
  const auto columns = n_elements + (with_offset ? 1 : 0);
  const auto matrix = at::from_blob(counts.data(), {n, columns}, at::kDouble);
  const auto target = at::from_blob(energies.data(), {n, 1}, at::kDouble);
  const auto [solution, residuals, rank, singular_values] =
      at::linalg_lstsq(matrix, target, std::nullopt, "gelsd");
  const double* const values = solution.contiguous().data_ptr<double>();
  result.energies.assign(values, values + n_elements);
  result.offset = with_offset ? values[n_elements] : 0.0;
  result.rank = static_cast<std::size_t>(rank.item<std::int64_t>());
  return result;
}

Statistics compute_statistics(const std::vector<Frame>& frames,
                              const std::vector<std::string>& elements, double cutoff,
                              bool with_offset) {
  if (frames.empty()) {
    throw Error("statistics: there is no frame to take them from");
  }
  const auto reference = fit_reference_energies(frames, elements, with_offset);
  const auto index = index_of_number(elements);
  Statistics statistics;
  statistics.elements = elements;
  statistics.reference_energies = reference.energies;
  statistics.reference_rank = reference.rank;
  statistics.offset = reference.offset;
  statistics.has_offset = with_offset;

  double n_atoms = 0.0;
  double n_edges = 0.0;
  double force_sum = 0.0;
  double n_components = 0.0;
  std::vector<double> residuals;  // eV/atom
  for (const auto& frame : frames) {
    const auto n = static_cast<double>(frame.size());
    n_atoms += n;
    n_edges += static_cast<double>(build_edges(frame, cutoff).size());
    for (const double f : frame.forces) {
      force_sum += f * f;
    }
    n_components += static_cast<double>(frame.forces.size());
    if (frame.energy) {
      const auto counts = composition(frame, index, elements.size());
      double residual = *frame.energy - reference.offset;
      for (std::size_t e = 0; e < counts.size(); ++e) {
        residual -= counts[e] * reference.energies[e];
      }
      residuals.push_back(residual / n);
    }
  }
  statistics.average_neighbors = n_atoms > 0.0 ? n_edges / n_atoms : 0.0;
  statistics.force_rms = n_components > 0.0 ? std::sqrt(force_sum / n_components) : 0.0;
  if (!residuals.empty()) {
    double mean = 0.0;
    for (const double r : residuals) {
      mean += r / static_cast<double>(residuals.size());
    }
    double variance = 0.0;
    for (const double r : residuals) {
      variance += (r - mean) * (r - mean) / static_cast<double>(residuals.size());
    }
    statistics.energy_std_per_atom = std::sqrt(variance);
  }
  return statistics;
}

std::string Statistics::text(const Target& target) const {
  char line[160];
  std::string out;
  if (reference_rank == 0) {
    out = target.is_energy() ? "reference energies: none, as no frame has an energy\n"
                             : "reference values: none, as no frame has the target\n";
  } else {
    out = target.is_energy() ? "reference energies (eV/atom):"
                             : "reference values (" + target.unit + "):";
    for (std::size_t e = 0; e < elements.size(); ++e) {
      std::snprintf(line, sizeof line, " %s %.6f", elements[e].c_str(), reference_energies[e]);
      out += line;
    }
    if (has_offset) {
      std::snprintf(line, sizeof line, ", and %.6f of a frame", offset);
      out += line;
    }
    out += "\n";
  }
  const std::size_t unknowns = elements.size() + (has_offset ? 1 : 0);
  if (reference_rank > 0 && reference_rank < unknowns) {
    out += "  the compositions of the frames determine " + std::to_string(reference_rank) + " of " +
           std::to_string(unknowns) +
           " of these: their sums are right, how they are shared between elements is arbitrary\n";
  }
  if (!target.is_energy()) {
    std::snprintf(line, sizeof line,
                  "%.2f neighbors per atom, standard deviation of the rest %.5g %s an atom\n",
                  average_neighbors, energy_std_per_atom, target.unit.c_str());
    return out + line;
  }
  std::snprintf(
      line, sizeof line,
      "%.2f neighbors per atom, force RMS %.4f eV/Angstrom, energy standard deviation %.5f "
      "eV/atom\n",
      average_neighbors, force_rms, energy_std_per_atom);
  return out + line;
}

}  // namespace spinconv::train
