// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "trainer/mixed_precision.hpp"

#include <ATen/autocast_mode.h>
#include <gtest/gtest.h>

#include "support/variants.hpp"
#include "train/trainer_support.hpp"
#include "trainer/loss.hpp"

namespace spinconv::train::test {
namespace {

using torch::Tensor;

struct Step {
  Tensor forces;
  std::vector<Tensor> gradients;
};

// Forces and gradients of the weights of one step in single or in mixed precision.
Step step(bool mixed, ModelConfig config = tiny_model()) {
  config.reference_energies = {-616.04, -205.35, -102.67};
  Model model = Model::create(config, 3);
  model.to(torch::kFloat32, torch::kCPU);
  const Prepared data(ethanol_frames(3), config);
  Step result;
  {
    const MixedPrecision guard(mixed, torch::kCPU);
    const auto weights = all_weights(model);
    const Batch batch = make_batch(data.pointers(), model, weights);
    const auto prediction = predict(model, weights, batch, true);
    result.forces = prediction.forces.detach();
    compute_loss({}, prediction, batch).value.backward();
  }
  EXPECT_FALSE(at::autocast::is_autocast_enabled(torch::kCPU));
  for (const auto& p : model.parameters()) {
    if (p.grad().defined()) {
      EXPECT_EQ(p.grad().scalar_type(), torch::kFloat32);
      result.gradients.push_back(p.grad().flatten());
    }
  }
  return result;
}

TEST(MixedPrecision, HasTheForcesAndGradientsOfSinglePrecisionToAPercent) {
  const Step single = step(false), mixed = step(true);
  const auto relative = [](const Tensor& a, const Tensor& b) {
    return ((a - b).norm() / b.norm()).item<double>();
  };
  const double error = relative(mixed.forces, single.forces);
  EXPECT_LT(error, 0.03);
  EXPECT_GT(error, 1e-5);  // it is another arithmetic
  EXPECT_LT(relative(torch::cat(mixed.gradients), torch::cat(single.gradients)), 0.05);
}

TEST(MixedPrecision, IsTakenByEveryKindOfModel) {
  for (const auto& variant : spinconv::test::all_variants()) {
    SCOPED_TRACE(variant.name);
    const Step single = step(false, variant.config), mixed = step(true, variant.config);
    EXPECT_LT(((mixed.forces - single.forces).norm() / single.forces.norm()).item<double>(), 0.3);
    for (const auto& gradient : mixed.gradients) {
      EXPECT_TRUE(gradient.isfinite().all().item<bool>());
    }
  }
}

TEST(MixedPrecision, IsOffUnlessAskedFor) {
  const MixedPrecision off(false, torch::kCPU);
  EXPECT_FALSE(at::autocast::is_autocast_enabled(torch::kCPU));
}

}  // namespace
}  // namespace spinconv::train::test
