// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <torch/csrc/distributed/c10d/HashStore.hpp>
#include <vector>

#include "distributed/gpu_sum.hpp"

// Sums of gradients by NCCL on the first GPU, as spinconv-train makes them, with one rank: two
// would need two GPUs. What is summed has to come back as it was, and be ready without a wait.
int main() {
  using spinconv::train::GpuSum;
  try {
    GpuSum group(c10::make_intrusive<c10d::HashStore>(), 0, 1, std::chrono::seconds(60));
    const auto options = torch::TensorOptions().device(torch::kCUDA, 0);
    std::vector<torch::Tensor> tensors, expected;
    for (const auto type : {torch::kFloat64, torch::kFloat32}) {
      for (const int length : {1, 1000003}) {
        tensors.push_back(at::arange(length, options.dtype(type)));
        expected.push_back(tensors.back().clone());
      }
    }
    for (int round = 0; round < 3; ++round) {
      group.sum(tensors);
      for (std::size_t k = 0; k < tensors.size(); ++k) {
        if (!at::equal(tensors[k], expected[k])) {
          std::fprintf(stderr, "error: a sum over one rank has changed tensor %zu\n", k);
          return 1;
        }
      }
    }
    std::printf("%zu tensors, 3 times: as they were\n", tensors.size());
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "error: %s\n", e.what());
    return 1;
  }
}
