// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/calculator.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <thread>

#include "library/support.hpp"
#include "support/error_text.hpp"

namespace spinconv::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// A molecule, a crystal that sees images of itself, a slab.
std::vector<Structure> structures() {
  Structure slab = random_triclinic(6, 3, 8);
  slab.pbc = {true, true, false};
  return {random_molecule(7, 3, 5), random_triclinic(5, 3, 6), slab};
}

std::vector<double> flat(const std::vector<Vector>& vectors) {
  std::vector<double> values;
  for (const auto& v : vectors) {
    values.insert(values.end(), v.begin(), v.end());
  }
  return values;
}

TEST(Calculator, GivesWhatTheEvaluatorSaysOfTheSumOverImages) {
  auto evaluator = random_evaluator(small_spinconv2_config());
  auto calculator = random_calculator();
  for (const auto& s : structures()) {
    const auto expected = calculate(evaluator, s);
    const auto& found = calculator.evaluate(Atoms(s).view());
    EXPECT_NEAR(found.energy, expected.energy + evaluator.energy_offset(), 1e-12);
    EXPECT_LT(largest_difference(found.energies, expected.atomic_energies), 1e-12);
    EXPECT_LT(largest_difference(found.forces, flat(expected.forces)), 1e-12);
    ASSERT_TRUE(found.virial);
    const auto& w = expected.virial;
    const std::array<double, 6> virial = {w[0][0], w[1][1], w[2][2], w[1][2], w[0][2], w[0][1]};
    for (std::size_t c = 0; c < 6; ++c) {
      EXPECT_NEAR((*found.virial)[c], virial[c], 1e-12);
    }
    ASSERT_EQ(found.stress.has_value(), s.pbc[2]);
    for (std::size_t c = 0; c < 6 && found.stress; ++c) {
      EXPECT_NEAR((*found.stress)[c], -virial[c] / s.volume(), 1e-12);
    }
    EXPECT_TRUE(found.force_deviations.empty());
  }
}

// (-E(2h) + 8 E(h) - 8 E(-h) + E(-2h)) / 12h of what `energy_at` gives
double derivative(const std::function<double(double)>& energy_at, double h) {
  return (-energy_at(2 * h) + 8 * energy_at(h) - 8 * energy_at(-h) + energy_at(-2 * h)) / (12 * h);
}

TEST(Calculator, ForcesAreTheDerivativeOfTheEnergy) {
  auto calculator = random_calculator();
  for (const auto& s : structures()) {
    const auto forces = calculator.evaluate(Atoms(s).view()).forces;
    for (std::size_t k = 0; k < 6; ++k) {
      const double slope = derivative(
          [&](double by) {
            Atoms moved(s);
            moved.positions[k] += by;
            return calculator.evaluate(moved.view(), false).energy;
          },
          2.5e-4);
      EXPECT_NEAR(forces[k], -slope, 1e-7 * (1.0 + std::abs(slope))) << k;
    }
  }
}

TEST(Calculator, StressIsTheDerivativeOfTheEnergyInTheStrain) {
  auto calculator = random_calculator();
  const Structure s = random_triclinic(5, 3, 6);
  const auto stress = calculator.evaluate(Atoms(s).view()).stress;
  ASSERT_TRUE(stress);
  const std::array<std::array<int, 2>, 6> components = {
      {{0, 0}, {1, 1}, {2, 2}, {1, 2}, {0, 2}, {0, 1}}};
  for (std::size_t c = 0; c < 6; ++c) {
    const double slope = derivative(
        [&](double by) {
          Matrix strain{};
          strain[components[c][0]][components[c][1]] = by;
          return calculator.evaluate(Atoms(strained(s, strain)).view(), false).energy;
        },
        2.5e-4);
    EXPECT_NEAR((*stress)[c] * s.volume(), slope, 1e-7 * (1.0 + std::abs(slope))) << c;
  }
}

