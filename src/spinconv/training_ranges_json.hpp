// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "spinconv/training_ranges.hpp"

namespace spinconv {

struct ModelConfig;

// The key `trained_on` of a potential file (docs/potential_file.md).
nlohmann::json to_json(const TrainingRanges& ranges);

// Of the metadata of a file, whose model is `config`; no value where they have no such key, as
// those of earlier versions. Throws spinconv::Error naming `where`, the key, what is wrong with it
// and the cure: an unknown key, pair or element, something missing, a value that no frames can
// have.
std::optional<TrainingRanges> training_ranges_of(const nlohmann::json& metadata,
                                                 const ModelConfig& config,
                                                 const std::string& where);

}  // namespace spinconv
