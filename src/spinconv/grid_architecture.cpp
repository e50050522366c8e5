// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/architecture.hpp"
#include "spinconv/autograd_evaluation.hpp"
#include "spinconv/edge_layout.hpp"
#include "spinconv/nearest_neighbors.hpp"

namespace spinconv {
namespace {

using torch::Tensor;

// The published architecture (torchscript/grid.py). What a layer needs of another atom is every
// message into it, so all layers are one stage.
class GridArchitecture : public Architecture {
 public:
  ModuleDefinition definition(const ModelConfig& config) const override {
    return grid_definition(config);
  }
  bool passes_rows() const override { return false; }
  bool is_smooth(const ModelConfig&) const override { return false; }
  int stages(const ModelConfig&) const override { return 1; }
  std::int64_t row_width(const ModelConfig&) const override { return 0; }
  const char* force_orientations() const override { return "force_frames"; }

  c10::IValue prepare(const Model& model, const Tensor& used) const override {
    return model.call("prepare", {used});
  }

  Tensor order(const GraphTensors& graph, const Model::Weights&) const override {
    return order_by_target(graph);
  }

  std::unique_ptr<Layout> layout(const GraphTensors& graph, const Model::Weights&,
                                 const EdgeCounts*) const override {
    return std::make_unique<Layout>(graph);
  }

  Shared shared(const Model&, const Tensor& vectors, const Layout&,
                const Model::Weights&) const override {
    Shared shared;
    shared.insert("vectors", vectors);
    return shared;
  }

  StageValues stage(const Model& model, int, const StageValues&, const Shared& shared,
                    const Layout& layout, const Model::Weights& weights) const override {
    const Tensor orientations = layout.orientations.defined()
                                    ? layout.orientations
                                    : model.module().attr(force_orientations()).toTensor();
    const auto tuple =
        model
            .call("evaluate", {shared.at("vectors"), layout.source, layout.target, layout.types,
                               layout.n_targets, weights.elements, orientations, weights.values})
            .toTuple();
    StageValues out;
    out.energies = tuple->elements()[0].toTensor();
    if (model.config().has_direct_forces()) {
      out.forces = tuple->elements()[1].toTensor();
    }
    return out;
  }

  std::unique_ptr<StagedEvaluation> evaluation(const Model& model, const Tensor& vectors,
                                               const Layout& layout, const Model::Weights& weights,
                                               bool gradients) const override;
};

// That of the edges to the nearest max_neighbors of each atom, which change with the geometry; the
// others have a gradient of zero.
class NearestEvaluation : public StagedEvaluation {
 public:
  NearestEvaluation(const Architecture& architecture, const Model& model, const Tensor& vectors,
                    const Layout& layout, const Model::Weights& weights, bool gradients)
      : layout_(layout),
        kept_(nearest_neighbors(layout.target, vectors, model.config().max_neighbors)),
        edges_(vectors.size(0)) {
    layout_.source = layout.source.index_select(0, kept_);
    layout_.target = layout.target.index_select(0, kept_);
    nearest_ = std::make_unique<AutogradEvaluation>(
        architecture, model, vectors.index_select(0, kept_), layout_, weights, gradients);
  }

  StageValues stage(int k, const StageValues& in) override { return nearest_->stage(k, in); }
  StageValues stage_gradient(int k, const StageValues& to_out) override {
    return nearest_->stage_gradient(k, to_out);
  }
  Tensor vector_gradient() override {
    const Tensor found = nearest_->vector_gradient();
    return torch::zeros({edges_, 3}, found.options()).index_copy_(0, kept_, found);
  }

 private:
  Layout layout_;
  Tensor kept_;  // [E'] which edges of the layout
  std::int64_t edges_;
  std::unique_ptr<AutogradEvaluation> nearest_;
};

std::unique_ptr<StagedEvaluation> GridArchitecture::evaluation(const Model& model,
                                                               const Tensor& vectors,
                                                               const Layout& layout,
                                                               const Model::Weights& weights,
                                                               bool gradients) const {
  if (model.config().max_neighbors == 0) {
    return Architecture::evaluation(model, vectors, layout, weights, gradients);
  }
  return std::make_unique<NearestEvaluation>(*this, model, vectors, layout, weights, gradients);
}

}  // namespace

const Architecture& grid_architecture() {
  static const GridArchitecture architecture;
  return architecture;
}

}  // namespace spinconv
