// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "library/support.hpp"
#include "spinconv/spinconv.h"

namespace spinconv::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// A potential file and what C sees of it.
class CInterface : public ::testing::Test {
 protected:
  void SetUp() override {
    write_random_potential(path, small_spinconv2_config());
    ASSERT_EQ(spinconv_create(&name, 1, nullptr, &calculator), SPINCONV_OK)
        << spinconv_error_text();
  }
  void TearDown() override { spinconv_destroy(calculator); }

  static spinconv_atoms of(const Atoms& a) {
    spinconv_atoms atoms{};
    atoms.n_atoms = a.numbers.size();
    atoms.positions = a.positions.data();
    atoms.numbers = a.numbers.data();
    for (std::size_t d = 0; d < 3; ++d) {
      std::copy_n(a.cell.data() + 3 * d, 3, atoms.cell[d]);
      atoms.pbc[d] = a.pbc[d] ? 1 : 0;
    }
    return atoms;
  }

  const TemporaryFolder folder;
  const std::string path = folder / "test.pt";
  const char* const name = path.c_str();
  spinconv_calculator* calculator = nullptr;
};

TEST_F(CInterface, GivesWhatTheCalculatorGives) {
  Calculator expected_of(path);
  for (const auto& s : {random_molecule(6, 3, 2), random_triclinic(5, 3, 6)}) {
    const Atoms atoms(s);
    const auto& expected = expected_of.evaluate(atoms.view());
    std::vector<double> energies(s.size()), forces(3 * s.size()), deviations(s.size(), 5.0);
    spinconv_result result{};
    result.energies = energies.data();
    result.forces = forces.data();
    result.force_deviations = deviations.data();
    const spinconv_atoms view = of(atoms);
    ASSERT_EQ(spinconv_evaluate(calculator, &view, &result), SPINCONV_OK);
    EXPECT_EQ(result.energy, expected.energy);
    EXPECT_EQ(energies, expected.energies);
    EXPECT_EQ(forces, expected.forces);
    EXPECT_EQ(deviations, std::vector<double>(s.size(), 0.0));
    EXPECT_EQ(result.has_virial, 1);
    EXPECT_EQ(result.has_stress, s.pbc[0] ? 1 : 0);
    for (std::size_t c = 0; c < 6; ++c) {
      EXPECT_EQ(result.virial[c], (*expected.virial)[c]);
      EXPECT_EQ(result.stress[c], expected.stress ? (*expected.stress)[c] : 0.0);
    }
    // the energy alone
    spinconv_result energy{};
    ASSERT_EQ(spinconv_evaluate(calculator, &view, &energy), SPINCONV_OK);
    EXPECT_NEAR(energy.energy, expected.energy, 1e-12);
    EXPECT_EQ(energy.has_virial, 0);
    EXPECT_EQ(energy.virial[0], 0.0);
  }
}

