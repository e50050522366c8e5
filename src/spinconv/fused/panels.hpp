// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

// How the kernels want what a model has: sizes and padding, matrices in panels, constants of the
// rotations. Needs no LibTorch.
#include <cstdint>
#include <memory>
#include <vector>

#include "spinconv/fused/kernels.hpp"
#include "spinconv/model_config.hpp"

namespace spinconv::fused {

// Parts of an axis, each of which is padded by itself.
using Parts = std::vector<std::int64_t>;

Parts repeated(std::int64_t times, std::int64_t size);
Parts joined(Parts a, const Parts& b);
std::int64_t padded_size(std::int64_t size, int lanes);
std::int64_t padded_size(const Parts& parts, int lanes);
std::int64_t size_of(const Parts& parts);

// f(place, padded place) of each number of an axis, both from 0 on.
template <class F>
void each_place(const Parts& parts, int lanes, F f) {
  std::int64_t from = 0, to = 0;
  for (const auto size : parts) {
    for (std::int64_t i = 0; i < size; ++i) {
      f(from + i, to + i);
    }
    from += size;
    to += padded_size(size, lanes);
  }
}

// `to` [inputs * outputs]: a dense matrix [inputs, outputs], both padded, as Matrix has it.
template <class T>
void put_in_panels(const T* dense, std::int64_t inputs, std::int64_t outputs,
                   const Kernels<T>& kernels, T* to);

// The same of its transpose.
template <class T>
void put_transposed(const T* dense, std::int64_t inputs, std::int64_t outputs,
                    const Kernels<T>& kernels, T* to);

Sizes sizes_of(const ModelConfig& config, int lanes);

// Of Weights, what depends on the size of the model alone.
template <class T>
struct Constants {
  std::vector<T> rotation_table;
  int terms, columns;
  std::vector<Term<T>> about_x, about_y;
  int x_terms_of_0, y_terms_of_0;

  void put_into(Weights<T>& weights) const;
};

// Made once for each size: a training packs its weights in each step.
template <class T>
std::shared_ptr<const Constants<T>> constants_of(const Sizes& sizes, const Kernels<T>& kernels);

}  // namespace spinconv::fused
