// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <numeric>
#include <string>
#include <vector>

#include "data/dataset.hpp"
#include "report/csv.hpp"
#include "spinconv/model.hpp"
#include "support/command.hpp"
#include "support/random_model.hpp"
#include "support/structures.hpp"
#include "support/test_models.hpp"
#include "trainer/batch.hpp"
#include "trainer/checkpoint.hpp"
#include "trainer/fit_config.hpp"
#include "trainer/training_observer.hpp"

namespace spinconv::train::test {

inline const std::vector<std::string> ethanol_elements = {"H", "C", "O"};

// The first frames of the ethanol sample.
inline std::vector<Frame> ethanol_frames(std::size_t count) {
  DataSource source;
  source.path =
      spinconv::test::environment("SPINCONV_SOURCE_DIR") + "/tests/data/rmd17_ethanol_20.npz";
  source.slice = Slice::parse(":" + std::to_string(count));
  return read_frames(source);
}

// A model of the smallest size that has every part, for ethanol.
inline ModelConfig tiny_model(const std::vector<std::string>& elements = ethanol_elements) {
  ModelConfig c = spinconv::test::small_spinconv2_config(elements);
  c.hidden_channels = 8;
  c.l_max = c.m_max = 2;
  return c;
}

inline FitConfig tiny_fit() {
  FitConfig config;
  config.data.train.path = "frames.npz";
  config.model = tiny_model();
  config.training.precision = "double";
  config.training.batch_size = 2;
  config.training.checkpoint_minutes = 1000.0;
  config.output.folder = "runs/test";
  return config;
}

// Writes the learning curve and the checkpoints of a training.
class LogAndCheckpoint : public TrainingObserver {
 public:
  LogAndCheckpoint(EpochLog& log, const std::string& path) : log_(log), path_(path) {}
  void epoch(const EpochRecord& record, bool /*best*/) override { log_.append(record); }
  void checkpoint(Checkpoint& checkpoint) override { checkpoint.save(path_); }

 private:
  EpochLog& log_;
  std::string path_;
};

struct Prepared {
  std::vector<Frame> frames;
  std::vector<PreparedFrame> prepared;

  Prepared(std::vector<Frame> f, const ModelConfig& model) : frames(std::move(f)) {
    for (const auto& frame : frames) {
      prepared.push_back(prepare_frame(frame, model));
    }
  }
  std::vector<const PreparedFrame*> pointers() const {
    std::vector<const PreparedFrame*> result;
    for (const auto& p : prepared) {
      result.push_back(&p);
    }
    return result;
  }
};

inline Model::Weights all_weights(const Model& model) {
  std::vector<std::int64_t> all(model.config().elements.size());
  std::iota(all.begin(), all.end(), 0);
  return model.prepare(all);
}

// A frame of a structure whose types index `elements` by atomic number.
inline Frame frame_of(const spinconv::test::Structure& s, const std::vector<int>& atomic_numbers) {
  Frame frame;
  for (std::size_t i = 0; i < s.size(); ++i) {
    frame.atomic_numbers.push_back(atomic_numbers.at(s.types[i]));
    frame.positions.insert(frame.positions.end(), s.positions[i].begin(), s.positions[i].end());
  }
  for (int k = 0; k < 3; ++k) {
    for (int a = 0; a < 3; ++a) {
      frame.cell[3 * k + a] = s.cell[k][a];
    }
  }
  frame.pbc = s.pbc;
  frame.source = "test:0";
  return frame;
}

}  // namespace spinconv::train::test
