// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "spinconv/calculator.hpp"
#include "spinconv/elements.hpp"
#include "support/structures.hpp"
#include "support/test_models.hpp"

namespace spinconv::test {

// A structure as a calculator takes it: its types are these elements.
struct Atoms {
  std::vector<double> positions;
  std::vector<int> numbers;
  std::array<double, 9> cell{};
  std::array<bool, 3> pbc{};

  explicit Atoms(const Structure& s, const std::vector<std::string>& elements = {"H", "C", "O"})
      : pbc(s.pbc) {
    for (std::size_t i = 0; i < s.size(); ++i) {
      positions.insert(positions.end(), s.positions[i].begin(), s.positions[i].end());
      numbers.push_back(atomic_number(elements.at(static_cast<std::size_t>(s.types[i]))));
    }
    for (std::size_t k = 0; k < 9; ++k) {
      cell[k] = s.cell[k / 3][k % 3];
    }
  }

  AtomsView view() const { return {numbers.size(), positions.data(), numbers.data(), cell, pbc}; }
};

// A calculator of random potentials for H, C and O, one for each seed, in double precision.
inline Calculator random_calculator(const CalculatorOptions& options = {},
                                    const ModelConfig& config = small_spinconv2_config(),
                                    const std::vector<std::uint64_t>& seeds = {1}) {
  const TemporaryFolder folder;
  std::vector<std::string> paths;
  for (const auto seed : seeds) {
    paths.push_back((folder / ("seed_" + std::to_string(seed) + ".pt")));
    write_random_potential(paths.back(), config, seed);
  }
  return Calculator(paths, options);
}

inline CalculatorOptions with_skin(double skin) {
  CalculatorOptions options;
  options.skin = skin;
  return options;
}

}  // namespace spinconv::test
