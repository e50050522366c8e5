// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/torch_storage.hpp"

#include <map>

namespace spinconv {

std::optional<StorageReference> StorageReference::of(const pickle::Value& value) {
  static const std::map<std::string, torch::Dtype> types = {
      {"torch FloatStorage", torch::kFloat32}, {"torch DoubleStorage", torch::kFloat64},
      {"torch HalfStorage", torch::kFloat16},  {"torch BFloat16Storage", torch::kBFloat16},
      {"torch LongStorage", torch::kInt64},    {"torch IntStorage", torch::kInt32},
      {"torch ShortStorage", torch::kInt16},   {"torch CharStorage", torch::kInt8},
      {"torch ByteStorage", torch::kUInt8},    {"torch BoolStorage", torch::kBool}};
  if (value.kind != pickle::Value::Kind::persistent || value.items[0]->items.size() < 5) {
    return std::nullopt;
  }
  const auto& id = value.items[0]->items;
  StorageReference reference{id[1]->text, std::nullopt, id[2]->text, id[4]->integer};
  if (const auto type = types.find(reference.type); type != types.end()) {
    reference.dtype = type->second;
  }
  return reference;
}

}  // namespace spinconv
