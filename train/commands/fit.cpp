// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <numeric>
#include <thread>

#include "commands/command_line.hpp"
#include "commands/commands.hpp"
#include "commands/fit_auto.hpp"
#include "commands/fit_checks.hpp"
#include "commands/fit_data.hpp"
#include "commands/fit_output.hpp"
#include "commands/fit_provenance.hpp"
#include "commands/fit_ranges.hpp"
#include "commands/fit_reference_energies.hpp"
#include "commands/interruption.hpp"
#include "commands/isolated_atoms.hpp"
#include "data/statistics.hpp"
#include "distributed/ranks.hpp"
#include "metrics/target_metrics.hpp"
#include "report/csv.hpp"
#include "report/html.hpp"
#include "report/progress.hpp"
#include "report/training_progress.hpp"
#include "spinconv/atomic_file.hpp"
#include "spinconv/error.hpp"
#include "spinconv/potential.hpp"
#include "spinconv/training_ranges_json.hpp"
#include "spinconv/version.hpp"
#include "trainer/checkpoint_potential.hpp"
#include "trainer/config_changes.hpp"
#include "trainer/cost_estimate.hpp"
#include "trainer/initial_weights.hpp"
#include "trainer/isolated_atom_frames.hpp"
#include "trainer/predictor.hpp"
#include "trainer/trainer.hpp"

