// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "trainer/initial_weights.hpp"

#include <algorithm>

#include "spinconv/error.hpp"
#include "spinconv/hyperparameters.hpp"
#include "spinconv/module_definition.hpp"
#include "spinconv/repulsion.hpp"

namespace spinconv::train {
namespace {

using torch::Tensor;

// Where each element of the model is among those of the potential; -1: nowhere.
std::vector<std::int64_t> places(const ModelConfig& model, const ModelConfig& potential) {
  std::vector<std::int64_t> result;
  for (const auto& element : model.elements) {
    const auto found = std::find(potential.elements.begin(), potential.elements.end(), element);
    result.push_back(found == potential.elements.end() ? -1 : found - potential.elements.begin());
  }
  return result;
}

}  // namespace

void require_same_architecture(const ModelConfig& model, const ModelConfig& potential,
                               const std::string& path) {
  std::string differences, settings;
  for (const Hyperparameter& h : hyperparameters()) {
    if (h.source != Hyperparameter::Source::configuration || !h.fixes_weights ||
        !h.has_effect(potential) || h.same(model, potential)) {
      continue;
    }
    differences += (differences.empty() ? "" : "; ") + ("model." + h.key) + " is " +
                   h.text(potential) + " in the potential and " + h.text(model) +
                   " in the configuration";
    settings += " model." + h.key + "=" + h.text(potential);
  }
  if (!differences.empty()) {
    throw Error("--init '" + path + "': " + differences + "; train with: --set" + settings);
  }
}

void require_same_target(const Target& target, const Target& potential, const std::string& path) {
  if (target.name != potential.name || target.unit != potential.unit) {
    throw Error("--init '" + path + "': its target is " + potential.name + " (" + potential.unit +
                "), that of the configuration " + target.name + " (" + target.unit +
                "); begin with another file, or change data.target");
  }
}

void adopt_scales(ModelConfig& model, const ModelConfig& potential) {
  // what is without an effect may size a constant all the same
  for (const Hyperparameter& h : hyperparameters()) {
    if (h.source != Hyperparameter::Source::configuration ||
        (h.fixes_weights && !h.has_effect(model))) {
      h.copy(potential, model);
    }
  }
  model.reference_energies.clear();
  const auto place = places(model, potential);
  for (const std::int64_t p : place) {
    model.reference_energies.push_back(
        p < 0 ? 0.0 : potential.reference_energies[static_cast<std::size_t>(p)]);
  }
  model.repulsion_radii.clear();
  for (std::size_t a = 0; a < place.size() && !potential.repulsion_radii.empty(); ++a) {
    for (std::size_t b = a; b < place.size(); ++b) {
      const bool known = place[a] >= 0 && place[b] >= 0;
      model.repulsion_radii.push_back(
          known ? stated_repulsion_radius(potential, static_cast<std::size_t>(place[a]),
                                          static_cast<std::size_t>(place[b]))
                : 0.0);
    }
  }
}

std::vector<std::string> adopt_weights(Model& model, const Model& potential) {
  torch::NoGradGuard no_grad;
  const auto place = places(model.config(), potential.config());
  const auto n = static_cast<std::int64_t>(place.size());
  const auto m = static_cast<std::int64_t>(potential.config().elements.size());
  // rows of elements, and of ordered pairs of them, that both have
  std::vector<std::int64_t> to, from, pairs_to, pairs_from;
  std::vector<std::string> new_elements;
  for (std::int64_t a = 0; a < n; ++a) {
    if (place[static_cast<std::size_t>(a)] < 0) {
      new_elements.push_back(model.config().elements[static_cast<std::size_t>(a)]);
      continue;
    }
    to.push_back(a);
    from.push_back(place[static_cast<std::size_t>(a)]);
    for (std::int64_t b = 0; b < n; ++b) {
      if (place[static_cast<std::size_t>(b)] >= 0) {
        pairs_to.push_back(a * n + b);
        pairs_from.push_back(place[static_cast<std::size_t>(a)] * m +
                             place[static_cast<std::size_t>(b)]);
      }
    }
  }
  const auto index = [](const std::vector<std::int64_t>& v) {
    return torch::tensor(v, torch::kInt64);
  };
  using Rows = ModuleDefinition::Axis::Rows;
  const ModuleDefinition definition = module_definition(model.config());
  for (const auto& parameter : definition.parameters) {
    Tensor destination = model.module().attr(parameter.name).toTensor();
    const Tensor source =
        potential.module().attr(parameter.name).toTensor().to(destination.scalar_type());
    const auto named = std::find_if(parameter.axes.begin(), parameter.axes.end(),
                                    [](const auto& axis) { return axis.rows != Rows::numbered; });
    if (named == parameter.axes.end()) {
      destination.copy_(source);
      continue;
    }
    const std::int64_t axis = named - parameter.axes.begin();
    const bool pairs = named->rows == Rows::of_pairs;
    destination.index_copy_(axis, index(pairs ? pairs_to : to),
                            source.index_select(axis, index(pairs ? pairs_from : from)));
  }
  for (const auto& [name, value] : definition.tables) {
    model.module().setattr(name, potential.module().attr(name).toTensor().clone());
  }
  return new_elements;
}

std::vector<double> predicted_energies(Predictor& predictor, const FrameSet& frames,
                                       std::span<const std::size_t> numbers,
                                       const std::function<void()>& on_frame) {
  const Model& model = predictor.model();
  std::vector<double> energies;
  for (const std::size_t i : numbers) {
    const auto frame = frames.frame(i);
    const PreparedFrame* const one[] = {frame.get()};
    const auto& weights = predictor.weights_for(one);
    const Batch batch = make_batch(one, model, weights);
    const auto found = predict(model, weights, batch, false, false, false);
    energies.push_back(found.energies.item<double>());
    if (on_frame) {
      on_frame();
    }
  }
  return energies;
}

}  // namespace spinconv::train
