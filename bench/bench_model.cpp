// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
//
// Cost of the model, rows to be compared with each other: microseconds an edge of the forward pass
// and of forward + backward (energies and edge gradients, what an MD step needs), and bytes an edge
// that the forward pass keeps for the backward one: by the operators of the graph, and by the fused
// kernels where there are some. Beside them the speed of the kernels' matrix product alone, 48 x 64
// by 64 x 64, which is near the peak of the core. Times are the smallest of several repetitions,
// taken in turns so that a busy machine disturbs all rows alike; with one thread they are the
// thread's processor time.
#include <ATen/Parallel.h>
#include <malloc.h>
#include <torch/csrc/autograd/autograd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <functional>
#include <random>

#include "data/dataset.hpp"
#include "spinconv/error.hpp"
#include "spinconv/fused/choice.hpp"
#include "spinconv/message_passing.hpp"
#include "spinconv/potential.hpp"
#include "trainer/batch.hpp"

namespace {

using namespace spinconv;
using namespace spinconv::train;

// One ethanol molecule (rMD17, PBE geometry near the minimum).
Frame ethanol() {
  Frame f;
  f.atomic_numbers = {6, 6, 8, 1, 1, 1, 1, 1, 1};
  f.positions = {0.007,  -0.569, 0.000,  -1.285, 0.250,  0.000,  1.131,  0.314,  0.000,
                 0.038,  -1.195, 0.890,  0.038,  -1.195, -0.890, -1.318, 0.880,  0.890,
                 -1.318, 0.880,  -0.890, -2.142, -0.425, 0.000,  1.986,  -0.138, 0.000};
  f.source = "ethanol";
  return f;
}

// Cu(111) surface of 4 x 5 x 4 atoms, every fourth one Pd, with thermal displacements.
Frame slab() {
  Frame f;
  const double a = 3.615 / std::sqrt(2.0), height = 3.615 / std::sqrt(3.0);
  const int nx = 4, ny = 5, nz = 4;
  f.cell = {nx * a, 0, 0, ny * 0.5 * a, ny * 0.5 * std::sqrt(3.0) * a, 0, 0, 0, nz * height + 15.0};
  f.pbc = {true, true, false};
  std::mt19937_64 random(1);
  std::normal_distribution<double> displacement(0.0, 0.08);
  for (int k = 0; k < nz; ++k) {
    for (int j = 0; j < ny; ++j) {
      for (int i = 0; i < nx; ++i) {
        const double u = i + 0.5 * j + 0.5 * k, v = (j + k / 3.0) * 0.5 * std::sqrt(3.0);
        f.atomic_numbers.push_back((i + j + k) % 4 == 0 ? 46 : 29);
        for (const double x : {u * a, v * a, k * height}) {
          f.positions.push_back(x + displacement(random));
        }
      }
    }
  }
  f.source = "slab";
  return f;
}

double processor_seconds() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
}

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double bytes_in_use() {
  const auto m = mallinfo2();
  return double(m.uordblks) + double(m.hblkhd);
}

struct Case {
  std::string preset, structure;
  Model model;
  Model::Weights weights;
  Batch batch;
  double forward = 1e30, both = 1e30, kept = 0.0;
  double fused_forward = 1e30, fused_both = 1e30, fused_kept = 0.0;

  std::int64_t edges() const { return batch.graph.vectors.size(0); }

  torch::Tensor energies(bool gradients, torch::Tensor& vectors) const {
    torch::AutoGradMode recording(gradients);
    GraphTensors graph = batch.graph;
    vectors = graph.vectors = graph.vectors.clone().set_requires_grad(gradients);
    return model.evaluate(graph, weights).energies;
  }

  void measure(const std::function<double()>& clock) {
    torch::Tensor vectors;
    double start = clock();
    energies(false, vectors);
    forward = std::min(forward, clock() - start);
    start = clock();
    const auto e = energies(true, vectors).sum();
    torch::autograd::grad({e}, {vectors});
    both = std::min(both, clock() - start);
    if (weights.fused) {
      measure_fused(clock);
    }
  }

  // The graph's edges in the order of the layout already: what the evaluator makes once for many
  // steps is left out.
  void measure_fused(const std::function<double()>& clock) {
    const Topology topology(model, weights, batch.graph, 0, nullptr);
    const auto passing = [&](bool gradients) {
      return MessagePassing(model, weights, topology, batch.graph.vectors, batch.graph.n_targets,
                            gradients);
    };
    double start = clock();
    passing(false).energies();
    fused_forward = std::min(fused_forward, clock() - start);
    start = clock();
    auto with_gradients = passing(true);
    with_gradients.energies();
    with_gradients.edge_gradients();
    fused_both = std::min(fused_both, clock() - start);
    const double before = bytes_in_use();
    auto keeping = passing(true);
    keeping.energies();
    fused_kept = (bytes_in_use() - before) / double(edges());
  }

  void forget_times() { forward = both = fused_forward = fused_both = 1e30; }

  void measure_memory() {
    torch::Tensor vectors;
    const double before = bytes_in_use();
    const auto e = energies(true, vectors);
    kept = (bytes_in_use() - before) / double(edges());
  }
};

