// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "trainer/muon.hpp"

#include <algorithm>
#include <cmath>

#include "spinconv/fused/orthogonalization.hpp"

namespace spinconv::train {

using torch::Tensor;

namespace {

// The matrices of a part [n,rows,columns], a view.
Tensor matrices(const Tensor& weight, std::int64_t first, std::int64_t size) {
  return weight.narrow(-2, first, size).flatten(0, -3);
}

Tensor stacked(const Tensor& weight) {
  return weight.dim() == 2 ? weight.unsqueeze(0) : weight;
}

}  // namespace

Tensor orthogonalized(const Tensor& stack, int iterations) {
  const auto& [first, second, third] = fused::newton_schulz;
  const bool tall = stack.size(1) > stack.size(2);
  Tensor x = tall ? stack.transpose(1, 2) : stack;
  x = x / (torch::linalg_vector_norm(x, 2, {1, 2}, true) + 1e-12);
  for (int i = 0; i < iterations; ++i) {
    const Tensor a = torch::bmm(x, x.transpose(1, 2));
    const Tensor b = torch::baddbmm(a, a, a, second, third);
    x = torch::baddbmm(x, b, x, first, 1.0);
  }
  return tall ? x.transpose(1, 2) : x;
}

bool Muon::takes(const ModuleDefinition::Parameter& parameter, const MuonOptions& options) {
  const auto shape = parameter.shape();
  if (shape.size() < 2 || shape.front() == 0) {
    return false;
  }
  const auto& rows = parameter.axes[shape.size() - 2];
  if (rows.rows != ModuleDefinition::Axis::Rows::numbered && rows.size > options.most_table_rows) {
    return false;
  }
  return std::min(shape[shape.size() - 2], shape.back()) >= options.least_side;
}

Muon::Muon(std::vector<Tensor> weights, const std::vector<ModuleDefinition::Parameter>& parameters,
           const MuonOptions& options)
    : weights_(std::move(weights)), options_(options) {
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    momentum_.push_back(torch::zeros_like(weights_[i]));
    std::int64_t first = 0;
    const auto add = [&](std::int64_t rows) {
      const std::int64_t columns = weights_[i].size(-1);
      auto group = std::find_if(groups_.begin(), groups_.end(), [&](const Group& g) {
        return g.rows == rows && g.columns == columns;
      });
      if (group == groups_.end()) {
        group = groups_.insert(group, Group{rows, columns, {}});
      }
      group->parts.push_back({i, first, rows});
      first += rows;
    };
    if (parameters[i].rows.empty()) {
      add(weights_[i].size(-2));
    }
    for (const auto& part : parameters[i].rows) {
      add(part.size);
    }
  }
}

void Muon::step(double rate) {
  torch::NoGradGuard no_grad;
  const double b = options_.momentum;
  std::vector<std::size_t> moved;
  std::vector<Tensor> gradients, momenta;
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    if (weights_[i].grad().defined()) {
      moved.push_back(i);
      gradients.push_back(weights_[i].grad());
      momenta.push_back(momentum_[i]);
    }
  }
  if (gradients.empty()) {
    return;
  }
  at::_foreach_lerp_(momenta, gradients, 1.0 - b);
  const auto found = at::_foreach_lerp(gradients, momenta, b);
  std::vector<Tensor> ahead(weights_.size());
  for (std::size_t i = 0; i < moved.size(); ++i) {
    ahead[moved[i]] = found[i];
  }
  for (const auto& group : groups_) {
    std::vector<Tensor> stack;
    std::vector<const Part*> parts;
    for (const auto& part : group.parts) {
      if (ahead[part.weight].defined()) {
        stack.push_back(matrices(stacked(ahead[part.weight]), part.first, part.size));
        parts.push_back(&part);
      }
    }
    if (parts.empty()) {
      continue;
    }
    const Tensor x = torch::cat(stack);
    const Tensor steps = options_.kernels != nullptr && x.is_cpu()
                             ? fused::orthogonalized(x, options_.iterations, *options_.kernels)
                             : orthogonalized(x, options_.iterations);
    const double size = 0.2 * std::sqrt(double(std::max(group.rows, group.columns)));
    std::int64_t at = 0;
    for (std::size_t p = 0; p < parts.size(); ++p) {
      Tensor weight =
          stacked(weights_[parts[p]->weight]).narrow(-2, parts[p]->first, parts[p]->size);
      const std::int64_t n = stack[p].size(0);
      if (options_.decay > 0.0) {
        weight.mul_(1.0 - rate * options_.decay);
      }
      weight.add_(steps.narrow(0, at, n).reshape(weight.sizes()), -rate * size);
      at += n;
    }
  }
}

}  // namespace spinconv::train
