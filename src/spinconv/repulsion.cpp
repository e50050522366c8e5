// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/repulsion.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "spinconv/elements.hpp"
#include "spinconv/model_error.hpp"

namespace spinconv {
namespace {

constexpr double coulomb = 14.399645;  // e^2/(4 pi eps_0), eV Angstrom

// Angstrom, of hydrogen to curium
constexpr std::array<double, 96> covalent_radii{
    0.31, 0.28, 1.28, 0.96, 0.84, 0.76, 0.71, 0.66, 0.57, 0.58, 1.66, 1.41, 1.21, 1.11, 1.07, 1.05,
    1.02, 1.06, 2.03, 1.76, 1.70, 1.60, 1.53, 1.39, 1.39, 1.32, 1.26, 1.24, 1.32, 1.22, 1.22, 1.20,
    1.19, 1.20, 1.20, 1.16, 2.20, 1.95, 1.90, 1.75, 1.64, 1.54, 1.47, 1.46, 1.42, 1.39, 1.45, 1.44,
    1.42, 1.39, 1.39, 1.38, 1.39, 1.40, 2.44, 2.15, 2.07, 2.04, 2.03, 2.01, 1.99, 1.98, 1.98, 1.96,
    1.94, 1.92, 1.92, 1.89, 1.90, 1.87, 1.87, 1.75, 1.70, 1.62, 1.51, 1.44, 1.41, 1.36, 1.36, 1.32,
    1.45, 1.46, 1.48, 1.40, 1.50, 1.50, 2.60, 2.21, 2.15, 2.06, 2.00, 1.96, 1.90, 1.87, 1.80, 1.69,
};

bool has_radius(int atomic_number) {
  return atomic_number <= static_cast<int>(covalent_radii.size());
}

double covalent_radius(int atomic_number) {
  return covalent_radii.at(static_cast<std::size_t>(atomic_number - 1));
}

}  // namespace

double stated_repulsion_radius(const ModelConfig& config, std::size_t a, std::size_t b) {
  if (config.repulsion_radii.empty()) {
    return 0.0;
  }
  const std::size_t low = std::min(a, b), high = std::max(a, b), n = config.elements.size();
  return config.repulsion_radii.at(low * n - low * (low + 1) / 2 + high);
}

// The same in torchscript/spinconv2.py.
PairRepulsion::Value PairRepulsion::at(double distance) const {
  if (distance >= radius) {
    return {0.0, 0.0};
  }
  constexpr double share[] = {0.18175, 0.50986, 0.28022, 0.02817};
  constexpr double rate[] = {3.19980, 0.94229, 0.40290, 0.20162};
  const double x = distance * inverse_length, u = distance / radius;
  double screening = 0.0, slope = 0.0;
  for (int i = 0; i < 4; ++i) {
    const double term = share[i] * std::exp(-rate[i] * x);
    screening += term;
    slope -= rate[i] * inverse_length * term;
  }
  const double u5 = u * u * u * u * u;
  const double f = 1.0 - u5 * u * (28.0 - u * (48.0 - 21.0 * u));
  const double df = -168.0 * u5 * (1.0 - u) * (1.0 - u) / radius;
  const double bare = strength / distance;
  return {bare * screening * f, bare * (slope * f + screening * (df - f / distance))};
}

std::vector<PairRepulsion> repulsion_of_pairs(const ModelConfig& config,
                                              const std::vector<std::int64_t>& used) {
  std::vector<PairRepulsion> pairs;
  if (config.repulsion == "none") {
    return pairs;
  }
  for (const auto first : used) {
    const auto i = static_cast<std::size_t>(first);
    const int a = atomic_number(config.elements.at(i));
    for (const auto second : used) {
      const auto j = static_cast<std::size_t>(second);
      const int b = atomic_number(config.elements.at(j));
      double radius = stated_repulsion_radius(config, i, j);
      if (radius == 0.0) {
        radius = covalent_radius(a) + covalent_radius(b);
      }
      pairs.push_back({coulomb * a * b, (std::pow(a, 0.23) + std::pow(b, 0.23)) / 0.46850,
                       std::min(radius, config.cutoff)});
    }
  }
  return pairs;
}

void check_repulsion(const ModelConfig& config) {
  if (config.repulsion == "none") {
    return;
  }
  const std::size_t n = config.elements.size(), radii = config.repulsion_radii.size();
  if (radii != 0 && radii != n * (n + 1) / 2) {
    throw ModelError("repulsion_radii", "repulsion_radii is of length " + std::to_string(radii) +
                                            "; it must be one radius for each of the " +
                                            std::to_string(n * (n + 1) / 2) + " pairs of elements");
  }
  for (const auto& symbol : config.elements) {
    if (!has_radius(atomic_number(symbol))) {
      throw ModelError("repulsion", "repulsion is zbl, and there is no covalent radius for " +
                                        symbol + "; it must be none with this element");
    }
  }
}

}  // namespace spinconv
