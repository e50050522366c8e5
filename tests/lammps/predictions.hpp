// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace spinconv::test {

// A frame that 'spinconv-train evaluate --predictions' wrote.
struct Prediction {
  double energy = 0.0;
  std::vector<double> stress;                  // 9 numbers, eV/Angstrom^3, or none
  std::vector<std::vector<double>> forces{3};  // by axis
};
std::vector<Prediction> read_predictions(const std::string& path);

}  // namespace spinconv::test
