// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "trainer/muon.hpp"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "spinconv/fused/kernels.hpp"
#include "spinconv/fused/orthogonalization.hpp"
#include "spinconv/fused/packing.hpp"
#include "spinconv/model.hpp"
#include "train/trainer_support.hpp"
#include "trainer/weight_optimizer.hpp"

namespace spinconv::train::test {
namespace {

using torch::Tensor;
using Parameter = ModuleDefinition::Parameter;

Tensor random_matrices(torch::IntArrayRef shape, std::uint64_t seed) {
  torch::manual_seed(seed);
  return torch::randn(shape, torch::kFloat64);
}

Parameter parameter(std::vector<std::int64_t> shape, std::vector<Parameter::Part> rows = {}) {
  std::vector<ModuleDefinition::Axis> axes;
  for (const auto size : shape) {
    axes.emplace_back(size);
  }
  return {"weight", axes, 0.1, 0.0, std::move(rows), {}};
}

Tensor with_gradient(const Tensor& weight, const Tensor& gradient) {
  Tensor w = weight.clone().set_requires_grad(true);
  w.mutable_grad() = gradient.clone();
  return w;
}

TEST(Orthogonalized, BringsEverySingularValueNearOne) {
  for (const auto& shape : {std::vector<std::int64_t>{1, 64, 64}, {3, 16, 96}, {2, 160, 24}}) {
    const Tensor x = random_matrices(shape, 1);
    const Tensor u = orthogonalized(x, 5);
    ASSERT_EQ(u.sizes(), x.sizes());
    const Tensor values = std::get<1>(torch::linalg_svd(u, false, std::nullopt));
    // singular values below some hundredths of the norm take more iterations to come up
    EXPECT_LT(values.max().item<double>(), 1.3) << shape;
    EXPECT_GT(values.median().item<double>(), 0.6) << shape;
    // along the same directions: U^T X is symmetric and positive
    const Tensor product = torch::bmm(u.transpose(1, 2), x);
    EXPECT_LT((product - product.transpose(1, 2)).abs().max().item<double>(), 1e-10);
    EXPECT_GT((u * x).sum().item<double>(), 0.0);
  }
}

TEST(Orthogonalized, DoesNotDependOnTheSizeOfTheGradient) {
  const Tensor x = random_matrices({1, 12, 20}, 2);
  const Tensor u = orthogonalized(x, 5);
  for (const double size : {1e-6, 1e6}) {
    EXPECT_TRUE(torch::allclose(orthogonalized(x * size, 5), u, 1e-4, 1e-4)) << size;
  }
  EXPECT_EQ(orthogonalized(torch::zeros_like(x), 5).abs().max().item<double>(), 0.0);
}

// Kernels of every instruction set are the operators' iteration, for sides that are whole vectors
// and others, and for any number of threads.
TEST(Orthogonalized, ByKernelsIsTheSame) {
  const auto sets = fused::instruction_sets();
  if (sets.empty()) {
    GTEST_SKIP() << "this processor has no fused multiply-add";
  }
  const int threads = at::get_num_threads();
  for (const auto& shape : {std::vector<std::int64_t>{1, 64, 64},
                            {3, 16, 96},
                            {2, 160, 24},
                            {1, 9, 512},
                            {5, 13, 8},
                            {1, 1, 7},
                            {4, 130, 130}}) {
    for (const auto type : {torch::kFloat64, torch::kFloat32}) {
      const Tensor x = random_matrices(shape, 3).to(type);
      for (const int iterations : {1, 2, 5}) {
        const Tensor expected = orthogonalized(x, iterations);
        for (const auto* set : sets) {
          at::set_num_threads(1);
          const Tensor found = fused::orthogonalized(x, iterations, *set);
          at::set_num_threads(2);
          EXPECT_TRUE(torch::equal(fused::orthogonalized(x, iterations, *set), found));
          ASSERT_EQ(found.sizes(), x.sizes());
          ASSERT_EQ(found.scalar_type(), type);
          EXPECT_LT((found - expected).abs().max().item<double>(),
                    type == torch::kFloat64 ? 1e-12 : 2e-4)
              << set->name << " " << shape << " " << iterations;
        }
      }
    }
  }
  at::set_num_threads(threads);
  const Tensor zero = torch::zeros({1, 4, 6});
  EXPECT_TRUE(torch::equal(fused::orthogonalized(zero, 5, *sets.front()), zero));
}

TEST(Muon, StepsAsItsFormulaSays) {
  const Tensor start = random_matrices({10, 32}, 3);
  const Tensor first = random_matrices({10, 32}, 4), second = random_matrices({10, 32}, 5);
  for (const double decay : {0.0, 0.5}) {
    Tensor w = with_gradient(start, first);
    Muon muon({w}, {parameter({10, 32})}, {.momentum = 0.9, .iterations = 4, .decay = decay});
    muon.step(0.01);
    w.mutable_grad() = second.clone();
    muon.step(0.02);
    const double factor = 0.2 * std::sqrt(32.0);
    Tensor m = 0.1 * first;
    Tensor expected = (1.0 - 0.01 * decay) * start -
                      0.01 * factor * orthogonalized((0.1 * first + 0.9 * m).unsqueeze(0), 4)[0];
    m = 0.9 * m + 0.1 * second;
    expected = (1.0 - 0.02 * decay) * expected -
               0.02 * factor * orthogonalized((0.1 * second + 0.9 * m).unsqueeze(0), 4)[0];
    EXPECT_TRUE(torch::allclose(w, expected, 1e-12, 1e-12)) << decay;
    EXPECT_TRUE(torch::allclose(muon.momentum(0), m, 1e-12, 1e-12)) << decay;
  }
}

// Layers and blocks of rows are matrices of their own, and all of one size go together.
TEST(Muon, TakesEachMatrixOfAWeightForItself) {
  const std::vector<Parameter::Part> blocks{{8, 1.0}, {12, 1.0}};
  const Tensor start = random_matrices({2, 20, 9}, 6), gradient = random_matrices({2, 20, 9}, 7);
  Tensor stacked = with_gradient(start, gradient);
  Tensor other = with_gradient(random_matrices({8, 9}, 8), random_matrices({8, 9}, 9));
  Muon together({stacked, other}, {parameter({2, 20, 9}, blocks), parameter({8, 9})}, {});
  together.step(0.01);
  for (int layer = 0; layer < 2; ++layer) {
    for (const auto& [begin, size] : {std::pair{0, 8}, {8, 12}}) {
      const auto part = [&](const Tensor& t) { return t[layer].narrow(0, begin, size); };
      Tensor w = with_gradient(part(start), part(gradient));
      Muon({w}, {parameter({size, 9})}, {}).step(0.01);
      EXPECT_TRUE(torch::allclose(part(stacked), w, 1e-12, 1e-12)) << layer << " " << begin;
    }
  }
}

TEST(Muon, LeavesAWeightWithoutAGradientAlone) {
  const Tensor start = random_matrices({8, 8}, 1);
  Tensor idle = start.clone().set_requires_grad(true);
  Tensor moved = with_gradient(start, random_matrices({8, 8}, 2));
  Muon muon({idle, moved}, {parameter({8, 8}), parameter({8, 8})}, {});
  muon.step(0.01);
  EXPECT_TRUE(torch::equal(idle, start));
  EXPECT_FALSE(torch::equal(moved, start));
}

TEST(Muon, LeavesLargeTablesOfElementsToAdam) {
  std::vector<std::string> elements = {"H", "C", "N", "O", "F", "S", "Cl", "Br", "I"};
  const auto takes = [&](const std::string& name) {
    for (const auto& p : module_definition(tiny_model(elements)).parameters) {
      if (p.name == name) {
        return Muon::takes(p, {});
      }
    }
    throw std::invalid_argument(name);
  };
  EXPECT_TRUE(takes("radial_pair") && takes("energy_bias"));  // 81 and 9 rows
  elements.insert(elements.end(), {"P", "Si"});
  EXPECT_FALSE(takes("radial_pair"));  // 121
  EXPECT_TRUE(takes("energy_bias") && takes("second_weight"));
}

TEST(Muon, TakesMatricesOfEightRowsAndColumns) {
  EXPECT_TRUE(Muon::takes(parameter({8, 8}), {}));
  EXPECT_TRUE(Muon::takes(parameter({3, 16, 64}), {}));
  EXPECT_FALSE(Muon::takes(parameter({7, 64}), {}));
  EXPECT_FALSE(Muon::takes(parameter({64, 1}), {}));
  EXPECT_FALSE(Muon::takes(parameter({64}), {}));
  EXPECT_FALSE(Muon::takes(parameter({0, 16, 64}), {}));
}

Model tiny() {
  return spinconv::test::random_model(tiny_model(), 1);
}

void set_gradients(Model& model, double value) {
  for (auto& p : model.parameters()) {
    p.mutable_grad() = torch::full_like(p, value);
  }
}

TEST(WeightOptimizer, SeesAGradientThatIsNoNumber) {
  for (const std::string name : {"muon", "adam"}) {
    TrainingConfig config;
    config.optimizer = name;
    Model model = tiny();
    const WeightOptimizer optimizer(model, config);
    EXPECT_EQ(optimizer.gradient_norm(), 0.0);
    set_gradients(model, 2.0);
    EXPECT_NEAR(optimizer.gradient_norm(), 2.0 * std::sqrt(double(model.parameter_count())), 1e-9);
    for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()}) {
      Tensor gradient = model.parameters().back().grad();
      gradient.view(-1)[0] = bad;
      EXPECT_FALSE(std::isfinite(optimizer.gradient_norm())) << name << " " << bad;
    }
  }
}

