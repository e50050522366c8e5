// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

namespace at {
class Tensor;
}

namespace spinconv::fused {

struct InstructionSet;

// X <- c_0 X + (c_1 A + c_2 A^2) X, A = X X^T, brings the singular values of a matrix of norm 1
// near 1 (K. Jordan et al., 2024).
constexpr double newton_schulz[] = {3.4445, -4.7750, 2.0315};

// U V^T of X = U S V^T, nearly, of each matrix of a stack [n,rows,columns] of float32 or float64 on
// the CPU, by so many iterations from X/|X| on; zero stays zero.
at::Tensor orthogonalized(const at::Tensor& stack, int iterations, const InstructionSet& set);

}  // namespace spinconv::fused
