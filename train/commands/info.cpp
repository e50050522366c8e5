// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <iostream>

#include "cache/manifest.hpp"
#include "commands/automatic.hpp"
#include "commands/commands.hpp"
#include "spinconv/hyperparameters.hpp"
#include "spinconv/potential.hpp"
#include "trainer/fit_config.hpp"

namespace spinconv::train {

int info(const std::string& path, bool json) {
  if (is_cache(path)) {
    const Manifest manifest = Manifest::read(path);
    if (json) {
      std::cout << nlohmann::json{{"complete", manifest.complete},
                                  {"hash", manifest.hash()},
                                  {"request", manifest.request},
                                  {"sources", manifest.sources},
                                  {"summary", manifest.summary},
                                  {"statistics", manifest.statistics}}
                       .dump(2)
                << "\n";
    } else {
      std::cout << cache_text(path, manifest);
    }
    return 0;
  }
  const Potential potential = Potential::load(path);
  if (!json) {
    std::cout << describe(potential) << "\n";
  }
  std::cout << potential.metadata.dump(2) << "\n";
  return 0;
}

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
