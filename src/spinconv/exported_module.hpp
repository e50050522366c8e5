// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <torch/script.h>

#include <string>

#include "spinconv/potential.hpp"

namespace spinconv {

// The potential as a TorchScript module for programs that have LibTorch and nothing of ours, with
// the methods of torchscript/exported.py: structures, or edges, in; energies, forces and stress
// out. Its parameters ask for no gradients. `precision`, "single" or "double", is that of the
// model's arithmetic, for which constants are rounded once; geometry and results are float64.
torch::jit::Module exported_module(const Potential& potential, const std::string& precision);

// That module in a file, with the metadata of the potential in `extra/spinconv.json`, where
// `module_version` is in place of `format_version`: it is no potential file. Written at once (see
// write_file_atomically). Throws Error naming the path and cause.
void save_exported_module(const Potential& potential, const std::string& path,
                          const std::string& precision);

}  // namespace spinconv
