// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cmath>

#include "spinconv/memory_meter.hpp"
#include "support/structures.hpp"
#include "support/test_models.hpp"

// Edges evaluated in blocks, with intermediate results computed again, are the edges evaluated at
// once: the same numbers in less memory.
namespace spinconv::test {
namespace {

EvaluatorOptions chunk_of(std::int64_t edges) {
  EvaluatorOptions options;
  options.chunk = edges;
  return options;
}

class BlocksOf : public ::testing::TestWithParam<Variant> {};

INSTANTIATE_TEST_SUITE_P(Models, BlocksOf, ::testing::ValuesIn(decomposed_variants()),
                         [](const auto& info) { return info.param.name; });

TEST_P(BlocksOf, AnySizeGiveTheEnergiesForcesAndVirialOfOne) {
  const auto& config = GetParam().config;
  const Structure s = random_triclinic(9, static_cast<int>(config.elements.size()), 51);
  auto whole = random_evaluator(config);
  const auto expected = calculate(whole, s);
  ASSERT_GT(root_mean_square(expected.forces), 1e-3);
  for (const std::int64_t chunk : {1, 7, 50, 1000000000}) {
    auto evaluator = random_evaluator(config, chunk_of(chunk));
    const auto blocks = calculate(evaluator, s);
    EXPECT_NEAR(blocks.energy, expected.energy, 1e-12) << chunk;
    EXPECT_LT(largest_difference(blocks.atomic_energies, expected.atomic_energies), 1e-12) << chunk;
    EXPECT_LT(largest_difference(blocks.forces, expected.forces), 1e-11) << chunk;
    for (int k = 0; k < 3; ++k) {
      EXPECT_LT(norm(blocks.virial[k] - expected.virial[k]), 1e-10) << chunk;
    }
  }
}

TEST(Blocks, GiveEnergiesWithoutGradientsToo) {
  const Structure s = random_triclinic(9, 3, 52);
  const Edges edges = brute_force_edges(s, small_config().cutoff);
  auto whole = random_evaluator(small_config());
  auto blocks = random_evaluator(small_config(), chunk_of(20));
  Evaluation expected, found;
  whole.evaluate(edges.graph(), false, expected);
  blocks.evaluate(edges.graph(), false, found);
  EXPECT_LT(largest_difference(found.atomic_energies, expected.atomic_energies), 1e-12);
  EXPECT_TRUE(found.edge_gradients.empty());
}

TEST(Blocks, MayHaveAtomsWithoutEdges) {
  // two molecules and, between and after them in the order of the atoms, atoms far away
  Structure s = random_molecule(4, 3, 53);
  const Structure other = translated(random_molecule(4, 3, 54), {60.0, 0.0, 0.0});
  s.types.push_back(1);
  s.positions.push_back({200.0, 0.0, 0.0});
  s = joined(s, other);
  s.types.push_back(2);
  s.positions.push_back({300.0, 0.0, 0.0});
  auto whole = random_evaluator(small_config());
  const auto expected = calculate(whole, s);
  for (const std::int64_t chunk : {1, 5, 11}) {
    auto blocks = random_evaluator(small_config(), chunk_of(chunk));
    const auto found = calculate(blocks, s);
    EXPECT_LT(largest_difference(found.atomic_energies, expected.atomic_energies), 1e-12);
    EXPECT_LT(largest_difference(found.forces, expected.forces), 1e-11);
  }
}

struct Measured {
  double peak;
  MemoryUse use;
};

// Bytes of tensors of an evaluation, and what the evaluator says it will take.
Measured measure(const Structure& s, std::int64_t chunk) {
  auto evaluator = random_evaluator(small_config(), chunk_of(chunk));
  const Edges edges = brute_force_edges(s, evaluator.cutoff());
  std::vector<std::int64_t> degree(s.size(), 0);
  for (const auto t : edges.target) {
    ++degree[t];
  }
  Evaluation result;
  const MemoryMeter meter;
  evaluator.evaluate(edges.graph(), true, result);
  const auto peak = static_cast<double>(meter.peak());
  return {peak, evaluator.measure_memory(edges.n_owned, static_cast<std::int64_t>(edges.size()),
                                         *std::max_element(degree.begin(), degree.end()))};
}

TEST(Blocks, TakeLessMemory) {
  const Structure s = supercell(random_triclinic(6, 3, 55), {3, 3, 3});
  const auto whole = measure(s, 0), blocks = measure(s, 100);
  EXPECT_LT(blocks.peak, 0.25 * whole.peak);
}

TEST(Blocks, TheMemoryOfAnEvaluationIsPredictedFromASmallOne) {
  const Structure s = supercell(random_triclinic(6, 3, 56), {3, 3, 3});
  for (const std::int64_t chunk : {0, 300}) {
    const auto m = measure(s, chunk);
    const double predicted = m.use.fixed + m.use.per_atom * double(s.size());
    EXPECT_NEAR(predicted / m.peak, 1.0, 0.3) << "chunk " << chunk;
    EXPECT_EQ(m.use.fixed > 0.0, chunk > 0);
  }
}

TEST(Blocks, SomeMemoryIsFree) {
  auto evaluator = random_evaluator(small_config());
  EXPECT_GT(evaluator.available_memory(), 1 << 20);
}

}  // namespace
}  // namespace spinconv::test