TEST_F(CInterface, TellsWhatThePotentialIs) {
  EXPECT_EQ(spinconv_cutoff(calculator), 4.0);
  EXPECT_EQ(spinconv_has_direct_forces(calculator), 0);
  EXPECT_EQ(spinconv_knows(calculator, 6), 1);
  EXPECT_EQ(spinconv_knows(calculator, 7), 0);
  EXPECT_THAT(spinconv_summary(calculator), HasSubstr("test.pt"));
  EXPECT_EQ(spinconv_atomic_number("Cl"), 17);
  EXPECT_EQ(spinconv_atomic_number("Xx"), 0);
  EXPECT_EQ(spinconv_atomic_number(nullptr), 0);
  EXPECT_THAT(spinconv_version(), ::testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
}

TEST_F(CInterface, TurnsErrorsIntoAStatusAndAText) {
  Atoms atoms(random_molecule(4, 3, 5));
  atoms.numbers[1] = 79;
  const spinconv_atoms view = of(atoms);
  std::vector<double> forces(12, 3.0);
  spinconv_result result{};
  result.forces = forces.data();
  EXPECT_EQ(spinconv_evaluate(calculator, &view, &result), SPINCONV_ERROR);
  EXPECT_THAT(spinconv_error_text(),
              AllOf(HasSubstr("atom 1"), HasSubstr("element Au"), HasSubstr("test.pt")));
  EXPECT_EQ(forces, std::vector<double>(12, 3.0));

  spinconv_calculator* none = calculator;
  const char* missing = "/nowhere/missing.pt";
  EXPECT_EQ(spinconv_create(&missing, 1, nullptr, &none), SPINCONV_ERROR);
  EXPECT_EQ(none, nullptr);
  EXPECT_THAT(spinconv_error_text(), HasSubstr("/nowhere/missing.pt"));
  spinconv_options options = spinconv_default_options();
  options.precision = "doubel";
  EXPECT_EQ(spinconv_create(&name, 1, &options, &none), SPINCONV_ERROR);
  EXPECT_THAT(spinconv_error_text(), HasSubstr("did you mean 'double'"));
  options = spinconv_default_options();
  options.implementation = "kernels";
  EXPECT_EQ(spinconv_create(&name, 1, &options, &none), SPINCONV_ERROR);
  EXPECT_THAT(spinconv_error_text(),
              AllOf(HasSubstr("implementation 'kernels'"), HasSubstr("Valid: auto, fused, graph")));
  options = spinconv_default_options();
  options.device = "gpu";
  EXPECT_EQ(spinconv_create(&name, 1, &options, &none), SPINCONV_ERROR);
  EXPECT_THAT(spinconv_error_text(), HasSubstr("gpu"));
  options = spinconv_default_options();
  options.elements = "H Xq";
  EXPECT_EQ(spinconv_create(&name, 1, &options, &none), SPINCONV_ERROR);
  EXPECT_THAT(spinconv_error_text(), HasSubstr("Xq"));
  options = spinconv_default_options();
  options.chunk = -1;
  EXPECT_EQ(spinconv_create(&name, 1, &options, &none), SPINCONV_ERROR);
  EXPECT_THAT(spinconv_error_text(), HasSubstr("chunk"));
  EXPECT_EQ(spinconv_create(nullptr, 1, nullptr, &none), SPINCONV_ERROR);
  EXPECT_EQ(spinconv_evaluate(nullptr, &view, &result), SPINCONV_ERROR);
  EXPECT_THAT(spinconv_error_text(), HasSubstr("calculator is NULL"));
  spinconv_destroy(nullptr);
}

TEST_F(CInterface, OptionsReachTheCalculator) {
  spinconv_options options = spinconv_default_options();
  EXPECT_EQ(options.skin, CalculatorOptions().skin);
  options.precision = "single";
  options.chunk = 8;
  options.skin = 0.0;
  options.elements = "H C O";
  spinconv_calculator* single = nullptr;
  ASSERT_EQ(spinconv_create(&name, 1, &options, &single), SPINCONV_OK) << spinconv_error_text();
  const Atoms atoms(random_molecule(6, 3, 2));
  const spinconv_atoms view = of(atoms);
  spinconv_result a{}, b{};
  EXPECT_EQ(spinconv_evaluate(calculator, &view, &a), SPINCONV_OK);
  EXPECT_EQ(spinconv_evaluate(single, &view, &b), SPINCONV_OK);
  EXPECT_NE(a.energy, b.energy);
  EXPECT_NEAR(a.energy, b.energy, 1e-4);
  spinconv_destroy(single);
}

TEST_F(CInterface, EvaluatesByTheImplementationThatIsAskedFor) {
  const std::string other = folder / "harmonics.pt";
  write_random_potential(other, small_config());
  spinconv_options options = spinconv_default_options();
  EXPECT_EQ(options.implementation, nullptr);
  options.implementation = "graph";
  spinconv_calculator* graph = nullptr;
  ASSERT_EQ(spinconv_create(&name, 1, &options, &graph), SPINCONV_OK) << spinconv_error_text();
  EXPECT_THAT(spinconv_summary(graph), HasSubstr("implementation graph"));
  const std::string automatic = spinconv_summary(calculator);
  options.implementation = "auto";
  spinconv_calculator* named = nullptr;
  ASSERT_EQ(spinconv_create(&name, 1, &options, &named), SPINCONV_OK) << spinconv_error_text();
  EXPECT_EQ(spinconv_summary(named), automatic);
  const Atoms atoms(random_triclinic(5, 3, 6));
  const spinconv_atoms view = of(atoms);
  std::vector<double> expected_forces(15), forces(15);
  spinconv_result expected{}, found{};
  expected.forces = expected_forces.data();
  found.forces = forces.data();
  ASSERT_EQ(spinconv_evaluate(graph, &view, &expected), SPINCONV_OK);
  ASSERT_EQ(spinconv_evaluate(calculator, &view, &found), SPINCONV_OK);
  EXPECT_NEAR(found.energy, expected.energy, 1e-10 * std::abs(expected.energy));
  EXPECT_LT(largest_difference(forces, expected_forces), 1e-10);
  options.implementation = "fused";
  const char* const harmonics = other.c_str();
  spinconv_calculator* none = nullptr;
  EXPECT_EQ(spinconv_create(&harmonics, 1, &options, &none), SPINCONV_ERROR);
  EXPECT_THAT(spinconv_error_text(), AllOf(HasSubstr("harmonics.pt"), HasSubstr("fused kernels"),
                                           HasSubstr("auto or graph")));
  spinconv_destroy(named);
  spinconv_destroy(graph);
}

TEST_F(CInterface, TakesACommittee) {
  const std::string second = folder / "second.pt";
  write_random_potential(second, small_spinconv2_config(), 2);
  const char* names[] = {name, second.c_str()};
  spinconv_calculator* committee = nullptr;
  ASSERT_EQ(spinconv_create(names, 2, nullptr, &committee), SPINCONV_OK);
  const Atoms atoms(random_molecule(6, 3, 2));
  const spinconv_atoms view = of(atoms);
  std::vector<double> forces(18), deviations(6);
  spinconv_result result{};
  result.forces = forces.data();
  result.force_deviations = deviations.data();
  EXPECT_EQ(spinconv_evaluate(committee, &view, &result), SPINCONV_OK);
  EXPECT_THAT(deviations, ::testing::Each(::testing::Gt(1e-6)));
  spinconv_destroy(committee);
}

}  // namespace
}  // namespace spinconv::test
