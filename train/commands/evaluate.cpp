// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <torch/version.h>

#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>

#include "cache/manifest.hpp"
#include "commands/commands.hpp"
#include "commands/evaluate_relaxations.hpp"
#include "data/dataset.hpp"
#include "data/extxyz_writer.hpp"
#include "data/files.hpp"
#include "data/frame_stream.hpp"
#include "data/label_names.hpp"
#include "data/target.hpp"
#include "metrics/oc20_metrics.hpp"
#include "metrics/target_metrics.hpp"
#include "report/html.hpp"
#include "report/progress.hpp"
#include "spinconv/atomic_file.hpp"
#include "spinconv/elements.hpp"
#include "spinconv/error.hpp"
#include "spinconv/implementation_name.hpp"
#include "spinconv/potential.hpp"
#include "spinconv/version.hpp"
#include "trainer/predictor.hpp"

namespace spinconv::train {
namespace {

// A frame with what the model says in place of its labels: energy, forces and, where it is periodic
// in all directions, stress; or the target alone.
Frame predicted(const Frame& frame, const Target& target, const FramePrediction& prediction) {
  Frame result = frame;
  result.energy = prediction.energy;
  result.forces.clear();
  result.stress.reset();
  if (target.is_energy()) {
    result.forces.assign(prediction.forces.begin(), prediction.forces.end());
    if (frame.pbc[0] && frame.pbc[1] && frame.pbc[2]) {
      result.stress = prediction.stress.value_or(std::array<double, 6>{});
    }
  }
  return result;
}

// Model, its arithmetic and orientations as asked for.
std::string set_up(Potential& potential, const EvaluateOptions& options) {
  const std::string precision = options.precision.empty()
                                    ? potential.metadata.value("precision", "single")
                                    : options.precision;
  if (options.device != "cpu" && !at::hasCUDA()) {
    throw Error("--device " + options.device + ": this LibTorch finds no CUDA device; use cpu");
  }
  auto& model = potential.model;
  for (auto& p : model.parameters()) {
    p.set_requires_grad(false);
  }
  if (options.force_rotations > 0) {
    if (!model.config().has_direct_forces()) {
      throw Error("--force-rotations: the forces of '" + options.potential +
                  "' are not direct; leave it out");
    }
    model.set_force_rotations(options.force_rotations, options.force_seed);
  }
  model.to(precision == "double" ? torch::kFloat64 : torch::kFloat32,
           torch::Device(options.device));
  return precision;
}

// Frames in memory at a time.
constexpr std::size_t frames_at_once = 64;

bool nothing_compared(const Metrics& metrics) {
  return metrics.energy().count + metrics.force().count + metrics.stress().count == 0;
}

std::string missing_labels(const SourceRecord& record, const Target& target) {
  if (!target.is_energy()) {
    return "no frame has " + target.name + " (key '" + target_key(target) + "')";
  }
  const std::string suggestion = label_suggestion(record);
  return "no frame has an energy, forces or a stress" +
         (suggestion.empty() ? "" : "; " + suggestion);
}

struct Evaluated {
  SetEvaluation errors;
  S2efMetrics s2ef;
  SourceRecord record;
  DataSummary summary;
};

// How many frames there are, where that is known before they are read; else 0.
std::int64_t expected_frames(const DataSource& data) {
  std::size_t frames = 0;
  if (is_cache(data.path)) {
    for (const auto& shard : Manifest::read(data.path).shards) {
      frames += shard.frames;
    }
    frames = data.slice.indices(frames).size();
  }
  return static_cast<std::int64_t>(frames);
}

// `predictions`: where they are written frame by frame; none: nowhere.
Evaluated evaluate_stream(Predictor& predictor, const EvaluateOptions& options,
                          AtomicFile* predictions) {
  Evaluated result;
  const Target& target = options.data.target;
  PrepareOptions prepare;
  prepare.graph = ocp_graph(options.graph);
  const auto stream = open_frames(options.data, result.record);
  ProgressOptions progress;
  progress.unit = "frames";
  ProgressBar bar(expected_frames(options.data), "evaluating", progress);
  bool more = true;
  while (more) {
    std::vector<Frame> frames;
    Frame next;
    while (frames.size() < frames_at_once && (more = stream->next(next))) {
      frames.push_back(std::move(next));
    }
    std::vector<PreparedFrame> prepared;
    std::vector<const Frame*> frame_pointers;
    std::vector<const PreparedFrame*> prepared_pointers;
    for (const auto& frame : frames) {
      prepared.push_back(prepare_frame(frame, predictor.model().config(), prepare));
      frame_pointers.push_back(&frame);
    }
    for (const auto& p : prepared) {
      prepared_pointers.push_back(&p);
    }
    const auto sink = [&](std::size_t i, const FramePrediction& prediction) {
      if (target.is_energy()) {
        result.s2ef.add(frames[i], prediction);
      }
      if (predictions != nullptr) {
        predictions->write(to_extxyz(predicted(frames[i], target, prediction), target));
      }
    };
    result.errors.merge(evaluate_frames(
        predictor, frame_pointers, prepared_pointers, sink, [&](std::int64_t n) { bar.advance(n); },
        4000, target));
    result.summary.add(frames);
  }
  bar.finish();
  if (result.summary.n_frames == 0) {
    read_frames(options.data);  // which says why
  }
  result.record.hash = file_hash(options.data.path);
  return result;
}

}  // namespace

int evaluate(const EvaluateOptions& given) {
  EvaluateOptions options = given;
  for (const auto& path : {options.json, options.report, options.predictions}) {
    if (!path.empty()) {
      require_writable(path);  // not after an hour
    }
  }
  Potential potential = Potential::load(options.potential);
  const Target target = options.data.target = potential.target();
  if (!options.task.empty() && !target.is_energy()) {
    throw Error("--task " + options.task +
                ": the tasks of OC20 are about energies and forces, but '" + options.potential +
                "' gives " + target.name + "; leave it out");
  }
  const std::string precision = set_up(potential, options);
  Predictor predictor(potential.model, implementation_named(options.implementation),
                      "'" + options.potential + "'");
  std::cout << describe(potential) << "  evaluation: " << precision << " precision, device "
            << potential.model.device().str() << ", implementation " << predictor.implementation()
            << "\n"
            << std::flush;
  if (options.task == "is2re" || options.task == "is2rs") {
    return evaluate_relaxations(predictor, precision, options);
  }
  if (!options.relaxed.empty() || !options.dft_forces.empty()) {
    throw Error("--relaxed and --dft-forces belong to --task is2re or is2rs");
  }
  std::unique_ptr<AtomicFile> predictions;
  if (!options.predictions.empty()) {
    predictions = std::make_unique<AtomicFile>(options.predictions);
  }
  auto evaluated = evaluate_stream(predictor, options, predictions.get());
  auto& errors = evaluated.errors;
  std::cout << evaluated.record.text() << evaluated.summary.text(target);
  if (nothing_compared(errors.metrics)) {
    const std::string reason =
        options.data.path + ": nothing to compare: " + missing_labels(evaluated.record, target);
    if (!predictions) {
      throw Error(reason +
                  "; --predictions FILE.extxyz writes what the potential says without labels");
    }
    std::cout << reason << "\n";
  } else {
    std::cout << metrics_text(errors.metrics, errors.groups, target);
    if (options.task == "s2ef") {
      std::cout << evaluated.s2ef.to_text();
    }
  }

  if (predictions) {
    predictions->finish();
    std::cout << "predictions: " << options.predictions << "\n";
  }
  if (!options.json.empty()) {
    auto json = metrics_json(errors.metrics, errors.groups, target);
    if (options.task == "s2ef") {
      json["s2ef"] = evaluated.s2ef.to_json();
    }
    json["potential"] = options.potential;
    json["data"] = {{"file", options.data.path}, {"hash", evaluated.record.hash}};
    json["precision"] = precision;
    json["implementation"] = predictor.implementation();
    write_file_atomically(options.json, json.dump(2) + "\n");
    std::cout << "figures: " << options.json << "\n";
  }
  if (!options.report.empty()) {
    ReportInput report;
    report.title = "Evaluation of " + std::filesystem::path(options.potential).filename().string();
    report.evaluated_set = std::filesystem::path(options.data.path).filename().string();
    report.target = target;
    report.metrics = errors.metrics;
    report.groups = errors.groups;
    report.energies_per_atom = std::move(errors.energies_per_atom);
    report.force_components = std::move(errors.force_components);
    report.data.push_back(
        {"evaluated", options.data.path, evaluated.record.hash, evaluated.summary});
    report.provenance = {{"spinconv-train", SPINCONV_VERSION},
                         {"LibTorch", TORCH_VERSION},
                         {"potential", options.potential},
                         {"precision", precision},
                         {"implementation", predictor.implementation()}};
    write_html_report(options.report, report);
    std::cout << "report: " << options.report << "\n";
  }
  return 0;
}

}  // namespace spinconv::train
