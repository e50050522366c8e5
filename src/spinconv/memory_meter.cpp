// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/memory_meter.hpp"

#include <ATen/DeviceAccelerator.h>
#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>
#include <utility>

#include "spinconv/control_group.hpp"

namespace spinconv {
namespace {

constexpr std::int64_t unknown = std::numeric_limits<std::int64_t>::max();

// at::accelerator::getMemoryInfo() where LibTorch has it, which 2.8 and 2.9 do not: an ellipsis is
// the last choice of a call.
namespace older {
[[maybe_unused]] std::pair<std::size_t, std::size_t> getMemoryInfo(...) {
  return {0, 0};
}
}  // namespace older
namespace accelerator {
using namespace at::accelerator;
using namespace older;
}  // namespace accelerator

// The number after `key` in a file of "key: number kB" lines, in bytes.
std::int64_t kilobytes_of(const std::string& path, const std::string& key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(key, 0) == 0) {
      return 1024 * std::stoll(line.substr(key.size()));
    }
  }
  return unknown;
}

std::int64_t left_of(std::int64_t limit, std::int64_t used) {
  return limit == unknown || used == unknown ? unknown : std::max<std::int64_t>(limit - used, 0);
}

std::int64_t left_of_address_space() {
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
    return unknown;
  }
  return left_of(static_cast<std::int64_t>(limit.rlim_cur),
                 kilobytes_of("/proc/self/status", "VmSize:"));
}

}  // namespace

std::int64_t available_memory(const c10::Device& device) {
  if (!device.is_cpu()) {
    try {
      const c10::DeviceIndex index = device.has_index() ? device.index() : 0;
      return static_cast<std::int64_t>(accelerator::getMemoryInfo(index).first);
    } catch (const c10::Error&) {
      return 0;
    }
  }
  const std::int64_t least =
      std::min({kilobytes_of("/proc/meminfo", "MemAvailable:"),
                control_group_memory().value_or(unknown), left_of_address_space()});
  return least == unknown ? 0 : least;
}

}  // namespace spinconv
