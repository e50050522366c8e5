// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <thread>

#include "commands/commands.hpp"
#include "commands/fit_data.hpp"
#include "data/statistics.hpp"
#include "distributed/ranks.hpp"
#include "report/html.hpp"
#include "report/progress.hpp"
#include "report/target_metrics.hpp"
#include "spinconv/atomic_file.hpp"
#include "spinconv/error.hpp"
#include "spinconv/potential.hpp"
#include "spinconv/version.hpp"
#include "trainer/initial_weights.hpp"
#include "trainer/plan.hpp"
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

std::string today() {
  const std::time_t now = std::time(nullptr);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d", std::gmtime(&now));
  return text;
}

void complete_model(FitConfig& config, const Part& training, bool show) {
  auto& model = config.model;
  if (model.elements.empty()) {
    model.elements = training.summary.elements();
  }
  // A number that does not grow with the structure is no sum over its atoms, and a mean of all
  // frames is more of it than the atoms explain.
  const Target& target = config.data.train.target;
  const bool with_offset = !target.is_energy() && !config.reference_energies;
  ProgressOptions progress;
  progress.keep = false;
  // what is in memory, or known to the cache, is counted at once
  const FrameStore& frames = *training.frames;
  const bool takes_time = !frames.in_memory() && !frames.edge_count(0, model.cutoff);
  if (takes_time) {
    std::cout << "  the cache has counted the edges of another cutoff, so that all training frames "
                 "are read once for those of "
              << model.cutoff << " Angstrom\n"
              << std::flush;
  }
  if (!show || !takes_time) {
    progress.stream = nullptr;
  }
  ProgressBar bar(static_cast<std::int64_t>(frames.size()), "counting edges", progress);
  const Statistics statistics =
      compute_statistics(frames, model.elements, model.cutoff, with_offset, [&] { bar.advance(); });
  bar.finish();
  std::cout << statistics.text(target);
  model.reference_energies = config.reference_energies.value_or(statistics.reference_energies);
  model.energy_offset = statistics.offset;
  model.average_neighbors = std::max(1.0, statistics.average_neighbors);
  // atomic energies vary by about the force times an Angstrom
  model.energy_scale = statistics.force_rms > 0             ? statistics.force_rms
                       : statistics.energy_std_per_atom > 0 ? statistics.energy_std_per_atom
                                                            : 1.0;
  model.force_scale = model.energy_scale;
  model.validate();
}

// Where stress is trained on, frames without it are left out of its mean; all of them cannot be.
void require_stresses(const FitConfig& config, const Part& training) {
  if (config.training.loss.stress_weight == 0) {
    return;
  }
  bool found = false;
  for (std::size_t i = 0; i < training.size() && !found; ++i) {
    found = training.frames->figures(i).stress_components > 0;
  }
  if (!found) {
    throw Error(
        config.data.train.path +
        ": training.loss.stress_weight is not 0, but no training frame has a stress (`stress` "
        "or `virial` in extended XYZ, of a cell that is periodic in all directions); set it "
        "to 0 or give the labels");
  }
}

