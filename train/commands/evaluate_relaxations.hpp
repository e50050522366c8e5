// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "commands/commands.hpp"
#include "trainer/predictor.hpp"

namespace spinconv::train {

// `evaluate --task is2re|is2rs`. Returns the exit status; throws spinconv::Error.
int evaluate_relaxations(Predictor& predictor, const std::string& precision,
                         const EvaluateOptions& options);

}  // namespace spinconv::train
