// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spinconv {

inline constexpr int max_atomic_number = 118;

// "H" for 1 ... "Og" for 118. Throws spinconv::Error outside 1..118.
std::string element_symbol(int atomic_number);

// Atomic number of an exact symbol ("Cl", not "CL"); no value where it is none.
std::optional<int> find_atomic_number(std::string_view symbol);

// As above, but throws spinconv::Error with the nearest symbol.
int atomic_number(const std::string& symbol);

// The symbols of a text such as "H C O" or "H,C,O". `option`, which gave it, begins the message of
// the spinconv::Error: an unknown symbol, with the nearest; none at all; one that stands there
// twice, unless `repeats` (atom types may share an element).
std::vector<std::string> parse_element_list(const std::string& text, const std::string& option,
                                            bool repeats = false);

// Standard atomic weight in g/mol (IUPAC 2016, conventional values; for elements without one the
// mass of the longest-lived isotope). Throws spinconv::Error outside 1..118.
double atomic_mass(int atomic_number);

// Whether somebody who writes `mass` (g/mol) means this element: within 0.05 g/mol and 1.5 % of its
// weight, and not ten times closer to that of another one. Masses of single isotopes of the light
// elements (deuterium, 6Li, 13C) are not.
bool is_mass_of(double mass, int atomic_number);

// The element whose weight is closest.
int nearest_element(double mass);

}  // namespace spinconv
