// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <torch/types.h>

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace spinconv::train {

// A checkpoint of the published code (Open Catalyst Project), as torch.save() wrote it: a zip
// archive with a pickle {"state_dict", "normalizers", "config", ...} and one record for each
// storage.
struct OcpCheckpoint {
  struct Normalizer {
    double mean = 0.0, std = 1.0;
  };

  std::string path;
  nlohmann::json config;  // what is plain data of it; "model", "model_attributes"
  std::map<std::string, torch::Tensor> state;     // without the "module." of data parallelism
  std::map<std::string, Normalizer> normalizers;  // "target" (eV), "grad_target" (eV/Angstrom)
  std::optional<std::int64_t> epoch, step;

  // Throws spinconv::Error naming file, cause and cure: missing, not a checkpoint, truncated,
  // another model, weights that are not finite.
  static OcpCheckpoint read(const std::string& path);
};

}  // namespace spinconv::train
