// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <filesystem>
#include <iostream>

#include "commands/commands.hpp"
#include "spinconv/error.hpp"
#include "trainer/checkpoint_potential.hpp"

namespace spinconv::train {

int export_potential(const std::string& checkpoint_path, const std::string& output) {
  const auto checkpoint = Checkpoint::load(checkpoint_path, "name another checkpoint");
  std::error_code unknown;
  if (std::filesystem::equivalent(checkpoint_path, output, unknown)) {
    throw Error("'" + output +
                "' is the checkpoint itself, which a resumed training needs; name another file for "
                "the potential");
  }
  const Potential potential = potential_of(checkpoint, checkpoint_path);
  potential.save(output, precision_of(checkpoint));
  const auto& training = potential.metadata.at("training");
  const int best = training.at("best_epoch").get<int>();
  std::cout << describe(potential) << "potential: " << output;
  if (best > 0) {
    std::cout << " (best epoch " << best << " of the " << training.at("epochs") << " so far)\n";
  } else {
    std::cout
        << "\n  no epoch has been completed, so that none is the best: these are the averaged "
           "weights of step "
        << checkpoint.state.at("step") << ", whose errors are not known\n";
  }
  return 0;
}

}  // namespace spinconv::train
