// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "spinconv/model.hpp"
#include "spinconv/target.hpp"
#include "spinconv/training_ranges.hpp"

namespace spinconv {

// A potential file: one TorchScript archive with the weights, `extra/spinconv.json` and, for
// Python, the code, of which nothing is executed here. The JSON has
//   format_version, library_version, units {length, energy}, precision ("single" | "double"),
//   model (ModelConfig), crc32 (of weights and model), parameters, and what the trainer recorded:
//   targets (Target), name, description, created, training {...}, trained_on (TrainingRanges),
//   errors {...}, license, citation.
// format_version is 1 for an energy, which older builds read, and 2 for another target, which they
// would take for an energy.
struct Potential {
  static constexpr int format_version = 2;

  Model model;
  nlohmann::json metadata;  // the file's JSON; keys above that describe the file are set by save()

  // What the model gives; the energy where the metadata do not say.
  Target target() const;
  // What the training frames have; no value in files of versions that did not record it.
  std::optional<TrainingRanges> training_ranges() const;

  // Read and check `path`, weights in float64 on the CPU. Throws Error naming the file and the
  // cure: missing, a folder, empty, not an archive, truncated or damaged, not one of ours, made by
  // a newer version, weights not finite or not those that were written.
  static Potential load(const std::string& path);

  // The first part of load(): what the file says of itself, checked. Nothing is compiled and no
  // weight is read: a hundred times faster. Throws as load() does.
  static nlohmann::json read_metadata(const std::string& path);

  // Write the file at once (see write_file_atomically), weights in `precision`. Throws Error naming
  // the path and cause.
  void save(const std::string& path, const std::string& precision = "single") const;
};

// What a person wants to know of a potential, some lines of text: model, elements, cutoff,
// parameters, training and its ranges, errors, licence.
std::string describe(const Potential& potential);

}  // namespace spinconv
