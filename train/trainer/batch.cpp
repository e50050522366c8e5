// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "trainer/batch.hpp"

#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "data/neighbors.hpp"
#include "spinconv/cell.hpp"
#include "spinconv/elements.hpp"
#include "spinconv/error.hpp"
#include "spinconv/fused/training.hpp"

namespace spinconv::train {

using torch::Tensor;

namespace {

NeighborEdges listed_edges(const Frame& frame) {
  NeighborEdges edges;
  edges.source = frame.edges->source;
  edges.target = frame.edges->target;
  for (std::size_t e = 0; e < edges.source.size(); ++e) {
    const auto& shift = frame.edges->shift[e];
    for (std::size_t d = 0; d < 3; ++d) {
      double s = frame.positions[3 * static_cast<std::size_t>(edges.source[e]) + d];
      for (std::size_t k = 0; k < 3; ++k) {
        s += shift[k] * frame.cell[3 * k + d];
      }
      edges.vectors.push_back(frame.positions[3 * static_cast<std::size_t>(edges.target[e]) + d] -
                              s);
    }
  }
  return edges;
}

}  // namespace

PreparedFrame prepare_frame(const Frame& frame, const ModelConfig& model,
                            const PrepareOptions& options, const NeighborEdges* known) {
  const auto& elements = model.elements;
  constexpr double missing = std::numeric_limits<double>::quiet_NaN();
  const auto n = static_cast<std::int64_t>(frame.size());
  std::vector<std::int64_t> types;
  for (const int z : frame.atomic_numbers) {
    const auto symbol = element_symbol(z);
    const auto found = std::find(elements.begin(), elements.end(), symbol);
    if (found == elements.end()) {
      std::string known;
      for (const auto& e : elements) {
        known += " " + e;
      }
      throw Error(frame.source + ": element " + symbol + " is not among the model's:" + known);
    }
    types.push_back(found - elements.begin());
  }
  NeighborEdges edges;
  if (frame.edges) {
    edges = listed_edges(frame);
  } else {
    edges = known != nullptr ? *known : build_edges(frame, model.cutoff);
    if (model.max_neighbors > 0) {
      edges = select_ocp_edges(frame, edges, model.max_neighbors, options.graph);
    }
  }
  const auto e = static_cast<std::int64_t>(edges.size());
  PreparedFrame p;
  const auto indices = [](const std::vector<std::int32_t>& v) {
    return torch::tensor(std::vector<std::int64_t>(v.begin(), v.end()), torch::kInt64);
  };
  p.source = indices(edges.source);
  p.target = indices(edges.target);
  p.vectors = torch::tensor(edges.vectors, torch::kFloat64).view({e, 3});
  if (!frame.orientations.empty()) {
    p.orientations = torch::tensor(frame.orientations, torch::kFloat64).view({-1, n, 3, 3});
  }
  p.types = torch::tensor(types, torch::kInt64);
  p.energy = frame.energy.value_or(missing);
  p.forces = frame.forces.empty() ? torch::full({n, 3}, missing, torch::kFloat64)
                                  : torch::tensor(frame.forces, torch::kFloat64).view({n, 3});
  if (const auto found = options.group_weights.find(frame.config_type);
      found != options.group_weights.end()) {
    p.weight = found->second;
  }
  p.volume = frame.pbc[0] && frame.pbc[1] && frame.pbc[2] ? cell_volume(frame.cell) : 0.0;
  p.stress = torch::full({6}, missing, torch::kFloat64);
  if (frame.stress && p.volume > 0) {
    p.stress = torch::tensor(std::vector<double>(frame.stress->begin(), frame.stress->end()),
                             torch::kFloat64);
  }
  if (options.free_atoms_only && !frame.fixed.empty()) {
    for (std::int64_t i = 0; i < n; ++i) {
      if (frame.fixed[static_cast<std::size_t>(i)]) {
        p.forces[i].fill_(missing);
      }
    }
  }
  return p;
}

std::vector<std::int64_t> elements_of(std::span<const PreparedFrame* const> frames) {
  std::set<std::int64_t> elements;
  for (const PreparedFrame* f : frames) {
    const auto* const types = f->types.data_ptr<std::int64_t>();
    elements.insert(types, types + f->atoms());
  }
  return {elements.begin(), elements.end()};
}

Batch make_batch(std::span<const PreparedFrame* const> frames, const Model& model,
                 const Model::Weights& weights) {
  std::vector<Tensor> source, target, vectors, types, forces, stresses, frame_of, orientations;
  std::vector<double> energies, atoms, volumes, weights_of_loss;
  std::int64_t offset = 0;
  for (const PreparedFrame* f : frames) {
    source.push_back(f->source + offset);
    target.push_back(f->target + offset);
    vectors.push_back(f->vectors);
    types.push_back(f->types);
    forces.push_back(f->forces);
    stresses.push_back(f->stress);
    volumes.push_back(f->volume > 0 ? f->volume : 1.0);
    frame_of.push_back(
        torch::full({f->atoms()}, static_cast<std::int64_t>(atoms.size()), torch::kInt64));
    energies.push_back(f->energy);
    weights_of_loss.push_back(f->weight);
    if (f->orientations.defined()) {
      orientations.push_back(f->orientations);
    }
    atoms.push_back(static_cast<double>(f->atoms()));
    offset += f->atoms();
  }
  const auto device = model.device();
  GraphTensors graph;
  graph.source = torch::cat(source).to(device);
  graph.target = torch::cat(target).to(device);
  Tensor place =
      torch::full({static_cast<std::int64_t>(model.config().elements.size())}, -1, torch::kInt64);
  for (std::size_t u = 0; u < weights.used.size(); ++u) {
    place[weights.used[u]] = static_cast<std::int64_t>(u);
  }
  graph.types = place.index_select(0, torch::cat(types)).to(device);
  graph.n_targets = offset;
  graph.vectors = torch::cat(vectors).to(device);
  if (!orientations.empty()) {
    TORCH_CHECK(orientations.size() == frames.size(), "frames with and without orientations");
    graph.orientations = torch::cat(orientations, 1).to(device);
  }
  Batch b;
  b.graph = graph.in_order(model.edge_order(graph, weights));
  b.frame_of = torch::cat(frame_of).to(device);
  b.forces = torch::cat(forces).to(device);
  b.energies = torch::tensor(energies, torch::kFloat64).to(device);
  b.stresses = torch::stack(stresses).to(device);
  b.volumes = torch::tensor(volumes, torch::kFloat64).to(device);
  b.atoms = torch::tensor(atoms, torch::kFloat64).to(device);
  if (std::any_of(weights_of_loss.begin(), weights_of_loss.end(),
                  [](double w) { return w != 1.0; })) {
    b.weights = torch::tensor(weights_of_loss, torch::kFloat64).to(device);
  }
  return b;
}

BatchPrediction predict(const Model& model, const Model::Weights& weights, const Batch& batch,
                        bool differentiable, bool with_virials, bool with_forces) {
  const bool direct = model.config().has_direct_forces();
  const bool derive = !direct && (with_forces || with_virials);
  torch::AutoGradMode recording(differentiable || (derive && !weights.fused));
  GraphTensors graph = batch.graph;
  Tensor atomic, gradient;
  BatchPrediction result;
  if (weights.fused) {
    const auto found =
        fused::energies_and_gradients(model, weights.elements, weights.fused, graph, derive);
    atomic = found.energies;
    gradient = found.gradients;
  } else {
    graph.vectors = graph.vectors.detach().clone().set_requires_grad(derive);
    const auto atoms = model.evaluate(graph, weights);
    atomic = atoms.energies;
    result.forces = atoms.forces;
  }
  result.energies = torch::zeros_like(batch.energies).index_add(0, batch.frame_of, atomic) +
                    model.config().energy_offset;
  if (!derive) {
    return result;
  }
  if (!weights.fused) {
    gradient = torch::autograd::grad({atomic.sum()}, {graph.vectors}, {}, differentiable,
                                     differentiable, /*allow_unused=*/true)[0];
  }
  if (!gradient.defined()) {
    gradient = torch::zeros_like(graph.vectors);
  }
  result.forces = torch::zeros_like(batch.forces)
                      .index_add(0, graph.source, gradient)
                      .index_add(0, graph.target, -gradient);
  if (with_virials) {
    const Tensor outer = -(batch.graph.vectors.unsqueeze(2) * gradient.unsqueeze(1));
    result.virials = torch::zeros({batch.frame_count(), 3, 3}, outer.options())
                         .index_add(0, batch.frame_of.index_select(0, graph.target), outer);
  }
  if (!differentiable) {
    result.energies = result.energies.detach();
  }
  return result;
}

Tensor stresses_of(const Tensor& virials, const Tensor& volumes) {
  const Tensor order = torch::tensor({0, 4, 8, 5, 2, 1}, torch::kInt64);  // xx yy zz yz xz xy
  return -virials.reshape({-1, 9}).index_select(1, order.to(virials.device())) /
         volumes.unsqueeze(1);
}

}  // namespace spinconv::train
