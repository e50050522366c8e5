// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <torch/script.h>

#include <vector>

#include "spinconv/module_definition.hpp"

namespace spinconv {

torch::Tensor as_tensor(const std::vector<double>& v);  // float64
torch::Tensor as_tensor(const std::vector<long>& v);    // int64
c10::IValue as_list(const std::vector<long>& v);        // List[int]

// Adds what the operator graphs on spheres of harmonics have in common: the methods of
// torchscript/edge_frames.py and torchscript/pairs.py, and the constants and attributes that these
// and all of them name.
void add_edge_frames(ModuleDefinition& definition, const ModelConfig& config);

}  // namespace spinconv
