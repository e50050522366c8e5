// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "distributed/gpu_sum.hpp"

#include <vector>

#include "spinconv/error.hpp"

#ifdef SPINCONV_NCCL
// LibTorch was built with NCCL; its header wants to be told
#define USE_C10D_NCCL
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif

namespace spinconv::train {

#ifdef SPINCONV_NCCL

struct GpuSum::Group {
  c10::intrusive_ptr<c10d::ProcessGroupNCCL> nccl;
};

bool GpuSum::is_built() {
  return true;
}

GpuSum::GpuSum(const c10::intrusive_ptr<c10d::Store>& store, int rank, int size,
               std::chrono::milliseconds timeout)
    : group_(std::make_unique<Group>()) {
  auto options = c10d::ProcessGroupNCCL::Options::create();
  options->timeout = timeout;
  group_->nccl = c10::make_intrusive<c10d::ProcessGroupNCCL>(
      c10::make_intrusive<c10d::PrefixStore>("nccl", store), rank, size, options);
}

void GpuSum::sum(std::span<torch::Tensor> tensors) {
  std::vector<c10::intrusive_ptr<c10d::Work>> works;
  for (auto& tensor : tensors) {
    std::vector<torch::Tensor> one{tensor};
    works.push_back(group_->nccl->allreduce(one));
  }
  for (auto& work : works) {
    work->wait();
  }
}

#else

struct GpuSum::Group {};

bool GpuSum::is_built() {
  return false;
}

GpuSum::GpuSum(const c10::intrusive_ptr<c10d::Store>&, int, int, std::chrono::milliseconds) {
  throw Error("this spinconv-train was compiled without NCCL");
}

void GpuSum::sum(std::span<torch::Tensor>) {}

#endif

GpuSum::~GpuSum() = default;

}  // namespace spinconv::train
