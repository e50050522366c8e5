// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <limits>
#include <span>
#include <vector>

namespace spinconv::train {

// Losses and absolute errors, added up over batches and ranks, and the labels that the errors are
// of: means of an epoch are exact whatever its batches hold.
struct ErrorSums {
  double loss = 0.0;    // of batches; of a validation, each times its frames
  double energy = 0.0;  // |E - E_ref| an atom, eV; of another target whole, in its unit
  double force = 0.0;   // |f - f_ref| of components, eV/Angstrom
  double stress = 0.0;  // |s - s_ref| of components, eV/Angstrom^3
  // labels; exact, as numbers of them are far below 2^53
  double n_energies = 0.0;
  double n_components = 0.0;
  double n_stresses = 0.0;

  ErrorSums& operator+=(const ErrorSums& other);

  // All of it as numbers that can be added over ranks, and back. `numbers` may be longer.
  std::vector<double> numbers() const;
  static ErrorSums from(std::span<const double> numbers);

  // NaN where there is nothing to take the mean of.
  static double mean(double sum, double labels) {
    return labels > 0 ? sum / labels : std::numeric_limits<double>::quiet_NaN();
  }
};

// Calls visit(name, number) for each member, in one fixed order.
template <class Sums, class Visit>
void for_each_sum(Sums& sums, Visit&& visit) {
  visit("loss", sums.loss);
  visit("energy", sums.energy);
  visit("force", sums.force);
  visit("stress", sums.stress);
  visit("energies", sums.n_energies);
  visit("components", sums.n_components);
  visit("stresses", sums.n_stresses);
}

inline std::vector<double> ErrorSums::numbers() const {
  std::vector<double> result;
  for_each_sum(*this, [&](const char*, double number) { result.push_back(number); });
  return result;
}

inline ErrorSums ErrorSums::from(std::span<const double> numbers) {
  ErrorSums sums;
  std::size_t next = 0;
  for_each_sum(sums, [&](const char*, double& number) { number = numbers[next++]; });
  return sums;
}

inline ErrorSums& ErrorSums::operator+=(const ErrorSums& other) {
  const auto added = other.numbers();
  std::size_t next = 0;
  for_each_sum(*this, [&](const char*, double& number) { number += added[next++]; });
  return *this;
}

}  // namespace spinconv::train
