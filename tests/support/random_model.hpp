// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include "spinconv/model.hpp"

namespace spinconv::test {

// Model::create() with random values also where a new model starts at 0 or 1.
Model random_model(const ModelConfig& config, std::uint64_t seed);

}  // namespace spinconv::test
