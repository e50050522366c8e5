// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/elements.hpp"

#include <gtest/gtest.h>

namespace spinconv {
namespace {

TEST(Elements, AreToldByTheMassesThatPeopleWrite) {
  for (int z = 1; z <= max_atomic_number; ++z) {
    EXPECT_TRUE(is_mass_of(atomic_mass(z), z)) << element_symbol(z);
    EXPECT_EQ(atomic_mass(nearest_element(atomic_mass(z))), atomic_mass(z)) << element_symbol(z);
  }
  const auto is = [](double mass, const char* symbol) {
    return is_mass_of(mass, atomic_number(symbol));
  };
  for (const auto& [mass, symbol] : {std::pair{1.0, "H"},
                                     {12.0, "C"},
                                     {14.0, "N"},
                                     {16.0, "O"},
                                     {35.5, "Cl"},
                                     {56.0, "Fe"},
                                     {63.5, "Cu"},
                                     {197.0, "Au"},
                                     {195.0, "Pt"},
                                     {40.0, "Ca"}}) {
    EXPECT_TRUE(is(mass, symbol)) << symbol;
  }
}

TEST(Elements, AreNotTakenForOthersOrForIsotopes) {
  const auto is = [](double mass, const char* symbol) {
    return is_mass_of(mass, atomic_number(symbol));
  };
  for (const auto& [mass, symbol] : {std::pair{12.011, "H"},
                                     {1.008, "C"},
                                     {2.014, "H"},
                                     {6.015, "Li"},
                                     {3.024, "H"},
                                     {95.95, "Nb"},
                                     {196.97, "Pt"},
                                     {195.08, "Ir"},
                                     {0.0, "H"}}) {
    EXPECT_FALSE(is(mass, symbol)) << mass << " " << symbol;
  }
}

}  // namespace
}  // namespace spinconv
