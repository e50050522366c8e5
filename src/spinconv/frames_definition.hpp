// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <torch/script.h>

#include <vector>

#include "spinconv/graph_definition.hpp"

namespace spinconv {

torch::Tensor as_tensor(const std::vector<double>& v);  // float64
torch::Tensor as_tensor(const std::vector<long>& v);    // int64
c10::IValue as_list(const std::vector<long>& v);        // List[int]

// Adds what graphs on spheres of harmonics have in common: the methods of graph/frames.py and
// graph/pairs.py, and the constants and attributes that these and all of those graphs name.
void add_frames(GraphDefinition& graph, const ModelConfig& config);

}  // namespace spinconv
