// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <torch/optim/adam.h>

namespace spinconv::train {

// Adam whose step is one pass over all weights (at::_fused_adam_) instead of a dozen operations on
// each: for small batches those took a tenth of the time of training. Options, state and, up to
// rounding, results are those of torch::optim::Adam.
class FusedAdam : public torch::optim::Adam {
 public:
  using torch::optim::Adam::Adam;

  // Weights without a gradient are left alone. The closure is not called: gradients are there.
  torch::Tensor step(LossClosure closure = nullptr) override;
};

}  // namespace spinconv::train
