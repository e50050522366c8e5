// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "spinconv/exchange.hpp"
#include "spinconv/graph.hpp"

// What an engine needs to run a potential: this header, graph.hpp and exchange.hpp. No LibTorch
// type appears here, so that it can be included beside any engine's own headers.
namespace spinconv {

struct TrainingRanges;

enum class Precision { single_, double_ };

// How energies and gradients are computed: by the operator graph, the TorchScript program that is
// the definition of a model, or by kernels that do the same faster, for models with sphere
// spinconv2 on the CPU. automatic: by kernels where there are some.
enum class Implementation { automatic, fused, graph };

// Atoms (or images) no farther apart than this, Angstrom, are not a structure but a mistake:
// duplicated or overlapping atoms, a wrong length unit. They are refused, in data as in
// simulations. The shortest bond, H-H under extreme compression, is above 0.4.
constexpr double coincident_distance = 0.01;

struct EvaluatorOptions {
  // arithmetic of the model; not set: the one recorded in the potential file
  std::optional<Precision> precision;
  // Where kernels are used, a small structure is evaluated both ways when the potential is loaded.
  Implementation implementation = Implementation::automatic;
  int threads = 0;  // of LibTorch in this process; 0: as they are
  // "cpu", "cuda", "cuda:N" or "auto" (cuda where there is one); "privateuseone": a backend that
  // was registered with LibTorch under this name of its
  std::string device = "cpu";
  int device_turn = 0;  // without N: number device_turn modulo those there are
  // element symbols in the engine's numbering; Graph::types index this list. Two entries may
  // name one element. Empty: the file's own elements.
  std::vector<std::string> elements;
  // Edges are evaluated in blocks of at most about this many (all edges of one atom stay together),
  // whose intermediate results are computed again for the gradient in place of being kept: less
  // memory, 1.6 (fused kernels) to 2 times the work. 0: all at once.
  std::int64_t chunk = 0;
  // Matrix products of precision single in the 10 bits of TF32, on a CUDA device that has it.
  bool tf32 = false;
  // cudaStream_t on which the engine's own work on the device runs: what the evaluator does is done
  // there too, in the order of the calls, so that neither has to wait for the other. Null:
  // LibTorch's stream. Only with a CUDA device, and where the library was built for that
  // (cuda_streams()).
  void* stream = nullptr;
  // Tensors whose sizes stay from call to call: edges are filled up by others that change nothing
  // but rounding, until one kind of them is more than a quarter above what there was. Then one call
  // does the same operations on the same memory as another, as a CUDA graph has to. For models on
  // spheres of harmonics, without chunk and HaloExchange.
  bool steady_sizes = false;
  // With gradients, the operations of an evaluation are recorded after a few calls and then done
  // again by one launch (a CUDA graph), until there are more edges than were recorded for. With
  // steady_sizes, which it implies, its conditions. On CUDA devices, where the library was built
  // with the headers of CUDA.
  bool record_steps = false;
};

struct Evaluation {
  double energy = 0.0;                  // eV, sum of the first n_energies atomic energies
  std::vector<double> atomic_energies;  // [n_owned] eV, reference energies included
  // [n_owned*3] eV/Angstrom, of a potential whose forces are not a gradient (has_direct_forces);
  // empty otherwise. Forces of the atoms after the first n_energies are incomplete.
  std::vector<double> atomic_forces;
  // [n_edges*3] eV/Angstrom, g = dE/d(r_t - r_s), in the order of the edges; empty with direct
  // forces. With it
  //   f_t -= g, f_s += g, and virial_ab = -sum_edges (r_t - r_s)_a g_b = -dE/dstrain_ab
  std::vector<double> edge_gradients;
};

// As Evaluation, in the memory of the evaluator's device, until the next call; null where
// Evaluation has an empty list.
struct DeviceEvaluation {
  const double* energy = nullptr;  // [1]
  const double* atomic_energies = nullptr;
  const double* atomic_forces = nullptr;
  const double* edge_gradients = nullptr;
};

// Cumulative wall time in seconds since construction. Work on a GPU goes on after the call that
// starts it: its time is in the part that waits for a result.
struct EvaluationTimes {
  double prepare = 0.0;   // copying and sorting edges
  double forward = 0.0;   // energies
  double backward = 0.0;  // gradient with respect to the edge vectors
  double exchange = 0.0;  // HaloExchange calls, taken out of the two above
};

// Memory of an evaluation: about fixed + per_atom * atoms.
struct MemoryUse {
  double fixed = 0.0;     // bytes
  double per_atom = 0.0;  // bytes
};

// Lets the C library keep the memory of freed tensors for the next evaluation in place of giving it
// back to the system, whose fresh pages cost a quarter of the time of a large evaluation. For the
// whole process; nothing is done where the environment sets malloc's own variables (MALLOC_*_,
// GLIBC_TUNABLES) or the C library is not glibc.
void keep_freed_memory();

// EvaluatorOptions::stream can be given: the library was built with the headers of CUDA.
bool cuda_streams();

class Evaluator {
 public:
  // Load the potential file `path`. Throws spinconv::Error that names the file and the cure:
  // missing, empty, truncated, foreign or damaged file, unknown format version, element not in the
  // model, non-finite weights, device not there, a model of something else than energies.
  explicit Evaluator(const std::string& path, const EvaluatorOptions& options = {});
  ~Evaluator();
  Evaluator(Evaluator&&) noexcept;
  Evaluator& operator=(Evaluator&&) noexcept;

