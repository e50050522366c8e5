// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "metrics/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>
#include <stdexcept>

namespace spinconv::train {
namespace {

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

// Two atoms, O and H; forces chosen so that every figure can be worked out by hand.
Frame water_fragment() {
  Frame frame;
  frame.atomic_numbers = {8, 1};
  frame.positions = {0, 0, 0, 0, 0, 1};
  frame.energy = -10.0;
  frame.forces = {3, 0, 0, 0, 2, 0};
  frame.source = "water.extxyz:0";
  return frame;
}

Metrics of(const Frame& frame, double energy, const std::vector<double>& forces,
           const std::optional<std::array<double, 6>>& stress = std::nullopt) {
  Metrics metrics;
  metrics.add(frame, {energy, forces, stress});
  return metrics;
}

// Frames and predictions with many magnitudes, so that the order of summation matters in plain
// sums.
struct Sample {
  Frame frame;
  double energy = 0.0;
  std::vector<double> forces;
};

std::vector<Sample> random_samples(int n, int seed) {
  std::mt19937_64 random(static_cast<unsigned>(seed));
  std::normal_distribution<double> normal;
  std::vector<Sample> samples;
  for (int i = 0; i < n; ++i) {
    Sample sample;
    const double magnitude = std::pow(10.0, i % 7 - 3);
    for (int atom = 0; atom <= i % 5; ++atom) {
      sample.frame.atomic_numbers.push_back(1 + (i + atom) % 8);
      for (int k = 0; k < 3; ++k) {
        sample.frame.positions.push_back(0.0);
        sample.frame.forces.push_back(normal(random));
        sample.forces.push_back(sample.frame.forces.back() + magnitude * normal(random));
      }
    }
    sample.frame.energy = 100.0 * normal(random);
    sample.energy = *sample.frame.energy + magnitude * normal(random);
    samples.push_back(sample);
  }
  return samples;
}

TEST(ReportMetrics, FiguresAreThoseWorkedOutByHand) {
  // errors: energy +0.4; O (0.3, 0, 0.4), H (0, -1, 0)
  const Metrics metrics = of(water_fragment(), -9.6, {3.3, 0, 0.4, 0, 1, 0});
  EXPECT_EQ(metrics.n_frames(), 1);
  EXPECT_EQ(metrics.n_atoms(), 2);
  EXPECT_NEAR(metrics.energy().mae, 0.4, 1e-14);
  EXPECT_NEAR(metrics.energy().rmse, 0.4, 1e-14);
  EXPECT_NEAR(metrics.energy_per_atom().mae, 0.2, 1e-14);
  EXPECT_EQ(metrics.force().count, 6);
  EXPECT_NEAR(metrics.force().mae, 1.7 / 6.0, 1e-14);
  EXPECT_NEAR(metrics.force().rmse, std::sqrt(1.25 / 6.0), 1e-14);
  EXPECT_NEAR(metrics.force_max_error(), 1.0, 1e-14);
  const double cosine_o = 3.3 / std::sqrt(3.3 * 3.3 + 0.4 * 0.4);
  EXPECT_NEAR(metrics.force_cosine(), (cosine_o + 1.0) / 2.0, 1e-14);

  const std::vector<ElementErrors> elements = metrics.elements();
  ASSERT_EQ(elements.size(), 2U);
  EXPECT_EQ(elements[0].atomic_number, 1);
  EXPECT_EQ(elements[0].n_atoms, 1);
  EXPECT_NEAR(elements[0].force.mae, 1.0 / 3.0, 1e-14);
  EXPECT_EQ(elements[1].atomic_number, 8);
  EXPECT_NEAR(elements[1].force.mae, 0.7 / 3.0, 1e-14);
  EXPECT_NEAR(elements[1].force.rmse, std::sqrt(0.25 / 3.0), 1e-14);
}

TEST(ReportMetrics, EnergyRmseWeighsFramesEqually) {
  Metrics metrics;
  metrics.add(water_fragment(), {-9.0, {}, {}});   // error 1
  metrics.add(water_fragment(), {-13.0, {}, {}});  // error -3
  EXPECT_NEAR(metrics.energy().mae, 2.0, 1e-14);
  EXPECT_NEAR(metrics.energy().rmse, std::sqrt(5.0), 1e-14);
  EXPECT_NEAR(metrics.energy_per_atom().rmse, std::sqrt(5.0) / 2.0, 1e-14);
}

TEST(ReportMetrics, OppositeForcesHaveCosineMinusOneAndZeroPredictionZero) {
  EXPECT_DOUBLE_EQ(of(water_fragment(), 0, {-3, 0, 0, 0, -5, 0}).force_cosine(), -1.0);
  EXPECT_DOUBLE_EQ(of(water_fragment(), 0, {0, 0, 0, 0, 5, 0}).force_cosine(), 0.5);
}

TEST(ReportMetrics, AtomsWithoutAForceAreLeftOutOfTheCosineOnly) {
  Frame frame = water_fragment();
  frame.forces = {0, 0, 1e-11, 0, 2, 0};
  const Metrics metrics = of(frame, -10, {1, 0, 0, 0, 4, 0});
  EXPECT_EQ(metrics.n_atoms_with_zero_force(), 1);
  EXPECT_DOUBLE_EQ(metrics.force_cosine(), 1.0);
  EXPECT_EQ(metrics.force().count, 6);
}

TEST(ReportMetrics, StressIsComparedWhereItIsLabelled) {
  Frame frame = water_fragment();
  frame.stress = std::array<double, 6>{1, 2, 3, 0, 0, 0};
  const Metrics metrics =
      of(frame, -10, frame.forces, std::array<double, 6>{1, 2, 3, 0.6, 0, -0.6});
  EXPECT_NEAR(metrics.stress().mae, 0.2, 1e-14);
  EXPECT_NEAR(metrics.to_json()["stress_mae_ev_a3"].get<double>(), 0.2, 1e-14);
  EXPECT_EQ(metrics.n_frames_without_stress(), 0);
  const Metrics unlabelled = of(water_fragment(), -10, {}, std::array<double, 6>{});
  EXPECT_TRUE(std::isnan(unlabelled.stress().mae));
  EXPECT_EQ(unlabelled.n_frames_without_stress(), 1);
}

TEST(ReportMetrics, ForceErrorsAreToldBySizeOfTheReferenceForce) {
  Frame frame = water_fragment();
  frame.atomic_numbers = {8, 1, 1, 1, 1};
  // lengths 3 (a limit belongs to the bin above), 2, 0, 0.05 and a missing label
  frame.forces = {3, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0.05, nan_value, 0, 0};
  const Metrics metrics =
      of(frame, -10.0, {3.3, 0.4, 0, 0, 1, 0, 0, 0.03, 0, 0, 0, -0.05, 9, 9, 9});
  const auto bins = metrics.force_bins();
  ASSERT_EQ(bins.size(), 3u);
  EXPECT_EQ(bins[0].lo, 0.0);
  EXPECT_EQ(bins[0].hi, 0.1);
  EXPECT_EQ(bins[0].n_atoms, 2);
  EXPECT_NEAR(bins[0].force.mae, (0.03 + 0.1) / 6.0, 1e-14);
  EXPECT_NEAR(bins[0].relative_error, (0.03 + 0.1) / 0.05, 1e-12);
  EXPECT_NEAR(bins[0].cosine, -1.0, 1e-14);  // of the one with a direction
  EXPECT_EQ(bins[1].lo, 1.0);
  EXPECT_NEAR(bins[1].relative_error, 0.5, 1e-14);
  EXPECT_EQ(bins[2].lo, 3.0);
  EXPECT_EQ(bins[2].hi, 10.0);
  EXPECT_NEAR(bins[2].relative_error, 0.5 / 3.0, 1e-14);
  std::int64_t atoms = 0;
  for (const auto& bin : bins) {
    atoms += bin.n_atoms;
  }
  EXPECT_EQ(3 * atoms, metrics.force().count);
  const auto json = metrics.to_json().at("per_force");
  EXPECT_EQ(json.size(), 3u);
  EXPECT_EQ(json[2].at("to_ev_a"), 10.0);
  EXPECT_THAT(metrics.to_text(), ::testing::HasSubstr("3 to 10 eV/A"));
  // beyond the last limit, and a prediction that is no number
  const Metrics large = of(water_fragment(), -10.0, {nan_value, 0, 0, 0, 2, 0});
  EXPECT_TRUE(std::isnan(large.force_bins()[1].force.mae));
  EXPECT_TRUE(std::isnan(large.force_bins()[1].relative_error));
  EXPECT_EQ(large.force_bins()[0].force.mae, 0.0);
  frame.forces[0] = 100.0;
  const auto last = of(frame, -10.0, std::vector<double>(15, 0.0));
  EXPECT_EQ(last.force_bins().back().hi, infinity);
  EXPECT_TRUE(last.to_json().at("per_force").back().at("to_ev_a").is_null());
}

TEST(ReportMetrics, MissingLabelsAreLeftOutAndCounted) {
  Metrics metrics = of(water_fragment(), -9.5, {3, 0, 0, 0, 2, 0});
  Frame absent = water_fragment();
  absent.energy.reset();
  absent.forces.clear();
  metrics.add(absent, {99.0, std::vector<double>(6, 99.0), {}});
  Frame holes = water_fragment();
  holes.energy = nan_value;
  holes.forces[4] = nan_value;
  metrics.add(holes, {99.0, std::vector<double>{3, 0, 0, 99, 99, 99}, {}});

  EXPECT_EQ(metrics.n_frames_without_energy(), 2);
  EXPECT_EQ(metrics.n_atoms_without_force(), 3);
  EXPECT_EQ(metrics.energy().count, 1);
  EXPECT_DOUBLE_EQ(metrics.energy().mae, 0.5);
  EXPECT_EQ(metrics.force().count, 9);
  EXPECT_DOUBLE_EQ(metrics.force().mae, 0.0);
  EXPECT_DOUBLE_EQ(metrics.force_max_error(), 0.0);
  EXPECT_EQ(metrics.elements()[0].n_atoms, 3);           // H
  EXPECT_EQ(metrics.elements()[0].n_compared_atoms, 1);  // H
}

TEST(ReportMetrics, NothingComparedIsNanNotZero) {
  const Metrics metrics;
  EXPECT_TRUE(std::isnan(metrics.energy().mae));
  EXPECT_TRUE(std::isnan(metrics.force().rmse));
  EXPECT_TRUE(std::isnan(metrics.force_max_error()));
  EXPECT_TRUE(std::isnan(metrics.force_cosine()));
  EXPECT_TRUE(metrics.to_json()["energy_mae_ev"].is_null());
}

TEST(ReportMetrics, APredictionThatIsNotFiniteWinsOverAllGoodOnes) {
  for (const double bad : {nan_value, infinity, -infinity}) {
    for (const bool bad_first : {true, false}) {
      Metrics metrics;
      const std::vector<double> good{3, 0, 0, 0, 2, 0};
      const std::vector<double> broken{3, bad, 0, 0, 2, 0};
      const std::vector<double>& first = bad_first ? broken : good;
      const std::vector<double>& second = bad_first ? good : broken;
      metrics.add(water_fragment(), {-10.0, first, {}});
      metrics.add(water_fragment(), {-10.0, second, {}});
      EXPECT_EQ(metrics.n_nonfinite_frames(), 1);
      EXPECT_TRUE(std::isnan(metrics.force().mae)) << bad;
      EXPECT_TRUE(std::isnan(metrics.force().rmse)) << bad;
      EXPECT_TRUE(std::isnan(metrics.force_cosine())) << bad;
      EXPECT_TRUE(std::isnan(metrics.force_max_error())) << bad;
      EXPECT_TRUE(std::isnan(metrics.elements()[1].force.mae)) << bad;
      EXPECT_DOUBLE_EQ(metrics.elements()[0].force.mae, 0.0) << "H is not concerned";
      EXPECT_DOUBLE_EQ(metrics.energy().mae, 0.0);
      EXPECT_TRUE(metrics.to_json()["force_mae_ev_a"].is_null());
      EXPECT_THAT(metrics.to_text(), ::testing::HasSubstr("nan"));
      EXPECT_THAT(metrics.to_text(), ::testing::HasSubstr("NAN OR INFINITE"));
    }
  }
}

TEST(ReportMetrics, ANanEnergyIsANanMetric) {
  Metrics metrics = of(water_fragment(), nan_value, {});
  metrics.add(water_fragment(), {-10.0, {}, {}});
  EXPECT_TRUE(std::isnan(metrics.energy().mae));
  EXPECT_TRUE(std::isnan(metrics.energy_per_atom().rmse));
  EXPECT_EQ(metrics.n_nonfinite_frames(), 1);
}

TEST(ReportMetrics, ANanSurvivesTheMergeInBothDirections) {
  const Metrics good = of(water_fragment(), -10, {3, 0, 0, 0, 2, 0});
  const Metrics bad = of(water_fragment(), -10, {3, nan_value, 0, 0, 2, 0});
  Metrics forward = good;
  forward.merge(bad);
  Metrics backward = bad;
  backward.merge(good);
  for (const Metrics& merged : {forward, backward}) {
    EXPECT_TRUE(std::isnan(merged.force_max_error()));
    EXPECT_TRUE(std::isnan(merged.force().mae));
    EXPECT_EQ(merged.n_nonfinite_frames(), 1);
  }
}

TEST(ReportMetrics, UnequalRanksGiveTheMetricsOfOneRank) {
  const std::vector<Sample> samples = random_samples(997, 3);
  Metrics all;
  for (const Sample& sample : samples) {
    all.add(sample.frame, {sample.energy, sample.forces, {}});
  }
  for (const int n_ranks : {2, 3, 7}) {
    std::vector<Metrics> ranks(static_cast<std::size_t>(n_ranks) + 1);  // the last has no frames
    for (std::size_t i = 0; i < samples.size(); ++i) {
      // the first rank has far more than the others
      const std::size_t rank = i < 500 ? 0 : i % static_cast<std::size_t>(n_ranks);
      ranks[rank].add(samples[i].frame, {samples[i].energy, samples[i].forces, {}});
    }
    Metrics merged;
    Metrics gathered;
    for (const Metrics& rank : ranks) {
      merged.merge(rank);
      ASSERT_EQ(rank.state().size(), Metrics::state_size());
      gathered.merge_state(rank.state());
    }
    EXPECT_EQ(merged.to_json(), gathered.to_json());
    EXPECT_EQ(merged.n_atoms(), all.n_atoms());
    EXPECT_DOUBLE_EQ(merged.force().mae, all.force().mae);
    EXPECT_DOUBLE_EQ(merged.force().rmse, all.force().rmse);
    EXPECT_DOUBLE_EQ(merged.energy().mae, all.energy().mae);
    EXPECT_DOUBLE_EQ(merged.energy_per_atom().rmse, all.energy_per_atom().rmse);
    EXPECT_DOUBLE_EQ(merged.force_cosine(), all.force_cosine());
    EXPECT_EQ(merged.force_max_error(), all.force_max_error());
    ASSERT_EQ(merged.elements().size(), all.elements().size());
    for (std::size_t e = 0; e < all.elements().size(); ++e) {
      EXPECT_EQ(merged.elements()[e].n_atoms, all.elements()[e].n_atoms);
      EXPECT_DOUBLE_EQ(merged.elements()[e].force.rmse, all.elements()[e].force.rmse);
    }
  }
}

TEST(ReportMetrics, CompensatedSumKeepsWhatPlainSummationLoses) {
  CompensatedSum sum;
  for (const double term : {1.0, 1e100, 1.0, -1e100}) {
    sum.add(term);
  }
  EXPECT_EQ(sum.value(), 2.0);
  CompensatedSum other;
  other.add(1e100);
  other.add(3.0);
  sum.merge(other);
  CompensatedSum back;
  back.add(-1e100);
  sum.merge(back);
  EXPECT_EQ(sum.value(), 5.0);
}

TEST(ReportMetrics, JsonHasTheDocumentedKeys) {
  const nlohmann::json json = of(water_fragment(), -9.6, {3.3, 0, 0.4, 0, 1, 0}).to_json();
  for (const char* key : {"n_frames", "n_atoms", "energy_mae_per_atom_ev", "energy_mae_ev",
                          "energy_rmse_ev", "force_mae_ev_a", "force_rmse_ev_a", "force_cos"}) {
    ASSERT_TRUE(json.contains(key)) << key;
    EXPECT_TRUE(json[key].is_number()) << key;
  }
  EXPECT_EQ(json["per_element"].size(), 2U);
  EXPECT_EQ(json["per_element"]["O"]["n_atoms"], 1);
  EXPECT_NEAR(json["per_element"]["O"]["force_mae_ev_a"].get<double>(), 0.7 / 3.0, 1e-14);
  EXPECT_NEAR(json["per_element"]["H"]["force_rmse_ev_a"].get<double>(), std::sqrt(1.0 / 3.0),
              1e-14);
  EXPECT_EQ(nlohmann::json::parse(json.dump()), json) << "the same file as in memory";
}

TEST(ReportMetrics, TextTableIsInMilliElectronvolt) {
  const std::string text = of(water_fragment(), -9.6, {3.3, 0, 0.4, 0, 1, 0}).to_text();
  EXPECT_THAT(text, ::testing::ContainsRegex("energy per atom +200 +200 +meV/atom +1 frames"));
  EXPECT_THAT(text, ::testing::ContainsRegex("force +283.3 +456.4 +meV/A +6 components"));
  EXPECT_THAT(text, ::testing::ContainsRegex("\n  H +333.3"));
  EXPECT_THAT(text, ::testing::Not(::testing::HasSubstr("stress")));
}

TEST(ReportMetrics, TheTextHasNoRowsOfLabelsThatAreNotThere) {
  using ::testing::HasSubstr, ::testing::Not;
  Frame frame = water_fragment();
  frame.energy.reset();
  const std::string forces = of(frame, -9.6, {3.3, 0, 0.4, 0, 1, 0}).to_text();
  EXPECT_THAT(forces, Not(HasSubstr("energy  ")));
  EXPECT_THAT(forces, HasSubstr("frames without an energy label"));
  EXPECT_THAT(forces, HasSubstr("force by element"));
  frame.forces.clear();
  const std::string nothing = of(frame, -9.6, {3.3, 0, 0.4, 0, 1, 0}).to_text();
  EXPECT_THAT(nothing, HasSubstr("nothing to compare"));
  EXPECT_THAT(nothing, Not(HasSubstr("MAE")));
  frame = water_fragment();
  frame.forces.clear();
  const std::string energies = of(frame, -9.6, {3.3, 0, 0.4, 0, 1, 0}).to_text();
  EXPECT_THAT(energies, HasSubstr("meV/atom"));
  EXPECT_THAT(energies, Not(HasSubstr("meV/A")));
}

TEST(ReportMetrics, ForcesThatAreAllZeroHaveNoRelativeError) {
  Frame frame = water_fragment();
  frame.forces.assign(frame.forces.size(), 0.0);
  const std::string text = of(frame, -9.6, {0.3, 0, 0.4, 0, 1, 0}).to_text();
  EXPECT_THAT(text, ::testing::ContainsRegex("0 to 0.1 eV/A .*meV/A +-  2"));
  EXPECT_THAT(text, ::testing::Not(::testing::HasSubstr("nan")));
}

TEST(ReportMetrics, PredictionsOfAnotherSizeAreRefused) {
  Metrics metrics;
  const std::vector<double> five(5, 0.0);
  EXPECT_THROW(metrics.add(water_fragment(), {0.0, five, {}}), std::invalid_argument);
  EXPECT_THROW(metrics.merge_state(five), std::invalid_argument);
  EXPECT_EQ(metrics.n_frames(), 0);
}

}  // namespace
}  // namespace spinconv::train
