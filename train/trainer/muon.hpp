// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "spinconv/module_definition.hpp"

namespace spinconv::fused {
struct InstructionSet;
}

namespace spinconv::train {

struct MuonOptions {
  double momentum = 0.95;
  int iterations = 5;           // of the Newton-Schulz iteration
  double decay = 0.0;           // of the weights
  std::int64_t least_side = 8;  // of a matrix; smaller ones are not orthogonalized
  // Of a table with a row for each element or pair. In larger ones a frame has a gradient for few
  // of the rows, and orthogonalizing them would cost more than the rest of a step.
  std::int64_t most_table_rows = 100;
  const fused::InstructionSet* kernels = nullptr;  // for weights on the CPU, in place of operators
};

// Muon: momentum whose matrices are orthogonalized before they are taken as the step (K. Jordan et
// al., 2024), with Nesterov's look ahead,
//
//   m <- b m + (1-b) G,  X = (1-b) G + b m,
//   W <- (1 - rate decay) W - rate 0.2 sqrt(max(rows, columns)) U V^T
//
// of X = U S V^T, by iterations of X <- 3.4445 X + (-4.7750 A + 2.0315 A^2) X, A = X X^T, which
// brings all singular values near 1. The factor makes steps as large as those of Adam (Liu et al.,
// 2025). A weight of more than two axes is as many matrices as its first axes count, and blocks of
// rows or columns that are maps of their own (ModuleDefinition::Parameter) are matrices of their
// own where they are so declared by `rows`; those of equal sizes go through the iteration at once.
class Muon {
 public:
  // Whether a weight is one or more matrices for it.
  static bool takes(const ModuleDefinition::Parameter& parameter, const MuonOptions& options);

  // `parameters` describe `weights`, all of which it takes.
  Muon(std::vector<torch::Tensor> weights,
       const std::vector<ModuleDefinition::Parameter>& parameters, const MuonOptions& options);

  // A step of the weights by their gradients; a weight without one is left alone.
  void step(double rate);

  // Momentum of weight i, of its shape; may be written to.
  torch::Tensor momentum(std::size_t i) const { return momentum_[i]; }

 private:
  // Matrices of one size: views of momentum, gradient or weight.
  struct Part {
    std::size_t weight;
    std::int64_t first = 0, size = 0;  // rows; of all rows
  };
  struct Group {
    std::int64_t rows, columns;
    std::vector<Part> parts;
  };

  std::vector<torch::Tensor> weights_, momentum_;
  std::vector<Group> groups_;
  MuonOptions options_;
};

// U V^T of X = U S V^T, nearly, of a stack of matrices [n,rows,columns]; by operators, which
// fused::orthogonalized() is compared with.
torch::Tensor orthogonalized(const torch::Tensor& stack, int iterations);

}  // namespace spinconv::train
