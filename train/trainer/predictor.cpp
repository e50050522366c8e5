// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "trainer/predictor.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>

#include "spinconv/fused/choice.hpp"

namespace spinconv::train {

void SetEvaluation::merge(const SetEvaluation& other) {
  metrics.merge(other.metrics);
  groups.merge(other.groups);
  for (auto [to, from] : {std::pair{&energies_per_atom, &other.energies_per_atom},
                          std::pair{&force_components, &other.force_components}}) {
    for (std::size_t k = 0; k < from->reference.size(); ++k) {
      to->add(from->reference[k], from->predicted[k]);
    }
    to->n_nonfinite += from->n_nonfinite;
  }
}

Predictor::Predictor(const Model& model, Implementation implementation, const std::string& where)
    : model_(model) {
  const torch::NoGradGuard no_grad;
  // the check has eight atoms
  std::vector<std::int64_t> few(std::min<std::size_t>(model.config().elements.size(), 4));
  std::iota(few.begin(), few.end(), 0);
  weights_ = model.prepare(few);
  weights_.fused = fused::choose(model, weights_, implementation, where);
  kernels_ = weights_.fused ? weights_.fused->set : nullptr;
}

std::string Predictor::implementation() const {
  return fused::name_of(kernels_);
}

const Model::Weights& Predictor::weights_for(std::span<const PreparedFrame* const> frames) {
  std::vector<std::int64_t> wanted = elements_of(frames);
  const auto& known = weights_.used;
  if (kernels_ != nullptr) {
    // What kernels do for an edge does not depend on how many elements there are, so that those of
    // all frames are soon prepared for good. The work of the operator graph grows with pairs of
    // elements.
    std::vector<std::int64_t> all;
    std::set_union(known.begin(), known.end(), wanted.begin(), wanted.end(),
                   std::back_inserter(all));
    wanted = std::move(all);
  }
  if (wanted != known) {
    const torch::NoGradGuard no_grad;
    weights_ = fused::prepare(model_, wanted, kernels_);
  }
  return weights_;
}

SetEvaluation evaluate_frames(Predictor& predictor, std::span<const Frame* const> frames,
                              std::span<const PreparedFrame* const> prepared,
                              const PredictionSink& sink,
                              const std::function<void(std::int64_t)>& on_frames,
                              std::int64_t edges_per_batch, const Target& target) {
  const std::shared_ptr<const void> nobody;  // the caller keeps them
  const auto read = [&](std::size_t i) {
    return EvaluationFrame{{nobody, frames[i]}, {nobody, prepared[i]}};
  };
  return evaluate_frames(predictor, frames.size(), read, sink, on_frames, edges_per_batch, target);
}

SetEvaluation evaluate_frames(Predictor& predictor, std::size_t n_frames,
                              const std::function<EvaluationFrame(std::size_t)>& read,
                              const PredictionSink& sink,
                              const std::function<void(std::int64_t)>& on_frames,
                              std::int64_t edges_per_batch, const Target& target) {
  SetEvaluation result;
  const Model& model = predictor.model();
  std::vector<EvaluationFrame> frames;  // of a batch, and the first one of the next
  for (std::size_t begin = 0; begin < n_frames;) {
    std::size_t end = begin;
    for (std::int64_t edges = 0; end < n_frames; ++end) {
      if (frames.size() == end - begin) {
        frames.push_back(read(end));
      }
      const auto& next = *frames[end - begin].prepared;
      edges += std::max(next.edge_count(), next.atoms());  // isolated atoms are work too
      if (end > begin && edges > edges_per_batch) {
        break;
      }
    }
    std::vector<const PreparedFrame*> part;
    for (std::size_t f = begin; f < end; ++f) {
      part.push_back(frames[f - begin].prepared.get());
    }
    const Model::Weights& weights = predictor.weights_for(part);
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
      FramePrediction p{energy, frame_forces, std::nullopt};
      if (has_virials && frames[f - begin].prepared->volume > 0) {
        std::copy_n(stresses.data_ptr<double>() + 6 * (f - begin), 6, p.stress.emplace().begin());
      }
      result.metrics.add(frame, p);
      if (target.is_energy()) {
        result.groups.add(frame, p);
      }
      if (frame.energy) {
        const double parts = derive ? double(n) : 1.0;
        result.energies_per_atom.add(*frame.energy / parts, energy / parts);
      }
      for (std::size_t k = 0; k < frame.forces.size() && derive; ++k) {
        result.force_components.add(frame.forces[k], frame_forces[k]);
      }
      if (sink) {
        sink(f, p);
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
