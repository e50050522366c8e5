// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace spinconv::train {

// Pairs of label and prediction for parity plots and error histograms, in bounded memory: all pairs
// up to `capacity`, then a uniform random sample of that size (reservoir with a fixed seed, so the
// same input gives the same sample). Missing labels (NaN) are ignored; pairs whose prediction is
// not finite are counted and not kept.
struct ParityPoints {
  explicit ParityPoints(std::size_t capacity = 200000);

  // The only way in: it keeps the counts.
  void add(double reference_value, double predicted_value);

  std::vector<double> reference;
  std::vector<double> predicted;
  std::int64_t n_seen = 0;       // finite pairs offered
  std::int64_t n_nonfinite = 0;  // pairs with a label and a prediction that is NaN or infinite

 private:
  std::size_t capacity_;
  std::mt19937_64 random_{0x5eed};
};

}  // namespace spinconv::train
