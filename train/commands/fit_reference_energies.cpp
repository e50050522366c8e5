// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "commands/fit_reference_energies.hpp"

#include <algorithm>
#include <cstdio>
#include <iostream>

#include "data/statistics.hpp"
#include "report/progress.hpp"
#include "trainer/initial_weights.hpp"

namespace spinconv::train {

std::string reference_energies_text(const std::vector<std::string>& elements,
                                    const std::vector<double>& changes) {
  std::string all = "reference energies changed by (eV/atom):";
  for (std::size_t e = 0; e < elements.size(); ++e) {
    char text[64];
    std::snprintf(text, sizeof text, " %s %.6f", elements[e].c_str(), changes[e]);
    all += text;
  }
  return all + "\n";
}

void fit_reference_energies_again(Model& model, const Part& training, Ranks& ranks) {
  constexpr std::size_t enough = 1000;  // frames, for a few numbers
  const std::size_t n = training.size(), count = std::min(n, enough);
  std::vector<std::size_t> numbers(count), own;
  for (std::size_t k = 0; k < count; ++k) {
    numbers[k] = k * n / count;
    if (k % static_cast<std::size_t>(ranks.size()) == static_cast<std::size_t>(ranks.rank())) {
      own.push_back(numbers[k]);
    }
  }
  ProgressOptions progress;
  progress.keep = false;
  if (!ranks.is_first()) {
    progress.stream = nullptr;
  }
  ProgressBar bar(static_cast<std::int64_t>(own.size()), "fitting reference energies", progress);
  auto predicted = predicted_energies(model, training.set(), own, [&] { bar.advance(); });
  bar.finish();
  if (ranks.are_many()) {
    const auto of_ranks = ranks.gather(predicted);
    predicted.clear();
    for (std::size_t k = 0; k < count; ++k) {
      predicted.push_back(of_ranks[k % of_ranks.size()][k / of_ranks.size()]);
    }
  }
  const auto& elements = model.config().elements;
  const auto fit = fit_reference_energies_robustly(*training.frames, elements, numbers, predicted);
  if (fit.rank == 0) {
    return;  // no energies
  }
  auto energies = model.config().reference_energies;
  for (std::size_t e = 0; e < energies.size(); ++e) {
    energies[e] += fit.energies[e];
  }
  model.set_reference_energies(energies);
  std::cout << reference_energies_text(elements, fit.energies);
}

}  // namespace spinconv::train
