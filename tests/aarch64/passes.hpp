// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

// All stages and their gradients by the kernels of one instruction set, as fused/evaluation.cpp and
// fused/training.cpp call them, on one thread.
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "model.hpp"
#include "spinconv/fused/source_order.hpp"

namespace spinconv::fused::test {

// Numbers with names, without padding.
using Results = std::vector<std::pair<std::string, std::vector<double>>>;

// Random edges between few atoms: one of the atoms has none, others have more than a block of
// edges together; two edges of each atom lie on the axis where the angle of the frame is not
// defined, and some are longer than the cutoff.
struct TestGraph {
  TestGraph(const std::vector<int>& edges_of_atoms, double cutoff)
      : atoms(static_cast<Index>(edges_of_atoms.size())) {
    Random random(3);
    for (Index a = 0; a < atoms; ++a) {
      types.push_back(random.below(elements));
    }
    for (Index a = 0; a < atoms; ++a) {
      const Index begin = edges();
      for (int k = 0; k < edges_of_atoms[static_cast<std::size_t>(a)]; ++k) {
        source.push_back(random.below(atoms));
        target.push_back(a);
        pair.push_back(types[source.back()] * elements + types[a]);
        double n[3] = {random(-1.0, 1.0), random(-1.0, 1.0), random(-1.0, 1.0)};
        if (k < 2) {
          n[0] = n[1] = 0.0;
          n[2] = k == 0 ? 1.0 : -1.0;
        }
        const double norm = std::sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
        const double length = random(0.9, 1.03 * cutoff);
        for (const double x : n) {
          vectors.push_back(x / norm * length);
        }
      }
      // two units
      if (a == 0 || a == (atoms + 1) / 2) {
        units.push_back({a, 0, begin, 0});
      }
      ++units.back().atoms;
      units.back().edges += edges() - begin;
    }
    by_source = SourceOrder(source.data(), edges(), atoms);
  }

  Index edges() const { return static_cast<Index>(source.size()); }

  Index atoms;
  std::vector<Index> types, source, target, pair;
  SourceOrder by_source;
  std::vector<double> vectors;
  std::vector<WorkUnit> units;
};

// Arrays that stay as long as this does, and what both passes read.
template <class T>
class Pass {
 protected:
  Pass(const TestModel<T>& test_model, const TestGraph& test_graph)
      : model(test_model),
        graph(test_graph),
        w(test_model.weights),
        s(test_model.weights.sizes),
        kernels(test_model.kernels),
        edges(test_graph.edges()),
        row_size(Index(s.harmonics) * s.message),
        scratch_(kernels.scratch(s)) {
    arrays.source = graph.source.data();
    arrays.target = graph.target.data();
    arrays.types = graph.types.data();
    arrays.pair = graph.pair.data();
    arrays.vectors = graph.vectors.data();
    arrays.rotation = zeros(edges * s.rotation);
    arrays.gaussians = zeros(edges * s.gaussians);
    arrays.envelope = zeros(edges);
    arrays.slope = zeros(edges);
  }

  T* zeros(Index numbers) {
    return storage_.emplace_back(static_cast<std::size_t>(numbers)).data();
  }

  template <class F>
  void each_unit(F f) {
    for (std::size_t i = 0; i < graph.units.size(); ++i) {
      f(i, graph.units[i], scratch_.data());
    }
  }

  void record(Results* results, const std::string& name, const T* from, Index rows,
              const Parts& parts) const {
    if (results && from) {
      results->emplace_back(name, unpadded(from, rows, parts, kernels.lanes));
    }
  }

  const TestModel<T>& model;
  const TestGraph& graph;
  const Weights<T>& w;
  const Sizes& s;
  const Kernels<T>& kernels;
  const Index edges, row_size;
  Arrays<T> arrays{};

