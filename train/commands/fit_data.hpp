// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "data/dataset.hpp"
#include "distributed/ranks.hpp"
#include "trainer/fit_config.hpp"
#include "trainer/frame_set.hpp"
#include "trainer/predictor.hpp"

namespace spinconv::train {

// One of the three parts of the data that `fit` uses.
class Part {
 public:
  explicit Part(std::string part_name) : name(std::move(part_name)) {}

  bool empty() const { return frames.empty(); }
  std::size_t size() const { return frames.size(); }

  // Find the edges of all frames; `show` whether a bar is drawn.
  void prepare(const ModelConfig& model, bool free_atoms_only, bool show);
  FrameSet set() const;
  // Errors over all frames, each rank evaluating a share; the same on every rank.
  SetEvaluation evaluate(const Model& model, Ranks& ranks, const Target& target = {}) const;

  std::string name;
  std::vector<Frame> frames;
  std::vector<PreparedFrame> prepared;
  SourceRecord record;
};

struct Parts {
  Part training{"training"};
  Part validation{"validation"};
  Part test{"test"};
};

// Read and split as configured, with what was found on std::cout. Throws spinconv::Error.
Parts read_parts(const DataConfig& config);

}  // namespace spinconv::train
