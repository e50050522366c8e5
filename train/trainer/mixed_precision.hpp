// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <torch/types.h>

namespace spinconv::train {

// While it lives, and if `on`, this thread multiplies matrices of single precision in bfloat16 (8
// bits of mantissa, sums in single precision): LibTorch's autocast. All else keeps its precision.
class MixedPrecision {
 public:
  MixedPrecision(bool on, torch::Device device);
  ~MixedPrecision();
  MixedPrecision(const MixedPrecision&) = delete;
  MixedPrecision& operator=(const MixedPrecision&) = delete;

 private:
  bool on_;
  torch::DeviceType device_;
  torch::ScalarType type_before_{};
};

}  // namespace spinconv::train
