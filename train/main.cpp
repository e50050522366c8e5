// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstring>
#include <iostream>
#include <limits>

#include "commands/commands.hpp"
#include "commands/fit_auto.hpp"
#include "data/number_text.hpp"
#include "distributed/launch.hpp"
#include "report/standard_output.hpp"
#include "spinconv/error.hpp"
#include "spinconv/evaluator.hpp"
#include "spinconv/hyperparameters.hpp"
#include "spinconv/model_config.hpp"
#include "spinconv/version.hpp"

namespace {

using namespace spinconv;
using namespace spinconv::train;

// How the program ends; docs/training.md has the table. 130, interrupted, comes from the commands.
constexpr int status_error = 1;
constexpr int status_usage = 2;

// The command line itself is wrong: nothing has been read or written.
class UsageError : public Error {
 public:
  using Error::Error;
};

// `what` says which numbers are valid, "a whole number from 1 on"; `cure` what else there is.
template <class T>
CLI::Validator number(const std::string& what, std::function<bool(T)> valid,
                      const std::string& cure = "") {
  return {[=](std::string& text) -> std::string {
            std::string problem;
            const auto value = read_number<T>(text, problem);
            if (value && valid(*value)) {
              return "";
            }
            return "'" + text + "' is " + (problem.empty() ? "not " + what : problem) +
                   (problem.empty() ? "" : "; it must be " + what) + cure;
          },
          ""};
}

CLI::Validator whole(int low, int high, const std::string& cure = "") {
  return number<int>(
      "a whole number from " + std::to_string(low) +
          (high == std::numeric_limits<int>::max() ? std::string(" on")
                                                   : " to " + std::to_string(high)),
      [=](int value) { return value >= low && value <= high; }, cure);
}

CLI::Validator choice(const std::vector<std::string>& valid) {
  std::string names;
  for (const auto& name : valid) {
    names += (names.empty() ? "{" : ",") + name;
  }
  return {[=](std::string& text) -> std::string {
            return std::find(valid.begin(), valid.end(), text) != valid.end()
                       ? ""
                       : unknown_name_message("value", text, valid);
          },
          names + "}"};
}

constexpr int any = std::numeric_limits<int>::max();

CLI::Validator not_negative() {
  return number<double>("a number that is not negative", [](double value) { return value >= 0; });
}

CLI::Validator positive() {
  return number<double>("a number above 0", [](double value) { return value > 0; });
}

void add_data_options(CLI::App* command, DataSource& data, std::string& frames) {
  command->add_option("--energy-unit", data.energy_unit,
                      "unit of the energies where the file does not say (eV, kcal/mol, ...)");
  command->add_option("--length-unit", data.length_unit,
                      "unit of the positions where the file does not say (Angstrom, Bohr, ...)");
  command->add_option("--energy-key", data.keys.energy, "array or key of the energies");
  command->add_option("--forces-key", data.keys.forces, "array or column of the forces");
  command->add_option("--stress-key", data.keys.stress, "key of the stress (extended XYZ)");
  command->add_option("--virial-key", data.keys.virial, "key of the virial (extended XYZ)");
  command->add_option(
      "--reference", data.reference,
      "subtracted from energies: last (of each system), or a CSV file system,energy");
  command
      ->add_option("--max-energy", data.max_energy,
                   "leave frames with a larger |energy| out (eV; OC20: 10)")
      ->check(not_negative());
  command
      ->add_option("--max-force", data.max_force,
                   "leave frames with a larger force on an atom out (eV/A; OC20: 50)")
      ->check(not_negative());
  command->add_option("--frames", frames, "start:stop:step, as in Python");
}

// CLI11 says that something was not expected; a user wants to know what was meant.
void refuse_unknown_names(CLI::App& app) {
  const auto chosen = app.get_subcommands();
  for (const std::string& word : app.remaining(true)) {
    std::vector<std::string> valid;
    if (word.size() > 1 && word[0] == '-') {
      for (const CLI::App* level :
           {const_cast<const CLI::App*>(&app),
            const_cast<const CLI::App*>(chosen.empty() ? &app : chosen[0])}) {
        for (const CLI::Option* option : level->get_options()) {
          for (const std::string& name : option->get_lnames()) {
            if (std::find(valid.begin(), valid.end(), "--" + name) == valid.end()) {
              valid.push_back("--" + name);
            }
          }
        }
      }
      throw UsageError(unknown_name_message("option", word.substr(0, word.find('=')), valid));
    }
    if (chosen.empty()) {
      for (const CLI::App* command : app.get_subcommands({})) {
        valid.push_back(command->get_name());
      }
      throw UsageError(unknown_name_message("command", word, valid));
    }
  }
}

// What CLI11 says, with the command it belongs to and where to look.
[[noreturn]] void refuse_command_line(CLI::App& app, const CLI::ParseError& error) {
  refuse_unknown_names(app);
  const auto chosen = app.get_subcommands();
  if (chosen.empty() && dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    std::string names;
    for (const CLI::App* command : app.get_subcommands({})) {
      names += (names.empty() ? "" : ", ") + command->get_name();
    }
    throw UsageError("a command is missing: " + names + "; 'spinconv-train --help' says more");
  }
  const std::string command = chosen.empty() ? "" : chosen[0]->get_name();
  throw UsageError((command.empty() ? "" : command + ": ") + error.what() + "; 'spinconv-train " +
                   (command.empty() ? "" : command + " ") + "--help' lists what it takes");
}

// What belongs to `preset auto` and to no other, and the other way round.
void require_preset_arguments(const PresetOptions& options) {
  const bool automatic = options.name == automatic_preset;
  if (automatic && options.data.empty()) {
    throw UsageError("preset auto: name the data that it is to be chosen for, preset auto DATA");
  }
  if (automatic && options.keys) {
    throw UsageError("preset auto: --keys belongs to the other presets; its model is 'small'");
  }
  if (!automatic && !(options.data.empty() && options.overrides.empty())) {
    throw UsageError("preset " + options.name + ": data and --set belong to 'preset auto'");
  }
  for (const auto& change : options.overrides) {
    if (!change.starts_with("data.") || change.starts_with("data.split")) {
      throw UsageError("preset auto: --set " + change +
                       ": of keys of the section data but split alone; change others in what is "
                       "printed, or give them to 'fit'");
    }
  }
  if (options.data.size() > 1) {
    throw UsageError(
        "preset auto takes one file or folder; put several together first: "
        "'spinconv-train prepare FILE... CACHE', then 'preset auto CACHE'");
  }
}

int run(int argc, char** argv) {
  CLI::App app{"Train, evaluate and inspect SpinConv potentials (units: eV, Angstrom)",
               "spinconv-train"};
  app.set_version_flag("--version", std::string("spinconv-train " SPINCONV_VERSION));
  app.require_subcommand(1);
  int threads = 0;
  app.add_option("--threads", threads,
                 "threads of LibTorch (default: OMP_NUM_THREADS or all cores)")
      ->check(whole(1, any, "; leave --threads out for OMP_NUM_THREADS, or all cores"));
  app.fallthrough();

  FitOptions fit_options;
  fit_options.arguments.assign(argv + std::min(argc, 1), argv + argc);
  auto* fit_command = app.add_subcommand("fit", "train a potential");
  fit_command
      ->add_option(
          "config", fit_options.config,
          "YAML file, see 'preset'; or data to train on (.npz, .extxyz, .xyz, .xz of these, "
          "a folder), for which a configuration is chosen: 'preset auto DATA' prints it")
      ->required();
  fit_command->add_option("--set", fit_options.overrides,
                          "key=value that replaces one of the file, e.g. training.epochs=10");
  fit_command->add_flag("--resume", fit_options.resume,
                        "continue from output.folder/checkpoint.pt");
  fit_command->add_flag("--overwrite", fit_options.overwrite,
                        "begin anew in a folder that holds a training");
  std::string init;
  fit_command->add_option("--init", init,
                          "begin with the weights of this potential (as --set model.init=FILE)");
  fit_command->add_flag(
      "--dry-run", fit_options.dry_run,
      "read the data, measure one step, print memory and time; leaves nothing behind");
  fit_command
      ->add_option("--rank-timeout", fit_options.rank_timeout,
                   "several ranks: seconds that one waits for another (default: 600)")
      ->check(whole(1, any));

  ExportOptions export_options;
  auto* export_command = app.add_subcommand(
      "export",
      "a potential, or the best weights of a checkpoint of 'fit', as a TorchScript module for "
      "Python and other programs (OUT.ts) or as a potential file (OUT.pt)");
  export_command
      ->add_option("input", export_options.input,
                   "potential file, or output.folder/checkpoint.pt of a training")
      ->required();
  export_command
      ->add_option("output", export_options.output,
                   "file to write. OUT.ts: module for torch.jit.load() that takes positions or "
                   "edges and gives energies, forces and stress, see docs/potential_file.md. Any "
                   "other name: potential file for pair_style spinconv")
      ->required();
  export_command
      ->add_option("--precision", export_options.precision,
                   "of the numbers in it (default: as the input's)")
      ->check(choice({"single", "double"}));
  export_command
      ->add_option(
          "--repulsion", export_options.repulsion,
          "zbl: atoms nearer than in any training frame repel each other as screened nuclei "
          "do (docs/model.md); none (default: as the input's)")
      ->check(choice({"none", "zbl"}));

  EvaluateOptions evaluate_options;
  std::string frames;
  auto* evaluate_command = app.add_subcommand("evaluate", "errors of a potential on labelled data");
  evaluate_command
      ->add_option("potential,--potential", evaluate_options.potential, "potential file")
      ->required();
  evaluate_command
      ->add_option("data,--data", evaluate_options.data.path,
                   ".npz (MD17, rMD17), .extxyz, .xyz, .xz of these, or a folder (OC20 S2EF, or a "
                   "cache of 'prepare')")
      ->required();
  evaluate_command
      ->add_option("--task", evaluate_options.task,
                   "OC20's metrics: s2ef, is2re (energy of the last frame of each system from its "
                   "first), is2rs (the last frame; needs --relaxed)")
      ->check(choice({"s2ef", "is2re", "is2rs"}));
  evaluate_command->add_option(
      "--relaxed", evaluate_options.relaxed,
      "is2re, is2rs: structures that the potential relaxed (extxyz, sid=)");
  evaluate_command->add_option("--dft-forces", evaluate_options.dft_forces,
                               "is2rs: forces of DFT at those structures (extxyz, sid=), for AFbT");
  evaluate_command
      ->add_option("--ocp-graph", evaluate_options.graph,
                   "neighbors of a published model: as its last version, v0.0.3, or OC20's LMDBs")
      ->check(choice({"last", "v003", "lmdb50"}));
  const auto& rotations = hyperparameter("force_rotations").range;
  evaluate_command
      ->add_option("--force-rotations", evaluate_options.force_rotations,
                   "rotations that direct forces are averaged over (default: the file's)")
      ->check(whole(static_cast<int>(rotations.low), static_cast<int>(rotations.high)));
  evaluate_command
      ->add_option("--force-seed", evaluate_options.force_seed,
                   "and the seed that draws them (default: 1)")
      ->check(number<std::uint64_t>("a whole number that is not negative",
                                    [](std::uint64_t) { return true; }));
  evaluate_command->add_option("--json", evaluate_options.json, "write the figures to this file");
  evaluate_command->add_option("--report", evaluate_options.report, "write an HTML report");
  evaluate_command->add_option("--predictions", evaluate_options.predictions,
                               "write predicted energies, forces, stress as extended XYZ");
  evaluate_command->add_option("--precision", evaluate_options.precision, "default: the file's")
      ->check(choice({"single", "double"}));
  evaluate_command
      ->add_option("--implementation", evaluate_options.implementation,
                   "auto, fused (kernels for models with sphere spinconv2 on the CPU) or graph")
      ->check(choice({"auto", "fused", "graph"}));
  evaluate_command->add_option("--device", evaluate_options.device, "cpu or cuda")
      ->check(choice({"cpu", "cuda"}));
  add_data_options(evaluate_command, evaluate_options.data, frames);

  PrepareDataOptions prepare_options;
  std::vector<std::string> prepare_paths;
  auto* prepare_command = app.add_subcommand(
      "prepare", "data files into a cache that training streams from (for large data)");
  prepare_command
      ->add_option("data", prepare_paths,
                   "DATA... OUT: files and folders as for 'evaluate', then the folder to write")
      ->required()
      ->expected(2, std::numeric_limits<int>::max());
  prepare_command
      ->add_option("--cutoff", prepare_options.cutoff,
                   "count the edges inside it, Angstrom; give model.cutoff (default: 5)")
      ->check(positive());
  prepare_command->add_flag("--edges", prepare_options.edges,
                            "store these edges too: larger, and none are looked for in training");
  prepare_command
      ->add_option("--shard-size", prepare_options.shard_size, "MB of a file (default: 64)")
      ->check(number<double>("a number from 0.001 to 2000",
                             [](double value) { return value >= 0.001 && value <= 2000; }));
  prepare_command->add_flag("--overwrite", prepare_options.overwrite,
                            "begin anew in a folder that holds a cache");
  add_data_options(prepare_command, prepare_options.data, frames);

  ImportOptions import_options;
  auto* import_command =
      app.add_subcommand("import-ocp", "make a potential of a checkpoint of the published code");
  import_command->add_option("checkpoint", import_options.checkpoint, "PyTorch checkpoint (.pt)")
      ->required();
  import_command->add_option("potential", import_options.potential, "potential file to write")
      ->required();
  import_command
      ->add_option("--forces", import_options.forces,
                   "gradient: the exact gradient of the energy (default: the published estimate)")
      ->check(choice(hyperparameter("forces").choice_names()));
  import_command->add_option("--elements", import_options.elements,
                             "elements to keep, e.g. \"H C O Cu\" (default: all)");
  import_command
      ->add_option("--precision", import_options.precision,
                   "arithmetic when the potential is used (default: double)")
      ->check(choice({"single", "double"}));

  ConvertOptions convert_options;
  auto* convert_command = app.add_subcommand(
      "convert", "extended XYZ to a LAMMPS data file, LAMMPS dump to extended XYZ");
  convert_command
      ->add_option("input", convert_options.input, "structure.extxyz[.xz], or a LAMMPS text dump")
      ->required();
  convert_command
      ->add_option("output", convert_options.output, "data file, or OUT.extxyz for a dump")
      ->required();
  convert_command
      ->add_option("--frame", convert_options.frame,
                   "of the extended XYZ file, from 0; -1: the last (default: 0)")
      ->check(number<long>("a whole number, such as 0 or -1", [](long) { return true; }));
  convert_command->add_option("--elements", convert_options.elements,
                              "of atom types 1, 2, ..., e.g. \"H C O\" (default: by atomic number; "
                              "of a dump, as it says)");
  convert_command->add_option("--cell", convert_options.cell,
                              "OUT.json of the data file, to turn a dump back into its cell");
  convert_command->add_option("--log", convert_options.log,
                              "log.lammps whose column PotEng gives the energies of a dump, and "
                              "whose command 'units' its units");
  convert_command->add_option("--units", convert_options.units,
                              "unit style of the run (metal, real, ...) where neither a dump nor "
                              "its log says it");

  std::string potential;
  bool as_json = false;
  auto* info_command =
      app.add_subcommand("info", "what a potential file, or a cache of 'prepare', holds");
  info_command->add_option("potential", potential, "potential file, or cache")->required();
  info_command->add_flag("--json", as_json, "the metadata alone");

  PresetOptions preset_options;
  auto presets = ModelConfig::preset_names();
  presets.emplace_back(automatic_preset);
  auto* preset_command = app.add_subcommand("preset", "print a commented configuration for 'fit'");
  preset_command
      ->add_option("name", preset_options.name,
                   "size and kind of the model; auto: chosen for data, all of it")
      ->required()
      ->check(choice(presets));
  preset_command->add_option("data", preset_options.data, "of auto: data to train on");
  preset_command->add_option("--set", preset_options.overrides,
                             "of auto: key=value of the section data, which says how the data are "
                             "read, e.g. data.units.energy=kcal/mol");
  preset_command->add_flag("--keys", preset_options.keys,
                           "every key of the model instead, with what is valid and what it means");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) {  // --help, --version
      return app.exit(e);
    }
    refuse_command_line(app, e);
  }
  // weights and gradients that have faded to denormal numbers would slow every product down
  at::globalContext().setFlushDenormal(true);
  if (threads > 0) {
    at::set_num_threads(threads);
  }
  if (!frames.empty()) {
    try {
      evaluate_options.data.slice = prepare_options.data.slice = Slice::parse(frames);
    } catch (const Error& e) {
      throw UsageError(std::string("--") + e.what());
    }
    prepare_options.frames = frames;
  }
  if (*fit_command) {
    // A reader of the log that ends (a closed terminal of tee, head) must not take hours of
    // training with it: everything is in files too. The end of the program then says that output
    // was lost.
    std::signal(SIGPIPE, SIG_IGN);
    fit_options.threads_given = threads > 0;
    if (!init.empty()) {
      fit_options.overrides.push_back("model.init=" + init);
    }
    return fit(fit_options);
  }
  const Launch launch = launch_from(process_environment());
  if (launch.size > 1) {
    throw Error(app.get_subcommands()[0]->get_name() + " runs in one process, but " +
                launch.launcher + " has started " + std::to_string(launch.size) +
                "; only fit uses several");
  }
  if (*export_command) {
    return export_potential(export_options);
  }
  if (*evaluate_command) {
    return evaluate(evaluate_options);
  }
  if (*prepare_command) {
    prepare_options.folder = prepare_paths.back();
    prepare_paths.pop_back();
    prepare_options.inputs = prepare_paths;
    return prepare_data(prepare_options);
  }
  if (*convert_command) {
    return convert(convert_options);
  }
  if (*import_command) {
    return import_ocp(import_options);
  }
  if (*info_command) {
    return info(potential, as_json);
  }
  require_preset_arguments(preset_options);
  return preset(preset_options);
}

