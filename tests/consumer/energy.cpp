// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
// Energy, forces and stress of the first structure of an extended XYZ file, by
// spinconv::Calculator.
//   energy_cpp POTENTIAL STRUCTURE.extxyz
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include <spinconv/calculator.hpp>
#include <spinconv/elements.hpp>
#include <spinconv/error.hpp>

namespace {

// Atoms in memory of this program.
struct Structure {
  std::vector<double> positions;
  std::vector<int> numbers;
  spinconv::AtomsView view;
};

Structure read(const char* path) {
  std::ifstream file(path);
  std::string line, comment, symbol;
  std::getline(file, line);
  std::getline(file, comment);
  Structure s;
  const std::string key = "Lattice=\"";
  if (const auto at = comment.find(key); at != std::string::npos) {
    std::istringstream numbers(comment.substr(at + key.size()));
    for (double& x : s.view.cell) {
      numbers >> x;
    }
    s.view.pbc = {true, true, true};
  }
  double x, y, z;
  while (s.numbers.size() < std::stoul(line) && file >> symbol >> x >> y >> z) {
    s.numbers.push_back(spinconv::atomic_number(symbol));
    s.positions.insert(s.positions.end(), {x, y, z});
    std::getline(file, comment);
  }
  s.view.n_atoms = s.numbers.size();
  s.view.positions = s.positions.data();
  s.view.numbers = s.numbers.data();
  return s;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: energy_cpp POTENTIAL STRUCTURE.extxyz\n";
    return 2;
  }
  try {
    const Structure s = read(argv[2]);
    spinconv::CalculatorOptions options;
    options.precision = spinconv::Precision::double_;
    spinconv::Calculator calculator(argv[1], options);
    const spinconv::Calculation& result = calculator.evaluate(s.view);
    std::printf("energy %.17g\n", result.energy);
    for (std::size_t i = 0; i < s.numbers.size(); ++i) {
      const double* const f = &result.forces[3 * i];
      std::printf("force %.17g %.17g %.17g\n", f[0], f[1], f[2]);
    }
    if (result.stress) {
      const auto& t = *result.stress;
      std::printf("stress %.17g %.17g %.17g %.17g %.17g %.17g\n", t[0], t[1], t[2], t[3], t[4],
                  t[5]);
    }
  } catch (const spinconv::Error& error) {
    std::cerr << "energy_cpp: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
