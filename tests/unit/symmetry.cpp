// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "support/structures.hpp"
#include "support/test_models.hpp"

// Energies are invariant, forces and virials covariant, under everything that physics does not see.
namespace spinconv::test {
namespace {

constexpr Matrix mirror = {{{1, 0, 0}, {0, -1, 0}, {0, 0, 1}}};
constexpr Matrix inversion = {{{-1, 0, 0}, {0, -1, 0}, {0, 0, -1}}};

struct Deviation {
  double energy = 0.0;  // per atom, eV
  double force = 0.0;   // eV/Angstrom
  double virial = 0.0;  // eV
};

Deviation after(Evaluator& evaluator, const Structure& s, const Matrix& m) {
  const auto before = calculate(evaluator, s);
  const auto turned = calculate(evaluator, transformed(s, m));
  std::vector<Vector> expected;
  for (const auto& f : before.forces) {
    expected.push_back(m * f);
  }
  Deviation d;
  d.energy = largest_difference(before.atomic_energies, turned.atomic_energies);
  d.force = largest_difference(expected, turned.forces);
  Matrix transposed{};
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) {
      transposed[i][j] = m[j][i];
    }
  }
  const Matrix virial = m * before.virial * transposed;
  for (int i = 0; i < 3; ++i) {
    d.virial = std::max(d.virial, norm(virial[i] - turned.virial[i]));
  }
  return d;
}

class SymmetryOf : public ::testing::TestWithParam<Variant> {
 protected:
  SymmetryOf()
      : elements_(static_cast<int>(GetParam().config.elements.size())),
        structures_{random_molecule(8, elements_, 11), random_triclinic(6, elements_, 12)} {}

  int elements_;
  std::vector<Structure> structures_;
};

INSTANTIATE_TEST_SUITE_P(Models, SymmetryOf, ::testing::ValuesIn(exact_variants()),
                         [](const auto& info) { return info.param.name; });

TEST_P(SymmetryOf, RotationsTurnForcesAndLeaveEnergies) {
  auto evaluator = random_evaluator(GetParam().config);
  for (const auto& s : structures_) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      const auto d = after(evaluator, s, random_rotation(seed));
      EXPECT_LT(d.energy, 1e-12);
      EXPECT_LT(d.force, 1e-11);
      EXPECT_LT(d.virial, 1e-11);
    }
  }
}

TEST_P(SymmetryOf, QuarterTurnsThatExchangeTheAxesAreRotationsToo) {
  auto evaluator = random_evaluator(GetParam().config);
  for (const auto& s : structures_) {
    for (const Vector& axis :
         {Vector{1, 0, 0}, Vector{0, 1, 0}, Vector{0, 0, 1}, Vector{1, 1, 1}}) {
      const double angle = axis[0] == axis[1] ? 2.0 * M_PI / 3.0 : M_PI / 2.0;
      const auto d = after(evaluator, s, rotation_about(axis, angle));
      EXPECT_LT(d.energy, 1e-12);
      EXPECT_LT(d.force, 1e-11);
    }
  }
}

TEST_P(SymmetryOf, ReflectionsMirrorForcesAndLeaveEnergies) {
  auto evaluator = random_evaluator(GetParam().config);
  for (const auto& s : structures_) {
    for (const Matrix& m : {mirror, inversion, random_rotation(3) * inversion}) {
      const auto d = after(evaluator, s, m);
      EXPECT_LT(d.energy, 1e-12);
      EXPECT_LT(d.force, 1e-11);
      EXPECT_LT(d.virial, 1e-11);
    }
  }
}

TEST_P(SymmetryOf, TranslationsChangeNothing) {
  auto evaluator = random_evaluator(GetParam().config);
  for (const auto& s : structures_) {
    const auto before = calculate(evaluator, s);
    const auto moved = calculate(evaluator, translated(s, {3.7, -1.1, 12.9}));
    EXPECT_LT(largest_difference(before.atomic_energies, moved.atomic_energies), 1e-12);
    EXPECT_LT(largest_difference(before.forces, moved.forces), 1e-11);
  }
}

