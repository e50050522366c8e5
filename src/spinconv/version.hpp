// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

// SPINCONV_VERSION comes from the project() line of the top CMakeLists.txt.
#ifndef SPINCONV_VERSION
#error "SPINCONV_VERSION must be defined by the build"
#endif
