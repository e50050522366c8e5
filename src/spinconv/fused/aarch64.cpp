// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
// Not compiled and not run so far: define SPINCONV_FUSED_NEON to try it.
#if defined(__aarch64__) && defined(SPINCONV_FUSED_NEON)
#define SPINCONV_INSTRUCTION_SET aarch64
#include "spinconv/fused/stages.hpp"

namespace spinconv::fused {

extern const InstructionSet aarch64_kernels;
const InstructionSet aarch64_kernels{"NEON", aarch64::kernels<float>(), aarch64::kernels<double>()};

}  // namespace spinconv::fused
#endif
