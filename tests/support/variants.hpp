// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "support/test_models.hpp"

namespace spinconv::test {

// Every kind of model that a file may hold, of the elements H, C and O: spheres of harmonics,
// grids, all forces, activations and filters.
std::vector<Variant> all_variants();

}  // namespace spinconv::test
