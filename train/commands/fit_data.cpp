// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "commands/fit_data.hpp"

#include <array>
#include <iostream>
#include <span>

#include "report/progress.hpp"

namespace spinconv::train {
namespace {

template <class T>
std::vector<const T*> pointers(std::span<const T> values) {
  std::vector<const T*> result;
  for (const auto& v : values) {
    result.push_back(&v);
  }
  return result;
}

// Every rank's part of the evaluation, in the order of ranks.
SetEvaluation merge_ranks(const SetEvaluation& own, Ranks& ranks) {
  SetEvaluation all;
  for (const auto& state : ranks.gather(own.metrics.state())) {
    all.metrics.merge_state(state);
  }
  for (const auto& state : ranks.gather(own.groups.state())) {
    all.groups.merge_state(state);
  }
  for (auto [to, from] : {std::pair{&all.energies_per_atom, &own.energies_per_atom},
                          std::pair{&all.force_components, &own.force_components}}) {
    const auto reference = ranks.gather(from->reference);
    const auto predicted = ranks.gather(from->predicted);
    for (std::size_t r = 0; r < reference.size(); ++r) {
      for (std::size_t k = 0; k < reference[r].size(); ++k) {
        to->add(reference[r][k], predicted[r][k]);
      }
    }
    std::array<double, 2> counts{static_cast<double>(from->n_seen),
                                 static_cast<double>(from->n_nonfinite)};
    ranks.sum(counts);
    to->n_seen = static_cast<std::int64_t>(counts[0]);
    to->n_nonfinite = static_cast<std::int64_t>(counts[1]);
  }
  return all;
}

}  // namespace

void Part::prepare(const ModelConfig& model, const Preparation& how) {
  PrepareOptions options;
  options.free_atoms_only = how.free_atoms_only;
  options.group_weights = how.group_weights;
  const auto bar = [&] {
    return ProgressBar(static_cast<std::int64_t>(size()), "edges of the " + name + " set",
                       ProgressOptions::passing(how.show));
  };
  if (!frames || frames->in_memory()) {
    ProgressBar line = bar();
    prepared_.reserve(size());
    for (std::size_t i = 0; i < size(); ++i) {
      prepared_.push_back(prepare_frame(*frames->frame(i), model, options));
      line.advance();
    }
    set_ = std::make_unique<HeldFrames>(pointers(std::span<const PreparedFrame>(prepared_)));
    return;
  }
  auto streamed = std::make_unique<StreamedFrames>(frames, model, options, how.readers);
  if (how.count_edges && !streamed->knows_edges()) {
    ProgressBar line = bar();
    streamed->count_edges([&] { line.advance(); });
  }
  set_ = std::move(streamed);
}

SetEvaluation Part::evaluate(Predictor& predictor, Ranks& ranks, const Target& target) const {
  const std::size_t n = size();
  const auto r = static_cast<std::size_t>(ranks.rank());
  const auto of = static_cast<std::size_t>(ranks.size());
  const std::size_t begin = n * r / of, count = n * (r + 1) / of - begin;
  const auto read = [&](std::size_t i) {
    return EvaluationFrame{frames->frame(begin + i), set_->frame(begin + i)};
  };
  auto own = evaluate_frames(predictor, count, read, {}, {}, 4000, target);
  return ranks.are_many() ? merge_ranks(own, ranks) : own;
}

Parts read_parts(const DataConfig& config) {
  Parts parts;
  SourceRecord record;
  const auto all = open_store(config.train, record);
  std::cout << record.text();
  const Split split = split_frames(all->size(), config.split);
  parts.training.frames = all->select(split.train);
  parts.validation.frames = all->select(split.validation);
  parts.test.frames = all->select(split.test);
  parts.training.record = parts.validation.record = parts.test.record = record;
  for (auto [part, source] :
       {std::pair{&parts.validation, &config.validation}, std::pair{&parts.test, &config.test}}) {
    if (*source) {
      part->frames = open_store(**source, part->record);
      std::cout << part->record.text();
    }
  }
  for (Part* part : {&parts.training, &parts.validation, &parts.test}) {
    if (!part->empty()) {
      part->summary = summarize(*part->frames);
      std::cout << part->name << ": " << part->summary.text(config.train.target);
    }
  }
  return parts;
}

}  // namespace spinconv::train
