// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "spinconv/architecture.hpp"
#include "spinconv/fused/packing.hpp"

namespace spinconv::fused {

// The stages of `sphere: spinconv2` by fused kernels, edges sorted by target, `pair` [E] of their
// elements. Arguments but the weights may go before it. Channels of messages and of what only owned
// atoms see are padded to vectors; rows, which others see, are not. The same bits for any number of
// threads.
std::unique_ptr<StagedEvaluation> evaluation(const PackedWeights& weights,
                                             const torch::Tensor& vectors, const Layout& layout,
                                             const torch::Tensor& pair, bool gradients);

}  // namespace spinconv::fused
