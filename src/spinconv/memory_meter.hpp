// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>

#include <atomic>
#include <cstdint>
#include <memory>

namespace spinconv {

// Counts the bytes of the tensors that are made and freed while it lives, on any device.
class MemoryMeter {
 public:
  MemoryMeter()
      : counter_(std::make_shared<Counter>()),
        guard_(c10::DebugInfoKind::PROFILER_STATE, counter_) {}

  std::int64_t peak() const { return counter_->peak; }

 private:
  struct Counter : c10::MemoryReportingInfoBase {
    // backward passes of other devices report from their own threads
    std::atomic<std::int64_t> now{0};
    std::atomic<std::int64_t> peak{0};

    void reportMemoryUsage(void*, std::int64_t size, std::size_t, std::size_t,
                           c10::Device) override {
      const std::int64_t total = now += size;
      for (std::int64_t top = peak; total > top && !peak.compare_exchange_weak(top, total);) {
      }
    }
    bool memoryProfilingEnabled() const override { return true; }
  };

  std::shared_ptr<Counter> counter_;
  c10::DebugInfoGuard guard_;
};

// Bytes that this process can still take on the device; 0 where that cannot be told. On the CPU the
// least of what the machine, the control group and the limits of the process leave.
std::int64_t available_memory(const c10::Device& device);

}  // namespace spinconv
