// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "data/source.hpp"
#include "data/split.hpp"
#include "spinconv/model_config.hpp"

namespace spinconv::train {

// What to learn from. Either one file and a split of it, or a file for each part (those without one
// are dealt from the training file).
struct DataConfig {
  DataSource train;
  std::optional<DataSource> validation;
  std::optional<DataSource> test;
  SplitRequest split;
  int prefetch = 1;  // threads that read ahead of the training, of data in a cache; 0: none
};

struct LossConfig {
  std::string type = "l1";       // l1 | l2 | huber | norm
  double energy_weight = 1.0;    // per frame, of the error of the total energy, eV
  bool energy_per_atom = false;  // that error is divided by the number of atoms of its frame
  double force_weight = 100.0;   // of the mean over components of the force error, eV/Angstrom
  // of the mean over components of the stress error, eV/Angstrom^3; 0: not trained on
  double stress_weight = 0.0;
  double huber_delta = 0.05;     // eV, eV/Angstrom and eV/Angstrom^3, huber only
  bool free_atoms_only = false;  // no loss on atoms that the data hold fixed
  // What the loss of a frame is multiplied by, by its Frame::config_type; of others 1.
  std::map<std::string, double> group_weights;
};

struct ScheduleConfig {
  std::string type = "cosine";  // cosine | plateau | constant
  int warmup_steps = 0;         // linear from 0
  double minimum = 0.0;         // learning rate that cosine ends at and plateau stops at
  double plateau_factor = 0.8;
  int plateau_patience = 5;  // epochs without improvement of the validation loss
};

// What the potential says of one atom far from all others: nothing in particular, or exactly these
// energies.
struct IsolatedAtoms {
  bool from_frames = false;                // those of the single-atom frames of the data
  std::map<std::string, double> energies;  // eV by symbol, where they are given

  bool any() const { return from_frames || !energies.empty(); }
  // "frames", "given"; empty: none
  std::string source() const { return from_frames ? "frames" : any() ? "given" : ""; }
};

struct TrainingConfig {
  std::uint64_t seed = 1;
  int epochs = 100;
  int batch_size = 5;                // frames
  std::string precision = "single";  // single | double | mixed
  std::string device = "cpu";        // cpu | cuda | auto
  // auto | fused | graph: what computes energies, forces and gradients of weights
  std::string implementation = "auto";
  double learning_rate = 4e-3;
  std::string optimizer = "muon";  // muon, of matrices, with Adam for the rest | adam
  bool amsgrad = true;             // of adam
  double muon_momentum = 0.95;
  int muon_iterations = 5;  // of the orthogonalization
  double muon_clip = 3.0;   // longest gradient, in mean lengths of those before; 0: any
  // A matrix shrinks by this times the learning rate in a step. Without it weights grow as long as
  // a training lasts, and with them what the model says of atoms nearer than it has seen.
  double muon_decay = 0.01;
  double weight_decay = 0.0;
  // of the weights that are validated and saved, a' = d a + (1-d) w with d = min(ema_decay,
  // (1+n)/(10+n)) in step n = 1, 2, ..; 0: the weights as they are
  double ema_decay = 0.99;
  double gradient_clip = 0.0;  // largest norm of the gradient; 0: not clipped
  int early_stop = 0;          // epochs without improvement; 0: never
  double checkpoint_minutes = 5.0;
  IsolatedAtoms isolated_atoms;
  LossConfig loss;
  ScheduleConfig schedule;
};

struct OutputConfig {
  std::string folder;     // log.csv, checkpoint.pt, report.html, config.yaml
  std::string potential;  // file; empty: <folder>/<name>.pt
  std::string name = "spinconv";
  std::string description;
  std::string license;
  std::string citation;
};

// A `fit` configuration. Every key is optional but data.file (or data.train) and output.folder.
struct FitConfig {
  DataConfig data;
  ModelConfig model;  // elements and statistics are filled in from the training set
  std::string preset = "small";
  std::string init;  // potential whose weights are begun with; empty: random ones
  std::optional<std::vector<double>> reference_energies;  // eV per element of model.elements; not
                                                          // set: least squares
  TrainingConfig training;
  OutputConfig output;

  // Parse a YAML file after applying `overrides` ("training.epochs=10"). Relative paths are taken
  // from the working directory. Throws spinconv::Error naming file, line, key and the cure.
  static FitConfig read(const std::string& path, const std::vector<std::string>& overrides);

  // The same of the text of such a file; `name` stands for it in messages.
  static FitConfig parse(const std::string& text, const std::string& name,
                         const std::vector<std::string>& overrides);

  // The whole configuration, defaults spelled out, as YAML that read() takes. Numbers are the
  // shortest texts that read back as the same.
  std::string to_yaml() const;

  // A text of to_yaml(), of this or an earlier version, as today's to_yaml() writes what it says:
  // two configurations are the same where their normalized texts are. Throws spinconv::Error.
  static std::string normalized(const std::string& yaml);

  std::string potential_path() const;
};

// A commented configuration to begin with (`spinconv-train preset NAME`).
std::string commented_preset(const std::string& name);

}  // namespace spinconv::train
