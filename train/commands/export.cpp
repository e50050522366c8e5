// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <filesystem>
#include <iostream>

#include "commands/commands.hpp"
#include "commands/fit_ranges.hpp"
#include "spinconv/error.hpp"
#include "spinconv/exported_module.hpp"
#include "spinconv/hyperparameters.hpp"
#include "spinconv/torch_archive.hpp"
#include "spinconv/training_ranges_json.hpp"
#include "trainer/checkpoint_potential.hpp"
#include "trainer/initial_weights.hpp"

namespace spinconv::train {
namespace {

// Of a file that is there; what it is wrong with is said when it is read.
bool is_potential(const std::string& path) {
  std::error_code unknown;
  if (!std::filesystem::is_regular_file(path, unknown)) {
    return false;
  }
  try {
    return TorchArchive(path, path).has("extra/spinconv.json");
  } catch (const Error&) {
    return false;
  }
}

// Which weights of the checkpoint these are; empty where they are simply the best.
std::string origin_of(const Potential& potential, const Checkpoint& checkpoint) {
  const auto& training = potential.metadata.at("training");
  if (const int best = training.at("best_epoch").get<int>(); best > 0) {
    return " (best epoch " + std::to_string(best) + " of the " + training.at("epochs").dump() +
           " so far)\n";
  }
  return "\n  no epoch has been completed, so that none is the best: these are the averaged "
         "weights of step " +
         checkpoint.state.at("step").dump() + ", whose errors are not known\n";
}

// The same weights with another repulsion of pairs, which has no part in a training: it ends at the
// shortest distances of the training frames, which the file has to state.
Potential with_repulsion(const Potential& potential, const std::string& repulsion,
                         const std::string& path) {
  ModelConfig config = potential.model.config();
  const auto& key = hyperparameter("repulsion");
  const std::string where = "--repulsion " + repulsion + ": '" + path + "' ";
  if (!key.has_effect(config) || !potential.target().is_energy()) {
    throw Error(where + "is of sphere " + config.sphere + " and target " + potential.target().name +
                "; it is for energies of sphere spinconv2");
  }
  config.repulsion = repulsion;
  config.repulsion_radii.clear();
  if (repulsion != "none") {
    const auto ranges = training_ranges_of(potential.metadata, config, path);
    if (!ranges) {
      throw Error(where +
                  "does not say how near the atoms of its training frames come (trained_on): 'fit "
                  "--resume' of its finished training adds that");
    }
    config.repulsion_radii = repulsion_radii_of(*ranges);
  }
  Model model = Model::create(config, 0);
  adopt_weights(model, potential.model);
  return {std::move(model), potential.metadata};
}

}  // namespace

int export_potential(const ExportOptions& options) {
  const std::string& input = options.input;
  const bool as_module = options.output.ends_with(".ts");
  std::error_code unknown;
  const bool onto_itself = std::filesystem::equivalent(input, options.output, unknown);

  const auto write = [&](const Potential& read, const std::string& precision,
                         const std::string& origin) {
    const Potential potential =
        options.repulsion.empty() ? read : with_repulsion(read, options.repulsion, input);
    const std::string& used = options.precision.empty() ? precision : options.precision;
    if (as_module) {
      save_exported_module(potential, options.output, used);
    } else {
      potential.save(options.output, used);
    }
    std::cout << describe(potential)
              << (as_module ? "TorchScript module, " + used + " precision: " : "potential: ")
              << options.output << origin;
  };
  if (is_potential(input)) {
    if (onto_itself && as_module) {
      throw Error("'" + options.output +
                  "' is the potential file itself; name another file for the module");
    }
    const auto potential = Potential::load(input);
    write(potential, potential.metadata.value("precision", "single"), "\n");
    return 0;
  }
  const auto checkpoint =
      Checkpoint::load(input, "name a potential file, or a checkpoint of 'spinconv-train fit'");
  if (onto_itself) {
    throw Error("'" + options.output +
                "' is the checkpoint itself, which a resumed training needs; name another file for "
                "the potential");
  }
  const auto potential = potential_of(checkpoint, input);
  write(potential, precision_of(checkpoint), origin_of(potential, checkpoint));
  return 0;
}

}  // namespace spinconv::train