// GFLOP/s of one thread.
template <class T>
double product_speed(const fused::Kernels<T>& kernels) {
  constexpr int rows = fused::tile_edges, size = 64, repetitions = 2000;
  const auto type = torch::dtype(c10::CppTypeToScalarType<T>::value);
  const torch::Tensor a = torch::rand({rows, size}, type), w = torch::rand({size, size}, type);
  const torch::Tensor c = torch::empty({rows, size}, type);
  double best = 1e30;
  for (int i = 0; i < 10; ++i) {
    const double start = processor_seconds();
    kernels.product(rows, a.data_ptr<T>(), {w.data_ptr<T>(), size, size}, c.data_ptr<T>(),
                    repetitions);
    best = std::min(best, processor_seconds() - start);
  }
  return 2e-9 * rows * size * size * repetitions / best;
}

Case make_case(const std::string& preset, const std::string& name, const Frame& frame,
               const std::string& precision, int m_max) {
  ModelConfig config = ModelConfig::preset(preset);
  config.m_max = m_max < 0 ? config.m_max : std::min(m_max, config.l_max);
  config.elements = summarize(std::vector<Frame>{frame}).elements();
  config.reference_energies.assign(config.elements.size(), 0.0);
  const PreparedFrame prepared = prepare_frame(frame, config);
  config.average_neighbors = double(prepared.edge_count()) / double(prepared.atoms());
  Model model = Model::create(config, 1);
  for (auto& p : model.parameters()) {
    p.set_requires_grad(false);
  }
  model.to(precision == "double" ? torch::kFloat64 : torch::kFloat32, torch::kCPU);
  std::vector<std::int64_t> used(config.elements.size());
  std::iota(used.begin(), used.end(), 0);
  auto weights = model.prepare(used);
  weights.fused = fused::choose(model, weights, Implementation::automatic, preset);
  const PreparedFrame* pointer = &prepared;
  Batch batch = make_batch(std::span(&pointer, 1), model, weights);
  return {preset, name, std::move(model), std::move(weights), std::move(batch)};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Cost of the model per edge", "bench_model"};
  std::vector<std::string> presets = ModelConfig::preset_names();
  std::string file, precision = "single";
  std::vector<int> threads{1, 2};
  int repetitions = 10, m_max = -1;
  app.add_option("--presets", presets, "presets to compare");
  app.add_option("--structure", file, "take the first frame of this .extxyz in place of the slab");
  app.add_option("--precision", precision)->check(CLI::IsMember({"single", "double"}));
  app.add_option("--m-max", m_max, "orders kept in the edge frame, in place of the presets'");
  app.add_option("--threads", threads, "numbers of threads");
  app.add_option("--repetitions", repetitions)->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  try {
    DataSource source;
    source.path = file;
    const Frame other = file.empty() ? slab() : read_frames(source).front();
    for (const int n : threads) {
      at::set_num_threads(n);
      std::vector<Case> cases;
      for (const auto& preset : presets) {
        cases.push_back(make_case(preset, "ethanol", ethanol(), precision, m_max));
        cases.push_back(make_case(preset, file.empty() ? "slab" : file, other, precision, m_max));
      }
      const std::function<double()> clock = n == 1 ? processor_seconds : wall_seconds;
      for (auto& c : cases) {
        c.measure(clock);  // warm-up
        c.forget_times();
        c.measure_memory();
      }
      for (int r = 0; r < repetitions; ++r) {
        for (auto& c : cases) {
          c.measure(clock);
        }
      }
      std::printf("%d thread%s, %s precision, %s\n", n, n > 1 ? "s" : "", precision.c_str(),
                  n == 1 ? "processor time" : "wall time");
      std::printf("  %38s %19s %19s %17s\n", "", "forward us/edge", "forward+backward",
                  "kept kB/edge");
      std::printf("  %-8s %-10s %8s %8s %12s %6s %12s %6s %10s %6s\n", "preset", "structure",
                  "atoms", "edges", "graph", "fused", "graph", "fused", "graph", "fused");
      for (const auto& c : cases) {
        const double scale = 1e6 / double(c.edges());
        std::printf("  %-8s %-10s %8lld %8lld", c.preset.c_str(), c.structure.c_str(),
                    static_cast<long long>(c.batch.graph.n_targets),
                    static_cast<long long>(c.edges()));
        const auto pair = [&](int width, double graph, double fused) {
          std::printf(" %*.1f", width, graph);
          c.weights.fused ? std::printf(" %6.1f", fused) : std::printf(" %6s", "-");
        };
        pair(12, c.forward * scale, c.fused_forward * scale);
        pair(12, c.both * scale, c.fused_both * scale);
        pair(10, 1e-3 * c.kept, 1e-3 * c.fused_kept);
        std::printf("\n");
      }
      for (const auto* set : fused::instruction_sets()) {
        std::printf(
            "  product, %s: %.0f GFLOP/s\n", set->name,
            precision == "double" ? product_speed(set->double_) : product_speed(set->single_));
      }
    }
  } catch (const std::exception& e) {
    std::fprintf(stderr, "bench_model: error: %s\n", e.what());
    return 1;
  }
  return 0;
}
