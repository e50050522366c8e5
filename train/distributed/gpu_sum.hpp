// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <torch/types.h>

#include <chrono>
#include <memory>
#include <span>
#include <torch/csrc/distributed/c10d/Store.hpp>

namespace spinconv::train {

// Sums of tensors on GPUs over the ranks by NCCL, without a way through the memory of the hosts.
class GpuSum {
 public:
  // Whether this program has NCCL: it was compiled against a LibTorch with CUDA and nccl.h.
  static bool is_built();

  // All ranks, each with a GPU of its own. Throws spinconv::Error in a program without NCCL.
  GpuSum(const c10::intrusive_ptr<c10d::Store>& store, int rank, int size,
         std::chrono::milliseconds timeout);
  ~GpuSum();

  // In place; contiguous tensors of this rank's GPU. They are ready for what is queued on the
  // current stream afterwards; the host does not wait. A rank that does not come makes NCCL end
  // this process after the time-out: meet on the host before (Ranks::sum of numbers).
  void sum(std::span<torch::Tensor> tensors);

 private:
  struct Group;
  std::unique_ptr<Group> group_;
};

}  // namespace spinconv::train
