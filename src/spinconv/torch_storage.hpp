// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <optional>
#include <string>

#include "spinconv/pickle.hpp"

namespace spinconv {

// What torch.save() and TorchScript write into a pickle in place of the numbers of a tensor:
// ('storage', torch.FloatStorage, key of the record, device, count).
struct StorageReference {
  std::string type;                   // "torch FloatStorage"
  std::optional<torch::Dtype> dtype;  // none: a type that is not known
  std::string key;
  std::int64_t count = 0;

  // No value where `value` is something else.
  static std::optional<StorageReference> of(const pickle::Value& value);
};

}  // namespace spinconv
