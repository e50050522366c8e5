// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <torch/types.h>

namespace spinconv {

// Edges [E] that stay when each target keeps its `count` nearest sources, ascending; of equal
// distances the earlier edge. target [E] int64, vectors [E,3]. The graph is not symmetric
// afterwards, and the energy jumps where two neighbors change places by distance: this is what
// published models were trained with.
torch::Tensor nearest_neighbors(const torch::Tensor& target, const torch::Tensor& vectors,
                                std::int64_t count);

}  // namespace spinconv