  // Energies and (if asked) edge gradients or direct forces of a graph in ordinary memory.
  // `exchange` is null where images are folded onto their owners (n_rows == n_owned). Collective
  // when `exchange` is given. There may be no atoms and no edges: an atom without edges has what
  // the model makes of no messages. Throws spinconv::Error on coincident atoms or non-finite
  // vectors; out of memory names the number of edges.
  void evaluate(const Graph& graph, bool gradients, Evaluation& result,
                HaloExchange* exchange = nullptr);

  // The same for a graph whose arrays are in the memory of the evaluator's device, where they are
  // used as they are; they may change again after the work of the call, in the order of
  // EvaluatorOptions::stream. The engine checks the vectors: coincident atoms and non-finite
  // vectors are not noticed here. With Graph::counts, without chunk and with a model on spheres of
  // harmonics, the host waits for the device in `exchange` alone.
  void evaluate(const Graph& graph, bool gradients, DeviceEvaluation& result,
                HaloExchange* exchange = nullptr);

  // Memory of evaluations of `atoms` atoms with this many edges, `neighbors` at most for an atom:
  // measured on small graphs of that density, which takes some ten milliseconds.
  MemoryUse measure_memory(std::int64_t atoms, std::int64_t edges, std::int64_t neighbors);
  // Bytes that are free for it on the device, for all processes there; 0: cannot be told.
  std::int64_t available_memory() const;

  double cutoff() const;           // Angstrom
  int layers() const;              // message layers, each reaches one cutoff
  bool exchanges() const;          // works with a HaloExchange; otherwise ranks need a deep halo
  bool has_direct_forces() const;  // not the gradient of the energy, without a virial
  bool is_conservative() const;    // forces are the gradient of the energy
  bool is_smooth() const;          // energy and forces without jumps
  double energy_offset() const;    // eV, to be added once to the energy of a structure
  const std::vector<std::string>& elements() const;  // of the file
  std::string summary() const;         // a few lines: model, elements, parameters, training, errors
  std::string precision() const;       // "single" or "double"
  std::string device() const;          // as chosen, e.g. "cpu"
  std::string implementation() const;  // as chosen: "graph", or "fused" and the instruction set
  std::int64_t exchange_width() const;  // numbers of a row of HaloExchange; 0: see exchanges()
  std::string metadata_json() const;    // the file's spinconv.json
  // What its training frames have, in the order of elements(); null: the file does not say
  // (training_ranges.hpp).
  const TrainingRanges* training_ranges() const;
  const EvaluationTimes& times() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace spinconv