 private:
  std::deque<std::vector<T>> storage_;
  std::vector<T> scratch_;
};

// Energies, and the gradient of sum_a weight_a E_a. Waves are kept and gradients added to sources
// directly; or, `by_list`, waves are computed again and gradients added from a list.
template <class T>
class EvaluationPass : Pass<T> {
 public:
  EvaluationPass(const TestModel<T>& test_model, const TestGraph& test_graph,
                 std::vector<double> energy_weights, bool by_list, Results* results,
                 const std::string& prefix)
      : Pass<T>(test_model, test_graph),
        energies(static_cast<std::size_t>(test_graph.atoms)),
        gradient(static_cast<std::size_t>(3 * test_graph.edges())),
        weights_(std::move(energy_weights)),
        by_list_(by_list),
        results_(results),
        prefix_(prefix) {
    arrays.geometry_gradient = zeros(3 * edges);
    arrays.gaussians_gradient = zeros(edges * s.gaussians);
    each_unit([&](std::size_t, const WorkUnit& unit, T* scratch) {
      kernels.geometry(w, arrays, unit, scratch);
    });
    if (results) {
      results->emplace_back(
          prefix + "rotation",
          std::vector<double>(arrays.rotation, arrays.rotation + edges * s.rotation));
    }
    record(results, prefix + "gaussians", arrays.gaussians, edges, {model.c.gaussians});
    for (int k = 0; k <= s.layers; ++k) {
      forward(k);
    }
    if (results) {
      results->emplace_back(prefix + "energies", energies);
    }
    for (int k = s.layers; k >= 0; --k) {
      backward(k);
    }
    each_unit([&](std::size_t, const WorkUnit& unit, T*) {
      kernels.vector_gradient(w, arrays, unit, gradient.data());
    });
    if (results) {
      results->emplace_back(prefix + "vector gradient", gradient);
    }
  }

  double energy() const { return std::accumulate(energies.begin(), energies.end(), 0.0); }

  std::vector<double> energies, gradient;
  std::vector<T> to_sources;  // of the first layer

 private:
  using Pass<T>::model, Pass<T>::graph, Pass<T>::w, Pass<T>::s, Pass<T>::kernels;
  using Pass<T>::edges, Pass<T>::row_size, Pass<T>::arrays;
  using Pass<T>::zeros, Pass<T>::each_unit, Pass<T>::record;

  Parts message() const { return {model.c.message_channels}; }
  Parts rows() const { return repeated(s.harmonics, model.c.message_channels); }

  void forward(int k) {
    Forward<T> f{};
    Kept<T> kept{};
    std::vector<double> own(energies.size());
    f.h_out = zeros(edges * s.message);
    kept.h_out = f.h_out;
    if (k < s.layers) {
      f.rows_out = zeros(graph.atoms * row_size);
    }
    kept.slopes = zeros(edges * (k == 0 ? 2 : 3) * s.hidden);
    if (k == 0) {
      each_unit([&](std::size_t, const WorkUnit& unit, T* scratch) {
        kernels.start(w, arrays, f, kept, unit, scratch);
      });
    } else {
      const Forward<T>& before = forward_.back();
      f.h_in = before.h_out;
      f.rows_in = before.rows_out;
      f.atoms_in = before.atoms_out;
      f.energies = own.data();
      if (k < s.layers) {
        f.atoms_out = zeros(graph.atoms * row_size);
        kept.gates = zeros(edges * s.gates());
      }
      if (!by_list_) {
        kept.waves = zeros(edges * s.waves());
      }
      kept.sum_gradient = zeros(graph.atoms * s.message);
      kept.h_in = f.h_in;
      kept.rows = f.rows_in;
      each_unit([&](std::size_t, const WorkUnit& unit, T* scratch) {
        kernels.layer(w, k - 1, arrays, f, kept, unit, scratch);
      });
      for (std::size_t a = 0; a < own.size(); ++a) {
        energies[a] += own[a];
      }
      f.energies = nullptr;
    }
    const std::string of = prefix_ + "stage " + std::to_string(k) + " ";
    record(results_, of + "h", f.h_out, edges, message());
    record(results_, of + "rows", f.rows_out, graph.atoms, rows());
    record(results_, of + "atoms", f.atoms_out, graph.atoms, rows());
    forward_.push_back(f);
    kept_.push_back(kept);
  }

