// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cmath>

#include "support/structures.hpp"
#include "support/test_models.hpp"

// Images folded onto their owners are the infinite crystal, whatever the cell.
namespace spinconv::test {
namespace {

Structure thin_cell() {
  Structure s = random_triclinic(3, 3, 8);
  s.types = {1, 2, 0};
  s.cell = {{{2.9, 0.2, 0.0}, {0.7, 3.3, -0.1}, {-0.4, 0.6, 2.7}}};
  s.positions = {{0.3, 0.4, 0.2}, {1.5, 1.3, 0.4}, {0.9, 2.4, 1.7}};
  return s;
}

// Every atom whose energy the central cell depends on: each layer, the initial messages and the
// energy reach one cutoff further.
Structure cluster_around(const Structure& s, double radius) {
  Structure cluster = s;  // the central cell is first
  const int reach = 8;
  for (int a = -reach; a <= reach; ++a) {
    for (int b = -reach; b <= reach; ++b) {
      for (int c = -reach; c <= reach; ++c) {
        if (a == 0 && b == 0 && c == 0) {
          continue;
        }
        const Vector shift = double(a) * s.cell[0] + double(b) * s.cell[1] + double(c) * s.cell[2];
        for (std::size_t i = 0; i < s.size(); ++i) {
          const Vector r = s.positions[i] + shift;
          bool near = false;
          for (const auto& center : s.positions) {
            near = near || norm(r - center) < radius;
          }
          if (near) {
            cluster.types.push_back(s.types[i]);
            cluster.positions.push_back(r);
          }
        }
      }
    }
  }
  cluster.cell = {};
  cluster.pbc = {};
  return cluster;
}

TEST(Periodicity, FoldedImagesGiveTheEnergiesOfAFiniteClusterDeepEnough) {
  auto config = small_config();
  config.cutoff = 3.1;
  auto evaluator = random_evaluator(config);
  for (const auto& s : {thin_cell(), random_triclinic(4, 3, 31)}) {
    const auto folded = calculate(evaluator, s);
    const auto cluster = cluster_around(s, (config.layers + 1) * config.cutoff);
    ASSERT_GT(cluster.size(), 10 * s.size());
    const auto unfolded = calculate(evaluator, cluster);
    for (std::size_t i = 0; i < s.size(); ++i) {
      EXPECT_NEAR(folded.atomic_energies[i], unfolded.atomic_energies[i], 1e-12);
    }
    // and a cluster that is too small does not
    const auto shallow = calculate(evaluator, cluster_around(s, config.cutoff));
    EXPECT_GT(std::abs(folded.atomic_energies[0] - shallow.atomic_energies[0]), 1e-7);
  }
}

TEST(Periodicity, ASupercellHasItsMultipleOfTheEnergyAndTheSameForces) {
  auto evaluator = random_evaluator(small_config());
  for (const auto& s : {thin_cell(), random_triclinic(5, 3, 32)}) {
    const auto one = calculate(evaluator, s);
    for (const std::array<int, 3>& n : {std::array{2, 1, 1}, {1, 2, 1}, {1, 1, 3}, {2, 2, 1}}) {
      const auto many = calculate(evaluator, supercell(s, n));
      const int copies = n[0] * n[1] * n[2];
      EXPECT_NEAR(many.energy, copies * one.energy, 1e-11);
      for (std::size_t i = 0; i < many.forces.size(); ++i) {
        EXPECT_LT(norm(many.forces[i] - one.forces[i % s.size()]), 1e-11);
      }
      for (int k = 0; k < 3; ++k) {
        EXPECT_LT(norm(many.virial[k] - double(copies) * one.virial[k]), 1e-10);
      }
    }
  }
}

TEST(Periodicity, AnotherCellOfTheSameCrystalIsTheSame) {
  auto evaluator = random_evaluator(small_config());
  const auto s = random_triclinic(5, 3, 33);
  auto other = s;
  other.cell[1] = s.cell[1] + s.cell[0];
  other.cell[2] = s.cell[2] - s.cell[1];
  const auto a = calculate(evaluator, s), b = calculate(evaluator, other);
  EXPECT_LT(largest_difference(a.atomic_energies, b.atomic_energies), 1e-12);
  EXPECT_LT(largest_difference(a.forces, b.forces), 1e-11);
}

TEST(Periodicity, AtomsMayBeOutsideTheCell) {
  auto evaluator = random_evaluator(small_config());
  const auto s = random_triclinic(5, 3, 34);
  auto out = s;
  out.positions[2] = out.positions[2] + 2.0 * s.cell[0] + (-1.0) * s.cell[2];
  const auto a = calculate(evaluator, s), b = calculate(evaluator, out);
  EXPECT_LT(largest_difference(a.atomic_energies, b.atomic_energies), 1e-12);
  EXPECT_LT(largest_difference(a.forces, b.forces), 1e-11);
}

TEST(Periodicity, FarMoleculesAddTheirEnergies) {
  auto evaluator = random_evaluator(small_config());
  const auto a = random_molecule(6, 3, 35);
  const auto b = translated(random_molecule(5, 3, 36), {40, 0, 0});
  const auto both = calculate(evaluator, joined(a, b));
  const auto first = calculate(evaluator, a), second = calculate(evaluator, b);
  EXPECT_NEAR(both.energy, first.energy + second.energy, 1e-12);
  for (std::size_t i = 0; i < both.forces.size(); ++i) {
    const auto& expected = i < a.size() ? first.forces[i] : second.forces[i - a.size()];
    EXPECT_LT(norm(both.forces[i] - expected), 1e-12);
  }
}

TEST(Periodicity, ABoxFarLargerThanTheMoleculeIsNoBox) {
  auto evaluator = random_evaluator(small_config());
  const auto free = random_molecule(6, 3, 37);
  auto boxed = free;
  boxed.cell = {{{30, 0, 0}, {3, 30, 0}, {0, -4, 30}}};
  boxed.pbc = {true, true, true};
  const auto a = calculate(evaluator, free), b = calculate(evaluator, boxed);
  EXPECT_EQ(a.energy, b.energy);
  EXPECT_EQ(a.forces, b.forces);
}

}  // namespace
}  // namespace spinconv::test