// The next file that is opened would take the number of a stream that is closed, and get what is
// said there. Writing to stdout then fails, as it would have; stderr was closed to hear nothing.
void keep_standard_streams() {
  for (const auto& [descriptor, mode] :
       {std::pair{STDIN_FILENO, O_RDONLY}, {STDOUT_FILENO, O_RDONLY}, {STDERR_FILENO, O_WRONLY}}) {
    if (::fcntl(descriptor, F_GETFD) == -1) {
      ::open("/dev/null", mode);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  keep_standard_streams();
  spinconv::keep_freed_memory();
  auto& output = StandardOutput::install();
  int status = status_error;
  try {
    status = run(argc, argv);
  } catch (const UsageError& e) {
    std::cerr << "spinconv-train: error: " << e.what() << "\n";
    status = status_usage;
  } catch (const c10::Error& e) {
    std::cerr << "spinconv-train: error: LibTorch: " << e.what_without_backtrace() << "\n";
  } catch (const std::bad_alloc&) {
    std::cerr
        << "spinconv-train: error: out of memory; 'fit --dry-run' tells what a training takes\n";
  } catch (const std::exception& e) {
    std::cerr << "spinconv-train: error: " << e.what() << "\n";
  }
  if (const int error = output.finish()) {
    std::cerr << "spinconv-train: error: cannot write to the standard output: "
              << std::strerror(error) << "; what it would have said is lost"
              << (status == 0 ? ", files that were asked for are complete\n" : "\n");
    status = status == 0 ? status_error : status;
  }
  // what was said there, such as the lines of the epochs, cannot be said again
  return status == 0 && std::ferror(stderr) != 0 ? status_error : status;
}
