// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "metrics/metrics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <type_traits>

#include "data/number_text.hpp"
#include "metrics/error_cell.hpp"

namespace spinconv::train {

namespace {

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();
constexpr double zero_force = 1e-10;  // eV/Angstrom; a shorter vector has no direction

// Not std::hypot of three numbers: libstdc++ gives 0 for (0, NaN, 0).
double length(const double* v) {
  return std::sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
}

// f.g / (|f| |g|)
double cosine(const double* f, double f_length, const double* g, double g_length) {
  double sum = 0.0;
  for (int k = 0; k < 3; ++k) {
    sum += (f[k] / f_length) * (g[k] / g_length);
  }
  return std::isnan(sum) ? sum : std::clamp(sum, -1.0, 1.0);
}

}  // namespace

void CompensatedSum::add(double term) {
  const double next = sum_ + term;
  correction_ += std::abs(sum_) >= std::abs(term) ? (sum_ - next) + term : (term - next) + sum_;
  sum_ = next;
}

void CompensatedSum::merge(const CompensatedSum& other) {
  add(other.sum_);
  correction_ += other.correction_;
}

double CompensatedSum::value() const {
  return std::isfinite(sum_) ? sum_ + correction_
                             : sum_;  // infinity - infinity is in the correction
}

void Metrics::Errors::add(double error) {
  const double size = std::isfinite(error) ? std::abs(error) : nan_value;
  absolute.add(size);
  squared.add(size * size);
  ++count;
}

void Metrics::Errors::merge(const Errors& other) {
  absolute.merge(other.absolute);
  squared.merge(other.squared);
  count += other.count;
}

ErrorPair Metrics::Errors::value() const {
  if (count == 0) {
    return {nan_value, nan_value, 0};
  }
  const double n = static_cast<double>(count);
  return {absolute.value() / n, std::sqrt(squared.value() / n), count};
}

void Metrics::add(const Frame& frame, const FramePrediction& prediction) {
  const std::size_t n = frame.size();
  if (!prediction.forces.empty() && prediction.forces.size() != 3 * n) {
    throw std::invalid_argument("Metrics::add: " + std::to_string(n) + " atoms, " +
                                std::to_string(prediction.forces.size()) +
                                " predicted force components (" + frame.source + ")");
  }
  if (!frame.forces.empty() && frame.forces.size() != 3 * n) {
    throw std::invalid_argument("Metrics::add: " + std::to_string(n) + " atoms, " +
                                std::to_string(frame.forces.size()) + " force labels (" +
                                frame.source + ")");
  }
  for (const int z : frame.atomic_numbers) {
    if (z < 1 || z > max_atomic_number) {
      throw std::invalid_argument("Metrics::add: atomic number " + std::to_string(z) + " (" +
                                  frame.source + ")");
    }
  }
  ++n_frames_;
  n_atoms_ += static_cast<std::int64_t>(n);
  const bool energy_finite = add_energy(frame, prediction.energy);
  const bool forces_finite = add_forces(frame, prediction.forces);
  const bool stress_finite = add_stress(frame, prediction.stress);
  if (!energy_finite || !forces_finite || !stress_finite) {
    ++n_nonfinite_frames_;
  }
}

bool Metrics::add_energy(const Frame& frame, double energy) {
  if (!frame.energy || std::isnan(*frame.energy)) {
    ++n_frames_without_energy_;
  } else {
    const double error = energy - *frame.energy;
    energy_.add(error);
    if (frame.size() > 0) {
      energy_per_atom_.add(error / static_cast<double>(frame.size()));
    }
  }
  return std::isfinite(energy);
}

bool Metrics::add_forces(const Frame& frame, std::span<const double> forces) {
  const bool compared = !forces.empty() && !frame.forces.empty();
  for (std::size_t i = 0; i < frame.size(); ++i) {
    Element& element = elements_[static_cast<std::size_t>(frame.atomic_numbers[i])];
    ++element.n_atoms;
    const double* label = compared ? &frame.forces[3 * i] : nullptr;
    if (!compared || std::isnan(label[0]) || std::isnan(label[1]) || std::isnan(label[2])) {
      ++n_atoms_without_force_;
      continue;
    }
    ++element.n_compared_atoms;
    const double* predicted = &forces[3 * i];
    const double label_length = length(label);
    const auto above = std::ranges::upper_bound(force_bin_edges, label_length);
    Bin& bin = bins_[static_cast<std::size_t>(above - force_bin_edges.begin()) - 1];
    std::array<double, 3> error{};
    for (std::size_t k = 0; k < 3; ++k) {
      error[k] = predicted[k] - label[k];
      force_.add(error[k]);
      element.force.add(error[k]);
      bin.force.add(error[k]);
    }

    const double error_length = length(error.data());
    ++bin.n_atoms;
    bin.error_length.add(std::isfinite(error_length) ? error_length : nan_value);
    bin.label_length.add(label_length);
    if (!std::isfinite(error_length)) {
      force_max_error_ = nan_value;
    } else if (error_length > force_max_error_) {  // false once the maximum is NaN
      force_max_error_ = error_length;
    }

    const double predicted_length = length(predicted);
    if (label_length < zero_force) {
      ++n_atoms_with_zero_force_;
    } else {
      const double angle =
          predicted_length == 0.0 ? 0.0 : cosine(predicted, predicted_length, label, label_length);
      cosine_.add(angle);
      ++cosine_count_;
      bin.cosine.add(angle);
      ++bin.cosine_count;
    }
  }
  return std::all_of(forces.begin(), forces.end(), [](double f) { return std::isfinite(f); });
}

bool Metrics::add_stress(const Frame& frame, const std::optional<std::array<double, 6>>& stress) {
  const auto is_nan = [](double s) { return std::isnan(s); };
  if (!stress || !frame.stress || std::ranges::any_of(*frame.stress, is_nan)) {
    ++n_frames_without_stress_;
  } else {
    for (std::size_t k = 0; k < 6; ++k) {
      stress_.add((*stress)[k] - (*frame.stress)[k]);
    }
  }
  return !stress || std::ranges::all_of(*stress, [](double s) { return std::isfinite(s); });
}

void Metrics::merge(const Metrics& other) {
  n_frames_ += other.n_frames_;
  n_atoms_ += other.n_atoms_;
  n_frames_without_energy_ += other.n_frames_without_energy_;
  n_atoms_without_force_ += other.n_atoms_without_force_;
  n_atoms_with_zero_force_ += other.n_atoms_with_zero_force_;
  n_frames_without_stress_ += other.n_frames_without_stress_;
  n_nonfinite_frames_ += other.n_nonfinite_frames_;
  energy_.merge(other.energy_);
  energy_per_atom_.merge(other.energy_per_atom_);
  force_.merge(other.force_);
  stress_.merge(other.stress_);
  cosine_.merge(other.cosine_);
  cosine_count_ += other.cosine_count_;
  // std::max would drop a NaN on one of its two sides.
  if (std::isnan(other.force_max_error_) || other.force_max_error_ > force_max_error_) {
    force_max_error_ = other.force_max_error_;
  }
  for (std::size_t z = 0; z < elements_.size(); ++z) {
    elements_[z].n_atoms += other.elements_[z].n_atoms;
    elements_[z].n_compared_atoms += other.elements_[z].n_compared_atoms;
    elements_[z].force.merge(other.elements_[z].force);
  }
  for (std::size_t b = 0; b < bins_.size(); ++b) {
    bins_[b].n_atoms += other.bins_[b].n_atoms;
    bins_[b].force.merge(other.bins_[b].force);
    bins_[b].error_length.merge(other.bins_[b].error_length);
    bins_[b].label_length.merge(other.bins_[b].label_length);
    bins_[b].cosine.merge(other.bins_[b].cosine);
    bins_[b].cosine_count += other.bins_[b].cosine_count;
  }
}

template <class Self, class Visit>
void Metrics::visit_state(Self& self, Visit visit) {
  const auto visit_errors = [&](auto& errors) {
    visit(errors.absolute);
    visit(errors.squared);
    visit(errors.count);
  };
  visit(self.n_frames_);
  visit(self.n_atoms_);
  visit(self.n_frames_without_energy_);
  visit(self.n_atoms_without_force_);
  visit(self.n_atoms_with_zero_force_);
  visit(self.n_frames_without_stress_);
  visit(self.n_nonfinite_frames_);
  visit_errors(self.energy_);
  visit_errors(self.energy_per_atom_);
  visit_errors(self.force_);
  visit_errors(self.stress_);
  visit(self.cosine_);
  visit(self.cosine_count_);
  visit(self.force_max_error_);
  for (auto& element : self.elements_) {
    visit(element.n_atoms);
    visit(element.n_compared_atoms);
    visit_errors(element.force);
  }
  for (auto& bin : self.bins_) {
    visit(bin.n_atoms);
    visit_errors(bin.force);
    visit(bin.error_length);
    visit(bin.label_length);
    visit(bin.cosine);
    visit(bin.cosine_count);
  }
}

std::vector<double> Metrics::state() const {
  std::vector<double> numbers;
  visit_state(*this, [&](const auto& part) {
    if constexpr (std::is_same_v<std::decay_t<decltype(part)>, CompensatedSum>) {
      numbers.push_back(part.sum());
      numbers.push_back(part.correction());
    } else {
      numbers.push_back(static_cast<double>(part));  // counts are exact up to 2^53
    }
  });
  return numbers;
}

std::size_t Metrics::state_size() {
  static const std::size_t size = Metrics().state().size();
  return size;
}

void Metrics::merge_state(std::span<const double> state) {
  if (state.size() != state_size()) {
    throw std::invalid_argument("Metrics::merge_state: " + std::to_string(state.size()) +
                                " numbers, expected " + std::to_string(state_size()));
  }
  Metrics other;
  std::size_t next = 0;
  visit_state(other, [&](auto& part) {
    using Part = std::decay_t<decltype(part)>;
    if constexpr (std::is_same_v<Part, CompensatedSum>) {
      part = CompensatedSum(state[next], state[next + 1]);
      next += 2;
    } else {
      part = static_cast<Part>(state[next++]);
    }
  });
  merge(other);
}

ErrorPair Metrics::energy() const {
  return energy_.value();
}
ErrorPair Metrics::energy_per_atom() const {
  return energy_per_atom_.value();
}
ErrorPair Metrics::force() const {
  return force_.value();
}
ErrorPair Metrics::stress() const {
  return stress_.value();
}

double Metrics::force_max_error() const {
  return force_.count > 0 ? force_max_error_ : nan_value;
}

double Metrics::force_cosine() const {
  return cosine_count_ > 0 ? cosine_.value() / static_cast<double>(cosine_count_) : nan_value;
}

std::vector<ElementErrors> Metrics::elements() const {
  std::vector<ElementErrors> found;
  for (std::size_t z = 0; z < elements_.size(); ++z) {
    if (elements_[z].n_atoms > 0) {
      found.push_back({static_cast<int>(z), elements_[z].n_atoms, elements_[z].n_compared_atoms,
                       elements_[z].force.value()});
    }
  }
  return found;
}

std::vector<ForceBin> Metrics::force_bins() const {
  std::vector<ForceBin> found;
  for (std::size_t b = 0; b < bins_.size(); ++b) {
    const Bin& bin = bins_[b];
    if (bin.n_atoms == 0) {
      continue;
    }
    const double lengths = bin.label_length.value();
    found.push_back({.lo = force_bin_edges[b],
                     .hi = b + 1 < bins_.size() ? force_bin_edges[b + 1]
                                                : std::numeric_limits<double>::infinity(),
                     .n_atoms = bin.n_atoms,
                     .force = bin.force.value(),
                     .relative_error = lengths > 0 ? bin.error_length.value() / lengths : nan_value,
                     .cosine = bin.cosine_count > 0
                                   ? bin.cosine.value() / static_cast<double>(bin.cosine_count)
                                   : nan_value});
  }
  return found;
}

nlohmann::json Metrics::to_json() const {
  // nlohmann writes a NaN as null, but keeps it as a number in memory; be the same in both.
  const auto number = [](double value) {
    return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json(nullptr);
  };
  nlohmann::json json;
  json["n_frames"] = n_frames_;
  json["n_atoms"] = n_atoms_;
  json["n_frames_without_energy"] = n_frames_without_energy_;
  json["n_atoms_without_force"] = n_atoms_without_force_;
  json["n_atoms_with_zero_force"] = n_atoms_with_zero_force_;
  json["n_frames_without_stress"] = n_frames_without_stress_;
  json["n_nonfinite_frames"] = n_nonfinite_frames_;
  json["energy_mae_per_atom_ev"] = number(energy_per_atom().mae);
  json["energy_rmse_per_atom_ev"] = number(energy_per_atom().rmse);
  json["energy_mae_ev"] = number(energy().mae);
  json["energy_rmse_ev"] = number(energy().rmse);
  json["force_mae_ev_a"] = number(force().mae);
  json["force_rmse_ev_a"] = number(force().rmse);
  json["force_max_error_ev_a"] = number(force_max_error());
  json["force_cos"] = number(force_cosine());
  json["stress_mae_ev_a3"] = number(stress().mae);
  json["stress_rmse_ev_a3"] = number(stress().rmse);
  json["per_element"] = nlohmann::json::object();
  for (const ElementErrors& element : elements()) {
    json["per_element"][element_symbol(element.atomic_number)] = {
        {"n_atoms", element.n_atoms},
        {"n_compared_atoms", element.n_compared_atoms},
        {"force_mae_ev_a", number(element.force.mae)},
        {"force_rmse_ev_a", number(element.force.rmse)}};
  }
  json["per_force"] = nlohmann::json::array();
  for (const ForceBin& bin : force_bins()) {
    json["per_force"].push_back({{"from_ev_a", bin.lo},
                                 {"to_ev_a", number(bin.hi)},
                                 {"n_atoms", bin.n_atoms},
                                 {"force_mae_ev_a", number(bin.force.mae)},
                                 {"force_rmse_ev_a", number(bin.force.rmse)},
                                 {"relative_error", number(bin.relative_error)},
                                 {"force_cos", number(bin.cosine)}});
  }
  return json;
}

std::string Metrics::to_text() const {
  std::string text;
  const auto row = [&](const char* name, const ErrorPair& pair, double factor, const char* unit,
                       const char* of) {
    text += format("  %-16s %10s %10s  %-10s %lld %s\n", name,
                   error_cell(pair.mae, pair.count, factor).c_str(),
                   error_cell(pair.rmse, pair.count, factor).c_str(), unit,
                   static_cast<long long>(pair.count), of);
  };
  text += format("  %lld frames, %lld atoms\n", static_cast<long long>(n_frames_),
                 static_cast<long long>(n_atoms_));
  const bool energies = energy_.count > 0, forces = force_.count > 0;
  if (energies || forces || stress_.count > 0) {
    text += format("  %-16s %10s %10s  %-10s %s\n", "", "MAE", "RMSE", "unit", "compared");
  } else {
    text += "  nothing to compare: the frames have no labels\n";
  }
  if (energies) {
    row("energy", energy(), 1e3, "meV", "frames");
    row("energy per atom", energy_per_atom(), 1e3, "meV/atom", "frames");
  }
  if (forces) {
    row("force", force(), 1e3, "meV/A", "components");
  }
  if (stress_.count > 0) {
    row("stress", stress(), 1e3, "meV/A^3", "components");
  }
  if (forces) {
    text += format("  %-16s %10s %10s  %-10s largest of an atom\n", "force error",
                   error_cell(force_max_error(), force_.count, 1e3).c_str(), "", "meV/A");
    text += format("  %-16s %10s %10s  %-10s %lld atoms\n", "force cosine",
                   error_cell(force_cosine(), cosine_count_).c_str(), "", "",
                   static_cast<long long>(cosine_count_));

    text += format("\n  %-16s %10s %10s  %-10s %s\n", "force by element", "MAE", "RMSE", "unit",
                   "atoms");
    for (const ElementErrors& element : elements()) {
      text +=
          format("  %-16s %10s %10s  %-10s %lld\n", element_symbol(element.atomic_number).c_str(),
                 error_cell(element.force.mae, element.force.count, 1e3).c_str(),
                 error_cell(element.force.rmse, element.force.count, 1e3).c_str(), "meV/A",
                 static_cast<long long>(element.n_compared_atoms));
    }
    text += format("\n  %-16s %10s %10s  %-10s %10s  %s\n", "force by size", "MAE", "RMSE", "unit",
                   "relative", "atoms");
  }
  for (const ForceBin& bin : force_bins()) {
    // reference forces that are all 0 have no relative error
    const bool all_zero = std::isnan(bin.relative_error) && !std::isnan(bin.force.mae);
    const std::string size = std::isinf(bin.hi) ? format("from %g eV/A", bin.lo)
                                                : format("%g to %g eV/A", bin.lo, bin.hi);
    text += format("  %-16s %10s %10s  %-10s %10s  %lld\n", size.c_str(),
                   error_cell(bin.force.mae, bin.force.count, 1e3).c_str(),
                   error_cell(bin.force.rmse, bin.force.count, 1e3).c_str(), "meV/A",
                   error_cell(bin.relative_error, all_zero ? 0 : bin.n_atoms).c_str(),
                   static_cast<long long>(bin.n_atoms));
  }

  const auto note = [&](std::int64_t count, const char* what) {
    if (count > 0) {
      text += format("  %lld %s\n", static_cast<long long>(count), what);
    }
  };
  note(n_frames_without_energy_, "frames without an energy label left out");
  note(n_atoms_without_force_, "atoms without a force label left out");
  note(n_atoms_with_zero_force_, "atoms without a force (below 1e-10 eV/A) left out of the cosine");
  note(n_nonfinite_frames_, "FRAMES WITH A PREDICTION THAT IS NAN OR INFINITE");
  return text;
}

}  // namespace spinconv::train
