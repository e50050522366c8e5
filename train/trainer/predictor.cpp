// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "trainer/predictor.hpp"

#include <algorithm>

namespace spinconv::train {

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
                              std::int64_t edges_per_batch, const Target& target) {
  const std::shared_ptr<const void> nobody;  // the caller keeps them
  const auto read = [&](std::size_t i) {
    return EvaluationFrame{{nobody, frames[i]}, {nobody, prepared[i]}};
  };
  return evaluate_frames(model, frames.size(), read, sink, on_frames, edges_per_batch, target);
}

SetEvaluation evaluate_frames(const Model& model, std::size_t n_frames,
                              const std::function<EvaluationFrame(std::size_t)>& read,
                              const PredictionSink& sink,
                              const std::function<void(std::int64_t)>& on_frames,
                              std::int64_t edges_per_batch, const Target& target) {
  SetEvaluation result;
  Model::Weights weights;
  std::vector<EvaluationFrame> frames;  // of a batch, and the first one of the next
  for (std::size_t begin = 0; begin < n_frames;) {
    std::size_t end = begin;
    for (std::int64_t edges = 0; end < n_frames; ++end) {
      if (frames.size() == end - begin) {
        frames.push_back(read(end));
      }
      const auto& next = *frames[end - begin].prepared;
      edges += std::max(next.edge_count(), next.atoms());  // lone atoms are work too
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
    const bool derive = target.is_energy();
    const auto prediction = predict(model, weights, batch, false, derive, derive);
    const auto energies = prediction.energies.cpu().contiguous();
    const auto forces = derive ? prediction.forces.cpu().contiguous() : torch::Tensor();
    const bool has_virials = prediction.virials.defined();
    const auto stresses = has_virials
                              ? stresses_of(prediction.virials, batch.volumes).cpu().contiguous()
                              : torch::Tensor();
    const double* force = derive ? forces.data_ptr<double>() : nullptr;
    for (std::size_t f = begin; f < end; ++f) {
      const Frame& frame = *frames[f - begin].frame;
      const std::size_t n = frame.size();
      const double energy = energies.data_ptr<double>()[f - begin];
      const std::span<const double> frame_forces(force, derive ? 3 * n : 0);
      force += frame_forces.size();
      std::array<double, 6> stress{};
      FramePrediction p{energy, frame_forces, std::nullopt};
      if (has_virials && frames[f - begin].prepared->volume > 0) {
        std::copy_n(stresses.data_ptr<double>() + 6 * (f - begin), 6, stress.begin());
        p.stress = stress;
      }
      result.metrics.add(frame, p);
      if (frame.energy) {
        const double parts = derive ? double(n) : 1.0;
        result.energies_per_atom.add(*frame.energy / parts, energy / parts);
      }
      for (std::size_t k = 0; k < frame.forces.size() && derive; ++k) {
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
