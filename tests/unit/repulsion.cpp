// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/repulsion.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "support/error_text.hpp"
#include "support/structures.hpp"
#include "support/test_models.hpp"

namespace spinconv::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

ModelConfig with_zbl(const std::vector<std::string>& elements) {
  auto c = small_spinconv2_config(elements);
  c.repulsion = "zbl";
  return c;
}

PairRepulsion pair_of(const std::string& a, const std::string& b) {
  return repulsion_of_pairs(with_zbl({a, b}), {0, 1}).at(1);
}

TEST(Repulsion, EndsWithTwoDerivativesAtTheSumOfTheCovalentRadii) {
  const auto pair = pair_of("C", "O");
  EXPECT_NEAR(pair.radius, 1.42, 1e-12);
  EXPECT_EQ(pair.at(pair.radius).energy, 0.0);
  EXPECT_EQ(pair.at(2.0).derivative, 0.0);
  const double h = 1e-3, before = pair.at(pair.radius - h).energy;
  EXPECT_GT(before, 0.0);
  // of the third order in what is missing
  EXPECT_NEAR(pair.at(pair.radius - 2.0 * h).energy / before, 8.0, 0.1);
  EXPECT_NEAR(-pair.at(pair.radius - h).derivative * h / before, 3.0, 0.05);
}

TEST(Repulsion, FallsWithTheDistanceAndHasTheDerivativeItSays) {
  for (const auto& pair : {pair_of("H", "H"), pair_of("C", "O"), pair_of("Mo", "H")}) {
    double last = INFINITY;
    for (double d = 0.1 * pair.radius; d < pair.radius; d += 0.05 * pair.radius) {
      const auto value = pair.at(d);
      EXPECT_LT(value.energy, last) << d;
      last = value.energy;
      const double h = 1e-5;
      const double slope = (pair.at(d + h).energy - pair.at(d - h).energy) / (2.0 * h);
      EXPECT_NEAR(value.derivative, slope, 1e-6 * std::abs(slope) + 1e-8) << d;
    }
  }
}

TEST(Repulsion, EndsWhereTheFileSays) {
  auto c = with_zbl({"H", "C", "O"});
  c.repulsion_radii = {1.4, 1.05, 0, 1.2, 1.15, 2.3};  // HH HC HO CC CO OO
  const auto pairs = repulsion_of_pairs(c, {2, 0, 1});
  const auto radius = [&](int a, int b) {
    return pairs.at(static_cast<std::size_t>(3 * a + b)).radius;
  };
  EXPECT_EQ(radius(0, 0), 2.3);
  EXPECT_EQ(radius(1, 1), 1.4);
  EXPECT_EQ(radius(2, 2), 1.2);
  EXPECT_EQ(radius(1, 2), 1.05);
  EXPECT_EQ(radius(2, 1), 1.05);
  EXPECT_EQ(radius(0, 2), 1.15);
  EXPECT_NEAR(radius(0, 1), 0.97, 1e-12);  // covalent
  c.repulsion_radii.pop_back();
  EXPECT_THAT(error_of([&] { c.validate(); }),
              AllOf(HasSubstr("repulsion_radii is of length 5"), HasSubstr("6 pairs of elements")));
}

TEST(Repulsion, IsNoLongerThanTheCutoff) {
  auto c = with_zbl({"Cs"});
  c.cutoff = 3.0;
  EXPECT_EQ(repulsion_of_pairs(c, {0}).at(0).radius, 3.0);
}

TEST(Repulsion, IsRefusedForElementsWithoutACovalentRadius) {
  EXPECT_NO_THROW(with_zbl({"Cm"}).validate());
  EXPECT_THAT(error_of([] {
                with_zbl({"H", "Bk"}).validate();
              }),
              AllOf(HasSubstr("repulsion is zbl"), HasSubstr("Bk"), HasSubstr("must be none")));
}

// The energy is that of the network, which does not know of it, and of the pairs.
TEST(Repulsion, IsAddedToTheEnergyOfTheNetwork) {
  const std::vector<std::string> elements{"H", "C", "O"};
  auto with = random_evaluator(with_zbl(elements));
  auto without = random_evaluator(small_spinconv2_config(elements));
  Structure s;
  s.types = {0, 2, 1};
  s.positions = {{0, 0, 0}, {0.5, 0.1, 0}, {0.3, 1.2, 0.4}};
  const auto pairs = repulsion_of_pairs(with_zbl(elements), {0, 1, 2});
  double expected = 0.0;
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      expected += pairs.at(static_cast<std::size_t>(3 * s.types[i] + s.types[j]))
                      .at(norm(s.positions[i] - s.positions[j]))
                      .energy;
    }
  }
  EXPECT_GT(expected, 1.0);
  EXPECT_NEAR(calculate(with, s).energy - calculate(without, s).energy, expected, 1e-10);
}

// Whatever the weights are, two atoms that come together meet a wall.
TEST(Repulsion, KeepsAtomsApart) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    auto evaluator = random_evaluator(with_zbl({"H", "C", "O"}), {}, seed);
    Structure s;
    s.types = {1, 2};
    s.positions = {{0, 0, 0}, {0, 0, 1.5}};
    const double apart = calculate(evaluator, s).energy;
    s.positions[1][2] = 0.3;
    const auto near = calculate(evaluator, s);
    EXPECT_GT(near.energy - apart, 100.0);
    EXPECT_GT(near.forces[1][2], 500.0);
  }
}

}  // namespace
}  // namespace spinconv::test
