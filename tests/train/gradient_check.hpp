// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/types.h>

#include <cmath>
#include <functional>
#include <initializer_list>

#include "spinconv/model.hpp"

namespace spinconv::train::test {

// The gradient of `value` in every weight of the model is the slope by finite differences along a
// random direction, with the best of `steps`. Returns how many weights have a slope to speak of.
inline int expect_gradient(const Model& model, const std::function<torch::Tensor()>& value,
                           std::initializer_list<double> steps) {
  const auto parameters = model.parameters();
  const auto gradients =
      torch::autograd::grad({value()}, parameters, {}, std::nullopt, false, true);
  auto generator = at::make_generator<at::CPUGeneratorImpl>(3);
  int compared = 0;
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    torch::NoGradGuard no_grad;
    const auto direction = torch::empty_like(parameters[p]).uniform_(-1.0, 1.0, generator);
    const double slope =
        gradients[p].defined() ? (gradients[p] * direction).sum().item<double>() : 0.0;
    const auto start = parameters[p].detach().clone();
    const auto at = [&](double h) {
      parameters[p].copy_(start + h * direction);
      torch::AutoGradMode recording(true);
      return value().item<double>();
    };
    double best = INFINITY;
    for (const double h : steps) {
      const double difference = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
      best = std::min(best, std::abs(difference - slope));
    }
    parameters[p].copy_(start);
    EXPECT_LT(best, 1e-7 * (1.0 + std::abs(slope))) << "parameter " << p << ", slope " << slope;
    compared += std::abs(slope) > 1e-6;
  }
  return compared;
}

}  // namespace spinconv::train::test
