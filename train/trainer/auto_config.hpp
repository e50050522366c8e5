// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "trainer/data_profile.hpp"
#include "trainer/fit_config.hpp"

namespace spinconv::train {

// A configuration chosen for data. docs/training.md has the rules.
struct AutoConfig {
  std::string yaml;                  // with comments, for FitConfig::parse()
  std::vector<std::string> reasons;  // what was chosen and why, a line each
};

// For the frames of data.train; where they are read from, units, keys and filters are taken over.
// Depends on its arguments alone, not on how fast the machine is. `frames` are those of the
// profile. Throws spinconv::Error: the target is not the energy, all frames are isolated
// atoms.
AutoConfig choose_config(const DataConfig& data, const FrameStore& frames,
                         const DataProfile& profile);

}  // namespace spinconv::train
