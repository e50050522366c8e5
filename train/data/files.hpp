// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace spinconv::train {

// Throws spinconv::Error, with the cure, where `path` is missing, a folder, unreadable or empty.
void require_data_file(const std::string& path);

// FNV-1a, 64 bit, over the bytes of a file, or of all files of a folder by name: "fnv1a64:" and 16
// hex digits; of prepared data (frame_stream.hpp) what their reader says. It tells data files
// apart; it does not protect against forgery. Throws as require_data_file.
std::string file_hash(const std::string& path);

}  // namespace spinconv::train
