// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/fused/training.hpp"

#include <torch/csrc/autograd/custom_function.h>
#include <torch/custom_class.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "spinconv/architecture.hpp"
#include "spinconv/fused/evaluation.hpp"
#include "spinconv/fused/parameter_map.hpp"
#include "spinconv/fused/scratch.hpp"
#include "spinconv/fused/source_order.hpp"
#include "spinconv/fused/work_units.hpp"

namespace spinconv::fused {
namespace {

using torch::Tensor;
using torch::autograd::variable_list;

// A unit has gradients of all weights of its own, which are summed in the order of the units. How
// many there are depends on the edges and the model alone.
constexpr std::int64_t edges_of_unit = 256;
constexpr std::int64_t most_units = 16;
constexpr std::int64_t most_gradients = std::int64_t{1} << 24;  // numbers of all units

std::vector<WorkUnit> units_of(const std::int64_t* target, std::int64_t edges, std::int64_t atoms,
                               std::int64_t gradients) {
  const std::int64_t count = std::clamp<std::int64_t>(
      std::min(edges / edges_of_unit, most_gradients / gradients), 1, most_units);
  return units_where(
      target, edges, atoms, [&](const WorkUnit& unit, std::int64_t, std::int64_t before) {
        return unit.first_edge + unit.edges >= edges * (before + 1) / count && before + 1 < count;
      });
}

// What both passes of one structure read.
struct Structure {
  Structure(const GraphTensors& graph, std::int64_t elements)
      : source(graph.source.contiguous()),
        target(graph.target.contiguous()),
        types(graph.types.contiguous()),
        pair(types.index_select(0, source) * elements + types.index_select(0, target)),
        vectors(graph.vectors.detach().contiguous()),
        atoms(types.size(0)) {
    const auto* const from = source.data_ptr<std::int64_t>();
    for (std::int64_t e = 0; e < source.size(0); ++e) {
      TORCH_CHECK_INDEX(from[e] >= 0 && from[e] < atoms, "source row ", from[e], " of ", atoms);
    }
  }

  Tensor source, target, types, pair, vectors;
  std::int64_t atoms;
};

// The gradient of all weights, in the numbers of Packed.
template <class T>
class TangentPass {
 public:
  TangentPass(const Packed<T>& packed, const Structure& structure, const Tensor& direction,
              const Tensor& energy_weights)
      : packed_(packed),
        w_(packed.weights),
        s_(packed.weights.sizes),
        edges_(structure.source.size(0)),
        atoms_(structure.atoms),
        source_(structure.source.data_ptr<std::int64_t>()),
        units_(units_of(structure.target.data_ptr<std::int64_t>(), edges_, atoms_,
                        packed.gradient_size())) {
    arrays_.source = source_;
    arrays_.target = structure.target.data_ptr<std::int64_t>();
    arrays_.types = structure.types.data_ptr<std::int64_t>();
    arrays_.pair = structure.pair.data_ptr<std::int64_t>();
    arrays_.vectors = structure.vectors.data_ptr<double>();
    arrays_.rotation = numbers(edges_ * s_.rotation);
    arrays_.gaussians = numbers(edges_ * s_.gaussians);
    arrays_.envelope = numbers(edges_);
    arrays_.slope = numbers(edges_);
    tangents_.direction = direction.data_ptr<double>();
    tangents_.energy_weights = energy_weights.data_ptr<double>();
    tangents_.rotation = numbers(edges_ * s_.rotation);
    tangents_.gaussians = numbers(edges_ * 2 * s_.gaussians);
    tangents_.to_gaussians = zeros(edges_ * 2 * s_.gaussians);
    tangents_.envelope = numbers(edges_ * 2);
    scratch_ = packed_.kernels.scratch(s_);
  }

