// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "spinconv/error.hpp"

namespace spinconv {

// What ModelConfig::validate() throws: "model: l_max is 12; it must be between 1 and 10". `key`
// lets a reader of files name the line that it stands in.
class ModelError : public Error {
 public:
  ModelError(std::string key, const std::string& text)
      : Error("model: " + text), key_(std::move(key)), text_(text) {}
  const std::string& key() const { return key_; }
  // Without "model: ".
  const std::string& text() const { return text_; }

 private:
  std::string key_;
  std::string text_;
};

}  // namespace spinconv
