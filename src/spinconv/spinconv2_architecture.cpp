// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/architecture.hpp"
#include "spinconv/edge_layout.hpp"
#include "spinconv/fused/evaluation.hpp"

namespace spinconv {
namespace {

using torch::Tensor;

// Edges sorted by target, and a table of those into each atom.
struct Spinconv2Layout : Layout {
  using Layout::Layout;

  Tensor pair;  // [E] of elements
  Tensor slot;  // [E] see EdgeLayout
  std::int64_t width = 1;

  void assign(const Layout& other) override {
    Layout::assign(other);
    const auto& from = static_cast<const Spinconv2Layout&>(other);
    pair.copy_(from.pair);
    slot.copy_(from.slot);
  }
};

const Spinconv2Layout& spinconv2(const Layout& layout) {
  return static_cast<const Spinconv2Layout&>(layout);
}

// Both ends of the edge and directed messages (torchscript/spinconv2.py). Stage 0 makes messages of
// distances and elements, stage k is layer k with its energies; both give the rows A_s of
// coefficients, and stage k what directed messages have added to those of owned atoms so far.
class Spinconv2Architecture : public Architecture {
 public:
  ModuleDefinition definition(const ModelConfig& config) const override {
    return spinconv2_definition(config);
  }
  bool passes_rows() const override { return true; }
  bool is_smooth(const ModelConfig&) const override { return true; }
  int stages(const ModelConfig& config) const override { return config.layers + 1; }
  std::int64_t row_width(const ModelConfig& config) const override {
    return config.harmonics_size() * config.message_channels;
  }
  const char* force_orientations() const override { return ""; }

  c10::IValue prepare(const Model& model, const Tensor& used) const override {
    return model.call("prepare", {used});
  }

  Tensor order(const GraphTensors& graph, const Model::Weights&) const override {
    return order_by_target(graph);
  }

  std::unique_ptr<Layout> layout(const GraphTensors& graph, const Model::Weights& weights,
                                 const EdgeCounts* counts) const override {
    auto layout = std::make_unique<Spinconv2Layout>(graph);
    auto tables = edge_layout(graph, weights.elements,
                              counts ? *counts : count_edges(graph, weights.elements));
    layout->pair = tables.pair;
    layout->slot = tables.slot;
    layout->width = tables.width;
    return layout;
  }

  Shared shared(const Model& model, const Tensor& vectors, const Layout& layout,
                const Model::Weights& weights) const override {
    const auto& tables = spinconv2(layout);
    return c10::impl::toTypedDict<std::string, Tensor>(
        model
            .call("shared", {vectors, tables.pair, tables.slot, tables.width, tables.n_targets,
                             weights.values})
            .toGenericDict());
  }

  std::unique_ptr<StagedEvaluation> evaluation(const Model& model, const Tensor& vectors,
                                               const Layout& layout, const Model::Weights& weights,
                                               bool gradients) const override {
    if (weights.fused) {
      return fused::evaluation(*weights.fused, vectors, layout, spinconv2(layout).pair, gradients);
    }
    return Architecture::evaluation(model, vectors, layout, weights, gradients);
  }

  StageValues stage(const Model& model, int k, const StageValues& in, const Shared& shared,
                    const Layout& layout, const Model::Weights& weights) const override {
    const auto& tables = spinconv2(layout);
    const auto coefficients = [&](const Tensor& h) {
      return model.call("coefficients", {k, h, tables.slot, tables.width, shared}).toTensor();
    };
    StageValues out;
    if (k == 0) {
      out.h = model.call("initial_messages", {shared, weights.values}).toTensor();
      out.rows = coefficients(out.h);
      return out;
    }
    const auto updated = model
                             .call("update", {k - 1, in.h, in.rows, tables.source, tables.target,
                                              tables.slot, tables.width, shared, weights.values})
                             .toTuple();
    out.h = updated->elements()[0].toTensor();
    out.energies =
        model
            .call("layer_energies", {k - 1, out.h, tables.slot, tables.width, shared,
                                     tables.types.narrow(0, 0, tables.n_targets), weights.values})
            .toTensor();
    if (k < model.config().layers) {
      const Tensor directed = updated->elements()[1].toTensor();
      out.atoms = in.atoms.defined() ? in.atoms + directed : directed;
      out.rows = coefficients(out.h) + out.atoms;
    }
    return out;
  }
};

}  // namespace

const Architecture& spinconv2_architecture() {
  static const Spinconv2Architecture architecture;
  return architecture;
}

}  // namespace spinconv
