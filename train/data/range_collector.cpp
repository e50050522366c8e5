// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/range_collector.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "data/frame_store.hpp"
#include "spinconv/cell.hpp"
#include "spinconv/elements.hpp"
#include "spinconv/error.hpp"
#include "spinconv/printable_text.hpp"

namespace spinconv::train {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

std::int64_t whole(double value) {
  return static_cast<std::int64_t>(value);
}

// Numbers of a state one after the other.
class State {
 public:
  explicit State(const std::vector<double>& values) : values_(values) {}
  double take() { return values_.at(next_++); }

 private:
  const std::vector<double>& values_;
  std::size_t next_ = 0;
};

}  // namespace

RangeCollector::Extent::Extent() : min(infinity), max(-infinity) {}

void RangeCollector::Extent::add(double value) {
  min = std::min(min, value);
  max = std::max(max, value);
}

void RangeCollector::Extent::merge(const Extent& other) {
  min = std::min(min, other.min);
  max = std::max(max, other.max);
}

RangeCollector::RangeCollector(std::vector<std::string> elements)
    : elements_(std::move(elements)),
      of_element_(elements_.size()),
      nearest_(elements_.size() * elements_.size(), infinity) {
  for (std::size_t e = 0; e < elements_.size(); ++e) {
    index_[atomic_number(elements_[e])] = e;
  }
}

void RangeCollector::add_composition(std::vector<std::int64_t> atoms) {
  if (compositions_.size() <= TrainingRanges::max_compositions) {
    compositions_.insert(std::move(atoms));
  }
}

void RangeCollector::add_group(const std::string& name, std::int64_t frames) {
  if (const auto found = groups_.find(name); found != groups_.end()) {
    found->second += frames;
  } else if (groups_.size() <= TrainingRanges::max_config_types) {
    groups_[name] = frames;
  }
}

