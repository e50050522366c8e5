// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "spinconv/fused/packing.hpp"

namespace spinconv::fused {

// Which number of which parameter each number of the kernels is, for some of the elements of a
// model that is supported(). What prepare() gives is a choice of the numbers of the parameters,
// none of them twice: they are found once, by giving it their own numbers in place of their values.
// A step of training then needs neither prepare() nor its derivative.
class ParameterMap : public std::enable_shared_from_this<ParameterMap> {
 public:
  ParameterMap(const Model& model, const std::vector<std::int64_t>& used,
               const InstructionSet& set);

  // Kernels for the parameters as they are now. The memory of those before is used again where
  // nobody else has them any more. Differentiable: see energies_and_gradients().
  std::shared_ptr<const PackedWeights> packed();

  const std::vector<torch::Tensor>& parameters() const { return parameters_; }  // of the model

  // Gradients of the parameters from those of the numbers of Packed<T>, and from those of the
  // energies of isolated atoms [U] float64.
  template <class T>
  std::vector<torch::Tensor> gradients(const T* numbers, const torch::Tensor& own_energies) const;

 private:
  std::shared_ptr<PackedWeights> empty() const;
  template <class T>
  void list(const Packed<T>& packed);
  template <class T>
  void fill(Packed<T>& packed) const;

  // Numbers side by side in a parameter and in the kernels.
  struct Run {
    std::size_t parameter;
    std::int64_t from, to, size;
    std::vector<double> factors;  // empty: 1
    const double* factors_or_null() const { return factors.empty() ? nullptr : factors.data(); }
  };
  const Model model_;  // shares its module
  const std::vector<torch::Tensor> parameters_;
  const std::vector<std::int64_t> used_;
  const torch::Tensor index_;  // the same
  const InstructionSet& set_;
  std::vector<Run> runs_;
  std::size_t element_energy_ = 0;  // which parameter that is
  std::shared_ptr<PackedWeights> packed_;
};

}  // namespace spinconv::fused
