// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "commands/fit_data.hpp"
#include "distributed/ranks.hpp"
#include "spinconv/training_ranges.hpp"
#include "trainer/fit_config.hpp"

namespace spinconv::train {

// The ranges of the training frames, each of which is read once where they are not in memory. Each
// rank reads a share; the same on every rank. `config.model` has elements and cutoff. Throws
// spinconv::Error as FrameStore::frame() and build_edges() do.
TrainingRanges training_ranges(const FitConfig& config, const Part& training, Ranks& ranks);

// ModelConfig::repulsion_radii: the nearest distances, 0 of pairs that never met.
std::vector<double> repulsion_radii_of(const TrainingRanges& ranges);

}  // namespace spinconv::train
