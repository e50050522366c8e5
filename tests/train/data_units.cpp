// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/units.hpp"

#include "spinconv/elements.hpp"
#include "train/data_support.hpp"

namespace spinconv::train {
namespace {

using test::error_of;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(UnitsTest, GiveTheTabulatedConversionFactors) {
  // NIST, CODATA 2018 energy equivalents
  EXPECT_NEAR(energy_unit_in_ev("Hartree"), 27.211386245988, 1e-12);
  EXPECT_NEAR(energy_unit_in_ev("Rydberg"), 13.605693122994, 1e-12);
  EXPECT_NEAR(energy_unit_in_ev("kJ/mol"), 0.01036426966, 1e-11);
  // used by the converted rMD17 ethanol sets: E(eV) / E(kcal/mol)
  EXPECT_NEAR(energy_unit_in_ev("kcal/mol"), 0.0433641, 1e-7);
  EXPECT_NEAR(1.0 / energy_unit_in_ev("kcal/mol"), 23.060548, 1e-6);
  EXPECT_NEAR(length_unit_in_angstrom("Bohr"), 0.529177210903, 1e-12);
  EXPECT_EQ(length_unit_in_angstrom("nm"), 10.0);
  EXPECT_EQ(energy_unit_in_ev("eV"), 1.0);
}

TEST(UnitsTest, AcceptTheUsualSpellings) {
  EXPECT_EQ(length_unit_in_angstrom("Ang"), 1.0);
  EXPECT_EQ(length_unit_in_angstrom("A"), 1.0);
  EXPECT_EQ(energy_unit_in_ev("Ha"), energy_unit_in_ev("Hartree"));
  EXPECT_EQ(energy_unit_in_ev("Ry"), energy_unit_in_ev("Rydberg"));
}

TEST(UnitsTest, DoNotTakeMegaForMilli) {
  EXPECT_EQ(energy_unit_in_ev("meV"), 1e-3);
  EXPECT_THAT(error_of([] { energy_unit_in_ev("MeV"); }),
              AllOf(HasSubstr("energy unit 'MeV'"), HasSubstr("meV")));
}

TEST(UnitsTest, NameTheNearestUnitForAnUnknownOne) {
  EXPECT_THAT(error_of([] { energy_unit_in_ev("kcal/mole"); }),
              HasSubstr("did you mean 'kcal/mol'?"));
  EXPECT_THAT(error_of([] { length_unit_in_angstrom("Angstroem"); }),
              HasSubstr("did you mean 'Angstrom'?"));
}

TEST(UnitsTest, DeriveForceAndStressFromEnergyAndLength) {
  const UnitScale scale{energy_unit_in_ev("Hartree"), length_unit_in_angstrom("Bohr")};
  EXPECT_NEAR(scale.force(), 51.42206747, 1e-7);                   // NIST atomic unit of force
  EXPECT_NEAR(scale.stress() * 160.21766208, 29421.015697, 1e-2);  // in GPa
}

TEST(ElementsTest, TranslateSymbolsAndNumbersBothWays) {
  for (int number = 1; number <= max_atomic_number; ++number) {
    EXPECT_EQ(atomic_number(element_symbol(number)), number);
  }
  EXPECT_EQ(element_symbol(1), "H");
  EXPECT_EQ(element_symbol(26), "Fe");
  EXPECT_EQ(element_symbol(79), "Au");
  EXPECT_EQ(element_symbol(118), "Og");
}

TEST(ElementsTest, GiveStandardAtomicWeights) {
  EXPECT_DOUBLE_EQ(atomic_mass(1), 1.008);
  EXPECT_DOUBLE_EQ(atomic_mass(6), 12.011);
  EXPECT_DOUBLE_EQ(atomic_mass(8), 15.999);
  EXPECT_NEAR(atomic_mass(92), 238.02891, 1e-5);
  // argon and potassium, tellurium and iodine are out of order; most are not
  int descents = 0;
  for (int number = 2; number <= 92; ++number) {
    descents += atomic_mass(number) < atomic_mass(number - 1) ? 1 : 0;
  }
  EXPECT_EQ(descents, 4);  // K, Ni, I, Pa
}

TEST(ElementsTest, RefuseWhatIsNoElement) {
  EXPECT_THAT(error_of([] { atomic_number("CL"); }), HasSubstr("did you mean 'Cl'?"));
  EXPECT_THAT(error_of([] { atomic_number("X1"); }),
              AllOf(HasSubstr("'X1'"), Not(HasSubstr("did you mean"))));
  EXPECT_NE(error_of([] { element_symbol(0); }), "");
  EXPECT_NE(error_of([] { atomic_mass(119); }), "");
  EXPECT_FALSE(find_atomic_number("h"));
}

TEST(ElementsTest, AListNamesEachOnceInTheRightCase) {
  EXPECT_EQ(parse_element_list("H He,C", "--elements"), (std::vector<std::string>{"H", "He", "C"}));
  EXPECT_THAT(error_of([] { parse_element_list("h he", "--elements"); }),
              AllOf(HasSubstr("--elements"), HasSubstr("'h'"), HasSubstr("did you mean 'H'?")));
  EXPECT_THAT(error_of([] { parse_element_list("H C H", "--elements"); }),
              AllOf(HasSubstr("--elements"), HasSubstr("'H'"), HasSubstr("twice")));
  EXPECT_EQ(parse_element_list("H C H", "--elements", true).size(), 3u);
  EXPECT_THAT(error_of([] { parse_element_list(" , ", "--elements"); }), HasSubstr("no element"));
}

}  // namespace
}  // namespace spinconv::train
