// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/fused/training.hpp"

#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>

#include "spinconv/fused/parameter_map.hpp"
#include "spinconv/model.hpp"
#include "support/error_text.hpp"
#include "support/fused_test.hpp"
#include "support/random_edges.hpp"
#include "support/random_model.hpp"
#include "support/structures.hpp"
#include "support/test_models.hpp"
#include "support/threads.hpp"

// Gradients of weights by fused kernels are those of the operator graph.
namespace spinconv::test {
namespace {

using ::testing::HasSubstr;
using torch::Tensor;

constexpr int most_degree = std::min(8, fused::highest_degree);

// A loss that is not linear, with its gradient for each parameter.
struct FoundGradients {
  double loss;
  std::vector<Tensor> gradients;
};

FoundGradients differentiated(const Model& model, const Tensor& energies, const Tensor& gradients) {
  const auto factors = [](const Tensor& t) {
    return torch::linspace(0.5, 1.5, t.numel(), torch::kFloat64).view_as(t).cos();
  };
  Tensor loss = (factors(energies) * energies * energies).sum();
  if (gradients.defined()) {
    loss = loss + (factors(gradients) * gradients * gradients).sum() + gradients.sum();
  }
  FoundGradients found{loss.item<double>(), {}};
  const auto parameters = model.parameters();
  found.gradients =
      torch::autograd::grad({loss}, parameters, {}, /*retain_graph=*/true, false, true);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (!found.gradients[i].defined()) {
      found.gradients[i] = torch::zeros_like(parameters[i]);
    }
  }
  return found;
}

FoundGradients by_graph(const Model& model, const Model::Weights& weights, GraphTensors graph,
                        bool with_gradients) {
  graph.vectors = graph.vectors.clone().set_requires_grad(with_gradients);
  const Tensor energies = model.evaluate(graph, weights).energies;
  Tensor gradients;
  if (with_gradients) {
    gradients = torch::autograd::grad({energies.sum()}, {graph.vectors}, {}, true, true, true)[0];
    if (!gradients.defined()) {
      gradients = torch::zeros_like(graph.vectors);
    }
  }
  return differentiated(model, energies, gradients);
}

FoundGradients by_kernels(const Model& model, const Model::Weights& weights,
                          const GraphTensors& graph, const fused::InstructionSet& set,
                          bool with_gradients) {
  const auto map = std::make_shared<fused::ParameterMap>(model, weights.used, set);
  const auto found =
      fused::energies_and_gradients(model, weights.elements, map->packed(), graph, with_gradients);
  EXPECT_EQ(found.gradients.defined(), with_gradients);
  return differentiated(model, found.energies, found.gradients);
}

double largest(const Tensor& t) {
  return t.numel() > 0 ? t.abs().max().item<double>() : 0.0;
}

void expect_equal(const ModelConfig& config, const GraphTensors& graph, bool with_gradients,
                  std::uint64_t seed) {
  const Threads restore;
  for (const auto precision : {torch::kFloat64, torch::kFloat32}) {
    Model model = random_model(config, seed);
    model.to(precision, torch::kCPU);
    for (auto& p : model.parameters()) {
      p.set_requires_grad(true);
    }
    const Model::Weights weights = model.prepare({2, 0, 1});
    at::set_num_threads(1);
    const FoundGradients expected = by_graph(model, weights, graph, with_gradients);
    const double tolerance = precision == torch::kFloat64 ? 1e-9 : 1e-3;
    double largest_of_all = 0.0;
    for (const auto& g : expected.gradients) {
      largest_of_all = std::max(largest_of_all, largest(g));
    }
    for (const auto* set : fused::instruction_sets()) {
      at::set_num_threads(1);
      const FoundGradients found = by_kernels(model, weights, graph, *set, with_gradients);
      EXPECT_NEAR(found.loss, expected.loss, tolerance * std::abs(expected.loss)) << set->name;
      for (std::size_t i = 0; i < found.gradients.size(); ++i) {
        const double own = largest(expected.gradients[i]);
        EXPECT_LE(largest(found.gradients[i].sub(expected.gradients[i])),
                  tolerance * (own + 1e-6 * largest_of_all))
            << set->name << " " << i << " of " << own;
      }
      for (const int threads : {2, 3}) {
        at::set_num_threads(threads);
        const FoundGradients again = by_kernels(model, weights, graph, *set, with_gradients);
        for (std::size_t i = 0; i < found.gradients.size(); ++i) {
          EXPECT_TRUE(torch::equal(again.gradients[i], found.gradients[i])) << threads << " " << i;
        }
      }
    }
  }
}

template <class... Arguments>
void nothing(Arguments...) {}

class FusedTraining : public FusedTest {};

TEST_F(FusedTraining, GradientsEqualThoseOfTheGraphForRandomModelsAndFrames) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const ModelConfig config = random_spinconv2_config(seed, most_degree);
    // few edges; and so many that several chunks have gradients of their own
    const int frames = seed % 3 + 1, neighbors = seed % 2 ? 8 : 70;
    expect_equal(config, random_edges(9, 0, neighbors, 3, config.cutoff, seed, frames), true, seed);
  }
}

