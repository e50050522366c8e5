// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "trainer/fused_adam.hpp"

#include <ATen/ops/_fused_adam.h>

#include <vector>

namespace spinconv::train {

torch::Tensor FusedAdam::step(LossClosure /*closure*/) {
  using torch::Tensor;
  using torch::optim::AdamParamState;
  torch::NoGradGuard no_grad;
  for (auto& group : param_groups()) {
    const auto& options = static_cast<const torch::optim::AdamOptions&>(group.options());
    std::vector<Tensor> weights, gradients, first, second, largest, steps;
    for (const auto& p : group.params()) {
      if (!p.grad().defined()) {
        continue;
      }
      auto& known = state()[p.unsafeGetTensorImpl()];
      if (!known) {
        auto fresh = std::make_unique<AdamParamState>();
        fresh->exp_avg(torch::zeros_like(p));
        fresh->exp_avg_sq(torch::zeros_like(p));
        if (options.amsgrad()) {
          fresh->max_exp_avg_sq(torch::zeros_like(p));
        }
        known = std::move(fresh);
      }
      auto& s = static_cast<AdamParamState&>(*known);
      s.step(s.step() + 1);
      weights.push_back(p);
      gradients.push_back(p.grad());
      first.push_back(s.exp_avg());
      second.push_back(s.exp_avg_sq());
      if (options.amsgrad()) {
        largest.push_back(s.max_exp_avg_sq());
      }
      steps.push_back(torch::full({}, static_cast<double>(s.step()),
                                  torch::dtype(torch::kFloat32).device(p.device())));
    }
    if (weights.empty()) {
      continue;
    }
    at::_fused_adam_(weights, gradients, first, second, largest, steps, options.lr(),
                     std::get<0>(options.betas()), std::get<1>(options.betas()),
                     options.weight_decay(), options.eps(), options.amsgrad(),
                     /*maximize=*/false);
  }
  return {};
}

}  // namespace spinconv::train