TEST(Calculator, GivesTheSameWhateverTheSkin) {
  std::mt19937_64 generator(3);
  std::normal_distribution<double> step(0.0, 0.04);
  for (const auto& start : structures()) {
    auto without = random_calculator(with_skin(0.0));
    auto with = random_calculator(with_skin(0.6));
    Atoms atoms(start);
    const int steps = 40;
    for (int n = 0; n < steps; ++n) {
      const auto& expected = without.evaluate(atoms.view());
      const auto& found = with.evaluate(atoms.view());
      // the same edges in the same order
      EXPECT_EQ(found.energy, expected.energy);
      EXPECT_EQ(found.forces, expected.forces);
      for (double& x : atoms.positions) {
        x += step(generator);
      }
    }
    EXPECT_EQ(without.neighbor_list_builds(), steps);
    EXPECT_GT(with.neighbor_list_builds(), 1);
    EXPECT_LT(with.neighbor_list_builds(), steps / 2);
  }
}

TEST(Calculator, AtomsMayBeWrappedAndCellsMayChange) {
  auto calculator = random_calculator(with_skin(1.5));
  const Structure s = random_triclinic(5, 3, 6);
  const double energy = calculator.evaluate(Atoms(s).view()).energy;
  Structure wrapped = s;
  wrapped.positions[2] = wrapped.positions[2] + s.cell[0] - s.cell[2];
  EXPECT_NEAR(calculator.evaluate(Atoms(wrapped).view()).energy, energy, 1e-12);
  EXPECT_EQ(calculator.neighbor_list_builds(), 2);
  // the same atoms in another cell, and in one that is not periodic in one direction
  EXPECT_NEAR(calculator.evaluate(Atoms(s).view()).energy, energy, 1e-12);
  auto fresh = random_evaluator(small_spinconv2_config());
  Structure other = s;
  other.cell[1] = 1.1 * other.cell[1];
  EXPECT_NEAR(calculator.evaluate(Atoms(other).view()).energy, calculate(fresh, other).energy,
              1e-12);
  other.pbc = {false, true, true};
  EXPECT_NEAR(calculator.evaluate(Atoms(other).view()).energy, calculate(fresh, other).energy,
              1e-12);
  EXPECT_FALSE(calculator.evaluate(Atoms(other).view()).stress);
  // other elements at the same places
  std::swap(other.types[0], other.types[1]);
  EXPECT_NEAR(calculator.evaluate(Atoms(other).view()).energy, calculate(fresh, other).energy,
              1e-12);
}

