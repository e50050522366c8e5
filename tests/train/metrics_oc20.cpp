// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "metrics/oc20_metrics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace spinconv::train {
namespace {

// Two free atoms and a fixed one, whose labels do not count.
Frame slab() {
  Frame f;
  f.atomic_numbers = {78, 78, 8};
  f.positions = {0, 0, 0, 2, 0, 0, 2, 0, 1};
  f.cell = {4, 0, 0, 2, 4, 0, 0, 0, 20};
  f.pbc = {true, true, true};
  f.fixed = {1, 0, 0};
  f.energy = -1.0;
  f.forces = {9, 9, 9, 0, 3, 0, 0, 0, 4};
  return f;
}

TEST(S2efMetrics, CountFreeAtomsAlone) {
  S2efMetrics m;
  const std::vector<double> forces = {0, 0, 0, 0.03, 3, 0, 0, 0, -4};
  m.add(slab(), {-1.5, forces, std::nullopt});
  EXPECT_DOUBLE_EQ(m.energy_mae(), 0.5);
  EXPECT_NEAR(m.force_mae(), (0.03 + 8.0) / 6.0, 1e-15);
  EXPECT_NEAR(m.force_cosine(), 0.5 * (3.0 / std::hypot(0.03, 3.0) - 1.0), 1e-15);
  EXPECT_EQ(m.efwt(), 0.0);
}

TEST(S2efMetrics, WithinThresholdNeedsBothAndIsStrict) {
  const auto efwt = [](double energy_error, double force_error) {
    S2efMetrics m;
    auto frame = slab();
    frame.energy = 0.0;
    frame.forces = {9, 9, 9, 0, 0, 0, 0, 0, 0};
    const std::vector<double> forces = {0, 0, 0, force_error, 0, 0, 0, 0, 0};
    m.add(frame, {energy_error, forces, std::nullopt});
    return m.efwt();
  };
  EXPECT_EQ(efwt(0.019, 0.029), 1.0);
  EXPECT_EQ(efwt(0.02, 0.029), 0.0);
  EXPECT_EQ(efwt(0.019, 0.03), 0.0);
  EXPECT_EQ(efwt(-0.019, -0.029), 1.0);
}

TEST(S2efMetrics, MergeAndMissingLabels) {
  S2efMetrics a, b, both;
  auto frame = slab();
  const std::vector<double> forces(9, 0.0);
  a.add(frame, {0.0, forces, std::nullopt});
  both.add(frame, {0.0, forces, std::nullopt});
  frame.energy.reset();
  b.add(frame, {0.0, forces, std::nullopt});
  both.add(frame, {0.0, forces, std::nullopt});
  a.merge(b);
  EXPECT_EQ(a.to_json(), both.to_json());
  EXPECT_EQ(a.to_json()["n_frames"], 1);
  EXPECT_EQ(a.to_json()["n_free_atoms"], 4);
  EXPECT_TRUE(S2efMetrics().to_json()["efwt"].is_null());
}

TEST(Is2reMetrics, ByHand) {
  Is2reMetrics m;
  m.add(1.0, 1.019);
  m.add(1.0, 1.5);
  m.add(-2.0, -2.0);
  EXPECT_NEAR(m.energy_mae(), 0.519 / 3.0, 1e-15);
  EXPECT_NEAR(m.ewt(), 2.0 / 3.0, 1e-15);
}

TEST(Is2rsMetrics, DisplacementsAreToTheNearestImageOfFreeAtoms) {
  const Frame reference = slab();
  Frame moved = reference;
  moved.positions[0] += 1.0;        // fixed
  moved.positions[3] += 0.1;        // free
  moved.positions[6] += 2.0 + 0.0;  // free, by the second lattice vector ...
  moved.positions[7] += 4.0 + 0.3;  // ... and 0.3 along y
  EXPECT_NEAR(mean_displacement(moved, reference), 0.2, 1e-14);
  Frame other = reference;
  other.atomic_numbers.push_back(8);
  EXPECT_THROW(mean_displacement(other, reference), std::invalid_argument);
}

TEST(Is2rsMetrics, SharesAreAveragedOverTheThresholds) {
  const Frame reference = slab();
  Is2rsMetrics m;
  m.add(reference, reference);  // below all 490
  Frame moved = reference;
  moved.positions[3] += 0.1005;
  moved.positions[6] += 0.1005;  // below 0.101 .. 0.499: 399 of them
  m.add(moved, reference);
  EXPECT_NEAR(m.adwt(), (490.0 + 399.0) / (2.0 * 490.0), 1e-12);
  EXPECT_FALSE(m.afbt().has_value());
  Frame forces = reference;
  forces.forces = {9, 9, 9, 0.03, 0.04, 0, 0, 0, 0.01};  // 0.05 on a free atom: above 0.05
  m.add_forces(forces);
  EXPECT_NEAR(*m.afbt(), 349.0 / 390.0, 1e-12);
  // what is not known, or not there, is no small force
  Frame unknown = forces;
  unknown.forces[4] = std::nan("");
  m.add_forces(unknown);
  unknown.forces.clear();
  m.add_forces(unknown);
  Frame fixed = forces;
  fixed.fixed.assign(fixed.size(), 1);
  m.add_forces(fixed);
  EXPECT_NEAR(*m.afbt(), 349.0 / 390.0, 1e-12);
}

}  // namespace
}  // namespace spinconv::train
