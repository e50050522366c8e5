// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <atomic>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <iostream>

#include "commands/commands.hpp"
#include "data/dataset.hpp"
#include "data/split.hpp"
#include "data/statistics.hpp"
#include "spinconv/atomic_file.hpp"
#include "report/html.hpp"
#include "report/progress.hpp"
#include "spinconv/error.hpp"
#include "spinconv/potential.hpp"
#include "spinconv/version.hpp"
#include "trainer/predictor.hpp"
#include "trainer/trainer.hpp"

namespace spinconv::train {
namespace {

namespace fs = std::filesystem;

std::atomic<bool> interrupt_requested{false};

// The first Ctrl-C (or the end of a batch job) asks for a checkpoint, a second one ends at once.
void request_interrupt(int signal_number) {
  interrupt_requested = true;
  std::signal(signal_number, SIG_DFL);
}

struct Part {
  std::string name;
  std::vector<Frame> frames;
  std::vector<PreparedFrame> prepared;
  SourceRecord record;

  template <class T>
  static std::vector<const T*> pointers(const std::vector<T>& values) {
    std::vector<const T*> result;
    for (const auto& v : values) {
      result.push_back(&v);
    }
    return result;
  }
};

std::vector<Frame> pick(const std::vector<Frame>& all, const std::vector<std::size_t>& indices) {
  std::vector<Frame> result;
  for (const auto i : indices) {
    result.push_back(all[i]);
  }
  return result;
}

struct Parts {
  Part training{"training", {}, {}, {}};
  Part validation{"validation", {}, {}, {}};
  Part test{"test", {}, {}, {}};
};

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
    if (!part->frames.empty()) {
      std::cout << part->name << ": " << summarize(part->frames).text();
    }
  }
  return parts;
}

void prepare(Part& part, const ModelConfig& model, bool free_atoms_only) {
  ProgressBar bar(static_cast<std::int64_t>(part.frames.size()),
                  "edges of the " + part.name + " set", [] {
                    ProgressOptions options;
                    options.keep = false;
                    return options;
                  }());
  for (const auto& frame : part.frames) {
    part.prepared.push_back(prepare_frame(frame, model, {free_atoms_only}));
    bar.advance();
  }
}

std::string today() {
  const std::time_t now = std::time(nullptr);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d", std::gmtime(&now));
  return text;
}

void complete_model(FitConfig& config, const std::vector<Frame>& training) {
  auto& model = config.model;
  if (model.elements.empty()) {
    model.elements = elements_of(training);
  }
  const Statistics statistics = compute_statistics(training, model.elements, model.cutoff);
  std::cout << statistics.text();
  model.reference_energies = config.reference_energies.value_or(statistics.reference_energies);
  model.average_neighbors = std::max(1.0, statistics.average_neighbors);
  // atomic energies vary by about the force times an Angstrom
  model.energy_scale = statistics.force_rms > 0             ? statistics.force_rms
                       : statistics.energy_std_per_atom > 0 ? statistics.energy_std_per_atom
                                                            : 1.0;
  model.force_scale = model.energy_scale;
  model.validate();
}

void refuse_to_overwrite(const FitOptions& options, const FitConfig& config,
                         const std::string& checkpoint) {
  if (options.resume || options.overwrite) {
    return;
  }
  for (const std::string& file : {checkpoint, config.potential_path()}) {
    if (fs::exists(file)) {
      throw Error(
          "'" + file +
          "' exists: give --resume to continue that training, --overwrite to begin anew, or "
          "another output.folder");
    }
  }
}

}  // namespace

