// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "metrics/oc20_metrics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "data/general_cell.hpp"
#include "data/number_text.hpp"

namespace spinconv::train {
namespace {

constexpr double energy_threshold = 0.02, force_threshold = 0.03;

double ratio(double sum, std::int64_t count) {
  return count > 0 ? sum / static_cast<double>(count) : std::numeric_limits<double>::quiet_NaN();
}

bool is_free(const Frame& frame, std::size_t atom) {
  return frame.fixed.empty() || frame.fixed[atom] == 0;
}

// Mean over the thresholds 0.01, 0.011 .. of the share of `values` below.
double mean_share_below(const std::vector<double>& values, int thresholds) {
  std::int64_t below = 0;
  for (int k = 0; k < thresholds; ++k) {
    const double threshold = 0.01 + 0.001 * k;
    below += std::count_if(values.begin(), values.end(), [&](double v) { return v < threshold; });
  }
  return ratio(static_cast<double>(below), static_cast<std::int64_t>(values.size()) * thresholds);
}

nlohmann::json number_or_null(double value) {
  return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json(nullptr);
}

std::string line(const char* name, double value, const char* unit) {
  return std::isfinite(value) ? format("  %-18s %10.4g  %s\n", name, value, unit)
                              : format("  %-18s %10s\n", name, "-");
}

}  // namespace

void S2efMetrics::add(const Frame& frame, const FramePrediction& prediction) {
  const bool has_energy = frame.energy.has_value();
  const bool has_forces = !frame.forces.empty() && !prediction.forces.empty();
  bool within = has_energy && has_forces;
  if (has_energy) {
    const double error = std::abs(prediction.energy - *frame.energy);
    energy_.add(error);
    ++energies_;
    within = within && error < energy_threshold;
  }
  for (std::size_t i = 0; has_forces && i < frame.size(); ++i) {
    if (!is_free(frame, i)) {
      continue;
    }
    double product = 0.0, square = 0.0, reference_square = 0.0;
    for (std::size_t d = 3 * i; d < 3 * i + 3; ++d) {
      const double f = prediction.forces[d], reference = frame.forces[d];
      const double error = std::abs(f - reference);
      force_.add(error);
      ++components_;
      within = within && error < force_threshold;
      product += f * reference;
      square += f * f;
      reference_square += reference * reference;
    }
    const double size = std::sqrt(square * reference_square);
    cosine_.add(size > 0.0 ? product / size : 0.0);
    ++atoms_;
  }
  if (has_energy && has_forces) {
    ++judged_;
    within_ += within ? 1 : 0;
  }
}

void S2efMetrics::merge(const S2efMetrics& other) {
  energies_ += other.energies_;
  components_ += other.components_;
  atoms_ += other.atoms_;
  judged_ += other.judged_;
  within_ += other.within_;
  energy_.merge(other.energy_);
  force_.merge(other.force_);
  cosine_.merge(other.cosine_);
}

double S2efMetrics::energy_mae() const {
  return ratio(energy_.value(), energies_);
}
double S2efMetrics::force_mae() const {
  return ratio(force_.value(), components_);
}
double S2efMetrics::force_cosine() const {
  return ratio(cosine_.value(), atoms_);
}
double S2efMetrics::efwt() const {
  return ratio(static_cast<double>(within_), judged_);
}

nlohmann::json S2efMetrics::to_json() const {
  return {{"n_frames", energies_},
          {"n_free_atoms", atoms_},
          {"energy_mae_ev", number_or_null(energy_mae())},
          {"force_mae_ev_a", number_or_null(force_mae())},
          {"force_cos", number_or_null(force_cosine())},
          {"efwt", number_or_null(efwt())}};
}

std::string S2efMetrics::to_text() const {
  return "S2EF (free atoms)\n" + line("energy MAE", energy_mae(), "eV") +
         line("force MAE", force_mae(), "eV/A") + line("force cosine", force_cosine(), "") +
         line("EFwT", 100.0 * efwt(), "%");
}

void Is2reMetrics::add(double energy, double reference) {
  const double error = std::abs(energy - reference);
  energy_.add(error);
  ++systems_;
  within_ += error < energy_threshold ? 1 : 0;
}

double Is2reMetrics::energy_mae() const {
  return ratio(energy_.value(), systems_);
}
double Is2reMetrics::ewt() const {
  return ratio(static_cast<double>(within_), systems_);
}

nlohmann::json Is2reMetrics::to_json() const {
  return {{"n_systems", systems_},
          {"energy_mae_ev", number_or_null(energy_mae())},
          {"ewt", number_or_null(ewt())}};
}

std::string Is2reMetrics::to_text() const {
  return line("energy MAE", energy_mae(), "eV") + line("EwT", 100.0 * ewt(), "%");
}

double mean_displacement(const Frame& predicted, const Frame& reference) {
  if (predicted.size() != reference.size()) {
    throw std::invalid_argument("structures of " + std::to_string(predicted.size()) + " and " +
                                std::to_string(reference.size()) + " atoms");
  }
  const bool periodic = reference.pbc[0] || reference.pbc[1] || reference.pbc[2];
  const Matrix3 inverse = periodic ? inverse_of(reference.cell) : Matrix3{};
  double sum = 0.0;
  std::int64_t count = 0;
  for (std::size_t i = 0; i < reference.size(); ++i) {
    if (!is_free(reference, i)) {
      continue;
    }
    Vector3 d{};
    for (std::size_t k = 0; k < 3; ++k) {
      d[k] = predicted.positions[3 * i + k] - reference.positions[3 * i + k];
    }
    if (periodic) {
      Vector3 fractional = row_times(d, inverse);
      for (std::size_t k = 0; k < 3; ++k) {
        if (reference.pbc[k]) {
          fractional[k] -= std::floor(fractional[k]);
          fractional[k] -= fractional[k] > 0.5 ? 1.0 : 0.0;
        }
      }
      d = row_times(fractional, reference.cell);
    }
    sum += std::sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
    ++count;
  }
  return ratio(sum, count);
}

void Is2rsMetrics::add(const Frame& predicted, const Frame& reference) {
  distances_.push_back(mean_displacement(predicted, reference));
}

void Is2rsMetrics::add_forces(const Frame& frame) {
  std::optional<double> largest;
  for (std::size_t i = 0; i < frame.forces.size() / 3; ++i) {
    if (!is_free(frame, i)) {
      continue;
    }
    const double* const f = &frame.forces[3 * i];
    if (std::isnan(f[0]) || std::isnan(f[1]) || std::isnan(f[2])) {
      return;
    }
    largest = std::max(largest.value_or(0.0), std::hypot(f[0], f[1], f[2]));
  }
  if (largest) {
    forces_.push_back(*largest);
  }
}

double Is2rsMetrics::adwt() const {
  return mean_share_below(distances_, 490);
}

double Is2rsMetrics::mean_distance() const {
  double sum = 0.0;
  for (const double d : distances_) {
    sum += d;
  }
  return ratio(sum, static_cast<std::int64_t>(distances_.size()));
}

std::optional<double> Is2rsMetrics::afbt() const {
  return forces_.empty() ? std::nullopt : std::optional(mean_share_below(forces_, 390));
}

nlohmann::json Is2rsMetrics::to_json() const {
  return {{"n_systems", distances_.size()},
          {"adwt", number_or_null(adwt())},
          {"mean_distance_a", number_or_null(mean_distance())},
          {"n_systems_with_dft_forces", forces_.size()},
          {"afbt", afbt() ? number_or_null(*afbt()) : nlohmann::json(nullptr)}};
}

std::string Is2rsMetrics::to_text() const {
  return line("ADwT", 100.0 * adwt(), "%") + line("mean distance", mean_distance(), "A") +
         line("AFbT", 100.0 * afbt().value_or(std::numeric_limits<double>::quiet_NaN()), "%");
}

}  // namespace spinconv::train
