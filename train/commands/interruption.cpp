// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "commands/interruption.hpp"

#include <csignal>

namespace spinconv::train {
namespace {

constexpr std::array signals = {SIGINT, SIGTERM, SIGHUP};

std::atomic<bool> is_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may not wait");

void request(int signal_number) {
  is_requested = true;
  std::signal(signal_number, SIG_DFL);
}

}  // namespace

Interruption::Interruption() {
  is_requested = false;
  for (std::size_t k = 0; k < signals.size(); ++k) {
    before_[k] = std::signal(signals[k], request);
    if (before_[k] == SIG_IGN) {
      std::signal(signals[k], SIG_IGN);
    }
  }
}

Interruption::~Interruption() {
  for (std::size_t k = 0; k < signals.size(); ++k) {
    std::signal(signals[k], before_[k]);
  }
}

const std::atomic<bool>& Interruption::requested() const {
  return is_requested;
}

}  // namespace spinconv::train