// Ten ordinary gradients, one that is a million times as long, and ten more.
std::vector<Tensor> weights_after_a_spike(double clip, double spike) {
  TrainingConfig config;
  config.muon_clip = clip;
  Model model = tiny();
  WeightOptimizer optimizer(model, config);
  torch::manual_seed(1);
  for (int step = 0; step < 21; ++step) {
    for (auto& p : model.parameters()) {
      p.mutable_grad() = torch::randn_like(p) * (step == 10 ? spike : 1.0);
    }
    optimizer.step(1e-3, optimizer.gradient_norm());
  }
  return model.parameters();
}

double distance(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    sum += (a[i] - b[i]).pow(2).sum().item<double>();
  }
  return std::sqrt(sum);
}

TEST(WeightOptimizer, ShortensAGradientThatIsFarLongerThanThoseBefore) {
  const auto ordinary = weights_after_a_spike(3.0, 1.0);
  EXPECT_EQ(distance(ordinary, weights_after_a_spike(0.0, 1.0)), 0.0);
  const double shortened = distance(ordinary, weights_after_a_spike(3.0, 1e6));
  EXPECT_NEAR(shortened, distance(ordinary, weights_after_a_spike(0.0, 3.0)), 0.1 * shortened);
  EXPECT_LT(2.0 * shortened, distance(ordinary, weights_after_a_spike(0.0, 1e6)));
}

}  // namespace
}  // namespace spinconv::train::test
