// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <memory>
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

  bool empty() const { return size() == 0; }
  std::size_t size() const { return frames ? frames->size() : 0; }

  struct Preparation {
    bool free_atoms_only = false;
    std::map<std::string, double> group_weights;  // LossConfig::group_weights
    int readers = 1;          // threads that read ahead, of frames that are not in memory
    bool count_edges = true;  // whether the set has to know them without reading its frames
    bool show = false;        // whether a bar is drawn
  };
  // Find the edges of all frames in memory; those of a cache are found, or read, when they are due.
  void prepare(const ModelConfig& model, const Preparation& how);
  const FrameSet& set() const { return *set_; }  // of prepare()
  // Errors over all frames, each rank evaluating a share; the same on every rank.
  SetEvaluation evaluate(Predictor& predictor, Ranks& ranks, const Target& target = {}) const;

  std::string name;
  std::shared_ptr<const FrameStore> frames;  // none: an empty part
  SourceRecord record;
  DataSummary summary;

 private:
  std::vector<PreparedFrame> prepared_;  // of frames in memory
  std::unique_ptr<FrameSet> set_;
};

struct Parts {
  Part training{"training"};
  Part validation{"validation"};
  Part test{"test"};
};

// Read and split as configured, with what was found on std::cout. Throws spinconv::Error.
Parts read_parts(const DataConfig& config);

}  // namespace spinconv::train
