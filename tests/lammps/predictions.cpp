// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "lammps/predictions.hpp"

#include <iterator>
#include <sstream>

#include "support/temporary_folder.hpp"

namespace spinconv::test {
namespace {

std::vector<double> numbers_after(const std::string& line, const std::string& key) {
  const auto at = line.find(key);
  if (at == std::string::npos) {
    return {};
  }
  std::istringstream stream(line.substr(at + key.size()));
  return {std::istream_iterator<double>(stream), {}};
}

}  // namespace

std::vector<Prediction> read_predictions(const std::string& path) {
  std::vector<Prediction> predictions;
  std::istringstream stream(read_bytes(path));
  for (std::string line; std::getline(stream, line);) {
    Prediction p;
    const int n = std::stoi(line);
    std::getline(stream, line);
    p.energy = numbers_after(line, "energy=").at(0);
    p.stress = numbers_after(line, "stress=\"");
    for (int i = 0; i < n; ++i) {
      std::getline(stream, line);
      const auto row = numbers_after(line, line.substr(0, line.find(' ')));
      for (int axis = 0; axis < 3; ++axis) {
        p.forces[axis].push_back(row.at(3 + axis));
      }
    }
    predictions.push_back(p);
  }
  return predictions;
}

}  // namespace spinconv::test