// The model with the weights of config.init, and reference energies that are corrected by the least
// squares of what that potential leaves of the energies.
Model continue_model(FitConfig& config, const Potential& initial, const Part& training) {
  const auto make = [&] {
    Model model = Model::create(config.model, config.training.seed);
    const auto fresh = adopt_weights(model, initial.model);
    return std::pair{std::move(model), fresh};
  };
  auto [model, fresh] = make();
  std::cout << "weights of '" << config.init << "'";
  if (!fresh.empty()) {
    std::cout << "; random where it lacks the element:";
    for (const auto& element : fresh) {
      std::cout << " " << element;
    }
  }
  std::cout << "\n";
  if (config.reference_energies) {
    return model;
  }
  const auto correction = fit_reference_energies(*training.frames, config.model.elements,
                                                 predicted_energies(model, training.set()));
  std::cout << "  reference energies changed by (eV/atom):";
  for (std::size_t e = 0; e < correction.energies.size(); ++e) {
    config.model.reference_energies[e] += correction.energies[e];
    char text[64];
    std::snprintf(text, sizeof text, " %s %.6f", config.model.elements[e].c_str(),
                  correction.energies[e]);
    std::cout << text;
  }
  std::cout << "\n";
  return make().first;
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

// Where several ranks share a machine and nobody said otherwise, they share its cores too.
void share_cores(const FitOptions& options, const Launch& launch) {
  if (launch.local_size > 1 && !options.threads_given &&
      !process_environment()("OMP_NUM_THREADS")) {
    const auto cores = static_cast<int>(std::thread::hardware_concurrency());
    at::set_num_threads(std::max(1, cores / launch.local_size));
  }
}

torch::Device device_for(const std::string& wanted, const Launch& launch) {
  if (wanted == "cpu" || (wanted == "auto" && !at::hasCUDA())) {
    return torch::kCPU;
  }
  if (!at::hasCUDA()) {
    throw Error("training.device is cuda, but this LibTorch finds no CUDA device; use cpu or auto");
  }
  if (launch.size == 1) {
    return torch::kCUDA;
  }
  const int devices = static_cast<int>(torch::cuda::device_count());
  return torch::Device(torch::kCUDA, static_cast<c10::DeviceIndex>(launch.local_rank % devices));
}

int fit_on(Ranks& ranks, const FitOptions& options) {
  FitConfig config = FitConfig::read(options.config, options.overrides);
  const fs::path folder(config.output.folder);
  const std::string checkpoint_path = (folder / "checkpoint.pt").string();
  if (ranks.is_first() && !options.dry_run) {
    refuse_to_overwrite(options, config, checkpoint_path);
    std::error_code status;
    fs::create_directories(folder, status);
    if (status) {
      throw Error("cannot create output.folder '" + folder.string() + "': " + status.message());
    }
  }
  ranks.barrier();  // what rank 0 refuses ends all of them here
  if (ranks.are_many()) {
    std::cout << ranks.size() << " ranks (" << ranks.launch().launcher << "), "
              << at::get_num_threads() << (at::get_num_threads() == 1 ? " thread" : " threads")
              << " each; a batch of " << config.training.batch_size
              << " frames is dealt to all of them\n";
  }

  std::optional<Potential> initial;
  if (!config.init.empty()) {
    initial = Potential::load(config.init);
    require_same_architecture(config.model, initial->model.config(), config.init);
    require_same_target(config.data.train.target, initial->target(), config.init);
  }

  Parts parts = read_parts(config.data);
  complete_model(config, parts.training, ranks.is_first());
  if (initial) {
    adopt_scales(config.model, initial->model.config());
    if (config.reference_energies) {
      config.model.reference_energies = *config.reference_energies;
    }
  }
  for (Part* part : {&parts.training, &parts.validation, &parts.test}) {
    Part::Preparation how;
    how.free_atoms_only = config.training.loss.free_atoms_only;
    how.readers = config.data.prefetch;
    how.count_edges = part != &parts.test && (ranks.are_many() || options.dry_run);
    how.show = ranks.is_first();
    part->prepare(config.model, how);
  }
  Model model = initial ? continue_model(config, *initial, parts.training)
                        : Model::create(config.model, config.training.seed);
  const torch::Device device = device_for(config.training.device, ranks.launch());
  model.to(config.training.precision == "double" ? torch::kFloat64 : torch::kFloat32, device);
  std::cout << "model: " << model.parameter_count() << " parameters, " << config.training.precision
            << " precision, device " << device.str() << "\n";

  require_stresses(config, parts.training);
  if (options.dry_run) {
    std::cout << plan_training(config, model, parts.training.set(), parts.validation.set()).text();
    return 0;
  }
  Trainer trainer(config, model, parts.training.set(), parts.validation.set(), ranks);
  if (options.resume) {
    const auto checkpoint = Checkpoint::load(checkpoint_path);
    trainer.resume(checkpoint);
    std::cout << "resumed after epoch " << trainer.epoch() << "\n";
    if (const int then = checkpoint.state.value("ranks", 1); then != ranks.size()) {
      std::cout << "  with " << ranks.size() << (ranks.size() == 1 ? " rank" : " ranks")
                << " in place of " << then << ": the same training to rounding, not bit by bit\n";
    }
  }
  ranks.barrier();  // all have read the checkpoint before it is written again
  std::optional<EpochLog> log;
  if (ranks.is_first()) {
    write_file_atomically((folder / "config.yaml").string(), config.to_yaml());
    log.emplace((folder / "log.csv").string(),
                options.resume ? std::optional<int>(trainer.epoch()) : std::nullopt,
                LogContents{.stress = config.training.loss.stress_weight > 0,
                            .target = !config.data.train.target.is_energy()});
  }
  std::cout << std::flush;

  interrupt_requested = false;
  std::signal(SIGINT, request_interrupt);
  std::signal(SIGTERM, request_interrupt);
  const TrainingEnd end = trainer.run(log ? &*log : nullptr, checkpoint_path, interrupt_requested);
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  if (end == TrainingEnd::interrupted) {
    std::cout << "interrupted in epoch " << trainer.epoch() + 1
              << "; continue with: spinconv-train fit " << options.config << " --resume\n"
              << std::flush;
    ranks.barrier();  // a launcher may end the others as soon as one has ended
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
  const Target& target = config.data.train.target;
  m["targets"] = target.to_json();
  m["created"] = today();
  m["training"] = {{"command", options.command_line},
                   {"config", config.to_yaml()},
                   {"train_frames", parts.training.size()},
                   {"validation_frames", parts.validation.size()},
                   {"epochs", trainer.epoch()},
                   {"best_epoch", trainer.best_epoch()},
                   {"seconds", trainer.seconds()},
                   {"seed", config.training.seed},
                   {"ranks", ranks.size()},
                   {"data", nlohmann::json::array()}};
  if (initial) {
    m["training"]["init"] = fs::path(config.init).filename().string();
  }
  ReportInput report;
  report.title = "Training of " + config.output.name;
  report.target = target;
  report.best_epoch = trainer.best_epoch();
  for (Part* part : {&parts.training, &parts.validation, &parts.test}) {
    if (part->empty()) {
      continue;
    }
    report.data.push_back({part->name, part->record.path, part->record.hash, part->summary});
    m["training"]["data"].push_back({{"part", part->name},
                                     {"file", fs::path(part->record.path).filename().string()},
                                     {"hash", part->record.hash},
                                     {"frames", part->size()}});
    if (part == &parts.training && !parts.validation.empty()) {
      continue;  // what a reader asks for are errors on frames not trained on
    }
    auto evaluation = part->evaluate(model, ranks, target);
    m["errors"][part->name] = metrics_json(evaluation.metrics, target);
    std::cout << "errors on the " << part->name << " set (" << part->size() << " frames)\n"
              << metrics_text(evaluation.metrics, target);
    report.evaluated_set = part->name + " set";
    report.metrics = evaluation.metrics;
    report.energies_per_atom = std::move(evaluation.energies_per_atom);
    report.force_components = std::move(evaluation.force_components);
  }
  if (!ranks.is_first()) {
    return 0;
  }
  potential.save(config.potential_path(),
                 config.training.precision == "double" ? "double" : "single");

  report.epochs = log->records();
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
            << ")\nlearning curve: " << log->path() << "\nreport: " << report_path << "\n";
  return 0;
}

// Ends a process of several: a lost rank cannot be waited for, so nothing is destroyed.
[[noreturn]] void end_rank(int status) {
  std::cout << std::flush;
  std::cerr << std::flush;
  std::_Exit(status);
}

}  // namespace

int fit(const FitOptions& options) {
  const Launch launch = launch_from(process_environment());
  if (launch.size == 1) {
    Ranks alone;
    return fit_on(alone, options);
  }
  if (options.dry_run) {
    throw Error("--dry-run measures one process, but " + launch.launcher + " has started " +
                std::to_string(launch.size) + "; leave it out");
  }
  share_cores(options, launch);
  // a launcher that ends takes the other end of stdout with it: that must not stop a last
  // checkpoint
  std::signal(SIGPIPE, SIG_IGN);
  Ranks ranks(launch, std::chrono::seconds(options.rank_timeout));
  if (!ranks.is_first()) {
    std::cout.rdbuf(nullptr);  // one rank speaks
  }
  try {
    return fit_on(ranks, options);
  } catch (const std::exception& error) {
    const std::string message = ranks.report_failure(error);
    if (!message.empty()) {
      const bool lost = dynamic_cast<const RankError*>(&error) != nullptr;
      std::cerr << "\nspinconv-train: error: " + message +
                       (lost ? "; all ranks end. Continue from the last checkpoint with --resume"
                             : "") +
                       "\n";
    }
    end_rank(1);
  }
}

}  // namespace spinconv::train