void RangeCollector::add_neighbors(const std::vector<std::size_t>& types,
                                   const NeighborEdges& edges) {
  std::vector<std::int64_t> counts(types.size(), 0);
  for (std::size_t k = 0; k < edges.size(); ++k) {
    const auto s = static_cast<std::size_t>(edges.source[k]);
    const auto t = static_cast<std::size_t>(edges.target[k]);
    const double* const v = &edges.vectors[3 * k];
    double& nearest = nearest_[types[s] * elements_.size() + types[t]];
    nearest = std::min(nearest, v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
    ++counts[t];
  }
  for (std::size_t i = 0; i < types.size(); ++i) {
    auto& of = of_element_[types[i]];
    of.neighbors.add(static_cast<double>(counts[i]));
    of.n_atoms += 1.0;
    of.n_neighbors += static_cast<double>(counts[i]);
  }
}

void RangeCollector::add(const Frame& frame, const NeighborEdges& edges) {
  const std::size_t n = frame.size();
  std::vector<std::size_t> types;
  std::vector<std::int64_t> atoms(elements_.size(), 0);
  for (const int number : frame.atomic_numbers) {
    const auto found = index_.find(number);
    if (found == index_.end()) {
      throw Error(frame.source + ": element " + element_symbol(number) +
                  " is not among the model's elements; add it to `elements` or leave the frame "
                  "out");
    }
    types.push_back(found->second);
    ++atoms[found->second];
  }
  frames_ += 1.0;
  atoms_.add(static_cast<double>(n));
  for (std::size_t e = 0; e < elements_.size(); ++e) {
    of_element_[e].atoms.add(static_cast<double>(atoms[e]));
  }
  add_composition(std::move(atoms));
  add_neighbors(types, edges);

  const auto directions =
      static_cast<std::size_t>(std::count(frame.pbc.begin(), frame.pbc.end(), true));
  periodic_[directions == 3 ? 2 : directions > 0 ? 1 : 0] += 1.0;
  // an atom or molecule alone in a large cell says nothing of a density
  if (directions == 3 && edges.size() > 0) {
    volume_per_atom_.add(cell_volume(frame.cell) / static_cast<double>(n));
  }
  const FrameStatistics figures = figures_of(frame);
  max_force_ = std::max(max_force_, figures.max_force);
  force_squares_ += figures.force_squares;
  force_components_ += static_cast<double>(figures.force_components);
  stress_frames_ += figures.stress_components > 0 ? 1.0 : 0.0;
  if (frame.temperature) {
    temperature_.add(*frame.temperature);
  }
  if (!frame.config_type.empty()) {
    add_group(printable(frame.config_type, 60), 1);
  }
}

std::vector<double> RangeCollector::state() const {
  std::vector<double> out = {frames_};
  const auto put = [&](const Extent& extent) {
    out.push_back(extent.min);
    out.push_back(extent.max);
  };
  put(atoms_);
  put(volume_per_atom_);
  put(temperature_);
  for (const auto& of : of_element_) {
    put(of.atoms);
    put(of.neighbors);
    out.push_back(of.n_atoms);
    out.push_back(of.n_neighbors);
  }
  out.insert(out.end(), periodic_.begin(), periodic_.end());
  out.insert(out.end(), nearest_.begin(), nearest_.end());
  out.insert(out.end(), {max_force_, force_squares_, force_components_, stress_frames_});
  out.push_back(static_cast<double>(compositions_.size()));
  for (const auto& atoms : compositions_) {
    out.insert(out.end(), atoms.begin(), atoms.end());
  }
  out.push_back(static_cast<double>(groups_.size()));
  for (const auto& [name, frames] : groups_) {
    out.push_back(static_cast<double>(frames));
    out.push_back(static_cast<double>(name.size()));
    for (const char c : name) {
      out.push_back(static_cast<double>(c));
    }
  }
  return out;
}

void RangeCollector::merge(const std::vector<double>& state) {
  State from(state);
  const auto extent = [&] {
    Extent e;
    e.min = from.take();
    e.max = from.take();
    return e;
  };
  frames_ += from.take();
  atoms_.merge(extent());
  volume_per_atom_.merge(extent());
  temperature_.merge(extent());
  for (auto& of : of_element_) {
    of.atoms.merge(extent());
    of.neighbors.merge(extent());
    of.n_atoms += from.take();
    of.n_neighbors += from.take();
  }
  for (double& frames : periodic_) {
    frames += from.take();
  }
  for (double& squared : nearest_) {
    squared = std::min(squared, from.take());
  }
  max_force_ = std::max(max_force_, from.take());
  force_squares_ += from.take();
  force_components_ += from.take();
  stress_frames_ += from.take();
  for (auto left = whole(from.take()); left > 0; --left) {
    std::vector<std::int64_t> atoms(elements_.size());
    for (auto& count : atoms) {
      count = whole(from.take());
    }
    add_composition(std::move(atoms));
  }
  for (auto left = whole(from.take()); left > 0; --left) {
    const auto frames = whole(from.take());
    std::string name(static_cast<std::size_t>(from.take()), ' ');
    for (char& c : name) {
      c = static_cast<char>(from.take());
    }
    add_group(name, frames);
  }
}

TrainingRanges RangeCollector::ranges(bool has_stress, bool learned) const {
  const std::size_t n = elements_.size();
  const auto counts = [](const Extent& e) {
    return TrainingRanges::Counts{whole(e.min), whole(e.max)};
  };
  TrainingRanges r;
  r.elements = elements_;
  r.frames = whole(frames_);
  r.atoms = counts(atoms_);
  if (compositions_.size() <= TrainingRanges::max_compositions) {
    r.compositions.assign(compositions_.begin(), compositions_.end());
  }
  r.neighbors.resize(n);
  r.nearest.resize(n * n);
  for (std::size_t a = 0; a < n; ++a) {
    const auto& of = of_element_[a];
    r.atoms_of_element.push_back(counts(of.atoms));
    if (of.n_atoms > 0.0) {
      const auto [min, max] = counts(of.neighbors);
      r.neighbors[a] = {min, max, of.n_neighbors / of.n_atoms};
    }
    for (std::size_t b = 0; b < n; ++b) {
      r.nearest[a * n + b] = std::sqrt(std::min(nearest_[a * n + b], nearest_[b * n + a]));
    }
  }
  r.not_periodic = whole(periodic_[0]);
  r.partly_periodic = whole(periodic_[1]);
  r.fully_periodic = whole(periodic_[2]);
  if (!volume_per_atom_.empty()) {
    r.volume_per_atom = {volume_per_atom_.min, volume_per_atom_.max};
  }
  if (!temperature_.empty()) {
    r.temperature = {temperature_.min, temperature_.max};
  }
  if (force_components_ > 0.0) {
    r.forces = {max_force_, std::sqrt(force_squares_ / force_components_)};
  }
  if (has_stress) {
    r.stress = {whole(stress_frames_), learned};
  }
  if (groups_.size() <= TrainingRanges::max_config_types) {
    r.config_types = groups_;
  }
  return r;
}

}  // namespace spinconv::train