namespace spinconv::train {
namespace {

namespace fs = std::filesystem;

std::string today() {
  const std::time_t now = std::time(nullptr);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d", std::gmtime(&now));
  return text;
}

void print(const std::vector<std::string>& lines) {
  for (const auto& line : lines) {
    std::cout << line << "\n";
  }
}

// Scales and reference energies of the training set; `isolated`, where there are some, are the
// latter.
void complete_model(FitConfig& config, const Part& training, const std::vector<double>& isolated,
                    bool show) {
  auto& model = config.model;
  // A number that does not grow with the structure is no sum over its atoms, and a mean of all
  // frames is more of it than the atoms explain.
  const Target& target = config.data.train.target;
  const bool with_offset = !target.is_energy() && !config.reference_energies;
  // what is in memory, or known to the cache, is counted at once
  const FrameStore& frames = *training.frames;
  const bool takes_time = !frames.in_memory() && !frames.edge_count(0, model.cutoff);
  if (takes_time) {
    std::cout << "  the cache has counted the edges of another cutoff, so that all training frames "
                 "are read once for those of "
              << model.cutoff << " Angstrom\n"
              << std::flush;
  }
  ProgressBar bar(static_cast<std::int64_t>(frames.size()), "counting edges",
                  ProgressOptions::passing(show && takes_time));
  const Statistics statistics =
      compute_statistics(frames, model.elements, model.cutoff, with_offset, [&] { bar.advance(); });
  bar.finish();
  std::cout << statistics.text(target);
  model.reference_energies = config.reference_energies.value_or(
      isolated.empty() ? statistics.reference_energies : isolated);
  model.energy_offset = statistics.offset;
  model.average_neighbors = std::max(1.0, statistics.average_neighbors);
  // atomic energies vary by about the force times an Angstrom
  model.energy_scale = statistics.force_rms > 0             ? statistics.force_rms
                       : statistics.energy_std_per_atom > 0 ? statistics.energy_std_per_atom
                                                            : 1.0;
  model.force_scale = model.energy_scale;
  model.validate();
}

// The model with the weights of config.init, and reference energies that are corrected by the least
// squares of what that potential leaves of the energies.
Model continue_model(FitConfig& config, const Potential& initial, const Part& training) {
  Model model = Model::create(config.model, config.training.seed);
  const auto fresh = adopt_weights(model, initial.model);
  std::cout << "weights of '" << config.init << "'";
  if (!fresh.empty()) {
    std::cout << "; random where it lacks the element:";
    for (const auto& element : fresh) {
      std::cout << " " << element;
    }
  }
  std::cout << "\n";
  if (config.reference_energies || config.training.isolated_atoms.any()) {
    return model;
  }
  std::vector<std::size_t> all(training.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  Predictor predictor(
      model,
      config.training.implementation == "graph" ? Implementation::graph : Implementation::automatic,
      "training.implementation");
  const auto correction = fit_reference_energies(
      *training.frames, config.model.elements, predicted_energies(predictor, training.set(), all));
  std::cout << "  " << correct_reference_energies(model, correction.energies);
  config.model.reference_energies = model.config().reference_energies;
  return model;
}

void refuse_to_overwrite(const FitOptions& options, const FitOutput& output) {
  const std::string there = output.earlier_training();
  if (there.empty() || options.resume || options.overwrite) {
    return;
  }
  throw Error("'" + there +
              "' exists: give --resume to continue that training, --overwrite to begin anew, or "
              "another output.folder");
}

// A resumed training may write its potential elsewhere, but not over a file that is not its own.
void refuse_another_potential(const FitOptions& options, const FitConfig& config,
                              const Checkpoint& checkpoint) {
  if (options.overwrite || !fs::is_regular_file(config.potential_path())) {
    return;
  }
  for (const auto& change :
       config_changes(FitConfig::normalized(checkpoint.state.at("config").get<std::string>()),
                      config.to_yaml())) {
    // without output.potential the name is that of the file
    if (change.key == "output.potential" ||
        (change.key == "output.name" && config.output.potential.empty())) {
      throw Error("--resume: " + change.key + " was " + change.then + " and is " + change.now +
                  ", but '" + config.potential_path() +
                  "' exists; name another file, move that one away, or give --overwrite");
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

// What the potential says of its training, but for how far it came.
nlohmann::json metadata_of(const FitConfig& config, const FitOptions& options, const Parts& parts,
                           const Ranks& ranks) {
  nlohmann::json m;
  m["name"] = config.output.name;
  for (const auto& [key, value] : {std::pair{"description", &config.output.description},
                                   {"license", &config.output.license},
                                   {"citation", &config.output.citation}}) {
    if (!value->empty()) {
      m[key] = *value;
    }
  }
  m["targets"] = config.data.train.target.to_json();
  m["created"] = today();
  m["training"] = {{"command", command_text(options.arguments)},
                   {"config", config.to_yaml()},
                   {"train_frames", parts.training.size()},
                   {"validation_frames", parts.validation.size()},
                   {"seed", config.training.seed},
                   {"ranks", ranks.size()},
                   {"data", nlohmann::json::array()}};
  if (config.data.train.target.is_energy() && parts.training.summary.n_energy > 0) {
    m["training"]["reference_energies"] =
        config.reference_energies                    ? "given"
        : config.training.isolated_atoms.from_frames ? "those of isolated atoms in the data"
        : config.training.isolated_atoms.any()       ? "those of isolated atoms, given"
        : config.init.empty()                        ? "least squares of the training energies"
                              : "of the potential it began with, and least squares of the rest";
  }
  if (!config.init.empty()) {
    m["training"]["init"] = fs::path(config.init).filename().string();
  }
  for (const Part* part : {&parts.training, &parts.validation, &parts.test}) {
    if (!part->empty()) {
      m["training"]["data"].push_back({{"part", part->name},
                                       {"file", fs::path(part->record.path).filename().string()},
                                       {"hash", part->record.hash},
                                       {"frames", part->size()}});
    }
  }
  return m;
}

// The ranges of the training frames, where they are not known of the checkpoint, told on std::cout.
nlohmann::json ranges_of(const FitConfig& config, const Parts& parts,
                         const std::optional<Checkpoint>& resumed, const std::string& checkpoint,
                         const std::optional<TrainingRanges>& found, Ranks& ranks) {
  if (resumed && resumed->state.contains("potential")) {
    const auto& known = resumed->state.at("potential").at("metadata");
    if (const auto ranges =
            training_ranges_of(known, config.model, "checkpoint '" + checkpoint + "'")) {
      return to_json(*ranges);
    }
  }
  const TrainingRanges ranges = found ? *found : training_ranges(config, parts.training, ranks);
  std::cout << ranges.text();
  return to_json(ranges);
}

// Tests the output of a training that is only planned, and leaves nothing.
void test_output(const FitOptions& options, const FitConfig& config) {
  const FitOutput output(config);
  const std::string there = output.earlier_training();
  if (!there.empty() && !options.resume && !options.overwrite) {
    std::cout << "note: '" << there
              << "' exists: the training will want --resume, --overwrite or another "
                 "output.folder\n";
  }
}

// Whether edges of all frames are known without reading them.
bool counted(const FitConfig& config, const Parts& parts) {
  for (const Part* part : {&parts.training, &parts.validation}) {
    if (!part->empty() && !part->frames->in_memory() &&
        !part->frames->edge_count(0, config.model.cutoff)) {
      return false;
    }
  }
  return true;
}

// A model of the configuration with the weights that the training begins with.
Model starting_model(FitConfig& config, const std::optional<Potential>& initial,
                     const Part& training, bool resumed) {
  if (initial && !resumed) {
    return continue_model(config, *initial, training);
  }
  Model model = Model::create(config.model, config.training.seed);
  if (initial) {  // its weights will be those of the checkpoint, but tables come with the file
    adopt_weights(model, initial->model);
  }
  return model;
}

// Writes the files of a training while it runs.
class FitRecorder : public TrainingObserver {
 public:
  // `said`: what is added to the state of each checkpoint, "data" and "potential"
  // (potential_of()). Both references outlive this.
  FitRecorder(FitOutput& files, const FitConfig& config, std::optional<int> resumed_epoch,
              nlohmann::json said)
      : files_(files), config_(config), resumed_epoch_(resumed_epoch), said_(std::move(said)) {}

  void begin_output() override {
    files_.keep();
    write_file_atomically(files_.config(), config_.to_yaml());
    log_.emplace(files_.log(), resumed_epoch_,
                 LogContents{.stress = config_.training.loss.stress_weight > 0,
                             .target = !config_.data.train.target.is_energy()});
  }
  void epoch(const EpochRecord& record, bool /*best*/) override { log_->append(record); }
  void checkpoint(Checkpoint& checkpoint) override {
    add_to(checkpoint);
    checkpoint.save(files_.checkpoint());
  }
  void best(Checkpoint& checkpoint) override {
    // a pipe or a device gets the last one alone
    if (!fs::exists(files_.potential()) || fs::is_regular_file(files_.potential())) {
      add_to(checkpoint);
      potential_of(checkpoint, files_.checkpoint())
          .save(files_.potential(), said_["potential"]["precision"].get<std::string>());
    }
  }

  const EpochLog& log() const { return *log_; }

 private:
  void add_to(Checkpoint& checkpoint) {
    said_["potential"]["metadata"]["created"] = today();
    checkpoint.state.update(said_);
  }

  FitOutput& files_;
  const FitConfig& config_;
  std::optional<int> resumed_epoch_;
  nlohmann::json said_;
  std::optional<EpochLog> log_;
};

int fit_on(Ranks& ranks, const FitOptions& options) {
  const bool automatic = names_data(options.config);
  FitConfig config = automatic ? read_chosen(options.config, options.overrides)
                               : FitConfig::read(options.config, options.overrides);
  const Target& target = config.data.train.target;
  require_a_loss(config.training.loss, target);
  std::optional<FitOutput> files;  // of the rank that writes
  if (options.dry_run) {
    test_output(options, config);
  } else if (ranks.is_first()) {
    files.emplace(config);
    files->lock();
    refuse_to_overwrite(options, *files);
  }
  ranks.barrier();  // what rank 0 refuses ends all of them here
  if (ranks.are_many()) {
    std::cout << ranks.size() << " ranks (" << ranks.launch().launcher << "), "
              << at::get_num_threads() << (at::get_num_threads() == 1 ? " thread" : " threads")
              << " each; a batch of " << config.training.batch_size
              << " frames is dealt to all of them\n";
  }

  const std::string checkpoint_path = FitOutput::checkpoint_in(config.output.folder);
  std::optional<Checkpoint> resumed;
  if (options.resume && !options.dry_run) {
    resumed = Checkpoint::load(checkpoint_path,
                               "leave --resume out to begin a new training (with --overwrite, "
                               "where the folder holds one)");
    refuse_another_potential(options, config, *resumed);
  }
  std::optional<Potential> initial;
  if (!config.init.empty()) {
    initial = Potential::load(config.init);
    require_same_architecture(config.model, initial->model.config(), config.init);
    require_same_target(target, initial->target(), config.init);
  }

  Parts parts = read_parts(config.data);
  const nlohmann::json provenance = data_provenance(config, parts);
  if (resumed) {
    print(require_same_data(resumed->state.value("data", nlohmann::json()), provenance));
  }
  const bool elements_given = !config.model.elements.empty();
  if (!elements_given) {
    config.model.elements = parts.training.summary.elements();
  }
  print(require_elements(config, parts, elements_given));
  require_groups(config, parts);
  std::vector<double> isolated;
  if (config.training.isolated_atoms.any()) {
    isolated = isolated_atom_energies(config, parts);
    std::cout << isolated_atoms_text(config, isolated);
  }
  const bool scales_known = resumed && resumed->state.contains("model");
  if (!scales_known) {
    complete_model(config, parts.training, isolated, ranks.is_first());
  }
  if (initial) {
    adopt_scales(config.model, initial->model.config());
    if (config.reference_energies) {
      config.model.reference_energies = *config.reference_energies;
    } else if (!isolated.empty()) {
      config.model.reference_energies = isolated;
    }
  }
  std::optional<TrainingRanges> found;
  if (scales_known) {
    adopt_scales(config.model, ModelConfig::from_json(resumed->state.at("model"),
                                                      "checkpoint '" + checkpoint_path + "'"));
    config.model.validate();
  } else if (config.model.repulsion != "none") {
    found = training_ranges(config, parts.training, ranks);
    config.model.repulsion_radii = repulsion_radii_of(*found);
    config.model.validate();
  }
  for (Part* part : {&parts.training, &parts.validation, &parts.test}) {
    Part::Preparation how;
    how.free_atoms_only = config.training.loss.free_atoms_only;
    how.group_weights = config.training.loss.group_weights;
    how.readers = config.data.prefetch;
    how.count_edges = part != &parts.test && (ranks.are_many() || options.dry_run);
    how.show = ranks.is_first();
    part->prepare(config.model, how);
  }
  print(require_labels(config, parts));
  Model model = starting_model(config, initial, parts.training, scales_known);
  const torch::Device device = device_for(config.training.device, ranks.launch());
  model.to(config.training.precision == "double" ? torch::kFloat64 : torch::kFloat32, device);
  std::cout << "model: " << model.parameter_count() << " parameters, " << config.training.precision
            << " precision, device " << device.str() << "\n";

  if (options.dry_run) {
    std::cout << estimate_cost(config, model, parts.training.set(), parts.validation.set()).text();
    return 0;
  }
  if (automatic && !resumed && !ranks.are_many() && counted(config, parts)) {
    const auto estimate =
        estimate_cost(config, model, parts.training.set(), parts.validation.set());
    std::cout << "expected time: " << estimate.time_text() << "\n";
  }
  const nlohmann::json ranges = ranges_of(config, parts, resumed, checkpoint_path, found, ranks);
  Trainer trainer(config, model, parts.training.set(), parts.validation.set(), ranks);
  std::cout << "implementation: " << trainer.kernels().name() << "\n";
  if (resumed) {
    const auto notes = trainer.resume(*resumed);
    std::cout << "resumed after epoch " << trainer.epoch() << "\n";
    for (const auto& note : notes) {
      std::cout << "  " << note << "\n";
    }
    if (const int then = resumed->state.value("ranks", 1); then != ranks.size()) {
      std::cout << "  with " << ranks.size() << (ranks.size() == 1 ? " rank" : " ranks")
                << " in place of " << then << ": the same training to rounding, not bit by bit\n";
    }
    resumed.reset();
  }
  ranks.barrier();  // all have read the checkpoint before it is written again
  const std::string precision = config.training.precision == "double" ? "double" : "single";
  nlohmann::json metadata = metadata_of(config, options, parts, ranks);
  metadata["trained_on"] = ranges;
  std::optional<FitRecorder> recorder;
  std::vector<TrainingObserver*> observers;
  if (files) {
    nlohmann::json said = {{"data", provenance},
                           {"potential", {{"metadata", metadata}, {"precision", precision}}}};
    if (!isolated.empty()) {
      said["potential"]["isolated_atoms"] = true;
    }
    recorder.emplace(*files, config, options.resume ? std::optional(trainer.epoch()) : std::nullopt,
                     std::move(said));
    observers.push_back(&*recorder);
  }
  std::cout << std::flush;

  const TrainingEnd end = [&] {
    const Interruption interruption;  // asks for a checkpoint
    TrainingProgress progress({.epochs = config.training.epochs,
                               .target = target,
                               .stress = config.training.loss.stress_weight > 0,
                               .validation = !parts.validation.empty()});
    observers.push_back(&progress);
    return trainer.run(observers, interruption.requested());
  }();
  if (end == TrainingEnd::interrupted) {
    std::cout << "interrupted in epoch " << trainer.epoch() + 1;
    if (trainer.best_epoch() > 0) {
      std::cout << "; potential so far: " << config.potential_path() << " (best epoch "
                << trainer.best_epoch() << ")";
    }
    std::cout << "; continue with: " << resume_command(options.arguments) << "\n" << std::flush;
    ranks.barrier();  // a launcher may end the others as soon as one has ended
    return 130;
  }
  if (end == TrainingEnd::early_stop) {
    std::cout << "stopped early: no improvement since epoch " << trainer.best_epoch() << "\n";
  }

  if (!isolated.empty()) {
    make_isolated_atoms_exact(model, trainer.kernels().set());
  } else if (target.is_energy() && !config.reference_energies) {
    fit_reference_energies_again(model, trainer.kernels().set(), parts.training, ranks);
    if (ranks.is_first()) {
      // for a potential of the checkpoint; a training that goes on has those of before
      Checkpoint checkpoint = Checkpoint::load(checkpoint_path);
      checkpoint.state["potential"]["reference_energies"] = model.config().reference_energies;
      checkpoint.save(checkpoint_path);
    }
  }
  metadata["created"] = today();
  metadata["training"]["epochs"] = trainer.epoch();
  metadata["training"]["best_epoch"] = trainer.best_epoch();
  metadata["training"]["seconds"] = trainer.seconds();
  Predictor predictor(model, trainer.kernels().set());
  ReportInput report;
  report.title = "Training of " + config.output.name;
  report.target = target;
  report.best_epoch = trainer.best_epoch();
  for (Part* part : {&parts.training, &parts.validation, &parts.test}) {
    if (part->empty()) {
      continue;
    }
    report.data.push_back({part->name, part->record.path, part->record.hash, part->summary});
    if (part == &parts.training && !parts.validation.empty()) {
      continue;  // what a reader asks for are errors on frames not trained on
    }
    auto evaluation = part->evaluate(predictor, ranks, target);
    metadata["errors"][part->name] = metrics_json(evaluation.metrics, evaluation.groups, target);
    std::cout << "errors on the " << part->name << " set (" << part->size() << " frames)\n"
              << metrics_text(evaluation.metrics, evaluation.groups, target);
    report.evaluated_set = part->name + " set";
    report.metrics = evaluation.metrics;
    report.groups = evaluation.groups;
    report.energies_per_atom = std::move(evaluation.energies_per_atom);
    report.force_components = std::move(evaluation.force_components);
  }
  if (!ranks.is_first()) {
    return 0;
  }
  Potential{model, metadata}.save(files->potential(), precision);

  report.epochs = recorder->log().records();
  report.config = config.to_yaml();
  report.provenance = {{"spinconv-train", SPINCONV_VERSION},
                       {"LibTorch", TORCH_VERSION},
                       {"command", command_text(options.arguments)},
                       {"date", today()},
                       {"seed", std::to_string(config.training.seed)},
                       {"parameters", std::to_string(model.parameter_count())}};
  write_html_report(files->report(), report);
  std::cout << "potential: " << files->potential() << " (best epoch " << trainer.best_epoch()
            << ")\nlearning curve: " << files->log() << "\nreport: " << files->report() << "\n";
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
