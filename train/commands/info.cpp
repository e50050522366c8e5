// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <iostream>

#include "cache/manifest.hpp"
#include "commands/commands.hpp"
#include "spinconv/potential.hpp"

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

}  // namespace spinconv::train
