// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "commands/commands.hpp"
#include "spinconv/model.hpp"

namespace spinconv::train {

// `evaluate --task is2re|is2rs`. Returns the exit status; throws spinconv::Error.
int evaluate_relaxations(const Model& model, const std::string& precision,
                         const EvaluateOptions& options);

}  // namespace spinconv::train
