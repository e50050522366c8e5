// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "trainer/predictor.hpp"

#include <cmath>

namespace spinconv::train {
namespace {

double volume(const std::array<double, 9>& c) {
  return std::abs(c[0] * (c[4] * c[8] - c[5] * c[7]) - c[1] * (c[3] * c[8] - c[5] * c[6]) +
                  c[2] * (c[3] * c[7] - c[4] * c[6]));
}

}  // namespace

void SetEvaluation::merge(const SetEvaluation& other) {
  metrics.merge(other.metrics);
  for (auto [to, from] : {std::pair{&energies_per_atom, &other.energies_per_atom},
                          std::pair{&force_components, &other.force_components}}) {
    for (std::size_t k = 0; k < from->reference.size(); ++k) {
      to->add(from->reference[k], from->predicted[k]);
    }
    to->n_nonfinite += from->n_nonfinite;
  }
}

SetEvaluation evaluate_frames(const Model& model, std::span<const Frame* const> frames,
                              std::span<const PreparedFrame* const> prepared,
                              const PredictionSink& sink,
                              const std::function<void(std::int64_t)>& on_frames,
                              std::int64_t edges_per_batch) {
  const std::shared_ptr<const void> nobody;  // the caller keeps them
  const auto read = [&](std::size_t i) {
    return EvaluationFrame{{nobody, frames[i]}, {nobody, prepared[i]}};
  };
  return evaluate_frames(model, frames.size(), read, sink, on_frames, edges_per_batch);
}

SetEvaluation evaluate_frames(const Model& model, std::size_t n_frames,
                              const std::function<EvaluationFrame(std::size_t)>& read,
                              const PredictionSink& sink,
                              const std::function<void(std::int64_t)>& on_frames,
                              std::int64_t edges_per_batch) {
  SetEvaluation result;
  Model::Weights weights;
  std::vector<EvaluationFrame> frames;  // of a batch, and the first one of the next
  for (std::size_t begin = 0; begin < n_frames;) {
    std::size_t end = begin;
    for (std::int64_t edges = 0; end < n_frames; ++end) {
      if (frames.size() == end - begin) {
        frames.push_back(read(end));
      }
      edges += frames[end - begin].prepared->edge_count();
      if (end > begin && edges > edges_per_batch) {
        break;
      }
    }
    std::vector<const PreparedFrame*> part;
    for (std::size_t f = begin; f < end; ++f) {
      part.push_back(frames[f - begin].prepared.get());
    }
    if (const auto used = elements_of(part); used != weights.used) {
      torch::NoGradGuard no_grad;
      weights = model.prepare(used);
    }
    const Batch batch = make_batch(part, model, weights);
    const auto prediction = predict(model, weights, batch, false, true);
    const auto energies = prediction.energies.cpu().contiguous();
    const auto forces = prediction.forces.cpu().contiguous();
    const bool has_virials = prediction.virials.defined();
    const auto virials = has_virials ? prediction.virials.cpu().contiguous() : torch::Tensor();
    const double* force = forces.data_ptr<double>();
    for (std::size_t f = begin; f < end; ++f) {
      const Frame& frame = *frames[f - begin].frame;
      const std::size_t n = frame.size();
      const double energy = energies.data_ptr<double>()[f - begin];
      const std::span<const double> frame_forces(force, 3 * n);
      force += 3 * n;
      const bool periodic = frame.pbc[0] && frame.pbc[1] && frame.pbc[2];
      const double v = periodic && has_virials ? volume(frame.cell) : 0.0;
      std::array<double, 6> stress{};
      if (v > 0) {
        const double* w = virials.data_ptr<double>() + 9 * (f - begin);
        const int index[6] = {0, 4, 8, 5, 2, 1};  // xx yy zz yz xz xy
        for (int k = 0; k < 6; ++k) {
          stress[k] = -w[index[k]] / v;
        }
      }
      FramePrediction p{energy, frame_forces, std::nullopt};
      if (v > 0) {
        p.stress = stress;
      }
      result.metrics.add(frame, p);
      if (frame.energy) {
        result.energies_per_atom.add(*frame.energy / double(n), energy / double(n));
      }
      for (std::size_t k = 0; k < frame.forces.size(); ++k) {
        result.force_components.add(frame.forces[k], frame_forces[k]);
      }
      if (sink) {
        sink(f, energy, frame_forces, stress);
      }
    }
    if (on_frames) {
      on_frames(static_cast<std::int64_t>(end - begin));
    }
    frames.erase(frames.begin(), frames.begin() + static_cast<std::ptrdiff_t>(end - begin));
    begin = end;
  }
  return result;
}

}  // namespace spinconv::train
