// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/calculator.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "spinconv/cell.hpp"
#include "spinconv/edge_list.hpp"
#include "spinconv/elements.hpp"
#include "spinconv/error.hpp"
#include "spinconv/neighbor_list.hpp"

namespace spinconv {
namespace {

// components of a symmetric matrix as Calculation has them
constexpr std::array<std::array<int, 2>, 6> components = {
    {{0, 0}, {1, 1}, {2, 2}, {1, 2}, {0, 2}, {0, 1}}};

// One potential, with the edges inside its cutoff and what it says of the atoms of a call.
struct Member {
  std::string path;
  std::vector<std::string> asked;  // CalculatorOptions::elements
  Evaluator evaluator;
  std::array<std::int64_t, max_atomic_number + 1> entry;  // of an atomic number; -1: none
  EdgeList edges{};
  std::vector<std::int64_t> types{};
  Evaluation result{};
  std::vector<double> forces{};  // [n*3]
  std::array<double, 6> virial{};

  Member(const std::string& file, const EvaluatorOptions& options)
      : path(file), asked(options.elements), evaluator(file, options) {
    entry.fill(-1);
    const auto& elements = asked.empty() ? evaluator.elements() : asked;
    for (std::size_t i = 0; i < elements.size(); ++i) {
      entry[static_cast<std::size_t>(atomic_number(elements[i]))] = static_cast<std::int64_t>(i);
    }
  }

  void assign_types(const AtomsView& atoms);
  void evaluate(const NeighborList& neighbors, const AtomsView& atoms, bool with_forces);
};

void Member::assign_types(const AtomsView& atoms) {
  types.resize(atoms.n_atoms);
  for (std::size_t i = 0; i < atoms.n_atoms; ++i) {
    const int number = atoms.numbers[i];
    const bool is_element = number >= 1 && number <= max_atomic_number;
    types[i] = is_element ? entry[static_cast<std::size_t>(number)] : -1;
    if (types[i] >= 0) {
      continue;
    }
    if (!is_element) {
      throw Error("atom " + std::to_string(i) + ": atomic number " + std::to_string(number) +
                  " is not an element (1 to " + std::to_string(max_atomic_number) + ")");
    }
    const std::string symbol = element_symbol(number);
    const auto& elements = evaluator.elements();
    const bool is_known = std::find(elements.begin(), elements.end(), symbol) != elements.end();
    std::string known;
    for (const auto& one : is_known ? asked : elements) {
      known += " " + one;
    }
    throw Error("atom " + std::to_string(i) + ": element " + symbol + " is not " +
                (is_known ? "among the elements that the calculator was made for:" + known +
                                "; add it to these, or leave them out for all of the potential's"
                          : "in the potential file '" + path + "', which knows:" + known +
                                "; take a potential that was trained with " + symbol));
  }
}

void Member::evaluate(const NeighborList& neighbors, const AtomsView& atoms, bool with_forces) {
  neighbors.collect(atoms, evaluator.cutoff(), edges);
  evaluator.evaluate(edges.graph(types, static_cast<std::int64_t>(types.size())), with_forces,
                     result);
  if (!with_forces) {
    return;
  }
  virial.fill(0.0);
  if (evaluator.has_direct_forces()) {
    forces = result.atomic_forces;
    return;
  }
  forces.assign(3 * atoms.n_atoms, 0.0);
  const std::int64_t* const source = edges.source();
  const std::int64_t* const target = edges.target();
  for (std::int64_t e = 0; e < edges.size(); ++e) {
    const double* const r = edges.vectors() + 3 * e;
    const double* const g = result.edge_gradients.data() + 3 * e;
    double* const on_source = forces.data() + 3 * source[e];
    double* const on_target = forces.data() + 3 * target[e];
    for (int d = 0; d < 3; ++d) {
      on_target[d] -= g[d];
      on_source[d] += g[d];
    }
    for (std::size_t c = 0; c < components.size(); ++c) {
      virial[c] -= r[components[c][0]] * g[components[c][1]];
    }
  }
}

std::vector<Member> load(const std::vector<std::string>& potentials,
                         const CalculatorOptions& options) {
  if (potentials.empty()) {
    throw Error("a calculator needs the path of a potential file");
  }
  // more than any machine has; OpenMP does not survive a hundred thousand
  constexpr int most_threads = 4096;
  if (options.threads < 0 || options.threads > most_threads || options.chunk < 0) {
    throw Error("threads is " + std::to_string(options.threads) + " and chunk " +
                std::to_string(options.chunk) + "; threads may be 0 to " +
                std::to_string(most_threads) + ", chunk 0 or more, and 0 leaves them as they are");
  }
  EvaluatorOptions evaluator_options;
  evaluator_options.precision = options.precision;
  evaluator_options.implementation = options.implementation;
  evaluator_options.threads = options.threads;
  evaluator_options.device = options.device;
  evaluator_options.chunk = options.chunk;
  evaluator_options.elements = options.elements;
  std::vector<Member> members;
  for (const auto& path : potentials) {
    members.emplace_back(path, evaluator_options);
  }
  return members;
}

double longest_cutoff(const std::vector<Member>& members) {
  double cutoff = 0.0;
  for (const auto& member : members) {
    cutoff = std::max(cutoff, member.evaluator.cutoff());
  }
  return cutoff;
}

}  // namespace

struct Calculator::Impl {
  std::vector<Member> members;
  NeighborList neighbors;
  Calculation calculation{};

