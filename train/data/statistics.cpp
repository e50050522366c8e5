// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/statistics.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "data/neighbors.hpp"
#include "data/number_text.hpp"
#include "spinconv/elements.hpp"
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

// Atoms of each element in a frame, [n_elements].
std::vector<double> composition(const FrameStore& frames, std::size_t i,
                                const FrameStatistics& figures,
                                const std::map<int, std::size_t>& index, std::size_t n_elements) {
  std::vector<double> counts(n_elements, 0.0);
  for (const auto& [number, atoms] : figures.composition) {
    const auto found = index.find(number);
    if (found == index.end()) {
      throw Error(
          frames.frame(i)->source + ": element " + element_symbol(number) +
          " is not among the model's elements; add it to `elements` or leave the frame out");
    }
    counts[found->second] += static_cast<double>(atoms);
  }
  return counts;
}

// Rows that are solved as they are; more are reduced.
constexpr std::size_t max_rows = 20000;

}  // namespace

void ReferenceFit::add(const std::vector<double>& composition, double energy) {
  rows_.insert(rows_.end(), composition.begin(), composition.end());
  if (with_offset_) {
    rows_.push_back(1.0);
  }
  rows_.push_back(energy);
  ++n_frames_;
  if (rows_.size() >= max_rows * (columns() + 1)) {
    reduce();
  }
}

void ReferenceFit::reduce() {
  const auto width = static_cast<std::int64_t>(columns() + 1);
  const auto rows = static_cast<std::int64_t>(rows_.size()) / width;
  const auto matrix = at::from_blob(rows_.data(), {rows, width}, at::kDouble);
  const auto triangle = std::get<1>(at::linalg_qr(matrix, "r")).contiguous();
  const double* const values = triangle.data_ptr<double>();
  rows_.assign(values, values + triangle.numel());
}

ReferenceEnergies ReferenceFit::solve() const {
  ReferenceEnergies result;
  result.energies.assign(n_elements_, 0.0);
  result.n_frames = n_frames_;
  if (n_frames_ == 0) {
    return result;
  }
  const auto n_columns = static_cast<std::int64_t>(columns());
  const auto rows = static_cast<std::int64_t>(rows_.size()) / (n_columns + 1);
  auto copy = rows_;  // from_blob wants what may be written to
  const auto all = at::from_blob(copy.data(), {rows, n_columns + 1}, at::kDouble);
  const auto matrix = all.slice(1, 0, n_columns).contiguous();
  const auto right_side = all.slice(1, n_columns).contiguous();
  const auto [solution, residuals, independent, singular_values] =
      at::linalg_lstsq(matrix, right_side, std::nullopt, "gelsd");
  const auto contiguous = solution.contiguous();
  const double* const values = contiguous.data_ptr<double>();
  result.energies.assign(values, values + n_elements_);
  result.offset = with_offset_ ? values[n_elements_] : 0.0;
  result.independent = static_cast<std::size_t>(independent.item<std::int64_t>());
  return result;
}

ReferenceEnergies fit_reference_energies(const FrameStore& frames,
                                         const std::vector<std::string>& elements,
                                         std::span<const double> subtract, bool with_offset) {
  const auto index = index_of_number(elements);
  ReferenceFit fit(elements.size(), with_offset);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const auto figures = frames.figures(i);
    const auto row = composition(frames, i, figures, index, elements.size());
    if (figures.energy) {
      fit.add(row, *figures.energy - (subtract.empty() ? 0.0 : subtract[i]));
    }
  }
  return fit.solve();
}

ReferenceEnergies fit_reference_energies_robustly(const FrameStore& frames,
                                                  const std::vector<std::string>& elements,
                                                  std::span<const std::size_t> numbers,
                                                  std::span<const double> subtract) {
  const auto index = index_of_number(elements);
  std::vector<std::pair<std::vector<double>, double>> rows;
  for (std::size_t k = 0; k < numbers.size(); ++k) {
    const auto figures = frames.figures(numbers[k]);
    if (figures.energy) {
      rows.emplace_back(composition(frames, numbers[k], figures, index, elements.size()),
                        *figures.energy - subtract[k]);
    }
  }
  // least squares whose rows are divided by the root of what the last ones left of them
  std::vector<double> weights(rows.size(), 1.0);
  ReferenceEnergies result;
  for (int iteration = 0; iteration < 50; ++iteration) {
    ReferenceFit fit(elements.size());
    for (std::size_t k = 0; k < rows.size(); ++k) {
      auto row = rows[k].first;
      for (double& count : row) {
        count *= weights[k];
      }
      fit.add(row, rows[k].second * weights[k]);
    }
    result = fit.solve();
    std::vector<double> left;
    double mean = 0.0;
    for (const auto& [row, energy] : rows) {
      left.push_back(std::abs(
          energy - std::inner_product(row.begin(), row.end(), result.energies.begin(), 0.0)));
      mean += left.back() / double(rows.size());
    }
    for (std::size_t k = 0; k < rows.size(); ++k) {
      weights[k] = mean > 0.0 ? std::sqrt(mean / std::max(left[k], 1e-4 * mean)) : 1.0;
    }
  }
  return result;
}

