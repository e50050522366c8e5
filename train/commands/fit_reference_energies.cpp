// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "commands/fit_reference_energies.hpp"

#include <algorithm>
#include <iostream>

#include "data/number_text.hpp"
#include "data/statistics.hpp"
#include "report/progress.hpp"
#include "trainer/initial_weights.hpp"

namespace spinconv::train {

std::string correct_reference_energies(Model& model, const std::vector<double>& changes) {
  auto energies = model.config().reference_energies;
  std::string all = "reference energies changed by (eV/atom):";
  for (std::size_t e = 0; e < energies.size(); ++e) {
    energies[e] += changes[e];
    all += format(" %s %.6f", model.config().elements[e].c_str(), changes[e]);
  }
  model.set_reference_energies(energies);
  return all + "\n";
}

void fit_reference_energies_again(Model& model, const fused::InstructionSet* kernels,
                                  const Part& training, Ranks& ranks) {
  constexpr std::size_t enough = 1000;  // frames, for a few numbers
  const std::size_t n = training.size(), count = std::min(n, enough);
  std::vector<std::size_t> numbers(count), own;
  for (std::size_t k = 0; k < count; ++k) {
    numbers[k] = k * n / count;
    if (k % static_cast<std::size_t>(ranks.size()) == static_cast<std::size_t>(ranks.rank())) {
      own.push_back(numbers[k]);
    }
  }
  ProgressBar bar(static_cast<std::int64_t>(own.size()), "fitting reference energies",
                  ProgressOptions::passing(ranks.is_first()));
  Predictor predictor(model, kernels);
  auto predicted = predicted_energies(predictor, training.set(), own, [&] { bar.advance(); });
  bar.finish();
  if (ranks.are_many()) {
    const auto of_ranks = ranks.gather(predicted);
    predicted.clear();
    for (std::size_t k = 0; k < count; ++k) {
      predicted.push_back(of_ranks[k % of_ranks.size()][k / of_ranks.size()]);
    }
  }
  const auto fit = fit_reference_energies_robustly(*training.frames, model.config().elements,
                                                   numbers, predicted);
  if (fit.independent > 0) {  // else there are no energies
    std::cout << correct_reference_energies(model, fit.energies);
  }
}

}  // namespace spinconv::train
