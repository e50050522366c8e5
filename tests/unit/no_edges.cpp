// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <cmath>

#include "spinconv/potential.hpp"
#include "support/command.hpp"
#include "support/random_model.hpp"
#include "support/structures.hpp"
#include "support/variants.hpp"

// Atoms that see nobody: alone, beside others, and no atoms at all.
namespace spinconv::test {
namespace {

// One atom of each element, far from each other.
Structure isolated_atoms() {
  Structure s;
  s.types = {0, 1, 2};
  s.positions = {{0, 0, 0}, {100, 3, 0}, {-7, 200, 50}};
  return s;
}

// The molecule, whose atoms see each other, then the isolated atoms.
Structure in_company() {
  return joined(random_molecule(5, 3, 11), translated(isolated_atoms(), {1000, 0, 0}));
}

double distance_between(const Vector& a, const Vector& b) {
  return norm(a - b);
}

class NoEdgesOf : public ::testing::TestWithParam<Variant> {
 protected:
  const ModelConfig& config() const { return GetParam().config; }
};

INSTANTIATE_TEST_SUITE_P(Models, NoEdgesOf, ::testing::ValuesIn(all_variants()),
                         [](const auto& info) { return info.param.name; });

TEST_P(NoEdgesOf, AnIsolatedAtomIsWhatItIsFarFromAMolecule) {
  for (const auto precision : {Precision::double_, Precision::single_}) {
    EvaluatorOptions options;
    options.precision = precision;
    const double tolerance = precision == Precision::double_ ? 1e-12 : 1e-5;
    auto evaluator = random_evaluator(config(), options);
    const auto company = calculate(evaluator, in_company());
    const auto together = calculate(evaluator, isolated_atoms());
    EXPECT_NEAR(
        together.energy,
        company.atomic_energies[5] + company.atomic_energies[6] + company.atomic_energies[7],
        tolerance);
    for (std::size_t i = 0; i < 3; ++i) {
      Structure alone;
      alone.types = {isolated_atoms().types[i]};
      alone.positions = {isolated_atoms().positions[i]};
      const auto result = calculate(evaluator, alone);
      EXPECT_NEAR(result.energy, result.atomic_energies.at(0), 1e-14);
      for (const auto& [energies, forces, at] :
           {std::tuple{&company.atomic_energies, &company.forces, i + 5},
            std::tuple{&together.atomic_energies, &together.forces, i}}) {
        EXPECT_NEAR(result.energy, energies->at(at), tolerance);
        // the force block is the same function of an empty sphere, here as there
        EXPECT_LT(distance_between(result.forces.at(0), forces->at(at)), tolerance);
        if (!evaluator.has_direct_forces()) {
          EXPECT_EQ(forces->at(at), (Vector{0, 0, 0}));
        }
      }
      EXPECT_EQ(result.virial, Matrix{});
    }
    // atoms are told apart by their element alone
    EXPECT_GT(std::abs(company.atomic_energies[5] - company.atomic_energies[6]), 0.1);
  }
}

TEST_P(NoEdgesOf, ResultsHaveTheirLengths) {
  auto evaluator = random_evaluator(config());
  const bool direct = evaluator.has_direct_forces();
  for (const std::size_t n : {0u, 3u}) {
    auto edges = n == 0 ? Edges() : brute_force_edges(isolated_atoms(), evaluator.cutoff());
    ASSERT_EQ(edges.size(), 0u);
    for (const bool gradients : {false, true}) {
      for (const std::int64_t energies : {std::int64_t{-1}, std::int64_t{0}}) {
        Graph graph = edges.graph();
        graph.n_energies = energies;
        Evaluation host;
        host.edge_gradients = host.atomic_forces = {1.0};  // of an evaluation before
        evaluator.evaluate(graph, gradients, host);
        EXPECT_EQ(host.atomic_energies.size(), n);
        EXPECT_EQ(host.atomic_forces.size(), direct && gradients ? 3 * n : 0);
        EXPECT_TRUE(host.edge_gradients.empty());
        if (n == 0 || energies == 0) {
          EXPECT_EQ(host.energy, 0.0);
        }

        DeviceEvaluation found;
        evaluator.evaluate(graph, gradients, found);
        EXPECT_EQ(*found.energy, host.energy);
        for (std::size_t i = 0; i < n; ++i) {
          EXPECT_EQ(found.atomic_energies[i], host.atomic_energies[i]);
        }
      }
    }
  }
}

TEST_P(NoEdgesOf, MemoryIsMeasuredAtNoDensity) {
  auto evaluator = random_evaluator(config());
  for (const std::int64_t atoms : {0, 5}) {
    const auto use = evaluator.measure_memory(atoms, 0, 0);
    EXPECT_GE(use.fixed, 0.0);
    EXPECT_GT(use.per_atom, 0.0);
  }
}

// What a program without this library calls.
TEST_P(NoEdgesOf, TheGraphItselfTakesThem) {
  auto evaluator = random_evaluator(config());
  const auto expected = calculate(evaluator, isolated_atoms());
  const Model model = random_model(config(), 1);
  const auto index = torch::zeros({0}, torch::kInt64);
  torch::jit::Module module = model.module();
  const auto energies = module
                            .forward({torch::zeros({0, 3}, torch::kFloat64), index, index,
                                      torch::tensor({0, 1, 2}, torch::kInt64)})
                            .toTensor();
  for (std::int64_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(energies[i].item<double>(), expected.atomic_energies.at(i), 1e-12);
  }
}

TEST_P(NoEdgesOf, BlocksOfIsolatedAtomsChangeNothing) {
  if (config().sphere == "grid") {
    return;  // evaluated at once
  }
  auto whole = random_evaluator(config());
  const Structure first = joined(isolated_atoms(), translated(in_company(), {0, 3000, 0}));
  for (const auto& structure : {isolated_atoms(), first}) {
    const auto expected = calculate(whole, structure);
    for (const std::int64_t chunk : {1, 7}) {
      EvaluatorOptions options;
      options.chunk = chunk;
      auto blocks = random_evaluator(config(), options);
      const auto found = calculate(blocks, structure);
      EXPECT_LT(largest_difference(found.atomic_energies, expected.atomic_energies), 1e-12);
      EXPECT_LT(largest_difference(found.forces, expected.forces), 1e-11);
      EXPECT_GT(blocks.measure_memory(5, 0, 0).per_atom, 0.0);
    }
  }
}

// The graph in the file is that of version 0.1.0, which takes no empty list of edges.
TEST(NoEdges, OfAGridInAFileOfVersion010) {
  const std::string file = environment("SPINCONV_SOURCE_DIR") + "/tests/data/grid_0.1.0.pt";
  Evaluator evaluator(file);
  ASSERT_TRUE(evaluator.has_direct_forces());
  const auto company = calculate(evaluator, in_company());
  const auto alone = calculate(evaluator, isolated_atoms());
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(alone.atomic_energies.at(i), company.atomic_energies.at(i + 5), 1e-12);
    EXPECT_LT(distance_between(alone.forces.at(i), company.forces.at(i + 5)), 1e-12);
  }
  Evaluation nothing;
  evaluator.evaluate(Edges().graph(), true, nothing);
  EXPECT_EQ(nothing.energy, 0.0);
  // orientations of each atom, as reference outputs have them
  const Model model = Potential::load(file).model;
  const auto weights = model.prepare({0, 1, 2});
  GraphTensors graph;
  graph.source = graph.target = torch::zeros({0}, torch::kInt64);
  graph.types = torch::tensor({0, 1, 2}, torch::kInt64);
  graph.n_targets = 3;
  graph.vectors = torch::zeros({0, 3}, torch::kFloat64);
  graph.orientations = model.module().attr("force_frames").toTensor().expand({-1, 3, 3, 3});
  const auto atoms = model.evaluate(graph, weights);
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t k = 0; k < 3; ++k) {
      EXPECT_NEAR(atoms.forces[static_cast<long>(i)][static_cast<long>(k)].item<double>(),
                  alone.forces[i][k], 1e-12);
    }
  }
}

}  // namespace
}  // namespace spinconv::test
