// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "metrics/epoch_record.hpp"
#include "spinconv/target.hpp"

namespace spinconv::train {

struct EpochLineOptions {
  int epochs = 0;  // of the training
  Target target;
  bool stress = false;     // trained on
  bool validation = true;  // whether there is a validation set
  bool best = false;       // marked by *
  // that the line may have; not set: any number. A line without room is written shorter: errors of
  // training and validation as "F 13.48|23.14", without the learning rate, the time, the units
  std::optional<int> columns = std::nullopt;
};

// The line of an epoch in the terminal and in the log: loss, errors, learning rate, time. What was
// not measured, as there is no label to compare with, is left out.
std::string epoch_line(const EpochRecord& record, const EpochLineOptions& options);

}  // namespace spinconv::train
