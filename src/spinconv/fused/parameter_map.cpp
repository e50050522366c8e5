// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/fused/parameter_map.hpp"

#include <algorithm>

#include "spinconv/module_definition.hpp"

namespace spinconv::fused {

using torch::Tensor;

ParameterMap::ParameterMap(const Model& model, const std::vector<std::int64_t>& used,
                           const InstructionSet& set)
    : model_(model),
      parameters_(model.parameters()),
      used_(used),
      index_(torch::tensor(used, torch::kInt64)),
      set_(set) {
  TORCH_CHECK(supported(model), "a model without kernels");
  const auto parameters = module_definition(model.config()).parameters;
  while (parameters.at(element_energy_).name != "element_energy") {
    ++element_energy_;
  }
  packed_ = empty();
  if (packed_->single_) {
    list(*packed_->single_);
  } else {
    list(*packed_->double_);
  }
}

std::shared_ptr<PackedWeights> ParameterMap::empty() const {
  auto packed = std::make_shared<PackedWeights>();
  const auto elements = static_cast<std::int64_t>(used_.size());
  packed->set = &set_;
  packed->parameters = this;
  packed->repulsion = repulsion_of_pairs(model_.config(), used_);
  if (model_.dtype() == torch::kFloat32) {
    packed->single_ = std::make_unique<Packed<float>>(model_, elements, set_.single_);
  } else {
    packed->double_ = std::make_unique<Packed<double>>(model_, elements, set_.double_);
  }
  return packed;
}

template <class T>
void ParameterMap::list(const Packed<T>& packed) {
  const torch::NoGradGuard no_grad;
  Model numbered = model_.clone();
  numbered.to(torch::kFloat64, torch::kCPU);
  std::vector<std::int64_t> begin{0};
  for (const Tensor& p : numbered.parameters()) {
    const std::int64_t end = begin.back() + p.numel();
    p.copy_(torch::arange(begin.back(), end, torch::kFloat64).view_as(p));
    begin.push_back(end);
  }
  packed.template each_weight<double>(
      numbered, numbered.prepare(used_),
      [&](std::int64_t to, const double* number, std::int64_t size, const double* factors) {
        for (std::int64_t i = 0; i < size; ++i) {
          const auto id = static_cast<std::int64_t>(number[i]);
          TORCH_CHECK(double(id) == number[i] && id >= 0 && id < begin.back(),
                      "a weight that is not a number of a parameter");
          const auto parameter = static_cast<std::size_t>(
              std::upper_bound(begin.begin(), begin.end(), id) - begin.begin() - 1);
          const std::int64_t from = id - begin[parameter];
          if (i == 0 || runs_.back().parameter != parameter ||
              runs_.back().from + runs_.back().size != from) {
            runs_.push_back({parameter, from, to + i, 0, {}});
          }
          Run& run = runs_.back();
          ++run.size;
          if (factors != nullptr) {
            run.factors.push_back(factors[i]);
          }
        }
      });
  std::vector<const Run*> in_order;
  for (const Run& run : runs_) {
    in_order.push_back(&run);
  }
  std::sort(in_order.begin(), in_order.end(), [](const Run* a, const Run* b) {
    return std::pair(a->parameter, a->from) < std::pair(b->parameter, b->from);
  });
  for (std::size_t i = 1; i < in_order.size(); ++i) {
    const Run &a = *in_order[i - 1], &b = *in_order[i];
    TORCH_CHECK(a.parameter != b.parameter || a.from + a.size <= b.from,
                "a number of a parameter that is two weights");
  }
}

template <class T>
void ParameterMap::fill(Packed<T>& packed) const {
  const torch::NoGradGuard no_grad;
  std::vector<Tensor> parameters;  // contiguous ones
  std::vector<const T*> from;
  for (const Tensor& p : parameters_) {
    parameters.push_back(p.detach().contiguous());
    from.push_back(parameters.back().const_data_ptr<T>());
  }
  T* const numbers = packed.numbers();
  for (const Run& run : runs_) {
    copy_scaled(from[run.parameter] + run.from, run.size, run.factors_or_null(), numbers + run.to);
  }
  packed.finish(parameters[element_energy_].index_select(0, index_),
                model_.module().attr("reference_energies").toTensor().index_select(0, index_),
                model_.config().energy_scale);
}

std::shared_ptr<const PackedWeights> ParameterMap::packed() {
  if (packed_.use_count() > 1) {
    packed_ = empty();
  }
  if (packed_->single_) {
    fill(*packed_->single_);
  } else {
    fill(*packed_->double_);
  }
  // with the weights goes the map, to which they point
  const std::shared_ptr<const ParameterMap> self = shared_from_this();
  return {packed_.get(), [self, kept = packed_](const PackedWeights*) {}};
}

template <class T>
std::vector<Tensor> ParameterMap::gradients(const T* numbers, const Tensor& own_energies) const {
  std::vector<Tensor> gradients;
  std::vector<T*> to;
  for (const Tensor& p : parameters_) {
    gradients.push_back(torch::zeros(p.sizes(), p.options().requires_grad(false)));
    to.push_back(gradients.back().data_ptr<T>());
  }
  for (const Run& run : runs_) {
    copy_scaled(numbers + run.to, run.size, run.factors_or_null(), to[run.parameter] + run.from);
  }
  Tensor& element_energies = gradients[element_energy_];
  element_energies.index_copy_(
      0, index_,
      (own_energies * (own_energy_factor * model_.config().energy_scale)).to(element_energies));
  return gradients;
}

template std::vector<Tensor> ParameterMap::gradients(const float*, const Tensor&) const;
template std::vector<Tensor> ParameterMap::gradients(const double*, const Tensor&) const;

}  // namespace spinconv::fused
