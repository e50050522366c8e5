// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "data/frame.hpp"
#include "report/metrics.hpp"
#include "report/parity.hpp"
#include "spinconv/target.hpp"
#include "trainer/batch.hpp"

namespace spinconv::train {

// Errors of a model on labelled frames, with what a report draws.
struct SetEvaluation {
  Metrics metrics;
  ParityPoints energies_per_atom;  // eV per atom; of another target its values
  ParityPoints force_components;   // eV/Angstrom

  void merge(const SetEvaluation& other);
};

// Called with each frame's index, total energy (eV), forces [n*3] (eV/Angstrom) and stress (as
// Frame::stress; zeros without a periodic cell).
using PredictionSink =
    std::function<void(std::size_t frame, double energy, std::span<const double> forces,
                       const std::array<double, 6>& stress)>;

// Evaluate `frames` (with `prepared`, their edges) in batches of about `edges_per_batch` edges.
// `on_frames` is told how many frames are done each time. Of another target than the energy no
// forces are computed, and the sink gets none.
SetEvaluation evaluate_frames(const Model& model, std::span<const Frame* const> frames,
                              std::span<const PreparedFrame* const> prepared,
                              const PredictionSink& sink = {},
                              const std::function<void(std::int64_t)>& on_frames = {},
                              std::int64_t edges_per_batch = 4000, const Target& target = {});

}  // namespace spinconv::train
