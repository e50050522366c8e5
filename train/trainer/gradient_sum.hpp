// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <vector>

#include "distributed/ranks.hpp"

namespace spinconv::train {

// Sums the gradients of the weights over the ranks, in buckets of some MB that are on their way at
// the same time: on the GPUs where Ranks::sum_on() allows it, else through the memory of the hosts.
// They start when the backward pass has ended: the model merges the experts of each pair of
// elements before its first layer, so that nearly all gradients come at the end of it.
class GradientSum {
 public:
  // `parameters` have one precision and one device. A collective.
  GradientSum(std::vector<torch::Tensor> parameters, Ranks& ranks);

  // Replace each gradient by its sum over the ranks, and `totals` by theirs. A parameter without a
  // gradient counts as zero, but one that has none on any rank keeps none.
  void sum(Ranks& ranks, std::span<double> totals);

 private:
  struct Bucket {
    std::size_t first = 0, end = 0;  // of the parameters
    torch::Tensor values;  // gradients end to end, then for each parameter whether it has one
  };

  torch::Tensor flags(const Bucket& bucket) const;

  std::vector<torch::Tensor> parameters_;
  std::vector<Bucket> buckets_;
};

}  // namespace spinconv::train