TEST_F(FusedTraining, GradientsOfEnergiesAloneEqualThoseOfTheGraph) {
  const ModelConfig config = random_spinconv2_config(1, most_degree);
  expect_equal(config, random_edges(9, 0, 30, 3, config.cutoff, 1, 2), false, 1);
}

TEST_F(FusedTraining, GradientsWithARepulsionOfPairsEqualThoseOfTheGraph) {
  ModelConfig config = small_spinconv2_config({"H", "Si", "K"});
  config.repulsion = "zbl";
  expect_equal(config, random_edges(9, 0, 30, 3, config.cutoff, 1, 2), true, 1);
}

TEST_F(FusedTraining, GradientsWithoutEdgesAreThoseOfTheGraph) {
  const ModelConfig config = small_spinconv2_config();
  expect_equal(config, random_edges(50, 0, 0, 3, config.cutoff, 1, 2), true, 1);
}

// A training moves the parameters from step to step, and kernels of one step are not those of the
// next.
TEST_F(FusedTraining, KernelsOfParametersAreThoseOfPreparedWeights) {
  const torch::NoGradGuard no_grad;
  Model model = random_model(small_spinconv2_config(), 4);
  const GraphTensors graph = random_edges(9, 0, 30, 3, model.config().cutoff, 2, 1);
  const std::vector<std::int64_t> used{2, 0, 1};
  for (const auto* set : fused::instruction_sets()) {
    const auto energies = [&](const std::shared_ptr<const fused::PackedWeights>& kernels) {
      return fused::energies_and_gradients(model, 3, kernels, graph, false).energies;
    };
    const auto map = std::make_shared<fused::ParameterMap>(model, used, *set);
    auto first = map->packed();
    const Tensor before = energies(first);
    EXPECT_TRUE(torch::equal(before, energies(fused::pack(model, model.prepare(used), *set))));
    for (const auto& p : model.parameters()) {
      p.mul_(1.1);
    }
    const auto second = map->packed();
    const Tensor after = energies(second);
    EXPECT_TRUE(torch::equal(after, energies(fused::pack(model, model.prepare(used), *set))));
    EXPECT_FALSE(torch::equal(after, before));
    EXPECT_TRUE(torch::equal(energies(first), before)) << "kernels in use were overwritten";
    first = map->packed();
    EXPECT_TRUE(torch::equal(energies(first), after));
  }
}

TEST_F(FusedTraining, OfOtherKernelsThanTheGraphHasAreRefused) {
  for (const auto precision : {torch::kFloat64, torch::kFloat32}) {
    Model model = random_model(small_spinconv2_config(), 1);
    model.to(precision, torch::kCPU);
    for (auto& p : model.parameters()) {
      p.set_requires_grad(true);
    }
    for (const auto* set : fused::instruction_sets()) {
      EXPECT_NO_THROW(fused::check_training_against_graph(model, *set, "x"));
    }
    // kernels without the first stage
    fused::InstructionSet wrong = *fused::instruction_sets().front();
    wrong.single_.tangent_start_back = nothing;
    wrong.double_.tangent_start_back = nothing;
    EXPECT_THAT(
        error_of([&] { fused::check_training_against_graph(model, wrong, "the key"); }),
        ::testing::AllOf(HasSubstr("the key: fused kernels"), HasSubstr("gradient of weights"),
                         HasSubstr("implementation graph")));
  }
}

}  // namespace
}  // namespace spinconv::test
