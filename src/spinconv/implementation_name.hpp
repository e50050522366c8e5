// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "spinconv/evaluator.hpp"

namespace spinconv {

// Of "auto", "fused" or "graph". Throws Error that says these for any other name.
Implementation implementation_named(const std::string& name);

// Of "single" or "double", likewise.
Precision precision_named(const std::string& name);

}  // namespace spinconv
