// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

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

}  // namespace spinconv::fused