  bool has_direct_forces() const {
    return std::any_of(members.begin(), members.end(),
                       [](const Member& member) { return member.evaluator.has_direct_forces(); });
  }
  void average(const AtomsView& atoms, bool forces);
};

// The means over the members, and how far their forces are from them.
void Calculator::Impl::average(const AtomsView& atoms, bool forces) {
  const double n = static_cast<double>(members.size());
  const std::size_t n_atoms = atoms.n_atoms;
  Calculation& mean = calculation;
  mean.energy = 0.0;
  mean.energies.assign(n_atoms, 0.0);
  mean.forces.assign(forces ? 3 * n_atoms : 0, 0.0);
  mean.virial.reset();
  mean.stress.reset();
  mean.force_deviations.clear();
  mean.energy_deviation = 0.0;
  for (const Member& member : members) {
    mean.energy += (member.result.energy + member.evaluator.energy_offset()) / n;
    for (std::size_t i = 0; i < n_atoms; ++i) {
      mean.energies[i] += member.result.atomic_energies[i] / n;
    }
    for (std::size_t k = 0; k < mean.forces.size(); ++k) {
      mean.forces[k] += member.forces[k] / n;
    }
  }
  double squares = 0.0;
  for (const Member& member : members) {
    const double energy = member.result.energy + member.evaluator.energy_offset();
    squares += (energy - mean.energy) * (energy - mean.energy);
  }
  mean.energy_deviation = std::sqrt(squares / n);
  if (!forces) {
    return;
  }
  if (!has_direct_forces()) {
    mean.virial.emplace();
    mean.virial->fill(0.0);
    for (const Member& member : members) {
      for (std::size_t c = 0; c < components.size(); ++c) {
        (*mean.virial)[c] += member.virial[c] / n;
      }
    }
    if (atoms.pbc[0] && atoms.pbc[1] && atoms.pbc[2]) {
      mean.stress = mean.virial;
      for (double& component : *mean.stress) {
        component /= -cell_volume(atoms.cell);
      }
    }
  }
  if (members.size() > 1) {
    mean.force_deviations.assign(n_atoms, 0.0);
    for (std::size_t i = 0; i < n_atoms; ++i) {
      double sum = 0.0;
      for (const Member& member : members) {
        for (std::size_t k = 3 * i; k < 3 * i + 3; ++k) {
          const double difference = member.forces[k] - mean.forces[k];
          sum += difference * difference;
        }
      }
      mean.force_deviations[i] = std::sqrt(sum / n);
    }
  }
}

Calculator::Calculator(const std::string& potential, const CalculatorOptions& options)
    : Calculator(std::vector<std::string>{potential}, options) {}

Calculator::Calculator(const std::vector<std::string>& potentials,
                       const CalculatorOptions& options) {
  std::vector<Member> members = load(potentials, options);
  const NeighborList neighbors(longest_cutoff(members), options.skin);
  impl_ = std::make_unique<Impl>(Impl{std::move(members), neighbors});
}

Calculator::~Calculator() = default;
Calculator::Calculator(Calculator&&) noexcept = default;
Calculator& Calculator::operator=(Calculator&&) noexcept = default;

const Calculation& Calculator::evaluate(const AtomsView& atoms, bool forces) {
  if (atoms.n_atoms > 0 && (atoms.positions == nullptr || atoms.numbers == nullptr)) {
    throw Error(std::string(atoms.positions == nullptr ? "positions" : "numbers") +
                " is a null pointer, but there are " + std::to_string(atoms.n_atoms) + " atoms");
  }
  auto& [members, neighbors, calculation] = *impl_;
  for (Member& member : members) {
    member.assign_types(atoms);
  }
  neighbors.update(atoms);
  for (Member& member : members) {
    member.evaluate(neighbors, atoms, forces);
  }
  impl_->average(atoms, forces);
  return calculation;
}

std::size_t Calculator::size() const {
  return impl_->members.size();
}

double Calculator::cutoff() const {
  return longest_cutoff(impl_->members);
}

bool Calculator::knows(int atomic_number) const {
  return atomic_number >= 1 && atomic_number <= max_atomic_number &&
         std::all_of(impl_->members.begin(), impl_->members.end(), [&](const Member& member) {
           return member.entry[static_cast<std::size_t>(atomic_number)] >= 0;
         });
}

bool Calculator::has_direct_forces() const {
  return impl_->has_direct_forces();
}

std::string Calculator::summary() const {
  std::string text;
  for (const Member& member : impl_->members) {
    const Evaluator& evaluator = member.evaluator;
    text += member.path + "\n" + evaluator.summary() + "  evaluation: " + evaluator.precision() +
            " precision, device " + evaluator.device() + ", implementation " +
            evaluator.implementation() + "\n";
  }
  return text;
}

std::vector<PotentialInfo> Calculator::potentials() const {
  std::vector<PotentialInfo> all;
  for (const Member& member : impl_->members) {
    const Evaluator& evaluator = member.evaluator;
    all.push_back({member.path, evaluator.elements(), evaluator.cutoff(), evaluator.precision(),
                   evaluator.device(), evaluator.implementation(), evaluator.has_direct_forces(),
                   evaluator.is_smooth(), evaluator.summary(), evaluator.metadata_json()});
  }
  return all;
}

std::int64_t Calculator::neighbor_list_builds() const {
  return impl_->neighbors.builds();
}

}  // namespace spinconv