  Tensor weight_gradients() {
    const auto count = std::max<std::int64_t>(1, static_cast<std::int64_t>(units_.size()));
    const Tensor all = torch::zeros({count, packed_.gradient_size()}, type());
    std::vector<std::unique_ptr<typename Packed<T>::Places>> places;
    for (std::int64_t c = 0; c < count; ++c) {
      places.push_back(packed_.places(all.template data_ptr<T>() + c * packed_.gradient_size()));
    }
    each_unit([&](std::size_t c, T* scratch) {
      packed_.kernels.tangent_geometry(w_, arrays_, tangents_, units_[c], scratch);
    });
    for (int k = 0; k <= s_.layers; ++k) {
      begin_stage(k);
      each_unit([&](std::size_t c, T* scratch) {
        if (k == 0) {
          packed_.kernels.tangent_start(w_, arrays_, tangents_, stages_[0], units_[c], scratch);
        } else {
          packed_.kernels.tangent_layer(w_, k - 1, arrays_, tangents_, stages_[k],
                                        places[c]->gradients, units_[c], scratch);
        }
      });
    }
    for (int k = s_.layers; k >= 0; --k) {
      begin_gradient(k);
      const auto& stage = stages_[k];
      each_unit([&](std::size_t c, T* scratch) {
        if (k == 0) {
          packed_.kernels.tangent_start_back(w_, arrays_, tangents_, stage, places[c]->gradients,
                                             units_[c], scratch);
        } else {
          packed_.kernels.tangent_layer_back(w_, k - 1, arrays_, tangents_, stage,
                                             places[c]->gradients, units_[c], scratch);
        }
      });
      if (k > 0) {
        end_gradient(k);
      }
    }
    Tensor sum = all[0];
    for (std::int64_t c = 1; c < count; ++c) {
      sum.add_(all[c]);
    }
    return sum;
  }

 private:
  static torch::TensorOptions type() { return torch::dtype(c10::CppTypeToScalarType<T>::value); }
  T* numbers(std::int64_t count) {
    storage_.push_back(torch::empty({count}, type()));
    return storage_.back().template data_ptr<T>();
  }
  T* zeros(std::int64_t count) {
    storage_.push_back(torch::zeros({count}, type()));
    return storage_.back().template data_ptr<T>();
  }
  std::int64_t rows_size() const { return atoms_ * 2 * s_.harmonics * s_.message; }
  bool by_threads() const {
    return at::get_num_threads() > 1 && !at::in_parallel_region() && units_.size() > 1;
  }

  template <class F>
  void each_unit(F f) const {
    each_with_scratch<T>(
        static_cast<std::int64_t>(units_.size()), scratch_,
        [&](std::int64_t c, T* scratch) { f(static_cast<std::size_t>(c), scratch); });
  }

  void begin_stage(int k) {
    TangentStage<T> g{};
    g.h_out = numbers(edges_ * 2 * s_.message);
    if (k < s_.layers) {
      g.rows_out = numbers(rows_size());
    }
    g.hidden = numbers(edges_ * 4 * s_.hidden);
    g.slopes = numbers(edges_ * 2 * (k == 0 ? 2 : 3) * s_.hidden);
    if (k > 0) {
      const TangentStage<T>& before = stages_.back();
      g.h_in = before.h_out;
      g.rows_in = before.rows_out;
      g.atoms_in = before.atoms_out;
      g.inputs = numbers(edges_ * 2 * s_.inputs());
      g.waves = numbers(edges_ * 2 * s_.waves());
      g.sum_gradient = numbers(atoms_ * 2 * s_.message);
      if (k < s_.layers) {
        g.atoms_out = numbers(rows_size());
        g.gates = numbers(edges_ * 2 * s_.gates());
      }
    }
    stages_.push_back(g);
  }

  void begin_gradient(int k) {
    TangentStage<T>& g = stages_[k];
    if (k < s_.layers) {
      const TangentStage<T>& after = stages_[k + 1];
      g.to_h_out = after.to_h_in;
      g.to_rows_out = after.to_rows_in;
      // rows are coefficients and what the atom has of directed messages
      g.to_directed = g.to_rows_out;
      if (after.to_directed) {
        T* const sum = numbers(rows_size());
        for (std::int64_t i = 0; i < rows_size(); ++i) {
          sum[i] = g.to_rows_out[i] + after.to_directed[i];
        }
        g.to_directed = sum;
      }
    }
    if (k > 0) {
      g.to_h_in = numbers(edges_ * 2 * s_.message);
      g.to_rows_in = zeros(rows_size());
      g.to_sources = zeros(rows_size());
      if (by_threads()) {
        g.to_edges = numbers(edges_ * 2 * s_.frame_rows * s_.message);
      }
    }
  }

  void end_gradient(int k) {
    const TangentStage<T>& g = stages_[k];
    if (g.to_edges) {
      if (!by_source_.is_of(atoms_)) {
        by_source_ = SourceOrder(source_, edges_, atoms_);
      }
      at::parallel_for(0, atoms_, 4, [&](std::int64_t first, std::int64_t last) {
        packed_.kernels.tangent_add_sources(w_, arrays_, tangents_, g.to_edges,
                                            by_source_.begin.data(), by_source_.edges.data(), first,
                                            last, g.to_sources);
      });
    }
    for (std::int64_t i = 0; i < rows_size(); ++i) {
      g.to_rows_in[i] += g.to_sources[i];
    }
  }

