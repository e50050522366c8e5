// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <cmath>

#include "spinconv/module_definition.hpp"
#include "spinconv/nearest_neighbors.hpp"
#include "support/error_text.hpp"
#include "support/structures.hpp"
#include "support/test_models.hpp"

// The variants beside the default: one orientation for each edge, direct forces, grids.
namespace spinconv::test {
namespace {

using ::testing::HasSubstr;

std::vector<Vector> turned(const Matrix& m, const std::vector<Vector>& v) {
  std::vector<Vector> result;
  for (const auto& x : v) {
    result.push_back(m * x);
  }
  return result;
}

std::vector<Matrix> cube_rotations() {
  std::vector<Matrix> result;
  const Matrix x = rotation_about({1, 0, 0}, M_PI / 2), y = rotation_about({0, 1, 0}, M_PI / 2);
  Matrix face = {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
  for (int k = 0; k < 6; ++k) {
    Matrix m = face;
    const Matrix about = k < 4 ? y : x;
    for (int quarter = 0; quarter < 4; ++quarter) {
      result.push_back(m);
      m = rotation_about({0, 0, 1}, M_PI / 2) * m;
    }
    face = k == 3 ? x : k == 4 ? x * (x * x) : about * face;
  }
  return result;
}

ModelConfig direct(ModelConfig c, int rotations) {
  c.forces = "direct";
  c.force_rotations = rotations;
  return c;
}

// With one orientation the energy still is that of the turned and of the mirrored structure.
TEST(NoRoll, KeepsAllSymmetries) {
  auto config = small_config();
  config.roll = "none";
  auto evaluator = random_evaluator(config);
  auto pooled = random_evaluator(small_config());
  const Matrix mirror = {{{1, 0, 0}, {0, -1, 0}, {0, 0, 1}}};
  for (const auto& s : {random_molecule(8, 3, 11), random_triclinic(6, 3, 12)}) {
    const auto before = calculate(evaluator, s);
    EXPECT_GT(std::abs(before.energy - calculate(pooled, s).energy), 1e-6);
    for (const Matrix& m : {random_rotation(1), random_rotation(2), mirror}) {
      const auto after = calculate(evaluator, transformed(s, m));
      EXPECT_LT(largest_difference(after.atomic_energies, before.atomic_energies), 1e-12);
      EXPECT_LT(largest_difference(after.forces, turned(m, before.forces)), 1e-10);
    }
  }
}

TEST(NoRoll, IsFiniteWhereTheMeanNeighborLiesOnTheEdge) {
  auto config = small_config();
  config.roll = "none";
  auto evaluator = random_evaluator(config);
  Structure line;
  line.types = {0, 1, 2};
  line.positions = {{0, 0, -1.2}, {0, 0, 0}, {0, 0, 1.4}};
  for (const auto& f : calculate(evaluator, line).forces) {
    EXPECT_TRUE(std::isfinite(norm(f)));
  }
}

class DirectForcesOf : public ::testing::TestWithParam<Variant> {};

INSTANTIATE_TEST_SUITE_P(Models, DirectForcesOf,
                         ::testing::Values(Variant{"Harmonics", small_config()},
                                           Variant{"Grid", small_grid_config()}),
                         [](const auto& info) { return info.param.name; });

// Issue of a set that is a group: turning the structure permutes its orientations.
TEST_P(DirectForcesOf, TheCubeGroupTurnWithItsRotations) {
  auto evaluator = random_evaluator(direct(GetParam().config, 24));
  auto few = random_evaluator(direct(GetParam().config, 5));
  const Structure s = random_molecule(7, 3, 21);
  const auto before = calculate(evaluator, s);
  const auto of_few = calculate(few, s);
  ASSERT_GT(root_mean_square(before.forces), 1e-3);
  // frames of the grid add a fixed vector to the mean neighbor, which the energies feel
  const double tolerance = GetParam().config.sphere == "grid" ? 1e-3 : 1e-12;
  for (const auto& m : cube_rotations()) {
    const auto after = calculate(evaluator, transformed(s, m));
    EXPECT_LT(largest_difference(after.forces, turned(m, before.forces)),
              tolerance * root_mean_square(before.forces) + 1e-12);
  }
  const Matrix m = rotation_about({1, 2, 3}, 1.0);
  EXPECT_GT(largest_difference(calculate(few, transformed(s, m)).forces, turned(m, of_few.forces)),
            1e-3 * root_mean_square(of_few.forces));
}

TEST_P(DirectForcesOf, ASeedGiveTheSameForcesEachTimeAndAnotherSeedOthers) {
  auto config = direct(GetParam().config, 1);
  const Structure s = random_molecule(7, 3, 22);
  auto first = random_evaluator(config), second = random_evaluator(config);
  const auto expected = calculate(first, s).forces;
  EXPECT_EQ(calculate(first, s).forces, expected);
  EXPECT_EQ(calculate(second, s).forces, expected);
  config.force_seed = 2;
  auto other = random_evaluator(config);
  EXPECT_GT(largest_difference(calculate(other, s).forces, expected), 1e-6);
}

TEST_P(DirectForcesOf, AnAtomAloneIsFinite) {
  auto evaluator = random_evaluator(direct(GetParam().config, 1));
  Structure s;
  s.types = {0, 1, 2};
  s.positions = {{0, 0, 0}, {1.1, 0.2, 0.1}, {50, 0, 0}};
  const auto result = calculate(evaluator, s);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(std::isfinite(result.atomic_energies[i]));
    EXPECT_TRUE(std::isfinite(norm(result.forces[i])));
  }
}

TEST(ForceRotations, AreRotationsWithEveryAxisOnce) {
  for (const int count : {1, 5, 24}) {
    const auto rotations = force_block_rotations(direct(small_config(), count));
    ASSERT_EQ(rotations.size(0), 3 * count);
    const auto product = rotations.matmul(rotations.transpose(1, 2));
    EXPECT_LT((product - torch::eye(3, torch::kFloat64)).abs().max().item<double>(), 1e-14);
    EXPECT_LT((rotations.det() - 1.0).abs().max().item<double>(), 1e-14);
    for (int r = 0; r < count; ++r) {
      const auto axes = rotations.narrow(0, 3 * r, 3).select(1, 0);
      EXPECT_NEAR(axes.det().item<double>(), 1.0, 1e-14);
    }
  }
}

// Energy of the grid between its kinks; steps are small so that few edges meet one.
TEST(Grid, ForcesAreMinusTheGradientOfTheEnergy) {
  auto evaluator = random_evaluator(small_grid_config());
  const double h = 1e-6;
  for (const auto& s : {random_molecule(7, 3, 5), random_triclinic(5, 3, 6)}) {
    const auto forces = calculate(evaluator, s).forces;
    const auto expected = finite_difference_forces(evaluator, s, h);
    EXPECT_LT(largest_difference(forces, expected), 1e-6 * root_mean_square(expected));
  }
}

TEST(Grid, DistanceForcesAreNotTheGradientButSumToZero) {
  auto config = small_grid_config();
  auto gradient = random_evaluator(config);
  config.forces = "distance";
  auto distance = random_evaluator(config);
  const Structure s = random_molecule(7, 3, 5);
  const auto a = calculate(gradient, s), b = calculate(distance, s);
  EXPECT_NEAR(a.energy, b.energy, 1e-14);
  EXPECT_GT(largest_difference(a.forces, b.forces), 1e-2 * root_mean_square(a.forces));
  Vector sum{};
  for (const auto& f : b.forces) {
    sum = sum + f;
  }
  EXPECT_LT(norm(sum), 1e-12);
}

TEST(Grid, NothingJumpsAtTheCutoffWithAnEnvelope) {
  auto config = small_grid_config();
  const auto jump = [&] {
    auto evaluator = random_evaluator(config);
    const auto at = [&](double distance) {
      Structure s;
      s.types = {0, 1, 2};
      s.positions = {{-distance, 0, 0}, {0, 0, 0}, {0.3, 1.1, 0.2}};
      return calculate(evaluator, s).energy;
    };
    return std::abs(at(config.cutoff * (1 - 1e-9)) - at(config.cutoff * (1 + 1e-9)));
  };
  EXPECT_LT(jump(), 1e-9);
  config.envelope_exponent = 0;
  EXPECT_GT(jump(), 1e-4);
}

TEST(NearestNeighbors, KeepTheNearestOfEachTargetInTheirOrder) {
  const auto target = torch::tensor({0, 0, 0, 1, 1, 2}, torch::kInt64);
  const auto d = torch::tensor({3.0, 1.0, 1.0, 5.0, 4.0, 9.0}, torch::kFloat64);
  const auto vectors = torch::stack({d, torch::zeros_like(d), torch::zeros_like(d)}, 1);
  const auto kept = [&](std::int64_t n) {
    const auto k = nearest_neighbors(target, vectors, n);
    return std::vector<std::int64_t>(k.data_ptr<std::int64_t>(),
                                     k.data_ptr<std::int64_t>() + k.numel());
  };
  EXPECT_EQ(kept(1), (std::vector<std::int64_t>{1, 4, 5}));
  EXPECT_EQ(kept(2), (std::vector<std::int64_t>{1, 2, 3, 4, 5}));
  EXPECT_EQ(kept(3), (std::vector<std::int64_t>{0, 1, 2, 3, 4, 5}));
}

TEST(Grid, MaxNeighborsAreTakenByTheEvaluator) {
  auto config = small_grid_config();
  config.max_neighbors = 3;
  auto evaluator = random_evaluator(config);
  const Structure s = random_molecule(9, 3, 31);
  Edges all = brute_force_edges(s, config.cutoff), few = all;
  const auto kept = nearest_neighbors(
      torch::tensor(std::vector<std::int64_t>(all.target.begin(), all.target.end())),
      torch::tensor(all.vectors, torch::kFloat64).view({-1, 3}), 3);
  ASSERT_LT(kept.size(0), static_cast<std::int64_t>(all.size()));
  few.source.clear();
  few.target.clear();
  few.vectors.clear();
  for (std::int64_t k = 0; k < kept.size(0); ++k) {
    const auto e = static_cast<std::size_t>(kept[k].item<std::int64_t>());
    few.source.push_back(all.source[e]);
    few.target.push_back(all.target[e]);
    few.vectors.insert(few.vectors.end(),
                       {all.vectors[3 * e], all.vectors[3 * e + 1], all.vectors[3 * e + 2]});
  }
  Evaluation a, b;
  evaluator.evaluate(all.graph(), true, a);
  evaluator.evaluate(few.graph(), true, b);
  EXPECT_NEAR(a.energy, b.energy, 1e-13);
  EXPECT_LT(largest_difference(collect(all, a).forces, collect(few, b).forces), 1e-12);
}

TEST(Grid, BlocksAreRefused) {
  EvaluatorOptions options;
  options.chunk = 100;
  EXPECT_THAT(error_of([&] { random_evaluator(small_grid_config(), options); }),
              HasSubstr("leave chunk out"));
}

}  // namespace
}  // namespace spinconv::test
