// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "lammps/lammps_runner.hpp"

namespace spinconv::test {

// Lines of numbers of a file in DeePMD-kit's form (model_devi.out): the step, then largest,
// smallest and mean deviation of the virial, then those of the forces.
inline std::vector<std::vector<double>> read_deviations(const std::string& path) {
  std::istringstream stream(read_bytes(path));
  std::vector<std::vector<double>> lines;
  for (std::string line; std::getline(stream, line);) {
    if (line.empty() || line[0] == '#') {
      continue;
    }
    std::istringstream words(line);
    lines.emplace_back();
    for (double value; words >> value;) {
      lines.back().push_back(value);
    }
  }
  return lines;
}

}  // namespace spinconv::test