TEST_P(SymmetryOf, AtomsMayBeNumberedInAnyOrder) {
  auto evaluator = random_evaluator(GetParam().config);
  std::mt19937_64 random(4);
  for (const auto& s : structures_) {
    std::vector<std::size_t> order(s.size());
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), random);
    const auto before = calculate(evaluator, s);
    const auto now = calculate(evaluator, permuted(s, order));
    for (std::size_t i = 0; i < s.size(); ++i) {
      EXPECT_NEAR(now.atomic_energies[i], before.atomic_energies[order[i]], 1e-12);
      EXPECT_LT(norm(now.forces[i] - before.forces[order[i]]), 1e-11);
    }
  }
}

TEST_P(SymmetryOf, EdgesMayComeInAnyOrder) {
  auto evaluator = random_evaluator(GetParam().config);
  std::mt19937_64 random(4);
  for (const auto& s : structures_) {
    const Edges edges = brute_force_edges(s, evaluator.cutoff());
    std::vector<std::size_t> order(edges.size());
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), random);
    Edges shuffled = edges;
    for (std::size_t e = 0; e < order.size(); ++e) {
      shuffled.source[e] = edges.source[order[e]];
      shuffled.target[e] = edges.target[order[e]];
      std::copy_n(&edges.vectors[3 * order[e]], 3, &shuffled.vectors[3 * e]);
    }
    Evaluation a, b;
    evaluator.evaluate(edges.graph(), true, a);
    evaluator.evaluate(shuffled.graph(), true, b);
    EXPECT_LT(largest_difference(a.atomic_energies, b.atomic_energies), 1e-12);
    for (std::size_t e = 0; e < order.size(); ++e) {
      for (int k = 0; k < 3; ++k) {
        EXPECT_NEAR(b.edge_gradients[3 * e + k], a.edge_gradients[3 * order[e] + k], 1e-11);
      }
    }
  }
}

TEST_P(SymmetryOf, SinglePrecisionKeepsThemToItsRounding) {
  EvaluatorOptions options;
  options.precision = Precision::single_;
  auto evaluator = random_evaluator(GetParam().config, options);
  auto exact = random_evaluator(GetParam().config);
  for (const auto& s : structures_) {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      const auto d = after(evaluator, s, random_rotation(seed));
      EXPECT_LT(d.energy, 5e-6);
      EXPECT_LT(d.force, 5e-5);
    }
    const auto single = calculate(evaluator, s), reference = calculate(exact, s);
    EXPECT_LT(largest_difference(single.atomic_energies, reference.atomic_energies), 5e-6);
    EXPECT_LT(largest_difference(single.forces, reference.forces), 5e-5);
    EXPECT_GT(largest_difference(single.forces, reference.forces), 0.0);
  }
}

// Two atoms of different elements are not the same as when they change places.
TEST(Symmetry, ElementsAndHandednessOfAnEdgeMatter) {
  auto evaluator = random_evaluator(small_config());
  Structure s = random_molecule(6, 3, 2);
  const double energy = calculate(evaluator, s).energy;
  std::swap(s.types[0], s.types[1]);
  ASSERT_NE(s.types[0], s.types[1]);
  EXPECT_GT(std::abs(calculate(evaluator, s).energy - energy), 1e-3);
}

// `swish` averages over samples of the roll: what is left of the frame's roll falls fast with them.
TEST(Symmetry, SampledRollsAreInvariantOnlyUpToAliasing) {
  const Structure s = random_molecule(8, 3, 11);
  std::vector<double> errors;
  for (const int samples : {8, 16, 32}) {
    auto config = small_config();
    config.roll_activation = "swish";
    config.roll_samples = samples;
    auto evaluator = random_evaluator(config);
    double worst = 0.0;
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
      worst = std::max(worst, after(evaluator, s, random_rotation(seed)).energy);
    }
    errors.push_back(worst);
  }
  EXPECT_GT(errors[0], 1e-9);
  EXPECT_LT(errors[1], 0.1 * errors[0]);
  EXPECT_LT(errors[2], 0.1 * errors[1]);
  EXPECT_LT(errors[2], 1e-10);
}

}  // namespace
}  // namespace spinconv::test
