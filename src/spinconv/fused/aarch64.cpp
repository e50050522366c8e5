// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#if defined(__aarch64__)
#define SPINCONV_INSTRUCTION_SET aarch64
#include "spinconv/fused/stages.hpp"

namespace spinconv::fused {

extern const InstructionSet aarch64_kernels;
const InstructionSet aarch64_kernels{"NEON", aarch64::kernels<float>(), aarch64::kernels<double>()};

}  // namespace spinconv::fused
#endif
