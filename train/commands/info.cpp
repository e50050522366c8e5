// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <iostream>

#include "commands/commands.hpp"
#include "spinconv/potential.hpp"
#include "trainer/fit_config.hpp"

namespace spinconv::train {

int info(const std::string& path, bool json) {
  const Potential potential = Potential::load(path);
  if (!json) {
    std::cout << describe(potential) << "\n";
  }
  std::cout << potential.metadata.dump(2) << "\n";
  return 0;
}

int preset(const std::string& name) {
  std::cout << commented_preset(name);
  return 0;
}

}  // namespace spinconv::train