TEST(Calculator, ThreadsMayHaveOneEach) {
  std::vector<Calculation> expected, found(4);
  for (std::size_t k = 0; k < found.size(); ++k) {
    expected.push_back(random_calculator().evaluate(Atoms(random_triclinic(5, 3, k)).view()));
  }
  std::vector<std::thread> threads;
  for (std::size_t k = 0; k < found.size(); ++k) {
    threads.emplace_back([k, &found] {
      auto calculator = random_calculator();
      const Atoms atoms(random_triclinic(5, 3, k));
      for (int n = 0; n < 5; ++n) {
        found[k] = calculator.evaluate(atoms.view());
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  for (std::size_t k = 0; k < found.size(); ++k) {
    EXPECT_EQ(found[k].energy, expected[k].energy);
    EXPECT_EQ(found[k].forces, expected[k].forces);
  }
}

TEST(Calculator, NoAtomsAndAnIsolatedAtom) {
  auto calculator = random_calculator();
  auto evaluator = random_evaluator(small_spinconv2_config());
  AtomsView none;
  none.cell = {5, 0, 0, 0, 5, 0, 0, 0, 5};
  none.pbc = {true, true, true};
  const auto nothing = calculator.evaluate(none);
  EXPECT_EQ(nothing.energy, evaluator.energy_offset());
  EXPECT_TRUE(nothing.forces.empty());
  ASSERT_TRUE(nothing.stress);
  EXPECT_EQ((*nothing.stress)[0], 0.0);
  Structure atom;
  atom.types = {1};
  atom.positions = {{1, 2, 3}};
  const auto& alone = calculator.evaluate(Atoms(atom).view());
  EXPECT_NEAR(alone.energy, calculate(evaluator, atom).energy + evaluator.energy_offset(), 1e-12);
  EXPECT_EQ(alone.forces, std::vector<double>(3, 0.0));
  EXPECT_FALSE(alone.stress);
}

TEST(Calculator, LeavesForcesOutWhereTheyAreNotAskedFor) {
  auto calculator = random_calculator();
  const Atoms atoms(random_triclinic(5, 3, 6));
  const double energy = calculator.evaluate(atoms.view()).energy;
  const auto& found = calculator.evaluate(atoms.view(), false);
  EXPECT_NEAR(found.energy, energy, 1e-12);
  EXPECT_TRUE(found.forces.empty());
  EXPECT_FALSE(found.virial || found.stress);
}

TEST(Calculator, DirectForcesHaveNoStress) {
  auto config = small_config();
  config.forces = "direct";
  auto calculator = random_calculator({}, config);
  auto evaluator = random_evaluator(config);
  ASSERT_TRUE(calculator.has_direct_forces());
  const Structure s = random_triclinic(5, 3, 6);
  const auto& found = calculator.evaluate(Atoms(s).view());
  EXPECT_LT(largest_difference(found.forces, flat(calculate(evaluator, s).forces)), 1e-12);
  EXPECT_GT(std::abs(found.forces[0]), 1e-6);
  EXPECT_FALSE(found.virial || found.stress);
}

TEST(Calculator, OfACommitteeGivesMeansAndHowFarForcesAreFromThem) {
  auto wider = small_spinconv2_config();
  wider.cutoff = 4.5;
  const TemporaryFolder folder;
  write_random_potential(folder / "a.pt", small_spinconv2_config(), 1);
  write_random_potential(folder / "b.pt", wider, 2);
  auto other_order = small_spinconv2_config({"O", "H", "C"});
  write_random_potential(folder / "c.pt", other_order, 3);
  std::vector<Calculation> alone;
  const Atoms atoms(random_triclinic(5, 3, 6));
  for (const char* name : {"a.pt", "b.pt", "c.pt"}) {
    alone.push_back(Calculator(folder / name).evaluate(atoms.view()));
  }
  Calculator committee(std::vector<std::string>{folder / "a.pt", folder / "b.pt", folder / "c.pt"});
  EXPECT_EQ(committee.cutoff(), 4.5);
  const auto& found = committee.evaluate(atoms.view());
  const double mean_energy = (alone[0].energy + alone[1].energy + alone[2].energy) / 3;
  EXPECT_NEAR(found.energy, mean_energy, 1e-12);
  double energy_squares = 0.0;
  for (const auto& member : alone) {
    energy_squares += (member.energy - mean_energy) * (member.energy - mean_energy) / 3;
    EXPECT_EQ(member.energy_deviation, 0.0);
  }
  EXPECT_NEAR(found.energy_deviation, std::sqrt(energy_squares), 1e-12);
  EXPECT_GT(found.energy_deviation, 1e-4);
  ASSERT_EQ(committee.size(), 3u);
  const auto info = committee.potentials();
  ASSERT_EQ(info.size(), 3u);
  EXPECT_EQ(info[2].path, folder / "c.pt");
  EXPECT_THAT(info[2].elements, ::testing::ElementsAre("O", "H", "C"));
  EXPECT_EQ(info[1].cutoff, 4.5);
  EXPECT_EQ(info[0].device, "cpu");
  ASSERT_EQ(found.force_deviations.size(), 5u);
  for (std::size_t i = 0; i < 5; ++i) {
    double squares = 0.0;
    for (std::size_t k = 3 * i; k < 3 * i + 3; ++k) {
      const double mean = (alone[0].forces[k] + alone[1].forces[k] + alone[2].forces[k]) / 3;
      EXPECT_NEAR(found.forces[k], mean, 1e-12);
      for (const auto& member : alone) {
        squares += (member.forces[k] - mean) * (member.forces[k] - mean) / 3;
      }
    }
    EXPECT_NEAR(found.force_deviations[i], std::sqrt(squares), 1e-12);
    EXPECT_GT(found.force_deviations[i], 1e-4);
  }
  for (std::size_t c = 0; c < 6; ++c) {
    EXPECT_NEAR((*found.stress)[c],
                ((*alone[0].stress)[c] + (*alone[1].stress)[c] + (*alone[2].stress)[c]) / 3, 1e-12);
  }
}

CalculatorOptions by(Implementation implementation) {
  CalculatorOptions options;
  options.implementation = implementation;
  return options;
}

TEST(Calculator, FusedKernelsAndTheGraphGiveTheSame) {
  if (random_evaluator(small_spinconv2_config()).implementation() == "graph") {
    GTEST_SKIP() << "this processor has no fused multiply-add";
  }
  auto fused = random_calculator(by(Implementation::fused));
  auto graph = random_calculator(by(Implementation::graph));
  EXPECT_THAT(fused.summary(), HasSubstr("double precision, device cpu, implementation fused ("));
  EXPECT_THAT(graph.summary(), HasSubstr("implementation graph\n"));
  EXPECT_EQ(random_calculator().summary().substr(fused.summary().find("implementation")),
            fused.summary().substr(fused.summary().find("implementation")));
  const auto expect_equal = [](const std::vector<double>& found,
                               const std::vector<double>& expected) {
    const double largest = largest_difference(expected, std::vector<double>(expected.size(), 0.0));
    EXPECT_GT(largest, 1e-3);
    EXPECT_LE(largest_difference(found, expected), 1e-10 * largest);
  };
  for (const auto& s : structures()) {
    const auto& found = fused.evaluate(Atoms(s).view());
    const auto& expected = graph.evaluate(Atoms(s).view());
    EXPECT_NEAR(found.energy, expected.energy, 1e-10 * std::abs(expected.energy));
    expect_equal(found.energies, expected.energies);
    expect_equal(found.forces, expected.forces);
    const auto flat_virial = [](const Calculation& c) {
      return std::vector<double>(c.virial->begin(), c.virial->end());
    };
    expect_equal(flat_virial(found), flat_virial(expected));
    ASSERT_EQ(found.stress.has_value(), s.pbc[2]);
    if (found.stress) {
      for (std::size_t c = 0; c < 6; ++c) {
        EXPECT_DOUBLE_EQ((*found.stress)[c], -(*found.virial)[c] / s.volume());
      }
    }
  }
}

TEST(Calculator, RefusesFusedKernelsWhereThereAreNone) {
  const TemporaryFolder folder;
  write_random_potential(folder / "harmonics.pt", small_config());
  EXPECT_THAT(
      error_of([&] { Calculator(folder / "harmonics.pt", by(Implementation::fused)); }),
      AllOf(HasSubstr("harmonics.pt"), HasSubstr("fused kernels"), HasSubstr("auto or graph")));
  const Calculator calculator(folder / "harmonics.pt");
  EXPECT_THAT(calculator.summary(), HasSubstr("implementation graph\n"));
}

TEST(Calculator, RefusesElementsThatThePotentialDoesNotKnow) {
  const TemporaryFolder folder;
  write_random_potential(folder / "hco.pt", small_spinconv2_config());
  Calculator calculator(folder / "hco.pt");
  EXPECT_TRUE(calculator.knows(8));
  EXPECT_FALSE(calculator.knows(29) || calculator.knows(0) || calculator.knows(500));
  Atoms atoms(random_molecule(4, 3, 5));
  const double energy = calculator.evaluate(atoms.view()).energy;
  const int before = atoms.numbers[2];
  atoms.numbers[2] = 29;
  EXPECT_THAT(error_of([&] { calculator.evaluate(atoms.view()); }),
              AllOf(HasSubstr("atom 2"), HasSubstr("element Cu"), HasSubstr("hco.pt"),
                    HasSubstr("knows: H C O")));
  atoms.numbers[2] = -4;
  EXPECT_THAT(error_of([&] { calculator.evaluate(atoms.view()); }),
              AllOf(HasSubstr("atom 2"), HasSubstr("-4 is not an element (1 to 118)")));
  // it goes on
  atoms.numbers[2] = before;
  EXPECT_NEAR(calculator.evaluate(atoms.view()).energy, energy, 1e-12);
}

TEST(Calculator, IsMadeForTheElementsThatAreAskedFor) {
  CalculatorOptions options;
  options.elements = {"O", "H"};
  auto calculator = random_calculator(options);
  auto all = random_calculator();
  EXPECT_TRUE(calculator.knows(1) && calculator.knows(8));
  EXPECT_FALSE(calculator.knows(6));
  Structure s = random_molecule(5, 3, 4);
  s.types = {0, 2, 0, 0, 2};
  EXPECT_NEAR(calculator.evaluate(Atoms(s).view()).energy, all.evaluate(Atoms(s).view()).energy,
              1e-12);
  s.types[3] = 1;
  EXPECT_THAT(error_of([&] { calculator.evaluate(Atoms(s).view()); }),
              AllOf(HasSubstr("atom 3: element C"), HasSubstr("was made for: O H")));
  options.elements = {"O", "Cu"};
  EXPECT_THAT(error_of([&] { random_calculator(options); }), HasSubstr("element 'Cu'"));
}

TEST(Calculator, RefusesStructuresThatAreNone) {
  auto calculator = random_calculator();
  const Atoms good(random_triclinic(5, 3, 6));
  const double energy = calculator.evaluate(good.view()).energy;
  Atoms atoms = good;
  atoms.positions[7] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(error_of([&] { calculator.evaluate(atoms.view()); }),
              AllOf(HasSubstr("atom 2"), HasSubstr("not finite")));
  atoms = good;
  std::copy_n(atoms.positions.begin(), 3, atoms.positions.begin() + 9);
  EXPECT_THAT(error_of([&] { calculator.evaluate(atoms.view()); }),
              AllOf(HasSubstr("atom 3"), HasSubstr("atom 0"), HasSubstr("Angstrom apart")));
  atoms = good;
  atoms.cell = {4, 0, 0, 8, 0, 0, 0, 0, 4};
  EXPECT_THAT(error_of([&] { calculator.evaluate(atoms.view()); }), HasSubstr("lattice vectors"));
  atoms.cell = {4, 0, 0, 0, std::numeric_limits<double>::infinity(), 0, 0, 0, 4};
  EXPECT_THAT(error_of([&] { calculator.evaluate(atoms.view()); }), HasSubstr("lattice vectors"));
  atoms = good;
  atoms.positions[0] = 1e9;
  EXPECT_THAT(error_of([&] { calculator.evaluate(atoms.view()); }), HasSubstr("length unit"));
  atoms = Atoms(random_triclinic(1, 3, 6));
  atoms.cell = {0.02, 0, 0, 0, 0.02, 0, 0, 0, 0.02};
  EXPECT_THAT(error_of([&] { calculator.evaluate(atoms.view()); }),
              AllOf(HasSubstr("images of the cell"), HasSubstr("length unit")));
  auto view = good.view();
  view.positions = nullptr;
  EXPECT_THAT(error_of([&] { calculator.evaluate(view); }), HasSubstr("positions is a null"));
  view = good.view();
  view.numbers = nullptr;
  EXPECT_THAT(error_of([&] { calculator.evaluate(view); }), HasSubstr("numbers is a null"));
  EXPECT_NEAR(calculator.evaluate(good.view()).energy, energy, 1e-12);
}

TEST(Calculator, RefusesOptionsAndFilesThatAreNone) {
  EXPECT_THAT(error_of([] { Calculator("nowhere.pt"); }), HasSubstr("nowhere.pt"));
  EXPECT_THAT(error_of([] { Calculator(std::vector<std::string>{}); }),
              HasSubstr("potential file"));
  EXPECT_THAT(error_of([] { random_calculator(with_skin(-1.0)); }), HasSubstr("skin"));
  EXPECT_THAT(error_of([] { random_calculator(with_skin(std::nan(""))); }), HasSubstr("skin"));
  EXPECT_THAT(error_of([] { random_calculator(with_skin(1e5)); }), HasSubstr("skin"));
  CalculatorOptions options;
  options.threads = 100000;
  EXPECT_THAT(error_of([&] { random_calculator(options); }), HasSubstr("threads is 100000"));
  options.threads = -1;
  EXPECT_THAT(error_of([&] { random_calculator(options); }), HasSubstr("threads is -1"));
  options.threads = 0;
  options.chunk = -5;
  EXPECT_THAT(error_of([&] { random_calculator(options); }), HasSubstr("chunk -5"));
}

}  // namespace
}  // namespace spinconv::test
