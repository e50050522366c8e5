// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "commands/fit_data.hpp"

#include <array>
#include <iostream>
#include <span>

#include "report/progress.hpp"

namespace spinconv::train {
namespace {

std::vector<Frame> pick(const std::vector<Frame>& all, const std::vector<std::size_t>& indices) {
  std::vector<Frame> result;
  for (const auto i : indices) {
    result.push_back(all[i]);
  }
  return result;
}

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

void Part::prepare(const ModelConfig& model, bool free_atoms_only, bool show) {
  ProgressOptions options;
  options.keep = false;
  if (!show) {
    options.stream = nullptr;
  }
  ProgressBar bar(static_cast<std::int64_t>(frames.size()), "edges of the " + name + " set",
                  options);
  for (const auto& frame : frames) {
    prepared.push_back(prepare_frame(frame, model, {free_atoms_only}));
    bar.advance();
  }
}

FrameSet Part::set() const {
  return FrameSet(pointers(std::span(prepared)));
}

SetEvaluation Part::evaluate(const Model& model, Ranks& ranks, const Target& target) const {
  const std::size_t n = frames.size();
  const auto r = static_cast<std::size_t>(ranks.rank());
  const auto of = static_cast<std::size_t>(ranks.size());
  const std::size_t begin = n * r / of, count = n * (r + 1) / of - begin;
  auto own =
      evaluate_frames(model, pointers(std::span(frames).subspan(begin, count)),
                      pointers(std::span(prepared).subspan(begin, count)), {}, {}, 4000, target);
  return ranks.are_many() ? merge_ranks(own, ranks) : own;
}

Parts read_parts(const DataConfig& config) {
  Parts parts;
  SourceRecord record;
  const auto all = read_frames(config.train, &record);
  std::cout << record.text();
  const Split split = split_frames(all.size(), config.split);
  parts.training.frames = pick(all, split.train);
  parts.validation.frames = pick(all, split.validation);
  parts.test.frames = pick(all, split.test);
  parts.training.record = parts.validation.record = parts.test.record = record;
  for (auto [part, source] :
       {std::pair{&parts.validation, &config.validation}, std::pair{&parts.test, &config.test}}) {
    if (*source) {
      part->frames = read_frames(**source, &part->record);
      std::cout << part->record.text();
    }
  }
  for (const Part* part : {&parts.training, &parts.validation, &parts.test}) {
    if (!part->empty()) {
      std::cout << part->name << ": " << summarize(part->frames).text(config.train.target);
    }
  }
  return parts;
}

}  // namespace spinconv::train
