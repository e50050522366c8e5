// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/memory_meter.hpp"

#include <ATen/DeviceAccelerator.h>
#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <string>

#include "spinconv/evaluator.hpp"

namespace spinconv {
namespace {

constexpr std::int64_t unknown = std::numeric_limits<std::int64_t>::max();

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

// A file with one number; "max" stands for no limit.
std::int64_t number_in(const std::string& path) {
  std::ifstream file(path);
  std::int64_t value = 0;
  return file >> value ? value : unknown;
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
      return static_cast<std::int64_t>(
          at::accelerator::getMemoryInfo(device.has_index() ? device.index() : 0).first);
    } catch (const c10::Error&) {
      return 0;
    }
  }
  const std::string group = "/sys/fs/cgroup/memory";
  const std::int64_t least =
      std::min({kilobytes_of("/proc/meminfo", "MemAvailable:"),
                left_of(number_in(group + ".max"), number_in(group + ".current")),
                left_of(number_in(group + "/memory.limit_in_bytes"),
                        number_in(group + "/memory.usage_in_bytes")),
                left_of_address_space()});
  return least == unknown ? 0 : least;
}

void keep_freed_memory() {
#ifdef __GLIBC__
  for (const char* name :
       {"MALLOC_MMAP_MAX_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "GLIBC_TUNABLES"}) {
    if (std::getenv(name)) {
      return;
    }
  }
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, -1);  // never
  mallopt(M_TOP_PAD, 64 << 20);
#endif
}

}  // namespace spinconv
