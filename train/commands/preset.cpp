// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <iostream>

#include "commands/commands.hpp"
#include "commands/fit_auto.hpp"
#include "spinconv/hyperparameters.hpp"
#include "trainer/fit_config.hpp"

namespace spinconv::train {

int preset(const PresetOptions& options) {
  if (options.name == automatic_preset) {
    std::cout << choose_for(options.data.at(0), options.overrides).yaml;
  } else {
    std::cout << (options.keys ? hyperparameter_reference(ModelConfig::preset(options.name))
                               : commented_preset(options.name));
  }
  return 0;
}

}  // namespace spinconv::train
