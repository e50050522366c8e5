// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/evaluator.hpp"

#include <ATen/Parallel.h>
#include <ATen/ops/from_blob.h>
#include <torch/script.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <new>
#include <stdexcept>
#include <utility>

#include "spinconv/architecture.hpp"
#include "spinconv/device_scope.hpp"
#include "spinconv/edge_layout.hpp"
#include "spinconv/edge_list.hpp"
#include "spinconv/error.hpp"
#include "spinconv/fused/choice.hpp"
#include "spinconv/memory_meter.hpp"
#include "spinconv/message_passing.hpp"
#include "spinconv/padding.hpp"
#include "spinconv/potential.hpp"
#include "spinconv/step_recorder.hpp"

namespace spinconv {
namespace {

using torch::Tensor;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::vector<std::int64_t> used_elements(const ModelConfig& config,
                                        const std::vector<std::string>& asked,
                                        const std::string& path) {
  std::vector<std::int64_t> used;
  for (const auto& symbol : asked) {
    const auto found = std::find(config.elements.begin(), config.elements.end(), symbol);
    if (found == config.elements.end()) {
      std::string known;
      for (const auto& e : config.elements) {
        known += " " + e;
      }
      throw Error("element '" + symbol + "' is not in the potential file '" + path +
                  "', which knows:" + known + "; map the type to one of these or train with " +
                  symbol);
    }
    used.push_back(found - config.elements.begin());
  }
  return used;
}

Error out_of_memory(std::int64_t edges, std::int64_t atoms, std::int64_t chunk) {
  std::string cure = "use more ranks or machines with more memory, or precision single";
  const std::int64_t fewer = chunk == 0 ? std::min<std::int64_t>(10000, edges / 4) : chunk / 4;
  if (fewer >= 100) {
    cure = "evaluate fewer edges at a time (chunk " + std::to_string(fewer) + "), or " + cure;
  }
  return Error("out of memory while evaluating " + std::to_string(edges) + " edges of " +
               std::to_string(atoms) + " atoms; " + cure);
}

// Runs `work` and turns errors of LibTorch into ours.
template <class Work>
void evaluate_guarded(const Graph& graph, std::int64_t chunk, const Work& work) {
  const auto failure = [&](const std::string& text) {
    return text.find("alloc") != std::string::npos ||
                   text.find("out of memory") != std::string::npos
               ? out_of_memory(graph.n_edges, graph.n_owned, chunk)
               : Error("LibTorch failed while evaluating the potential: " + text);
  };
  try {
    work();
  } catch (const Error&) {
    throw;
  } catch (const c10::Error& e) {
    throw failure(e.what_without_backtrace());
  } catch (const std::runtime_error& e) {  // from inside the module, after its own traceback
    const std::string text = e.what();
    const auto last = text.rfind("RuntimeError: ");
    throw failure(last == std::string::npos ? text : text.substr(last));
  } catch (const std::bad_alloc&) {
    throw out_of_memory(graph.n_edges, graph.n_owned, chunk);
  }
}

void check_vectors(const Graph& graph) {
  for (std::int64_t e = 0; e < graph.n_edges; ++e) {
    const double* v = graph.vectors + 3 * e;
    const double squared = v[0] * v[0] + v[1] * v[1] + v[2] * v[2];
    if (!(squared > coincident_distance * coincident_distance) || !std::isfinite(squared)) {
      throw Error(std::isfinite(squared)
                      ? "atoms " + std::to_string(graph.target[e]) + " and " +
                            std::to_string(graph.source[e]) + " (rows of this rank) are only " +
                            std::to_string(std::sqrt(squared)) +
                            " A apart; remove overlapping atoms (delete_atoms overlap)"
                      : "position of atom " + std::to_string(graph.target[e]) + " or " +
                            std::to_string(graph.source[e]) +
                            " (rows of this rank) is not a number; the simulation has diverged: "
                            "use a smaller timestep or a better start");
    }
  }
}

// The values of an array on `device`, not copied.
template <class T>
Tensor wrapped(const T* data, at::IntArrayRef sizes, torch::Dtype type, torch::Device device) {
  const auto options = torch::dtype(type).device(device);
  if (sizes[0] == 0) {
    return torch::empty(sizes, options);
  }
  // the device is named so that LibTorch need not ask the driver where the pointer is
  return at::for_blob(const_cast<T*>(data), sizes)
      .options(options)
      .target_device(device)
      .make_tensor();
}

void copy_out(const Tensor& values, std::vector<double>& to) {
  to.clear();
  if (values.defined()) {
    const Tensor host = values.cpu().contiguous();
    to.assign(host.data_ptr<double>(), host.data_ptr<double>() + host.numel());
  }
}

}  // namespace

struct Evaluator::Impl {
  Potential potential;
  torch::Device device;
  bool single;
  EvaluatorOptions options;
  // distinct elements in use: edges are grouped by pairs of these
  std::vector<std::int64_t> distinct;
  std::vector<std::int64_t>
      entries;           // [entries of EvaluatorOptions::elements] index into `distinct`
  Tensor type_of_entry;  // the same on the device
  Model::Weights weights;
  std::optional<TrainingRanges> ranges;
  EvaluationTimes times{};

