// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <array>
#include <cmath>
#include <random>

#include "spinconv/module_definition.hpp"

namespace spinconv {
namespace {

using Matrix = std::array<double, 9>;

// Signed permutations of the axes with determinant 1.
std::vector<Matrix> cube_rotations() {
  std::vector<Matrix> result;
  const int orders[6][3] = {{0, 1, 2}, {1, 2, 0}, {2, 0, 1}, {0, 2, 1}, {2, 1, 0}, {1, 0, 2}};
  for (int p = 0; p < 6; ++p) {
    const double parity = p < 3 ? 1.0 : -1.0;
    for (int signs = 0; signs < 8; ++signs) {
      const double s[3] = {signs & 1 ? -1.0 : 1.0, signs & 2 ? -1.0 : 1.0, signs & 4 ? -1.0 : 1.0};
      if (parity * s[0] * s[1] * s[2] < 0) {
        continue;
      }
      Matrix m{};
      for (int row = 0; row < 3; ++row) {
        m[3 * row + orders[p][row]] = s[row];
      }
      result.push_back(m);
    }
  }
  return result;
}

// Uniform over all rotations (Shoemake 1992). The engine's bits are used as they are: the standard
// distributions differ between libraries.
Matrix random_rotation(std::mt19937_64& engine) {
  const auto uniform = [&] { return static_cast<double>(engine() >> 11) * 0x1.0p-53; };
  const double u = uniform(), a = 2.0 * M_PI * uniform(), b = 2.0 * M_PI * uniform();
  const double x = std::sqrt(1.0 - u) * std::sin(a), y = std::sqrt(1.0 - u) * std::cos(a);
  const double z = std::sqrt(u) * std::sin(b), w = std::sqrt(u) * std::cos(b);
  return {1 - 2 * (y * y + z * z), 2 * (x * y - z * w),     2 * (x * z + y * w),
          2 * (x * y + z * w),     1 - 2 * (x * x + z * z), 2 * (y * z - x * w),
          2 * (x * z - y * w),     2 * (y * z + x * w),     1 - 2 * (x * x + y * y)};
}

}  // namespace

torch::Tensor force_block_rotations(const ModelConfig& config) {
  std::vector<Matrix> rotations;
  if (config.force_rotations == 24) {
    rotations = cube_rotations();
  } else {
    std::mt19937_64 engine(config.force_seed);
    for (int k = 0; k < config.force_rotations; ++k) {
      rotations.push_back(random_rotation(engine));
    }
  }
  std::vector<double> values;
  for (const auto& m : rotations) {
    values.insert(values.end(), m.begin(), m.end());
  }
  const auto r = torch::tensor(values, torch::kFloat64).view({-1, 3, 3});
  // a quarter turn brings y, then z, to row 0 (the published order of the other two rows)
  const auto y = torch::stack({r.select(1, 1), -r.select(1, 0), r.select(1, 2)}, 1);
  const auto z = torch::stack({r.select(1, 2), r.select(1, 1), -r.select(1, 0)}, 1);
  return torch::stack({r, y, z}, 1).reshape({-1, 3, 3});
}

}  // namespace spinconv
