// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <torch/script.h>

#include <string>
#include <utility>
#include <vector>

#include "spinconv/model_config.hpp"

namespace spinconv {

// A TorchScript module, which is the operator graph of a model with its weights: source, and the
// tensors and numbers that the methods name.
struct ModuleDefinition {
  // A dimension of a parameter, and whether it has a row for each element of ModelConfig::elements,
  // in their order, or for each ordered pair (a, b) of n elements, at a n + b. Where elements are
  // matched by name (a training that begins with another potential), nothing else says whose a row
  // is: sizes of both kinds are made by these functions alone.
  struct Axis {
    enum class Rows { numbered, of_elements, of_pairs };

    Axis(std::int64_t n) : size(n) {}  // implicit: most sizes are plain numbers
    static Axis elements(const ModelConfig& config);
    static Axis pairs(const ModelConfig& config);

    std::int64_t size;
    Rows rows = Rows::numbered;
  };

  // Starts uniform in center +- bound.
  struct Parameter {
    // Consecutive rows or columns that are a map of their own.
    struct Part {
      std::int64_t size;
      double bound;
      double center = 0.0;
    };

    std::string name;
    std::vector<Axis> axes;
    double bound;
    double center = 0.0;
    // Along the last axis but one (rows) or the last (columns), with bounds of their own; or none.
    std::vector<Part> rows{}, columns{};

    std::vector<std::int64_t> shape() const;
  };

  std::vector<const char*> sources;
  std::vector<Parameter> parameters;
  std::vector<std::pair<std::string, torch::Tensor>> constants;  // follow from the configuration
  std::vector<std::pair<std::string, torch::Tensor>> tables;     // come with the file
  std::vector<std::pair<std::string, c10::IValue>> attributes;   // bool, int, float, list of int
};

// The one of the model's architecture.
ModuleDefinition module_definition(const ModelConfig& config);
ModuleDefinition harmonic_definition(const ModelConfig& config);
ModuleDefinition spinconv2_definition(const ModelConfig& config);
ModuleDefinition grid_definition(const ModelConfig& config);

// Rotations of the force block. [F,3,3] float64, orthonormal: F = 3 force_rotations, for each
// rotation its x, y and z axis as row 0. The component of the force along row 0 is what each one
// gives.
torch::Tensor force_block_rotations(const ModelConfig& config);

}  // namespace spinconv
