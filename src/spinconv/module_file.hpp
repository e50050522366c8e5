// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

// For callers that see nothing of LibTorch's headers.
namespace spinconv {

// Writes the TorchScript module of a potential file (see exported_module.hpp), at once.
// `precision`, "single" or "double", is that of the model's arithmetic; without it, that of the
// file. Throws Error naming the file and cause, or the valid precisions.
void write_module_file(const std::string& potential_file, const std::string& module_file,
                       const std::optional<std::string>& precision);

}  // namespace spinconv