int fit(const FitOptions& options) {
  FitConfig config = FitConfig::read(options.config, options.overrides);
  const fs::path folder(config.output.folder);
  const std::string checkpoint_path = (folder / "checkpoint.pt").string();
  refuse_to_overwrite(options, config, checkpoint_path);
  std::error_code status;
  fs::create_directories(folder, status);
  if (status) {
    throw Error("cannot create output.folder '" + folder.string() + "': " + status.message());
  }

  Parts parts = read_parts(config.data);
  complete_model(config, parts.training.frames);
  for (Part* part : {&parts.training, &parts.validation, &parts.test}) {
    prepare(*part, config.model, config.training.loss.free_atoms_only);
  }
  Model model = Model::create(config.model, config.training.seed);
  const torch::Device device =
      config.training.device == "cpu" || (config.training.device == "auto" && !at::hasCUDA())
          ? torch::Device(torch::kCPU)
          : torch::Device(torch::kCUDA);
  if (device.is_cuda() && !at::hasCUDA()) {
    throw Error("training.device is cuda, but this LibTorch finds no CUDA device; use cpu or auto");
  }
  model.to(config.training.precision == "double" ? torch::kFloat64 : torch::kFloat32, device);
  std::cout << "model: " << model.parameter_count() << " parameters, " << config.training.precision
            << " precision, device " << device.str() << "\n";

  Trainer trainer(config, model, Part::pointers(parts.training.prepared),
                  Part::pointers(parts.validation.prepared));
  if (options.resume) {
    trainer.resume(Checkpoint::load(checkpoint_path));
    std::cout << "resumed after epoch " << trainer.epoch() << "\n";
  }
  write_file_atomically((folder / "config.yaml").string(), config.to_yaml());
  EpochLog log((folder / "log.csv").string(),
               options.resume ? std::optional<int>(trainer.epoch()) : std::nullopt);
  std::cout << std::flush;

  interrupt_requested = false;
  std::signal(SIGINT, request_interrupt);
  std::signal(SIGTERM, request_interrupt);
  const TrainingEnd end = trainer.run(log, checkpoint_path, interrupt_requested);
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  if (end == TrainingEnd::interrupted) {
    std::cout << "interrupted in epoch " << trainer.epoch() + 1
              << "; continue with: spinconv-train fit " << options.config << " --resume\n";
    return 130;
  }
  if (end == TrainingEnd::early_stop) {
    std::cout << "stopped early: no improvement since epoch " << trainer.best_epoch() << "\n";
  }

  Potential potential{model, {}};
  auto& m = potential.metadata;
  m["name"] = config.output.name;
  for (const auto& [key, value] : {std::pair{"description", &config.output.description},
                                   {"license", &config.output.license},
                                   {"citation", &config.output.citation}}) {
    if (!value->empty()) {
      m[key] = *value;
    }
  }
  m["created"] = today();
  m["training"] = {{"command", options.command_line},
                   {"config", config.to_yaml()},
                   {"train_frames", parts.training.frames.size()},
                   {"validation_frames", parts.validation.frames.size()},
                   {"epochs", trainer.epoch()},
                   {"best_epoch", trainer.best_epoch()},
                   {"seconds", trainer.seconds()},
                   {"seed", config.training.seed},
                   {"data", nlohmann::json::array()}};
  ReportInput report;
  report.title = "Training of " + config.output.name;
  report.epochs = log.records();
  report.best_epoch = trainer.best_epoch();
  for (Part* part : {&parts.training, &parts.validation, &parts.test}) {
    if (part->frames.empty()) {
      continue;
    }
    report.data.push_back(
        {part->name, part->record.path, part->record.hash, summarize(part->frames)});
    m["training"]["data"].push_back({{"part", part->name},
                                     {"file", fs::path(part->record.path).filename().string()},
                                     {"hash", part->record.hash},
                                     {"frames", part->frames.size()}});
    if (part == &parts.training && !parts.validation.frames.empty()) {
      continue;  // what a reader asks for are errors on frames not trained on
    }
    auto evaluation =
        evaluate_frames(model, Part::pointers(part->frames), Part::pointers(part->prepared));
    m["errors"][part->name] = evaluation.metrics.to_json();
    std::cout << "errors on the " << part->name << " set (" << part->frames.size() << " frames)\n"
              << evaluation.metrics.to_text();
    report.evaluated_set = part->name + " set";
    report.metrics = evaluation.metrics;
    report.energies_per_atom = std::move(evaluation.energies_per_atom);
    report.force_components = std::move(evaluation.force_components);
  }
  potential.save(config.potential_path(), config.training.precision);

  report.config = config.to_yaml();
  report.provenance = {{"spinconv-train", SPINCONV_VERSION},
                       {"LibTorch", TORCH_VERSION},
                       {"command", options.command_line},
                       {"date", today()},
                       {"seed", std::to_string(config.training.seed)},
                       {"parameters", std::to_string(model.parameter_count())}};
  const std::string report_path = (folder / "report.html").string();
  write_html_report(report_path, report);
  std::cout << "potential: " << config.potential_path() << " (best epoch " << trainer.best_epoch()
            << ")\nlearning curve: " << log.path() << "\nreport: " << report_path << "\n";
  return 0;
}

}  // namespace spinconv::train