  void backward(int k) {
    Backward<T> g{};
    const T* to_atoms = nullptr;
    if (k < s.layers) {
      g.to_h_out = to_h_;
      g.to_rows_out = to_rows_;
      g.to_directed = to_rows_;
      if (to_atoms_) {
        T* const sum = zeros(graph.atoms * row_size);
        for (Index i = 0; i < graph.atoms * row_size; ++i) {
          sum[i] = to_rows_[i] + to_atoms_[i];
        }
        g.to_directed = sum;
      }
      to_atoms = g.to_directed;
    }
    const Kept<T>& kept = kept_[static_cast<std::size_t>(k)];
    if (k == 0) {
      each_unit([&](std::size_t, const WorkUnit& unit, T* scratch) {
        kernels.start_back(w, arrays, g, kept, unit, scratch);
      });
      return;
    }
    g.energy_weights = weights_.data();
    T* const to_h = zeros(edges * s.message);
    T* const to_rows = zeros(graph.atoms * row_size);
    T* const sources = zeros(graph.atoms * row_size);
    g.to_h_in = to_h;
    g.to_rows_in = to_rows;
    g.to_sources = sources;
    if (by_list_) {
      g.to_edges = zeros(edges * s.frame_rows * s.message);
    }
    each_unit([&](std::size_t, const WorkUnit& unit, T* scratch) {
      kernels.layer_back(w, k - 1, arrays, g, kept, unit, scratch);
    });
    if (by_list_) {
      for (Index a = 0; a < graph.atoms; ++a) {
        kernels.add_sources(w, arrays, g.to_edges, graph.by_source.begin.data(),
                            graph.by_source.edges.data(), a, a + 1, sources);
      }
    }
    to_sources.assign(sources, sources + graph.atoms * row_size);
    const std::string of = prefix_ + "stage " + std::to_string(k) + " gradient of ";
    record(results_, of + "h", to_h, edges, message());
    record(results_, of + "rows of targets", to_rows, graph.atoms, rows());
    record(results_, of + "rows of sources", sources, graph.atoms, rows());
    for (Index i = 0; i < graph.atoms * row_size; ++i) {
      to_rows[i] += sources[i];
    }
    to_h_ = to_h;
    to_rows_ = to_rows;
    to_atoms_ = forward_[static_cast<std::size_t>(k)].atoms_in
                    ? (to_atoms ? to_atoms : zeros(graph.atoms * row_size))
                    : nullptr;
  }

  const std::vector<double> weights_;
  const bool by_list_;
  Results* const results_;
  const std::string prefix_;
  std::vector<Forward<T>> forward_;
  std::vector<Kept<T>> kept_;
  const T *to_h_ = nullptr, *to_rows_ = nullptr, *to_atoms_ = nullptr;
};

// The gradient of J = sum_a c_a E_a + sum_e v_e dE/dr_e with respect to all weights.
template <class T>
class WeightGradientPass : Pass<T> {
 public:
  WeightGradientPass(const TestModel<T>& test_model, const TestGraph& test_graph,
                     const std::vector<double>& direction, const std::vector<double>& c,
                     bool by_list, Results* results, const std::string& prefix)
      : Pass<T>(test_model, test_graph), by_list_(by_list), results_(results), prefix_(prefix) {
    t_.direction = direction.data();
    t_.energy_weights = c.data();
    t_.rotation = zeros(edges * s.rotation);
    t_.gaussians = zeros(edges * 2 * s.gaussians);
    t_.to_gaussians = zeros(edges * 2 * s.gaussians);
    t_.envelope = zeros(edges * 2);
    std::vector<std::unique_ptr<typename TestModel<T>::GradientArrays>> of_units;
    for (std::size_t i = 0; i < graph.units.size(); ++i) {
      of_units.push_back(model.gradients());
    }
    each_unit([&](std::size_t, const WorkUnit& unit, T* scratch) {
      kernels.tangent_geometry(w, arrays, t_, unit, scratch);
    });
    for (int k = 0; k <= s.layers; ++k) {
      begin_stage(k);
      each_unit([&](std::size_t i, const WorkUnit& unit, T* scratch) {
        if (k == 0) {
          kernels.tangent_start(w, arrays, t_, stages_[0], unit, scratch);
        } else {
          kernels.tangent_layer(w, k - 1, arrays, t_, stages_[k], of_units[i]->gradients, unit,
                                scratch);
        }
      });
      record_forward(k);
    }
    for (int k = s.layers; k >= 0; --k) {
      begin_gradient(k);
      each_unit([&](std::size_t i, const WorkUnit& unit, T* scratch) {
        if (k == 0) {
          kernels.tangent_start_back(w, arrays, t_, stages_[0], of_units[i]->gradients, unit,
                                     scratch);
        } else {
          kernels.tangent_layer_back(w, k - 1, arrays, t_, stages_[k], of_units[i]->gradients, unit,
                                     scratch);
        }
      });
      if (k > 0) {
        end_gradient(k);
      }
    }
    for (std::size_t i = 0; i < model.list_of_weights.size(); ++i) {
      gradients.push_back(model.gradient(of_units, i));
      if (results) {
        results->emplace_back(prefix + "gradient of " + model.list_of_weights[i].name,
                              gradients.back());
      }
    }
  }

