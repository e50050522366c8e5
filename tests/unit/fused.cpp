// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <ATen/Parallel.h>
#include <gmock/gmock.h>

#include <cmath>
#include <functional>

#include "spinconv/architecture.hpp"
#include "spinconv/fused/choice.hpp"
#include "spinconv/graph_tensors.hpp"
#include "support/error_text.hpp"
#include "support/fused_test.hpp"
#include "support/random_edges.hpp"
#include "support/random_model.hpp"
#include "support/structures.hpp"
#include "support/test_models.hpp"
#include "support/threads.hpp"

// Fused kernels give the numbers of the operator graph, which is the definition of the model.
namespace spinconv::test {
namespace {

using ::testing::HasSubstr;
using torch::Tensor;

struct Found {
  Tensor energies, gradients;
  std::vector<Tensor> rows;  // that passed between the stages, those of ghosts too
};

// All stages; ghosts are images of the owned atoms in turn.
Found evaluated(const Model& model, const Model::Weights& weights, const GraphTensors& graph,
                const Tensor& energy_weights) {
  const Architecture& architecture = model.architecture();
  const auto layout = architecture.layout(graph, weights, nullptr);
  const auto evaluation = architecture.evaluation(model, graph.vectors, *layout, weights, true);
  const std::int64_t owned = graph.n_targets, rows = graph.types.size(0);
  const Tensor image = torch::arange(rows).remainder(std::max<std::int64_t>(owned, 1));
  const int last = architecture.stages(model.config()) - 1;
  Found found;
  StageValues values, to;
  for (int k = 0; k <= last; ++k) {
    values = evaluation->stage(k, values);
    values.add_energies_to(found.energies);
    if (k < last) {
      EXPECT_EQ(values.rows.size(1), architecture.row_width(model.config()));
      values.rows = values.rows.index_select(0, image);
      found.rows.push_back(values.rows);
    }
  }
  for (int k = last; k >= 0; --k) {
    to.energies = energy_weights;
    to = evaluation->stage_gradient(k, to);
    if (k > 0) {
      to.rows =
          torch::zeros({owned, to.rows.size(1)}, to.rows.options()).index_add(0, image, to.rows);
    }
  }
  found.gradients = evaluation->vector_gradient();
  return found;
}

// Of the largest number.
double difference(const Tensor& a, const Tensor& b) {
  if (a.sizes() != b.sizes()) {
    return INFINITY;
  }
  if (a.numel() == 0) {
    return 0.0;
  }
  const double largest = b.abs().max().item<double>();
  return a.sub(b).abs().max().item<double>() / (largest > 0.0 ? largest : 1.0);
}

Model constant_model(const ModelConfig& config, std::uint64_t seed, torch::Dtype precision) {
  Model model = random_model(config, seed);
  for (auto& p : model.parameters()) {
    p.set_requires_grad(false);
  }
  model.to(precision, torch::kCPU);
  return model;
}

void expect_equal(const ModelConfig& config, const GraphTensors& graph, std::uint64_t seed) {
  const Threads restore;
  const Tensor energy_weights = torch::linspace(0.5, 1.0, graph.n_targets, torch::kFloat64);
  for (const auto precision : {torch::kFloat64, torch::kFloat32}) {
    const Model model = constant_model(config, seed, precision);
    Model::Weights weights = model.prepare({0, 1, 2});
    at::set_num_threads(1);
    const Found expected = evaluated(model, weights, graph, energy_weights);
    const double tolerance = precision == torch::kFloat64 ? 1e-11 : 2e-5;
    for (const auto* set : fused::instruction_sets()) {
      weights.fused = fused::pack(model, weights, *set);
      ASSERT_TRUE(weights.fused);
      Found of_one;
      for (const int threads : {1, 2, 3}) {
        at::set_num_threads(threads);
        const Found found = evaluated(model, weights, graph, energy_weights);
        if (threads > 1) {
          EXPECT_TRUE(torch::equal(found.energies, of_one.energies)) << threads;
          EXPECT_TRUE(torch::equal(found.gradients, of_one.gradients)) << threads;
          continue;
        }
        of_one = found;
        EXPECT_LT(difference(found.energies, expected.energies), tolerance) << set->name;
        EXPECT_LT(difference(found.gradients, expected.gradients), tolerance) << set->name;
        ASSERT_EQ(found.rows.size(), expected.rows.size());
        for (std::size_t k = 0; k < found.rows.size(); ++k) {
          EXPECT_LT(difference(found.rows[k], expected.rows[k]), tolerance) << set->name;
        }
      }
    }
  }
}

class FusedKernels : public FusedTest {};

TEST_F(FusedKernels, EqualTheGraphForRandomModelsAndEdges) {
  for (std::uint64_t seed = 0; seed < 16; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const ModelConfig config = random_spinconv2_config(seed, fused::highest_degree);
    // few edges; and many, with more than a block of them for an atom
    const int neighbors = seed % 2 ? 8 : 70;
    expect_equal(config, random_edges(9, seed % 3 == 2 ? 5 : 0, neighbors, 3, config.cutoff, seed),
                 seed);
  }
}

TEST_F(FusedKernels, EqualTheGraphOfManyEdges) {
  ModelConfig config = ModelConfig::preset("small");
  config.elements = {"H", "C", "O"};
  config.reference_energies = {0.0, 0.0, 0.0};
  config.average_neighbors = 20.0;
  // more than evaluation.cpp keeps the waves of, in double precision
  expect_equal(config, random_edges(160, 0, 80, 3, config.cutoff, 1), 1);
}

TEST_F(FusedKernels, EqualTheGraphWithARepulsionOfPairs) {
  ModelConfig config = small_spinconv2_config({"H", "Si", "K"});
  config.repulsion = "zbl";
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    expect_equal(config, random_edges(9, seed == 2 ? 5 : 0, 60, 3, config.cutoff, seed), seed);
  }
}

// The check at load looks at pairs that are short enough.
TEST_F(FusedKernels, WithoutTheRepulsionOfTheGraphAreRefused) {
  ModelConfig config = small_spinconv2_config();
  config.repulsion = "zbl";
  const Model model = constant_model(config, 1, torch::kFloat64);
  const Model::Weights weights = model.prepare({0, 1, 2});
  const auto& set = *fused::instruction_sets().front();
  const auto kernels =
      std::const_pointer_cast<fused::PackedWeights>(fused::pack(model, weights, set));
  EXPECT_NO_THROW(fused::check_against_graph(model, weights, kernels, "x"));
  kernels->repulsion.at(4).strength *= 1.001;
  EXPECT_THAT(error_of([&] { fused::check_against_graph(model, weights, kernels, "the file"); }),
              HasSubstr("the file: fused kernels"));
}

TEST_F(FusedKernels, EqualTheGraphWithoutEdgesAndWithoutAtoms) {
  const ModelConfig config = small_spinconv2_config();
  expect_equal(config, random_edges(100, 0, 0, 3, config.cutoff, 1), 1);
  expect_equal(config, random_edges(0, 0, 0, 3, config.cutoff, 1), 1);
}

TEST_F(FusedKernels, GradientsAreThoseOfTheEnergy) {
  const ModelConfig config = random_spinconv2_config(3, fused::highest_degree);
  const Model model = constant_model(config, 5, torch::kFloat64);
  Model::Weights weights = model.prepare({0, 1, 2});
  GraphTensors graph = random_edges(5, 0, 9, 3, config.cutoff, 8);
  const Tensor ones = torch::ones({graph.n_targets}, torch::kFloat64);
  for (const auto* set : fused::instruction_sets()) {
    weights.fused = fused::pack(model, weights, *set);
    const Tensor gradients = evaluated(model, weights, graph, ones).gradients;
    Tensor differences = torch::empty_like(gradients);
    const Tensor vectors = graph.vectors;
    for (std::int64_t i = 0; i < vectors.numel(); ++i) {
      const double h = 1e-3;
      double slope = 0.0;
      for (const auto& [steps, factor] : {std::pair{2, -1.0}, {1, 8.0}, {-1, -8.0}, {-2, 1.0}}) {
        graph.vectors = vectors.clone();
        graph.vectors.view({-1})[i] += steps * h;
        slope += factor * evaluated(model, weights, graph, ones).energies.sum().item<double>();
      }
      differences.view({-1})[i] = slope / (12.0 * h);
    }
    graph.vectors = vectors;
    EXPECT_LT(difference(gradients, differences), 1e-7) << set->name;
  }
}

TEST_F(FusedKernels, AreWhatTheEvaluatorUsesUnlessItIsTold) {
  EvaluatorOptions options;
  const auto config = small_spinconv2_config();
  EXPECT_THAT(random_evaluator(config, options).implementation(), HasSubstr("fused ("));
  EXPECT_EQ(random_evaluator(small_config(), options).implementation(), "graph");
  options.implementation = Implementation::fused;
  auto fused = random_evaluator(config, options);
  EXPECT_THAT(fused.implementation(), HasSubstr("fused ("));
  EXPECT_THAT(error_of([&] { random_evaluator(small_config(), options); }),
              HasSubstr("sphere spinconv2"));
  options.implementation = Implementation::graph;
  auto graph = random_evaluator(config, options);
  EXPECT_EQ(graph.implementation(), "graph");

  const Structure s = random_triclinic(9, 3, 51);
  const auto expected = calculate(graph, s), found = calculate(fused, s);
  EXPECT_LT(largest_difference(found.atomic_energies, expected.atomic_energies), 1e-12);
  EXPECT_LT(largest_difference(found.forces, expected.forces), 1e-11);
}

TEST_F(FusedKernels, OfOtherWeightsThanTheGraphHasAreRefused) {
  for (const auto precision : {torch::kFloat64, torch::kFloat32}) {
    const Model model = constant_model(small_spinconv2_config(), 1, precision);
    const Model other = constant_model(small_spinconv2_config(), 2, precision);
    const Model::Weights weights = model.prepare({0, 1, 2});
    const auto& set = *fused::instruction_sets().front();
    EXPECT_NO_THROW(
        fused::check_against_graph(model, weights, fused::pack(model, weights, set), "x"));
    EXPECT_THAT(
        error_of([&] {
          fused::check_against_graph(model, weights,
                                     fused::pack(other, other.prepare({0, 1, 2}), set), "the file");
        }),
        ::testing::AllOf(HasSubstr("the file: fused kernels"), HasSubstr("the operator graph"),
                         HasSubstr("implementation graph")));
  }
}

}  // namespace
}  // namespace spinconv::test
