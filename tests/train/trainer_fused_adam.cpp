// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "trainer/fused_adam.hpp"

#include <gtest/gtest.h>

namespace spinconv::train {
namespace {

using torch::Tensor;

// Weights after some steps with gradients that are a function of the weights; the last weight never
// has a gradient.
template <class Adam>
std::vector<Tensor> trained(bool amsgrad, double weight_decay, torch::ScalarType precision) {
  torch::manual_seed(3);
  const auto options = torch::dtype(precision).requires_grad(true);
  std::vector<Tensor> weights = {torch::randn({7, 33}, options), torch::randn({5}, options),
                                 torch::randn({4}, options)};
  Adam adam(weights, torch::optim::AdamOptions(0.05).amsgrad(amsgrad).weight_decay(weight_decay));
  for (int step = 0; step < 30; ++step) {
    adam.zero_grad();
    // the gradient shrinks and changes sign, so that amsgrad's maximum counts
    ((weights[0] - 0.3).pow(4).sum() + (weights[1] * weights[0].sum()).sin().sum()).backward();
    adam.step();
  }
  return weights;
}

void expect_equal(bool amsgrad, double weight_decay, torch::ScalarType precision,
                  double tolerance) {
  const auto ours = trained<FusedAdam>(amsgrad, weight_decay, precision);
  const auto theirs = trained<torch::optim::Adam>(amsgrad, weight_decay, precision);
  for (std::size_t i = 0; i < ours.size(); ++i) {
    EXPECT_LT((ours[i] - theirs[i]).abs().max().item<double>(), tolerance) << "weight " << i;
  }
}

TEST(FusedAdam, IsAdam) {
  expect_equal(false, 0.0, torch::kFloat64, 1e-12);
}
TEST(FusedAdam, IsAdamWithAmsgrad) {
  expect_equal(true, 0.0, torch::kFloat64, 1e-12);
}
TEST(FusedAdam, IsAdamWithWeightDecay) {
  expect_equal(true, 0.1, torch::kFloat64, 1e-12);
}
TEST(FusedAdam, IsAdamInSinglePrecision) {
  expect_equal(true, 0.0, torch::kFloat32, 1e-3);
}

}  // namespace
}  // namespace spinconv::train
