// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#if defined(__x86_64__)
#define SPINCONV_INSTRUCTION_SET x86_64_v4
#include "spinconv/fused/stages.hpp"

namespace spinconv::fused {

extern const InstructionSet x86_64_v4_kernels;
const InstructionSet x86_64_v4_kernels{"AVX-512", x86_64_v4::kernels<float>(),
                                       x86_64_v4::kernels<double>()};

}  // namespace spinconv::fused
#endif
