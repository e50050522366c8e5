// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <atomic>

namespace spinconv::train {

// While it lives, the first Ctrl-C (SIGINT), end of a batch job (SIGTERM) or loss of the terminal
// (SIGHUP) asks for an end in order; a second one of that kind ends at once. A signal that the
// process was started to ignore (nohup: SIGHUP) stays ignored. One at a time in a process.
class Interruption {
 public:
  Interruption();
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  const std::atomic<bool>& requested() const;

 private:
  std::array<void (*)(int), 3> before_{};  // what the signals did
};

}  // namespace spinconv::train
