// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>
#include <vector>

// Zip archives in memory: potential files, checkpoints and .npz files are such. Changing what is in
// them, and not only their bytes, gets past the checksums of the archive.
namespace spinconv::fuzz {

using Members = std::vector<std::pair<std::string, std::string>>;  // name, bytes

// Of a good archive, decompressed. Throws std::runtime_error.
Members unzip(const std::string& bytes);

// The members stored one after the other, with their checksums.
std::string zip(const Members& members);

}  // namespace spinconv::fuzz