  // sum over all weights of gradient times direction
  double along_directions() const {
    double sum = 0.0;
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      sum += std::inner_product(gradients[i].begin(), gradients[i].end(),
                                model.list_of_weights[i].direction.begin(), 0.0);
    }
    return sum;
  }

  std::vector<std::vector<double>> gradients;  // of the weights of the model
  std::vector<T> to_sources;                   // of the first layer

 private:
  using Pass<T>::model, Pass<T>::graph, Pass<T>::w, Pass<T>::s, Pass<T>::kernels;
  using Pass<T>::edges, Pass<T>::row_size, Pass<T>::arrays;
  using Pass<T>::zeros, Pass<T>::each_unit, Pass<T>::record;

  Index rows_size() const { return graph.atoms * 2 * row_size; }

  void begin_stage(int k) {
    TangentStage<T> g{};
    g.h_out = zeros(edges * 2 * s.message);
    if (k < s.layers) {
      g.rows_out = zeros(rows_size());
    }
    g.hidden = zeros(edges * 4 * s.hidden);
    g.slopes = zeros(edges * 2 * (k == 0 ? 2 : 3) * s.hidden);
    if (k > 0) {
      const TangentStage<T>& before = stages_.back();
      g.h_in = before.h_out;
      g.rows_in = before.rows_out;
      g.atoms_in = before.atoms_out;
      g.inputs = zeros(edges * 2 * s.inputs());
      g.waves = zeros(edges * 2 * s.waves());
      g.sum_gradient = zeros(graph.atoms * 2 * s.message);
      if (k < s.layers) {
        g.atoms_out = zeros(rows_size());
        g.gates = zeros(edges * 2 * s.gates());
      }
    }
    stages_.push_back(g);
  }

  void record_forward(int k) const {
    const TangentStage<T>& g = stages_[k];
    const Parts message{model.c.message_channels};
    const std::string of = prefix_ + "stage " + std::to_string(k) + " tangents of ";
    record(results_, of + "h", g.h_out, edges * 2, message);
    record(results_, of + "rows", g.rows_out, graph.atoms * 2,
           repeated(s.harmonics, model.c.message_channels));
  }

  void begin_gradient(int k) {
    TangentStage<T>& g = stages_[k];
    if (k < s.layers) {
      const TangentStage<T>& after = stages_[k + 1];
      g.to_h_out = after.to_h_in;
      g.to_rows_out = after.to_rows_in;
      g.to_directed = g.to_rows_out;
      if (after.to_directed) {
        T* const sum = zeros(rows_size());
        for (Index i = 0; i < rows_size(); ++i) {
          sum[i] = g.to_rows_out[i] + after.to_directed[i];
        }
        g.to_directed = sum;
      }
    }
    if (k > 0) {
      g.to_h_in = zeros(edges * 2 * s.message);
      g.to_rows_in = zeros(rows_size());
      g.to_sources = zeros(rows_size());
      if (by_list_) {
        g.to_edges = zeros(edges * 2 * s.frame_rows * s.message);
      }
    }
  }

  void end_gradient(int k) {
    const TangentStage<T>& g = stages_[k];
    if (by_list_) {
      for (Index a = 0; a < graph.atoms; ++a) {
        kernels.tangent_add_sources(w, arrays, t_, g.to_edges, graph.by_source.begin.data(),
                                    graph.by_source.edges.data(), a, a + 1, g.to_sources);
      }
    }
    to_sources.assign(g.to_sources, g.to_sources + rows_size());
    for (Index i = 0; i < rows_size(); ++i) {
      g.to_rows_in[i] += g.to_sources[i];
    }
  }

  const bool by_list_;
  Results* const results_;
  const std::string prefix_;
  Tangents<T> t_{};
  std::vector<TangentStage<T>> stages_;
};

}  // namespace spinconv::fused::test