Statistics compute_statistics(const FrameStore& frames, const std::vector<std::string>& elements,
                              double cutoff, bool with_offset,
                              const std::function<void()>& on_frame) {
  if (frames.empty()) {
    throw Error("statistics: there is no frame to take them from");
  }
  const auto reference = fit_reference_energies(frames, elements, {}, with_offset);
  const auto index = index_of_number(elements);
  Statistics statistics;
  statistics.elements = elements;
  statistics.reference_energies = reference.energies;
  statistics.independent = reference.independent;
  statistics.offset = reference.offset;
  statistics.has_offset = with_offset;

  double n_atoms = 0.0;
  double n_edges = 0.0;
  double force_sum = 0.0;
  double n_components = 0.0;
  // calls use(what the reference energies leave of the energy of a frame, eV/atom) for each
  const auto for_each_residual = [&](const auto& use) {
    for (std::size_t i = 0; i < frames.size(); ++i) {
      const auto figures = frames.figures(i);
      if (!figures.energy) {
        continue;
      }
      const auto counts = composition(frames, i, figures, index, elements.size());
      double residual = *figures.energy - reference.offset;
      for (std::size_t e = 0; e < counts.size(); ++e) {
        residual -= counts[e] * reference.energies[e];
      }
      use(residual / static_cast<double>(figures.atoms));
    }
  };
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const auto figures = frames.figures(i);
    n_atoms += static_cast<double>(figures.atoms);
    const auto known = frames.edge_count(i, cutoff);
    n_edges += known ? static_cast<double>(*known)
                     : static_cast<double>(build_edges(*frames.frame(i), cutoff).size());
    force_sum += figures.force_squares;
    n_components += static_cast<double>(figures.force_components);
    if (on_frame) {
      on_frame();
    }
  }
  statistics.average_neighbors = n_atoms > 0.0 ? n_edges / n_atoms : 0.0;
  statistics.force_rms = n_components > 0.0 ? std::sqrt(force_sum / n_components) : 0.0;
  if (const auto n = static_cast<double>(reference.n_frames); n > 0.0) {
    double mean = 0.0;
    for_each_residual([&](double r) { mean += r / n; });
    double variance = 0.0;
    for_each_residual([&](double r) { variance += (r - mean) * (r - mean) / n; });
    statistics.energy_std_per_atom = std::sqrt(variance);
  }
  return statistics;
}

std::string Statistics::text(const Target& target) const {
  std::string out;
  if (independent == 0) {
    out = target.is_energy() ? "reference energies: none, as no frame has an energy\n"
                             : "reference values: none, as no frame has the target\n";
  } else {
    out = target.is_energy() ? "reference energies (eV/atom):"
                             : "reference values (" + target.unit + "):";
    for (std::size_t e = 0; e < elements.size(); ++e) {
      out += format(" %s %.6f", elements[e].c_str(), reference_energies[e]);
    }
    if (has_offset) {
      out += format(", and %.6f of a frame", offset);
    }
    out += "\n";
  }
  const std::size_t unknowns = elements.size() + (has_offset ? 1 : 0);
  if (independent > 0 && independent < unknowns) {
    out += "  the compositions of the frames determine " + std::to_string(independent) + " of " +
           std::to_string(unknowns) +
           " of these: their sums are right, how they are shared between elements is arbitrary\n";
  }
  const std::string none =
      average_neighbors > 0.0
          ? ""
          : "  no atom has another inside the cutoff: nothing but energies of lone atoms can be "
            "learned; are the cutoff and the unit of length right?\n";
  if (!target.is_energy()) {
    return out +
           format("%.2f neighbors per atom, standard deviation of the rest %.5g %s an atom\n",
                  average_neighbors, energy_std_per_atom, target.unit.c_str()) +
           none;
  }
  return out +
         format(
             "%.2f neighbors per atom, force RMS %.4f eV/Angstrom, energy standard deviation "
             "%.5f eV/atom\n",
             average_neighbors, force_rms, energy_std_per_atom) +
         none;
}

}  // namespace spinconv::train
