// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/fused/choice.hpp"

#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <cstdio>
#include <numeric>
#include <random>

#include "spinconv/error.hpp"
#include "spinconv/fused/parameter_map.hpp"
#include "spinconv/fused/training.hpp"
#include "spinconv/message_passing.hpp"

namespace spinconv::fused {
namespace {

using torch::Tensor;

constexpr double usual_edge = 0.45;

// Eight atoms of different elements near the corners of a cube, whose edge is in cutoffs, with all
// edges between them.
GraphTensors small_structure(double cutoff, std::int64_t elements, double edge = usual_edge) {
  constexpr int atoms = 8;
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> shift(-0.06, 0.06);
  double position[atoms][3];
  std::vector<std::int64_t> types, source, target;
  for (int a = 0; a < atoms; ++a) {
    for (int i = 0; i < 3; ++i) {
      position[a][i] = cutoff * (edge * (a >> i & 1) + shift(random));
    }
    types.push_back(a * elements / atoms);
  }
  std::vector<double> vectors;
  for (int t = 0; t < atoms; ++t) {
    for (int s = 0; s < atoms; ++s) {
      if (s != t) {
        source.push_back(s);
        target.push_back(t);
        for (int i = 0; i < 3; ++i) {
          vectors.push_back(position[t][i] - position[s][i]);
        }
      }
    }
  }
  return GraphTensors::of(source, target, types, atoms, vectors);
}

struct Found {
  Tensor energies, gradients;
};

Found evaluated(const Model& model, const Model::Weights& weights, const GraphTensors& graph) {
  const Topology topology(model, weights, graph, 0, nullptr);
  MessagePassing passing(model, weights, topology, graph.vectors, graph.n_targets, true);
  Found found;
  found.energies = passing.energies();
  found.gradients = passing.edge_gradients();
  return found;
}

// Throws Error: where two results, of which one number is `what`, differ most.
[[noreturn]] void refuse(const std::string& where, const InstructionSet& set, const char* what,
                         const Tensor& found, const Tensor& expected, double tolerance,
                         const char* report_with = "") {
  const std::int64_t at = found.sub(expected).abs().argmax().item<std::int64_t>();
  char text[400];
  std::snprintf(text, sizeof text,
                ": fused kernels (%s) give %.15g for %s of a small structure, the operator graph "
                "%.15g; more than rounding (%.0e of the largest). Use implementation graph, and "
                "report this with %sthe kind of the processor",
                set.name, found.reshape({-1})[at].item<double>(), what,
                expected.reshape({-1})[at].item<double>(), tolerance, report_with);
  throw Error(where + text);
}

void check_structure(const Model& model, const Model::Weights& weights,
                     const std::shared_ptr<const PackedWeights>& kernels, const GraphTensors& graph,
                     const std::string& where) {
  const double tolerance = kernels->single_ ? 1e-4 : 1e-9;
  Model::Weights of_graph = weights, of_kernels = weights;
  of_graph.fused = nullptr;
  of_kernels.fused = kernels;
  const Found expected = evaluated(model, of_graph, graph);
  const Found found = evaluated(model, of_kernels, graph);
  const auto check = [&](const char* what, const Tensor& a, const Tensor& b, double largest) {
    const double difference = a.sub(b).abs().max().item<double>();
    if (difference <= tolerance * largest) {
      return;
    }
    refuse(where, *kernels->set, what, a, b, tolerance, "the potential and ");
  };
  // energies of isolated atoms, by far the largest part, are no test
  const double* own = kernels->single_ ? kernels->single_->weights.own_energies
                                       : kernels->double_->weights.own_energies;
  double largest = 0.0;
  for (std::int64_t a = 0; a < graph.n_targets; ++a) {
    const double reference = own[graph.types[a].item<std::int64_t>()];
    largest = std::max(largest, std::abs(expected.energies[a].item<double>() - reference));
  }
  check("an atomic energy (eV)", found.energies, expected.energies, largest);
  check("a gradient (eV/Angstrom)", found.gradients, expected.gradients,
        expected.gradients.abs().max().item<double>());
}

}  // namespace

void check_against_graph(const Model& model, const Model::Weights& weights,
                         const std::shared_ptr<const PackedWeights>& kernels,
                         const std::string& where) {
  const double cutoff = model.config().cutoff;
  check_structure(model, weights, kernels, small_structure(cutoff, weights.elements), where);
  // one of its own, since a repulsion is far larger than what else there is to compare
  double radius = 0.0;
  for (const PairRepulsion& pair : kernels->repulsion) {
    radius = std::max(radius, pair.radius);
  }
  if (radius > 0.0) {
    check_structure(
        model, weights, kernels,
        small_structure(cutoff, weights.elements, std::min(radius / cutoff, usual_edge)), where);
  }
}

void check_training_against_graph(const Model& model, const InstructionSet& set,
                                  const std::string& where) {
  const torch::AutoGradMode recording(true);
  std::vector<std::int64_t> used(std::min<std::size_t>(model.config().elements.size(), 4));
  std::iota(used.begin(), used.end(), 0);
  const Model::Weights weights = model.prepare(used);
  const auto kernels = std::make_shared<ParameterMap>(model, used, set)->packed();
  {
    const torch::NoGradGuard no_grad;
    check_against_graph(model, weights, kernels, where);
  }
  GraphTensors graph = small_structure(model.config().cutoff, weights.elements);
  const Tensor c = torch::linspace(-1.0, 1.5, graph.n_targets, torch::kFloat64);
  const Tensor v = torch::linspace(-0.7, 1.0, graph.vectors.numel(), torch::kFloat64)
                       .view_as(graph.vectors)
                       .cos();
  const auto parameters = model.parameters();
  const auto gradients = [&](const Tensor& energies, const Tensor& of_edges) {
    const Tensor loss = (c * energies).sum() + (v * of_edges).sum();
    return torch::autograd::grad({loss}, parameters, {}, /*retain_graph=*/true, false,
                                 /*allow_unused=*/true);
  };
  const auto fused = energies_and_gradients(model, weights.elements, kernels, graph, true);
  const auto found = gradients(fused.energies, fused.gradients);
  graph.vectors.set_requires_grad(true);
  const Tensor energies = model.evaluate(graph, weights).energies;
  const auto expected = gradients(
      energies, torch::autograd::grad({energies.sum()}, {graph.vectors}, {}, true, true)[0]);
  const auto largest = [](const Tensor& t) {
    return t.defined() && t.numel() > 0 ? t.abs().max().item<double>() : 0.0;
  };
  double largest_of_all = 0.0;
  for (const Tensor& e : expected) {
    largest_of_all = std::max(largest_of_all, largest(e));
  }
  const double tolerance = kernels->single_ ? 1e-3 : 1e-9;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const auto or_zero = [&](const Tensor& g) {
      return g.defined() ? g : torch::zeros_like(parameters[i]);
    };
    const Tensor a = or_zero(found[i]), b = or_zero(expected[i]);
    if (largest(a.sub(b)) <= tolerance * (largest(b) + 1e-6 * largest_of_all)) {
      continue;
    }
    refuse(where, set, "a gradient of weights", a, b, tolerance);
  }
}

Model::Weights prepare(const Model& model, const std::vector<std::int64_t>& elements,
                       const InstructionSet* set) {
  Model::Weights weights = model.prepare(elements);
  if (set != nullptr) {
    weights.fused = pack(model, weights, *set);
  }
  return weights;
}

std::string name_of(const InstructionSet* set) {
  return set == nullptr ? "graph" : "fused (" + std::string(set->name) + ")";
}

std::shared_ptr<const PackedWeights> choose(const Model& model, const Model::Weights& weights,
                                            Implementation asked, const std::string& where) {
  if (asked == Implementation::graph) {
    return nullptr;
  }
  const InstructionSet* const set = best_instruction_set();
  const auto kernels = set == nullptr ? nullptr : pack(model, weights, *set);
  if (!kernels) {
    if (asked == Implementation::fused) {
      throw Error(where +
                  (set == nullptr
                       ? ": fused kernels need an x86-64 processor with AVX2 or AVX-512, or a "
                         "64-bit ARM one"
                       : ": fused kernels are for models with sphere spinconv2 on the CPU") +
                  std::string("; use implementation auto or graph"));
    }
    return nullptr;
  }
  check_against_graph(model, weights, kernels, where);
  return kernels;
}

}  // namespace spinconv::fused