  const Packed<T>& packed_;
  const Weights<T>& w_;
  const Sizes& s_;
  const std::int64_t edges_, atoms_;
  const std::int64_t* const source_;
  const std::vector<WorkUnit> units_;
  std::size_t scratch_ = 0;
  Arrays<T> arrays_{};
  Tangents<T> tangents_{};
  std::vector<TangentStage<T>> stages_;
  std::vector<Tensor> storage_;
  SourceOrder by_source_;
};

// What the function remembers.
struct State : torch::CustomClassHolder {
  State(std::shared_ptr<const PackedWeights> weights, const GraphTensors& graph,
        std::int64_t number_of_elements, int number_of_layers, bool gradients)
      : kernels(std::move(weights)),
        structure(graph, number_of_elements),
        elements(number_of_elements),
        layers(number_of_layers),
        with_gradients(gradients) {}

  const std::shared_ptr<const PackedWeights> kernels;
  const Structure structure;
  const std::int64_t elements;
  const int layers;
  const bool with_gradients;
};

variable_list first_order(const State& state) {
  GraphTensors graph;
  const Structure& s = state.structure;
  graph.source = s.source;
  graph.target = s.target;
  graph.types = s.types;
  graph.n_targets = s.atoms;
  graph.vectors = s.vectors;
  const Layout layout(graph);
  const auto evaluation =
      fused::evaluation(*state.kernels, s.vectors, layout, s.pair, state.with_gradients);
  Tensor energies;
  StageValues values;
  for (int k = 0; k <= state.layers; ++k) {
    values = evaluation->stage(k, values);
    values.add_energies_to(energies);
  }
  if (!state.with_gradients) {
    return {energies};
  }
  StageValues to;
  const Tensor ones = torch::ones({s.atoms}, torch::kFloat64);
  for (int k = state.layers; k >= 0; --k) {
    to.energies = ones;
    to = evaluation->stage_gradient(k, to);
  }
  return {energies, evaluation->vector_gradient()};
}

template <class T>
variable_list weight_gradients(const Packed<T>& packed, const State& state, const Tensor& c,
                               const Tensor& v) {
  const Tensor numbers = TangentPass<T>(packed, state.structure, v, c).weight_gradients();
  const Tensor of_elements = torch::zeros({state.elements}, torch::kFloat64);
  return state.kernels->parameters->gradients(numbers.template data_ptr<T>(),
                                              of_elements.index_add_(0, state.structure.types, c));
}

class EnergiesAndGradients : public torch::autograd::Function<EnergiesAndGradients> {
 public:
  static variable_list forward(torch::autograd::AutogradContext* context,
                               const c10::intrusive_ptr<State>& state, at::TensorList) {
    context->saved_data["state"] = c10::IValue::make_capsule(state);
    return first_order(*state);
  }

  static variable_list backward(torch::autograd::AutogradContext* context,
                                const variable_list& to) {
    TORCH_CHECK(!torch::GradMode::is_enabled(), "fused kernels are differentiable once");
    const torch::NoGradGuard no_grad;
    const auto capsule = context->saved_data["state"].toCapsule();
    const State& state = *static_cast<const State*>(capsule.get());
    const Tensor c = to[0].contiguous();
    const Tensor v =
        state.with_gradients ? to[1].contiguous() : torch::zeros_like(state.structure.vectors);
    variable_list gradients = state.kernels->single_
                                  ? weight_gradients(*state.kernels->single_, state, c, v)
                                  : weight_gradients(*state.kernels->double_, state, c, v);
    gradients.insert(gradients.begin(), Tensor());
    return gradients;
  }
};

}  // namespace

Differentiable energies_and_gradients(const Model& model, std::int64_t elements,
                                      const std::shared_ptr<const PackedWeights>& kernels,
                                      const GraphTensors& graph, bool with_gradients) {
  TORCH_CHECK(graph.n_targets == graph.types.size(0), "atoms that are not owned");
  auto state =
      c10::make_intrusive<State>(kernels, graph, elements, model.config().layers, with_gradients);
  variable_list found;
  if (torch::GradMode::is_enabled()) {
    TORCH_CHECK(kernels->parameters != nullptr, "kernels of weights that are not parameters");
    found = EnergiesAndGradients::apply(state, at::TensorList(kernels->parameters->parameters()));
  } else {
    found = first_order(*state);
  }
  return {found[0], with_gradients ? found[1] : Tensor()};
}

}  // namespace spinconv::fused
