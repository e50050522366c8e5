// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstdint>
#include <string>

#include "data/number_text.hpp"

namespace spinconv::train {

// A metric in a table for the terminal: "-" without labels, "nan" with a prediction that is not
// finite.
inline std::string error_cell(double value, std::int64_t count, double factor = 1.0) {
  if (count == 0) {
    return "-";
  }
  return std::isnan(value) ? "nan" : format("%.4g", value * factor);
}

}  // namespace spinconv::train
