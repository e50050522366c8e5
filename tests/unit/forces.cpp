// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cmath>
#include <ostream>

#include "support/structures.hpp"
#include "support/test_models.hpp"

// Forces and virials are the derivatives of the energy, in double precision.
namespace spinconv::test {
namespace {

// Truncation falls as h^4 and rounding grows as 1/h: the smallest error of a sweep is what counts.
// (Steps that take an edge over the cutoff, where the third derivative jumps, err more.)
const std::vector<double> steps = {1e-3, 5e-4, 2.5e-4, 1.25e-4};

struct Case {
  std::string name;
  ModelConfig config;
  Structure structure;

  friend void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }
};

double best_force_error(Evaluator& evaluator, const Structure& s) {
  const auto forces = calculate(evaluator, s).forces;
  double best = INFINITY;
  for (const double h : steps) {
    const auto expected = finite_difference_forces(evaluator, s, h);
    best = std::min(best, largest_difference(forces, expected) / root_mean_square(expected));
  }
  return best;
}

double best_virial_error(Evaluator& evaluator, const Structure& s) {
  const auto virial = calculate(evaluator, s).virial;
  double best = INFINITY;
  for (const double h : steps) {
    const auto expected = finite_difference_virial(evaluator, s, h);
    double error = 0.0, size = 0.0;
    for (int k = 0; k < 3; ++k) {
      error = std::max(error, norm(virial[k] - expected[k]));
      size = std::max(size, norm(expected[k]));
    }
    best = std::min(best, error / size);
  }
  return best;
}

class ForcesOf : public ::testing::TestWithParam<Case> {};

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const auto& variant : exact_variants()) {
    const int elements = static_cast<int>(variant.config.elements.size());
    cases.push_back({variant.name + "Molecule", variant.config, random_molecule(7, elements, 5)});
    cases.push_back({variant.name + "Triclinic", variant.config, random_triclinic(5, elements, 6)});
  }
  auto swish = small_config();
  swish.roll_activation = "swish";
  swish.roll_samples = 48;
  cases.push_back({"Swish48Molecule", swish, random_molecule(6, 3, 7)});
  auto no_roll = small_config();
  no_roll.roll = "none";
  cases.push_back({"NoRollMolecule", no_roll, random_molecule(7, 3, 5)});
  cases.push_back({"NoRollTriclinic", no_roll, random_triclinic(5, 3, 6)});
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Models, ForcesOf, ::testing::ValuesIn(all_cases()),
                         [](const auto& info) { return info.param.name; });

TEST_P(ForcesOf, AreMinusTheGradientOfTheEnergy) {
  auto evaluator = random_evaluator(GetParam().config);
  ASSERT_GT(root_mean_square(calculate(evaluator, GetParam().structure).forces), 1e-3);
  EXPECT_LT(best_force_error(evaluator, GetParam().structure), 1e-9);
}

TEST_P(ForcesOf, GiveTheVirialThatIsMinusTheStrainDerivative) {
  auto evaluator = random_evaluator(GetParam().config);
  EXPECT_LT(best_virial_error(evaluator, GetParam().structure), 1e-9);
}

// A field that is no gradient has a Jacobian with an antisymmetric part.
TEST_P(ForcesOf, HaveASymmetricJacobian) {
  auto evaluator = random_evaluator(GetParam().config);
  const auto& s = GetParam().structure;
  const double h = 2.5e-4;
  const std::size_t n = 3 * s.size();
  std::vector<Structure> displaced;
  for (std::size_t k = 0; k < n; ++k) {
    for (const double step : {-2 * h, -h, h, 2 * h}) {
      displaced.push_back(s);
      displaced.back().positions[k / 3][k % 3] += step;
    }
  }
  const auto results = calculate(evaluator, displaced);
  std::vector<std::vector<double>> hessian(n, std::vector<double>(n));
  double size = 0.0;
  for (std::size_t k = 0; k < n; ++k) {
    const auto* r = &results[4 * k];
    for (std::size_t j = 0; j < n; ++j) {
      const auto f = [&](int i) { return r[i].forces[j / 3][j % 3]; };
      hessian[k][j] = -(8 * (f(2) - f(1)) - (f(3) - f(0))) / (12 * h);
      size = std::max(size, std::abs(hessian[k][j]));
    }
  }
  for (std::size_t k = 0; k < n; ++k) {
    for (std::size_t j = 0; j < k; ++j) {
      EXPECT_NEAR(hessian[k][j], hessian[j][k], 1e-7 * size) << k << " " << j;
    }
  }
}

TEST_P(ForcesOf, SumToZeroAndExertNoTorqueOnAMolecule) {
  auto evaluator = random_evaluator(GetParam().config);
  auto s = GetParam().structure;
  s.pbc = {};
  const auto forces = calculate(evaluator, s).forces;
  Vector sum{}, torque{};
  for (std::size_t i = 0; i < s.size(); ++i) {
    const auto& r = s.positions[i];
    const auto& f = forces[i];
    sum = sum + f;
    torque = torque + Vector{r[1] * f[2] - r[2] * f[1], r[2] * f[0] - r[0] * f[2],
                             r[0] * f[1] - r[1] * f[0]};
  }
  const double scale = root_mean_square(forces);
  EXPECT_LT(norm(sum), 1e-13 * scale);
  // sampled rolls are invariant only up to aliasing
  EXPECT_LT(norm(torque), (GetParam().config.roll_activation == "swish" ? 1e-7 : 1e-11) * scale);
}

}  // namespace
}  // namespace spinconv::test
