// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data/source.hpp"

// The commands of spinconv-train. Each returns the exit status and throws spinconv::Error.
namespace spinconv::train {

struct FitOptions {
  std::string config;  // a configuration, or data that one is chosen for (fit_auto.hpp)
  std::vector<std::string> overrides;  // "training.epochs=10"
  bool resume = false;
  bool overwrite = false;  // begin anew in a folder that holds a training
  bool dry_run = false;    // print what the training will take and write nothing
  int rank_timeout = 600;  // s that a rank waits for another
  bool threads_given = false;
  std::vector<std::string> arguments;  // of the program, for the metadata and the resume hint
};
// On all ranks that mpiexec, torchrun or srun has started, see distributed/launch.hpp.
int fit(const FitOptions& options);

// A potential file, or the best weights of a checkpoint of `fit` (the averaged ones before the
// first epoch's end), as a TorchScript module for other programs where `output` ends in .ts, else
// as a potential file.
struct ExportOptions {
  std::string input, output;
  std::string precision;  // single | double, of the numbers in the file; empty: as the input's
  std::string repulsion;  // none | zbl (ModelConfig::repulsion); empty: as the input's
};
int export_potential(const ExportOptions& options);

struct EvaluateOptions {
  std::string potential;
  DataSource data;
  // "": errors of every frame. OC20's tasks: s2ef, the same with its metrics on free atoms; is2re,
  // the energy of the relaxed from the initial structure; is2rs, the relaxed structure itself
  std::string task;
  std::string relaxed;         // is2re, is2rs: structures relaxed with the potential, by system
  std::string dft_forces;      // is2rs: those structures with forces of DFT
  std::string graph = "last";  // which neighbors a published model gets, see OcpGraph
  int force_rotations = 0;     // of direct forces in place of the file's; 0: the file's
  std::uint64_t force_seed = 1;
  std::string json;                     // file for the figures; empty: none
  std::string report;                   // HTML file; empty: none
  std::string predictions;              // extended XYZ file; empty: none
  std::string precision;                // single | double; empty: the file's
  std::string implementation = "auto";  // fused | graph
  std::string device = "cpu";
};
int evaluate(const EvaluateOptions& options);

// Data files into a folder that training reads from, see cache/.
struct PrepareDataOptions {
  std::vector<std::string> inputs;  // files or folders; their frames end to end
  std::string folder;
  DataSource data;           // how each input is read; its path is not used
  std::string frames;        // the text of data.slice
  double cutoff = 5.0;       // Angstrom, of the edges that are counted: the default of model.cutoff
  bool edges = false;        // store them too
  double shard_size = 64.0;  // MB
  bool overwrite = false;    // begin anew in a folder that holds a cache
};
int prepare_data(const PrepareDataOptions& options);

struct ImportOptions {
  std::string checkpoint;            // of the published code
  std::string potential;             // file to write
  std::string forces;                // empty: as the checkpoint; gradient
  std::string elements;              // "H C O ...": those to keep; empty: all
  std::string precision = "double";  // of the arithmetic that the file asks for
};
int import_ocp(const ImportOptions& options);

// Extended XYZ -> LAMMPS data file, or a dump -> extended XYZ (by the ending of `output`).
struct ConvertOptions {
  std::string input, output;
  // to a data file: of the extended XYZ file, 0 where none is given; negative: from the end
  std::optional<long> frame;
  std::string elements;  // of the atom types, "H C O"; empty: by atomic number, or as the dump says
  std::string cell;      // from a dump: .json beside the data file, to turn it back
  std::string log;       // from a dump: log.lammps with its energies and units
  std::string units;     // from a dump: unit style of the run
};
int convert(const ConvertOptions& options);

// Of a potential file or of a cache.
int info(const std::string& path, bool json);

// A configuration to begin with, or the reference of the keys of its model.
struct PresetOptions {
  std::string name;  // ModelConfig::preset_names(), or auto
  bool keys = false;
  std::vector<std::string> data;       // of auto: what the configuration is chosen for
  std::vector<std::string> overrides;  // of auto: "data.units.energy=kcal/mol"
};
int preset(const PresetOptions& options);

}  // namespace spinconv::train
