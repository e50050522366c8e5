// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "commands/fit_data.hpp"
#include "trainer/fit_config.hpp"

namespace spinconv::train {

// What a training was made from, for its checkpoint: a list of {part, file, hash, frames} of the
// parts that have frames, with {reference, reference_hash} where a CSV file is subtracted, and of
// {part: "init", file, hash} where it begins with a potential. Throws as file_hash().
nlohmann::json data_provenance(const FitConfig& config, const Parts& parts);

// Refuse to go on with other data than those of the checkpoint, whose list is `then` (null: a
// checkpoint of version 0.1.0, which has none): throws spinconv::Error naming the part, the file,
// both hashes and the cure. Files may have moved. Returns notes for the user, a line each.
std::vector<std::string> require_same_data(const nlohmann::json& then, const nlohmann::json& now);

}  // namespace spinconv::train
