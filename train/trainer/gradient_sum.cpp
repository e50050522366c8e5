// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "trainer/gradient_sum.hpp"

namespace spinconv::train {
namespace {

constexpr std::int64_t numbers_per_bucket = 1 << 20;

}  // namespace

GradientSum::GradientSum(std::vector<torch::Tensor> parameters, Ranks& ranks)
    : parameters_(std::move(parameters)) {
  if (!ranks.are_many() || parameters_.empty()) {
    return;
  }
  const torch::Device own = parameters_[0].device();
  const torch::Device device = ranks.sum_on(own) ? own : torch::Device(torch::kCPU);
  for (std::size_t first = 0; first < parameters_.size();) {
    Bucket bucket;
    bucket.first = bucket.end = first;
    std::int64_t numbers = 0;
    while (
        bucket.end < parameters_.size() &&
        (bucket.end == first || numbers + parameters_[bucket.end].numel() < numbers_per_bucket)) {
      numbers += parameters_[bucket.end++].numel() + 1;
    }
    bucket.values = torch::zeros({numbers}, parameters_[first].options().device(device));
    first = bucket.end;
    buckets_.push_back(std::move(bucket));
  }
}

torch::Tensor GradientSum::flags(const Bucket& bucket) const {
  const auto count = static_cast<std::int64_t>(bucket.end - bucket.first);
  return bucket.values.narrow(0, bucket.values.numel() - count, count);
}

void GradientSum::sum(Ranks& ranks, std::span<double> totals) {
  torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> parts;
  for (auto& bucket : buckets_) {
    bucket.values.zero_();
    std::int64_t at = 0;
    std::vector<double> known;
    for (std::size_t i = bucket.first; i < bucket.end; ++i) {
      const auto& gradient = parameters_[i].grad();
      const std::int64_t n = parameters_[i].numel();
      if (gradient.defined()) {
        bucket.values.narrow(0, at, n).copy_(gradient.reshape({n}));
      }
      known.push_back(gradient.defined() ? 1.0 : 0.0);
      at += n;
    }
    flags(bucket).copy_(torch::tensor(known, torch::kFloat64));
    parts.push_back(bucket.values);
  }
  parts.push_back(
      torch::from_blob(totals.data(), {static_cast<std::int64_t>(totals.size())}, torch::kFloat64));
  ranks.sum(parts);
  for (auto& bucket : buckets_) {
    const auto known = flags(bucket).to(torch::kCPU, torch::kFloat64);
    std::int64_t at = 0;
    for (std::size_t i = bucket.first; i < bucket.end; ++i) {
      auto& p = parameters_[i];
      const std::int64_t n = p.numel();
      if (known[static_cast<std::int64_t>(i - bucket.first)].item<double>() > 0) {
        // a copy: the optimizer refuses views, and the bucket is filled again
        p.mutable_grad() = bucket.values.narrow(0, at, n).view(p.sizes()).to(
            p.device(), p.scalar_type(), /*non_blocking=*/false, /*copy=*/true);
      }
      at += n;
    }
  }
}

}  // namespace spinconv::train
