// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/fused/orthogonalization.hpp"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

#include "spinconv/fused/panels.hpp"
#include "spinconv/fused/scratch.hpp"

namespace spinconv::fused {
namespace {

// One matrix [rows, columns], its longer side along the rows of what the kernel gets.
template <class T>
void orthogonalize(const T* x, std::int64_t rows, std::int64_t columns, int iterations,
                   const Kernels<T>& kernels, T* to) {
  const bool tall = rows >= columns;
  const std::int64_t longer = std::max(rows, columns), shorter = std::min(rows, columns);
  const std::int64_t padded = padded_size(shorter, kernels.lanes);
  double square = 0.0;
  for (std::int64_t i = 0; i < rows * columns; ++i) {
    square += double(x[i]) * double(x[i]);
  }
  const T factor = T(1.0 / (std::sqrt(square) + 1e-12));
  T* const y =
      scratch_of_thread<T>(static_cast<std::size_t>(2 * longer * padded + 2 * padded * padded));
  const auto place = [&](std::int64_t i, std::int64_t j) {
    return tall ? i * columns + j : j * columns + i;
  };
  for (std::int64_t i = 0; i < longer; ++i) {
    for (std::int64_t j = 0; j < padded; ++j) {
      y[i * padded + j] = j < shorter ? x[place(i, j)] * factor : T(0);
    }
  }
  kernels.orthogonalize(static_cast<int>(longer), static_cast<int>(shorter),
                        static_cast<int>(padded), iterations, y, y + longer * padded);
  for (std::int64_t i = 0; i < longer; ++i) {
    for (std::int64_t j = 0; j < shorter; ++j) {
      to[place(i, j)] = y[i * padded + j];
    }
  }
}

template <class T>
void orthogonalize(const at::Tensor& stack, int iterations, const Kernels<T>& kernels,
                   const at::Tensor& to) {
  const std::int64_t rows = stack.size(1), columns = stack.size(2);
  const T* const x = stack.const_data_ptr<T>();
  T* const u = to.data_ptr<T>();
  at::parallel_for(0, stack.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      orthogonalize(x + i * rows * columns, rows, columns, iterations, kernels,
                    u + i * rows * columns);
    }
  });
}

}  // namespace

at::Tensor orthogonalized(const at::Tensor& stack, int iterations, const InstructionSet& set) {
  TORCH_CHECK(stack.device().is_cpu() && stack.dim() == 3, "not a stack of matrices on the CPU");
  const at::Tensor from = stack.contiguous(), to = torch::empty_like(from);
  if (from.scalar_type() == torch::kFloat64) {
    orthogonalize(from, iterations, set.double_, to);
  } else {
    orthogonalize(from, iterations, set.single_, to);
  }
  return to;
}

}  // namespace spinconv::fused
