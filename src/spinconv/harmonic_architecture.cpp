// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/architecture.hpp"
#include "spinconv/edge_layout.hpp"

namespace spinconv {
namespace {

using torch::Tensor;

// Edges sorted by the pair of their elements, and a table of those into each atom.
struct HarmonicLayout : Layout {
  using Layout::Layout;

  EdgeLayout tables;
  EdgeCounts counts;

  void assign(const Layout& other) override {
    Layout::assign(other);
    const auto& from = static_cast<const HarmonicLayout&>(other).tables;
    tables.pair.copy_(from.pair);
    tables.slot.copy_(from.slot);
    tables.atom_order.copy_(from.atom_order);
  }
};

const HarmonicLayout& harmonic(const Layout& layout) {
  return static_cast<const HarmonicLayout&>(layout);
}

// Spheres of harmonics (torchscript/harmonics.py). Stage 0 makes messages of distances and
// elements, stage k the update of layer k, both the rows A_s of coefficients; the last one the
// readout.
class HarmonicArchitecture : public Architecture {
 public:
  ModuleDefinition definition(const ModelConfig& config) const override {
    return harmonic_definition(config);
  }
  bool passes_rows() const override { return true; }
  bool is_smooth(const ModelConfig& config) const override { return config.roll == "convolution"; }
  int stages(const ModelConfig& config) const override { return config.layers + 1; }
  std::int64_t row_width(const ModelConfig& config) const override {
    return config.harmonics_size() * config.message_channels;
  }
  const char* force_orientations() const override { return "force_axes"; }

  c10::IValue prepare(const Model& model, const Tensor& used) const override {
    auto values = model.call("prepare", {used});
    if (model.config().has_direct_forces()) {
      values = model.call("prepare_forces", {used, values});
    }
    return values;
  }

  Tensor order(const GraphTensors& graph, const Model::Weights& weights) const override {
    return order_by_pair(graph, weights.elements);
  }

  std::unique_ptr<Layout> layout(const GraphTensors& graph, const Model::Weights& weights,
                                 const EdgeCounts* counts) const override {
    auto layout = std::make_unique<HarmonicLayout>(graph);
    layout->counts = counts ? *counts : count_edges(graph, weights.elements);
    layout->tables = edge_layout(graph, weights.elements, layout->counts);
    return layout;
  }

  Shared shared(const Model& model, const Tensor& vectors, const Layout& layout,
                const Model::Weights& weights) const override {
    const auto& tables = harmonic(layout).tables;
    return c10::impl::toTypedDict<std::string, Tensor>(
        model
            .call("edge_basis", {vectors, tables.pair, tables.slot, tables.width, layout.n_targets,
                                 weights.values})
            .toGenericDict());
  }

  StageValues stage(const Model& model, int k, const StageValues& in, const Shared& shared,
                    const Layout& layout, const Model::Weights& weights) const override {
    const auto& tables = harmonic(layout).tables;
    const auto& counts = harmonic(layout).counts;
    StageValues out;
    out.h = k == 0
                ? model.call("initial_messages", {shared, counts.pairs, weights.values}).toTensor()
                : model
                      .call("update", {k - 1, in.h, in.rows, layout.source, counts.pairs, shared,
                                       weights.values})
                      .toTensor();
    if (k < model.config().layers) {
      out.rows = model.call("coefficients", {out.h, tables.slot, tables.width, shared}).toTensor();
      return out;
    }
    out.energies =
        model
            .call("atomic_energies", {out.h, tables.slot, tables.width, shared, tables.atom_order,
                                      counts.types, layout.types, weights.values})
            .toTensor();
    if (model.config().has_direct_forces()) {
      out.forces = model
                       .call("direct_forces", {out.h, tables.slot, tables.width, shared,
                                               tables.atom_order, counts.types, weights.values})
                       .toTensor();
    }
    return out;
  }
};

}  // namespace

const Architecture& harmonic_architecture() {
  static const HarmonicArchitecture architecture;
  return architecture;
}

}  // namespace spinconv
