// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <algorithm>

#include "lammps/deviations.hpp"
#include "lammps/structures.hpp"
#include "spinconv/calculator.hpp"
#include "spinconv/elements.hpp"

namespace spinconv::test {
namespace {

// A calculator of this potential gives what a run of no steps gives, and gave this.
Calculation expect_agreement(const TemporaryFolder& folder, Calculator& calculator,
                             const LammpsBox& structure, const std::string& boundary,
                             const std::string& elements, const std::string& pair) {
  InputOptions options;
  options.boundary = boundary;
  options.pair = pair;
  const auto lammps = run_lammps_well(
      folder, setup(folder, structure, options) + "compute pressure all pressure NULL virial\n" +
                  thermo("pe c_pressure[*]") + "run 0\n" + write_dump("forces.dump"));
  const auto forces = read_dump(folder / "forces.dump").back();
  EXPECT_GT(largest_magnitude(forces, force_columns), 0.01);

  std::vector<double> positions;
  std::vector<int> numbers;
  const auto symbols = parse_element_list(elements, "elements");
  for (std::size_t i = 0; i < structure.types.size(); ++i) {
    numbers.push_back(atomic_number(symbols.at(static_cast<std::size_t>(structure.types[i] - 1))));
    positions.insert(positions.end(), structure.positions[i].begin(), structure.positions[i].end());
  }
  AtomsView atoms;
  atoms.n_atoms = numbers.size();
  atoms.positions = positions.data();
  atoms.numbers = numbers.data();
  atoms.cell = {structure.lx, 0,           0, structure.xy, structure.ly, 0, structure.xz,
                structure.yz, structure.lz};
  const bool periodic = boundary == "p p p";
  atoms.pbc = {periodic, periodic, periodic};
  const auto& found = calculator.evaluate(atoms);

  EXPECT_NEAR(found.energy, lammps.thermo.at(0).first("PotEng"), 1e-10);
  for (std::size_t axis = 0; axis < 3; ++axis) {
    std::vector<double> components;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      components.push_back(found.forces[3 * i + axis]);
    }
    EXPECT_LT(largest_difference(forces.column(force_columns[axis]), components), 1e-10)
        << "axis " << axis;
  }
  EXPECT_EQ(found.stress.has_value(), periodic);
  const std::array<int, 6> component = {1, 2, 3, 6, 5, 4};  // xx yy zz yz xz xy
  for (std::size_t c = 0; c < 6 && found.stress; ++c) {
    const auto name = "c_pressure[" + std::to_string(component[c]) + "]";
    EXPECT_NEAR((*found.stress)[c], -lammps.thermo.at(0).first(name) / nktv2p, 1e-12) << name;
  }
  return found;
}

TEST(Calculator, LammpsAgreesOnMoleculesAndCrystals) {
  const TemporaryFolder folder;
  write_potential(folder, "test.pt");
  CalculatorOptions options;
  options.precision = Precision::double_;
  Calculator calculator(folder / "test.pt", options);
  const std::string pair = InputOptions().pair;
  expect_agreement(folder, calculator, ethanol(), "f f f", "H C O", pair);
  for (const auto& structure : {ethanol(), triclinic_cell(), thin_cell(), packed_cell()}) {
    expect_agreement(folder, calculator, structure, "p p p", "H C O", pair);
  }
}

TEST(Calculator, LammpsAgreesOnAPotentialThatIsShipped) {
  const TemporaryFolder folder;
  const auto potential =
      required_environment("SPINCONV_SOURCE_DIR") + "/potentials/rmd17-ethanol.pt";
  CalculatorOptions options;
  options.precision = Precision::double_;
  Calculator calculator(potential, options);
  expect_agreement(
      folder, calculator, ethanol(), "f f f", "H C O",
      "pair_style spinconv precision double\npair_coeff * * " + potential + " H C O\n");
}

TEST(Calculator, LammpsAgreesOnACommittee) {
  const TemporaryFolder folder;
  write_potential(folder, "test.pt", 1);
  write_potential(folder, "second.pt", 2);
  CalculatorOptions options;
  options.precision = Precision::double_;
  Calculator calculator(std::vector<std::string>{folder / "test.pt", folder / "second.pt"},
                        options);
  const auto found = expect_agreement(folder, calculator, triclinic_cell(), "p p p", "H C O",
                                      "pair_style spinconv precision double out_freq 1\n"
                                      "pair_coeff * * test.pt second.pt H C O\n");
  const auto line = read_deviations(folder / "model_devi.out").at(0);
  const auto [smallest, largest] =
      std::minmax_element(found.force_deviations.begin(), found.force_deviations.end());
  EXPECT_GT(*smallest, 0.001);
  EXPECT_NEAR(line.at(4), *largest, 1e-5 * *largest);
  EXPECT_NEAR(line.at(5), *smallest, 1e-5 * *smallest);
}

}  // namespace
}  // namespace spinconv::test
