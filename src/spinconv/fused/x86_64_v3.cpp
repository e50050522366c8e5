// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#if defined(__x86_64__)
#define SPINCONV_INSTRUCTION_SET x86_64_v3
#include "spinconv/fused/stages.hpp"

namespace spinconv::fused {

extern const InstructionSet x86_64_v3_kernels;
const InstructionSet x86_64_v3_kernels{"AVX2", x86_64_v3::kernels<float>(),
                                       x86_64_v3::kernels<double>()};

}  // namespace spinconv::fused
#endif
