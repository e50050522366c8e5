// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cmath>

#include "support/structures.hpp"
#include "support/test_models.hpp"

// Nothing jumps and nothing is special: at the cutoff, along the axes, for few atoms, in crystals.
namespace spinconv::test {
namespace {

std::vector<Variant> variants() {
  auto all = exact_variants();
  auto swish = small_config();
  swish.roll_activation = "swish";
  all.push_back({"Swish", swish});
  return all;
}

class SmoothnessOf : public ::testing::TestWithParam<Variant> {
 protected:
  SmoothnessOf() : evaluator_(random_evaluator(GetParam().config)) {}

  // element index that every variant has
  int type(int t) const { return t % static_cast<int>(GetParam().config.elements.size()); }
  bool sampled() const { return GetParam().config.roll_activation == "swish"; }

  Evaluator evaluator_;
};

INSTANTIATE_TEST_SUITE_P(Models, SmoothnessOf, ::testing::ValuesIn(variants()),
                         [](const auto& info) { return info.param.name; });

// The third atom has two neighbors; the first moves away through the cutoff of both others.
TEST_P(SmoothnessOf, APairThatPassesTheCutoffLeavesNothingBehind) {
  const double cutoff = evaluator_.cutoff();
  const auto at = [&](double distance) {
    Structure s;
    s.types = {type(0), type(1), type(2)};
    s.positions = {{-distance, 0, 0}, {0, 0, 0}, {0.3, 1.1, 0.2}};
    return s;
  };
  const auto at_end = calculate(evaluator_, at(cutoff + 2.0));
  // E - E_end and F vanish as x^3 and x^2, x the distance to the cutoff
  std::vector<double> energies, forces;
  for (const double x : {0.08, 0.04, 0.02}) {
    const auto r = calculate(evaluator_, at(cutoff - x));
    energies.push_back(std::abs(r.energy - at_end.energy));
    forces.push_back(norm(r.forces[0]));
  }
  ASSERT_GT(energies[0], 1e-9);
  for (int k = 0; k < 2; ++k) {
    EXPECT_NEAR(energies[k] / energies[k + 1], 8.0, 1.5);
    EXPECT_NEAR(forces[k] / forces[k + 1], 4.0, 0.75);
  }
  const auto just_inside = calculate(evaluator_, at(cutoff * (1 - 1e-12)));
  const auto exactly = calculate(evaluator_, at(cutoff));
  const auto beyond = calculate(evaluator_, at(cutoff + 1e-9));
  EXPECT_NEAR(just_inside.energy, at_end.energy, 1e-13);
  EXPECT_LT(largest_difference(just_inside.forces, at_end.forces), 1e-12);
  EXPECT_EQ(exactly.forces[0], (Vector{0, 0, 0}));
  EXPECT_EQ(beyond.forces[0], (Vector{0, 0, 0}));
  EXPECT_NEAR(beyond.energy, at_end.energy, 1e-13);
}

TEST_P(SmoothnessOf, TheEnergyHasNoJumpInItsSecondDifference) {
  const double h = 2e-3;
  std::vector<Structure> scan;
  for (double d = 3.9; d < 4.1; d += h) {
    Structure s;
    s.types = {type(0), type(1), type(2), type(0)};
    s.positions = {{-d, 0, 0}, {0, 0, 0}, {0.3, 1.1, 0.2}, {0.9, -0.7, 0.8}};
    scan.push_back(s);
  }
  const auto results = calculate(evaluator_, scan);
  double largest_step = 0.0, largest_curvature = 0.0;
  double before = 0.0;
  for (std::size_t k = 1; k + 1 < results.size(); ++k) {
    const double curvature =
        (results[k + 1].energy - 2 * results[k].energy + results[k - 1].energy) / (h * h);
    if (k > 1) {
      largest_step = std::max(largest_step, std::abs(curvature - before));
    }
    before = curvature;
    largest_curvature = std::max(largest_curvature, std::abs(curvature));
  }
  ASSERT_GT(largest_curvature, 1e-3);
  // a jump would be of the size of the curvature itself; a slope gives a step in proportion to h
  EXPECT_LT(largest_step, 0.1 * largest_curvature);
}

// The frame of an edge is made from its polar angles, and the reverse edge sits at the other pole.
TEST_P(SmoothnessOf, AnEdgeMayPointAlongTheAxisOfTheFrame) {
  Structure base = random_molecule(6, static_cast<int>(GetParam().config.elements.size()), 21);
  base.positions[0] = {0, 0, 0};
  for (const double sign : {1.0, -1.0}) {
    const auto at = [&](double offset, double azimuth) {
      Structure s = base;
      s.positions[1] = {offset * std::cos(azimuth), offset * std::sin(azimuth), sign * 1.3};
      return calculate(evaluator_, s);
    };
    const auto pole = at(0.0, 0.0);
    ASSERT_TRUE(std::isfinite(pole.energy));
    const double force = root_mean_square(pole.forces);
    ASSERT_GT(force, 1e-3);
    // aliasing depends on the roll, which jumps at the pole
    const double roll = sampled() ? 1e-5 : 0.0;
    for (const double azimuth : {0.0, 1.0, 2.5, 4.0}) {
      for (const double offset : {1e-300, 1e-170, 1e-30, 1e-12, 1e-9}) {
        const auto near = at(offset, azimuth);
        EXPECT_NEAR(near.energy, pole.energy, 1e-12 + roll + 20 * force * offset);
        EXPECT_LT(largest_difference(near.forces, pole.forces), 1e-11 + roll + 1e3 * offset)
            << offset;
      }
    }
  }
}

TEST_P(SmoothnessOf, ForcesAtTheAxisOfTheFrameAreTheGradient) {
  Structure s = random_molecule(5, static_cast<int>(GetParam().config.elements.size()), 22);
  s.positions[0] = {0, 0, 0};
  for (const double z : {1.2, -1.2}) {
    s.positions[1] = {0, 0, z};
    const auto forces = calculate(evaluator_, s).forces;
    double best = INFINITY;
    for (const double h : {1e-3, 5e-4, 2e-4}) {
      best = std::min(best, largest_difference(forces, finite_difference_forces(evaluator_, s, h)));
    }
    EXPECT_LT(best, (sampled() ? 1e-5 : 1e-9) * root_mean_square(forces) + 1e-10);
  }
}

TEST_P(SmoothnessOf, ALinearMoleculeIsTheSameAlongEveryAxis) {
  const auto carbon_dioxide = [&](const Vector& along) {
    Structure s;
    const Vector n = (1.0 / norm(along)) * along;
    s.types = {type(1), type(2), type(2)};
    s.positions = {{0, 0, 0}, 1.16 * n, -1.21 * n};
    return s;
  };
  const auto reference = calculate(evaluator_, carbon_dioxide({0, 0, 1}));
  const double roll = sampled() ? 1e-6 : 0.0;
  for (const Vector& along : {Vector{0, 0, 1},
                              {0, 0, -1},
                              {1, 0, 0},
                              {0, 1, 0},
                              {1, 1, 0},
                              {0.3, -0.5, 0.8},
                              {1e-9, 0, 1},
                              {1e-300, 0, -1}}) {
    const auto r = calculate(evaluator_, carbon_dioxide(along));
    EXPECT_NEAR(r.energy, reference.energy, 1e-12 + roll);
    for (std::size_t i = 0; i < 3; ++i) {
      const Vector n = (1.0 / norm(along)) * along;
      // no force across the axis
      const double axial = dot(r.forces[i], n);
      EXPECT_NEAR(norm(r.forces[i] - axial * n), 0.0, 1e-12 + roll);
      EXPECT_NEAR(axial, reference.forces[i][2], 1e-11 + roll);
    }
  }
}

TEST_P(SmoothnessOf, ADimerHasOppositeForcesAlongItsAxis) {
  Structure s;
  s.types = {type(0), type(2)};
  for (const Vector& along : {Vector{0, 0, 1}, {1, 0, 0}, {0.6, 0.0, 0.8}}) {
    s.positions = {{1, 2, 3}, Vector{1, 2, 3} + 1.1 * along};
    const auto forces = calculate(evaluator_, s).forces;
    ASSERT_GT(norm(forces[0]), 1e-4);
    EXPECT_LT(norm(forces[0] + forces[1]), 1e-13);
    EXPECT_LT(norm(forces[0] - dot(forces[0], along) * along), 1e-12);
  }
}

TEST_P(SmoothnessOf, AnIsolatedAtomHasItsOwnEnergyAndNoForce) {
  Structure isolated;
  isolated.types = {type(1)};
  isolated.positions = {{0.1, 0.2, 0.3}};
  const auto one = calculate(evaluator_, isolated);
  ASSERT_TRUE(std::isfinite(one.energy));
  EXPECT_EQ(one.forces[0], (Vector{0, 0, 0}));
  // the network shifts it, but not by much more than its scale
  EXPECT_NEAR(one.energy, GetParam().config.reference_energies[type(1)], 5.0);

  Structure apart = isolated;
  apart.types.push_back(type(0));
  apart.positions.push_back({0.1, 0.2, 0.3 + evaluator_.cutoff() * (1 + 1e-12)});
  Structure other = isolated;
  other.types = {type(0)};
  const auto two = calculate(evaluator_, apart);
  EXPECT_NEAR(two.energy, one.energy + calculate(evaluator_, other).energy, 1e-13);
  EXPECT_EQ(two.forces[0], (Vector{0, 0, 0}));
}

TEST_P(SmoothnessOf, NoAtomsHaveNoEnergy) {
  const auto nothing = calculate(evaluator_, Structure{});
  EXPECT_EQ(nothing.energy, 0.0);
  EXPECT_TRUE(nothing.atomic_energies.empty());
}

TEST_P(SmoothnessOf, PerfectCrystalsHaveNoForces) {
  const auto crystal = [&](double a, std::vector<Vector> basis) {
    Structure s;
    s.cell = {{{a, 0, 0}, {0, a, 0}, {0, 0, a}}};
    s.pbc = {true, true, true};
    for (const auto& b : basis) {
      s.types.push_back(type(0));
      s.positions.push_back(a * b);
    }
    return s;
  };
  const auto fcc = crystal(3.6, {{0, 0, 0}, {0, .5, .5}, {.5, 0, .5}, {.5, .5, 0}});
  const auto bcc = crystal(2.9, {{0, 0, 0}, {.5, .5, .5}});
  for (const auto& s : {fcc, bcc}) {
    const auto r = calculate(evaluator_, s);
    const double roll = sampled() ? 1e-7 : 0.0;
    for (std::size_t i = 0; i < s.size(); ++i) {
      EXPECT_LT(norm(r.forces[i]), 1e-12 + roll);
      EXPECT_NEAR(r.atomic_energies[i], r.atomic_energies[0], 1e-13 + roll);
    }
    // a cubic crystal is under isotropic stress
    EXPECT_NEAR(r.virial[0][0], r.virial[1][1], 1e-11 + roll);
    EXPECT_NEAR(r.virial[0][0], r.virial[2][2], 1e-11 + roll);
    EXPECT_NEAR(r.virial[0][1], 0.0, 1e-11 + roll);
    EXPECT_GT(std::abs(r.virial[0][0]), 1e-4);
  }
}

}  // namespace
}  // namespace spinconv::test
