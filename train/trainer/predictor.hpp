// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "data/frame.hpp"
#include "metrics/group_metrics.hpp"
#include "metrics/metrics.hpp"
#include "metrics/parity.hpp"
#include "spinconv/evaluator.hpp"
#include "spinconv/model.hpp"
#include "spinconv/target.hpp"
#include "trainer/batch.hpp"

namespace spinconv::fused {
struct InstructionSet;
}

namespace spinconv::train {

// Errors of a model on labelled frames, with what a report draws.
struct SetEvaluation {
  Metrics metrics;
  GroupMetrics groups;             // of energies, forces and stress
  ParityPoints energies_per_atom;  // eV per atom; of another target its values
  ParityPoints force_components;   // eV/Angstrom

  void merge(const SetEvaluation& other);
};

// Called with each frame's index and what is predicted of it.
using PredictionSink = std::function<void(std::size_t frame, const FramePrediction& prediction)>;

// A model with its weights as they are evaluated. The weights are prepared when they are first due
// and may not change afterwards; the model outlives this.
class Predictor {
 public:
  // Throws as fused::choose(): where kernels are asked for that there are none of, and where a
  // small structure, which is evaluated both ways here, once, has other numbers by kernels.
  Predictor(const Model& model, Implementation implementation, const std::string& where);
  // By kernels that were compared with the graph before; null: by the graph.
  Predictor(const Model& model, const fused::InstructionSet* kernels)
      : model_(model), kernels_(kernels) {}

  const Model& model() const { return model_; }
  std::string implementation() const;  // "fused (AVX2)", "graph"
  // For the elements of these frames, or for more; good until the next call.
  const Model::Weights& weights_for(std::span<const PreparedFrame* const> frames);

 private:
  const Model& model_;
  const fused::InstructionSet* kernels_ = nullptr;
  Model::Weights weights_;
};

// A frame and its edges.
struct EvaluationFrame {
  std::shared_ptr<const Frame> frame;
  std::shared_ptr<const PreparedFrame> prepared;
};

// Evaluate the frames 0 .. n_frames - 1, each of which `read` is asked for once, in order, in
// batches of about `edges_per_batch` edges. `on_frames` is told how many frames are done each time.
// Of another target than the energy no forces are computed, and the sink gets none.
SetEvaluation evaluate_frames(Predictor& predictor, std::size_t n_frames,
                              const std::function<EvaluationFrame(std::size_t)>& read,
                              const PredictionSink& sink = {},
                              const std::function<void(std::int64_t)>& on_frames = {},
                              std::int64_t edges_per_batch = 4000, const Target& target = {});

// The same of `frames` in memory with `prepared`, their edges.
SetEvaluation evaluate_frames(Predictor& predictor, std::span<const Frame* const> frames,
                              std::span<const PreparedFrame* const> prepared,
                              const PredictionSink& sink = {},
                              const std::function<void(std::int64_t)>& on_frames = {},
                              std::int64_t edges_per_batch = 4000, const Target& target = {});

}  // namespace spinconv::train
