// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace spinconv {

// Bytes that the control groups of this process (cgroup v1 or v2, of a container or a batch job)
// leave it: the least, over its own group and all above it, of the limit minus what the group uses.
// Cached pages of files that the kernel would give up first do not count as used. Nothing where no
// group has a limit, or the system has no control groups. `root` is the folder in which proc/self
// and what it names are looked for.
std::optional<std::int64_t> control_group_memory(const std::string& root = "");

}  // namespace spinconv