  // Of the last call, where another one may have the same edges.
  std::uint64_t topology_number = 0;
  std::unique_ptr<Topology> topology{};
  Padding padding{};        // with steady_sizes
  Tensor padded_vectors{};  // [padding.edges(),3]
  // Of one evaluation, on the device; undefined where not asked for or not there.
  struct Results {
    Tensor energy;     // [] float64, of the first atoms
    Tensor energies;   // [N] float64
    Tensor forces;     // [N,3] float64
    Tensor gradients;  // [E,3] float64
  };
  Results latest{};  // what a DeviceEvaluation points to

  RecordedCalls<Results> recorded{};  // with record_steps, of the sizes of now
  std::int64_t recorded_energies = 0;

  GraphTensors tensors_of(const Graph& graph, torch::Device place) const;
  Results evaluate(const Graph& graph, torch::Device place, HaloExchange* exchange, bool gradients,
                   Clock::time_point start);
  Results run(MessagePassing& passing, std::int64_t counted, bool gradients);

  DeviceScope scope() const { return DeviceScope(device, options.stream, options.tf32); }
  EdgeCounts counts_of_distinct(const EdgeCounts& counts) const;
  bool knows(std::uint64_t number) const {
    return topology && number != 0 && number == topology_number;
  }
  void renew_topology(const Graph& graph, const GraphTensors& tensors);
};

// Two entries may be one element.
EdgeCounts Evaluator::Impl::counts_of_distinct(const EdgeCounts& counts) const {
  const std::size_t n = entries.size(), used = distinct.size();
  if (counts.pairs.size() != n * n || counts.types.size() != n) {
    throw Error("counts of edges are for other elements than those of the evaluator");
  }
  EdgeCounts sums{std::vector<std::int64_t>(used * used, 0), std::vector<std::int64_t>(used, 0),
                  counts.neighbors};
  for (std::size_t a = 0; a < n; ++a) {
    sums.types[entries[a]] += counts.types[a];
    for (std::size_t b = 0; b < n; ++b) {
      sums.pairs[entries[a] * used + entries[b]] += counts.pairs[a * n + b];
    }
  }
  return sums;
}

// On the device, of a graph whose arrays are in memory of `place`; vectors alone where its topology
// is known.
GraphTensors Evaluator::Impl::tensors_of(const Graph& graph, torch::Device place) const {
  GraphTensors tensors;
  tensors.n_targets = graph.n_owned;
  tensors.vectors = wrapped(graph.vectors, {graph.n_edges, 3}, torch::kFloat64, place).to(device);
  if (knows(graph.topology)) {
    return tensors;
  }
  const auto indices = [&](const std::int64_t* data, std::int64_t n) {
    return wrapped(data, {n}, torch::kInt64, place).to(device);
  };
  tensors.source = indices(graph.source, graph.n_edges);
  tensors.target = indices(graph.target, graph.n_edges);
  tensors.types = type_of_entry.index_select(0, indices(graph.types, graph.n_rows));
  return tensors;
}

void Evaluator::Impl::renew_topology(const Graph& graph, const GraphTensors& tensors) {
  const Model& model = potential.model;
  std::optional<EdgeCounts> counts;
  if (graph.counts) {
    counts = counts_of_distinct(*graph.counts);
  }
  topology_number = 0;
  if (!options.steady_sizes) {
    topology.reset();
    topology = std::make_unique<Topology>(model, weights, tensors, options.chunk,
                                          counts ? &*counts : nullptr);
  } else {
    if (!counts) {
      counts = count_edges(tensors, weights.elements);
    }
    if (padding.cover(*counts)) {
      // before anything can fail: a topology of other sizes would not fit the next call
      recorded.forget();
      topology.reset();
    }
    auto padded = std::make_unique<Topology>(model, weights, padding.filled(tensors, *counts), 0,
                                             &padding.sizes());
    if (!topology) {
      recorded.forget();
      topology = std::move(padded);
      padded_vectors = padding.vectors(model.config().cutoff, device);
    } else {
      topology->assign(*padded);
      // where there were edges and are none now
      padded_vectors.copy_(padding.vectors(model.config().cutoff, device));
    }
  }
  topology_number = graph.topology;
}

// Energies, then gradients or direct forces, with their times.
Evaluator::Impl::Results Evaluator::Impl::run(MessagePassing& passing, std::int64_t counted,
                                              bool gradients) {
  Results results;
  const auto forward_start = Clock::now();
  results.energies = passing.energies();
  results.energy = results.energies.narrow(0, 0, counted).sum();
  if (gradients) {
    results.forces = passing.forces();
  }
  const double forward_exchange = passing.exchange_seconds();
  times.forward += seconds_since(forward_start) - forward_exchange;
  times.exchange += forward_exchange;
  if (!gradients || results.forces.defined()) {
    return results;
  }
  const auto backward_start = Clock::now();
  results.gradients = passing.edge_gradients();
  const double backward_exchange = passing.exchange_seconds() - forward_exchange;
  times.backward += seconds_since(backward_start) - backward_exchange;
  times.exchange += backward_exchange;
  return results;
}

Evaluator::Impl::Results Evaluator::Impl::evaluate(const Graph& graph, torch::Device place,
                                                   HaloExchange* exchange, bool gradients,
                                                   Clock::time_point start) {
  const Model& model = potential.model;
  if (exchange && !model.architecture().passes_rows()) {
    throw Error(
        "a model on grids (sphere: grid) cannot exchange its messages; give ranks a deep "
        "halo");
  }
  if (exchange && options.steady_sizes) {
    throw Error("steady_sizes is for edges between owned atoms, without a HaloExchange");
  }
  const GraphTensors tensors = tensors_of(graph, place);
  const std::int64_t counted = graph.n_energies < 0 ? graph.n_owned : graph.n_energies;
  if (!knows(graph.topology)) {
    renew_topology(graph, tensors);
  }
  Tensor vectors = tensors.vectors;
  if (options.steady_sizes) {
    padded_vectors.narrow(0, 0, graph.n_edges).copy_(vectors);
    vectors = padded_vectors;
  }
  const bool differentiate = gradients && !model.config().has_direct_forces();
  times.prepare += seconds_since(start);
  const auto work = [&] {
    MessagePassing passing(model, weights, *topology, vectors, counted, differentiate, exchange);
    return run(passing, counted, gradients);
  };
  Results results;
  if (options.record_steps && gradients) {
    if (std::exchange(recorded_energies, counted) != counted) {
      recorded.forget();
    }
    const auto launch_start = Clock::now();
    results = recorded.call(device, work);
    if (recorded.replays()) {
      times.forward += seconds_since(launch_start);
    }
  } else {
    results = work();
  }
  if (options.steady_sizes) {
    results.energies = results.energies.narrow(0, 0, graph.n_owned);
    if (results.forces.defined()) {
      results.forces = results.forces.narrow(0, 0, graph.n_owned);
    }
    if (results.gradients.defined()) {
      results.gradients = results.gradients.narrow(0, 0, graph.n_edges);
    }
  }
  if (graph.topology == 0 && !options.steady_sizes) {
    topology.reset();
  }
  return results;
}

Evaluator::Evaluator(const std::string& path, const EvaluatorOptions& asked_options) {
  EvaluatorOptions options = asked_options;
  if (options.threads > 0) {
    at::set_num_threads(options.threads);
  }
  Potential potential = Potential::load(path);
  if (const Target target = potential.target(); !target.is_energy()) {
    throw Error(
        "potential file '" + path + "' gives " + target.name + " (" + target.unit +
        "), not a potential energy: it has no forces and cannot be run; use "
        "'spinconv-train evaluate' for it, and here a potential that was trained on energies");
  }
  const torch::Device device = choose_device(options.device, options.device_turn);
  check_device_options(device, options.stream, options.tf32);
  if (options.record_steps) {
    if (!make_step_recorder(device)) {
      throw Error("CUDA graphs (cuda_graph) are for CUDA devices" +
                  (device.is_cuda() ? ", and this library was built without the headers of CUDA"
                                    : ", but the device is '" + device.str() + "'") +
                  "; leave cuda_graph out");
    }
    options.steady_sizes = true;
    // a CUDA graph cannot be recorded on LibTorch's default stream
    if (!options.stream) {
      options.stream = own_stream(device);
    }
  }
  const DeviceScope scope(device, options.stream, options.tf32);
  const auto& config = potential.model.config();
  const auto asked =
      used_elements(config, options.elements.empty() ? config.elements : options.elements, path);
  std::vector<std::int64_t> distinct = asked;
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  std::vector<std::int64_t> entry;
  for (const auto e : asked) {
    entry.push_back(std::lower_bound(distinct.begin(), distinct.end(), e) - distinct.begin());
  }
  const bool single = options.precision
                          ? *options.precision == Precision::single_
                          : potential.metadata.value("precision", "single") == "single";
  const Architecture& architecture = potential.model.architecture();
  if (options.steady_sizes && (!architecture.passes_rows() || options.chunk > 0)) {
    const std::string option = options.record_steps ? "cuda_graph" : "steady_sizes";
    throw Error("'" + path + "': " + option +
                " is for models on spheres of harmonics without chunk; leave one of them out");
  }
  if (!architecture.passes_rows() && options.chunk > 0) {
    throw Error("'" + path +
                "' is a model on grids (sphere: grid), which evaluates all edges at once: leave "
                "chunk out");
  }
  for (const auto& p : potential.model.parameters()) {
    p.set_requires_grad(false);
  }
  potential.model.to(single ? torch::kFloat32 : torch::kFloat64, device);
  auto weights = potential.model.prepare(distinct);
  weights.fused = fused::choose(potential.model, weights, options.implementation, "'" + path + "'");
  const Tensor type_of_entry = torch::tensor(entry, torch::kInt64).to(device);
  auto ranges = potential.training_ranges();
  impl_ = std::make_unique<Impl>(Impl{std::move(potential), device, single, options,
                                      std::move(distinct), std::move(entry), type_of_entry,
                                      std::move(weights), std::move(ranges)});
}

Evaluator::~Evaluator() = default;
Evaluator::Evaluator(Evaluator&&) noexcept = default;
Evaluator& Evaluator::operator=(Evaluator&&) noexcept = default;

void Evaluator::evaluate(const Graph& graph, bool gradients, Evaluation& result,
                         HaloExchange* exchange) {
  auto& self = *impl_;
  const auto start = Clock::now();
  check_vectors(graph);
  evaluate_guarded(graph, self.options.chunk, [&] {
    const DeviceScope scope = self.scope();
    const auto found = self.evaluate(graph, torch::Device(torch::kCPU), exchange, gradients, start);
    const auto end_start = Clock::now();
    result.energy = found.energy.item<double>();
    copy_out(found.energies, result.atomic_energies);
    copy_out(found.forces, result.atomic_forces);
    copy_out(found.gradients, result.edge_gradients);
    self.times.backward += seconds_since(end_start);
  });
}

void Evaluator::evaluate(const Graph& graph, bool gradients, DeviceEvaluation& result,
                         HaloExchange* exchange) {
  auto& self = *impl_;
  const auto start = Clock::now();
  result = {};
  self.latest = {};
  evaluate_guarded(graph, self.options.chunk, [&] {
    const DeviceScope scope = self.scope();
    auto found = self.evaluate(graph, self.device, exchange, gradients, start);
    const auto data = [](Tensor& values) -> const double* {
      if (!values.defined()) {
        return nullptr;
      }
      values = values.contiguous();
      return values.data_ptr<double>();
    };
    result.energy = data(found.energy);
    result.atomic_energies = data(found.energies);
    result.atomic_forces = data(found.forces);
    result.edge_gradients = data(found.gradients);
    self.latest = std::move(found);
  });
}

MemoryUse Evaluator::measure_memory(std::int64_t atoms, std::int64_t edges,
                                    std::int64_t neighbors) {
  auto& self = *impl_;
  const double density = atoms > 0 ? double(edges) / double(atoms) : 0.0;
  // a ring in which each atom has edges from the atoms before it: the first of four the most, so
  // that tables have the width they will have
  const auto peak = [&](std::int64_t n, std::int64_t chunk) {
    std::vector<std::int64_t> types(n, 0);
    EdgeList ring;
    ring.begin();
    for (std::int64_t t = 0; t < n; ++t) {
      types[t] = t % self.type_of_entry.size(0);
      const double widest = std::min<double>(double(neighbors), 4.0 * density);
      const double others = (4.0 * density - widest) / 3.0;
      const auto degree = static_cast<std::int64_t>(std::lround(t % 4 == 0 ? widest : others));
      for (std::int64_t k = 1; k <= degree; ++k) {
        const double angle = 2.4 * double(k), z = std::cos(0.7 * double(k));
        const double d = cutoff() * (0.3 + 0.6 * double(k) / double(degree));
        const double rho = d * std::sqrt(1.0 - z * z);
        ring.add((t + k) % n, t, rho * std::cos(angle), rho * std::sin(angle), d * z);
      }
    }
    const Graph graph = ring.graph(types, n);
    Evaluation result;
    // neither blocks nor times nor edges of the measurement are those of the evaluator
    struct Restore {
      Impl& impl;
      EvaluatorOptions options;
      EvaluationTimes times;
      ~Restore() {
        impl.options = options;
        impl.times = times;
        impl.topology.reset();
        impl.topology_number = 0;
      }
    } const restore{self, self.options, self.times};
    self.options.chunk = chunk;
    self.options.steady_sizes = self.options.record_steps = false;
    const MemoryMeter meter;
    evaluate(graph, true, result);
    return double(meter.peak());
  };
  // An allocator of a GPU gives tensors of a megabyte and more up to a megabyte too much, which is
  // to be little of what is measured.
  const std::int64_t unit = self.device.is_cpu() ? 4 : 64;
  const std::int64_t small = 2 * unit, large = 6 * unit;
  MemoryUse use;
  const double per_atom = (peak(large, 0) - peak(small, 0)) / double(large - small);
  if (self.options.chunk == 0 || edges <= self.options.chunk) {
    use.per_atom = per_atom;
    return use;
  }
  // one block with what its gradient needs at a time, and what is stored of all atoms: blocks of a
  // few atoms leave that to tell from two sizes
  const auto block = static_cast<std::int64_t>(double(unit) * density + 1.0);
  use.per_atom = (peak(large, block) - peak(small, block)) / double(large - small);
  use.fixed = density > 0.0 ? per_atom * double(self.options.chunk) / density : 0.0;
  return use;
}

std::int64_t Evaluator::available_memory() const {
  return spinconv::available_memory(impl_->device);
}

double Evaluator::cutoff() const {
  return impl_->potential.model.config().cutoff;
}

int Evaluator::layers() const {
  return impl_->potential.model.config().layers;
}

bool Evaluator::exchanges() const {
  return impl_->potential.model.architecture().passes_rows();
}

bool Evaluator::has_direct_forces() const {
  return impl_->potential.model.config().has_direct_forces();
}

bool Evaluator::is_conservative() const {
  return impl_->potential.model.config().forces == "gradient";
}

bool Evaluator::is_smooth() const {
  const Model& model = impl_->potential.model;
  return model.architecture().is_smooth(model.config());
}

double Evaluator::energy_offset() const {
  return impl_->potential.model.config().energy_offset;
}

const std::vector<std::string>& Evaluator::elements() const {
  return impl_->potential.model.config().elements;
}

std::string Evaluator::summary() const {
  return describe(impl_->potential);
}

std::string Evaluator::precision() const {
  return impl_->single ? "single" : "double";
}

std::string Evaluator::device() const {
  return impl_->device.str();
}

std::string Evaluator::implementation() const {
  const auto& kernels = impl_->weights.fused;
  return fused::name_of(kernels ? kernels->set : nullptr);
}

std::int64_t Evaluator::exchange_width() const {
  const Model& model = impl_->potential.model;
  return model.architecture().row_width(model.config());
}

std::string Evaluator::metadata_json() const {
  return impl_->potential.metadata.dump(2);
}

const TrainingRanges* Evaluator::training_ranges() const {
  return impl_->ranges ? &*impl_->ranges : nullptr;
}

const EvaluationTimes& Evaluator::times() const {
  return impl_->times;
}

}  // namespace spinconv
