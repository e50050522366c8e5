// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "metrics/parity.hpp"

#include <cmath>

namespace spinconv::train {

ParityPoints::ParityPoints(std::size_t capacity) : capacity_(capacity) {}

void ParityPoints::add(double reference_value, double predicted_value) {
  if (std::isnan(reference_value)) {
    return;
  }
  if (!std::isfinite(predicted_value)) {
    ++n_nonfinite;
    return;
  }
  ++n_seen;
  if (reference.size() < capacity_) {
    reference.push_back(reference_value);
    predicted.push_back(predicted_value);
    return;
  }
  // Not std::uniform_int_distribution: its sequence differs between standard libraries. The bias of
  // the remainder is below n_seen / 2^64.
  const std::uint64_t slot = random_() % static_cast<std::uint64_t>(n_seen);
  if (slot < capacity_) {
    reference[slot] = reference_value;
    predicted[slot] = predicted_value;
  }
}

}  // namespace spinconv::train
