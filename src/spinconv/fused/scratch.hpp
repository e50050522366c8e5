// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <ATen/Parallel.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

// at::parallel_for is a template, which calls f on the one thread that it is on without this.
#ifndef INTRA_OP_PARALLEL
#error "compile this file as LibTorch is: with OpenMP"
#endif

namespace spinconv::fused {

// Memory of this thread that stays from call to call.
template <class T>
T* scratch_of_thread(std::size_t numbers) {
  struct Memory {
    void* data = nullptr;
    std::size_t bytes = 0;
    ~Memory() { std::free(data); }
  };
  static thread_local Memory memory;
  const std::size_t bytes = (numbers * sizeof(T) + 63) / 64 * 64;
  if (memory.bytes < bytes) {
    std::free(memory.data);
    memory = {nullptr, 0};
    memory.data = std::aligned_alloc(64, bytes);
    if (!memory.data) {
      throw std::bad_alloc();
    }
    memory.bytes = bytes;
  }
  return static_cast<T*>(memory.data);
}

// f(i, scratch) for i = 0 ... count - 1 by LibTorch's threads, each with so many numbers of its
// own.
template <class T, class F>
void each_with_scratch(std::int64_t count, std::size_t numbers, F f) {
  at::parallel_for(0, count, 1, [&](std::int64_t begin, std::int64_t end) {
    T* const scratch = scratch_of_thread<T>(numbers);
    for (std::int64_t i = begin; i < end; ++i) {
      f(i, scratch);
    }
  });
}

}  // namespace spinconv::fused
