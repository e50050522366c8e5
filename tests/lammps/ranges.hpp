// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <limits>
#include <string>

#include "lammps/structures.hpp"
#include "support/occurrences.hpp"
#include "support/training_ranges.hpp"

// Runs that leave the ranges of a potential in steps that are known, for spinconv and spinconv/kk.
namespace spinconv::test {

inline constexpr double never = std::numeric_limits<double>::infinity();

// An O atom (ID 4) that comes by 0.01 Angstrom a step from 2.105 Angstrom to an H atom (ID 7) and,
// behind it, from 4.155 Angstrom to a C atom (ID 2): in step 16 it is within the cutoff of 4
// Angstrom of C, in step 21 below 1.9 Angstrom from H. On two ranks the halves of the box are
// apart between O and H until step 10. Without C the neighbor list is that of the edges.
inline std::string approach(const TemporaryFolder& folder, const std::string& pair,
                            bool with_carbon = true) {
  LammpsBox s;
  s.lx = 12.2;
  s.ly = s.lz = 12.0;
  s.types = {1, 3};
  s.positions = {{4.1, 6.0, 6.0}, {6.205, 6.0, 6.0}};
  s.ids = {7, 4};
  if (with_carbon) {
    s.types.push_back(2);
    s.positions.push_back({2.05, 6.0, 6.0});
    s.ids.push_back(2);
  }
  return setup(folder, s, {.pair = pair}) +
         "group oxygen type 3\nfix come oxygen move linear -20 0 0\nthermo 100\n";
}

// Ranges that the approach leaves: H and O from 2 Angstrom on, C and O that never met.
inline TrainingRanges ranges_of_approach() {
  auto ranges = wide_ranges();
  set_nearest(ranges, 0, 2, 2.0);
  set_nearest(ranges, 1, 2, never);
  return ranges;
}

// test.pt, a random potential with these ranges.
inline void write_ranges(const TemporaryFolder& folder, const TrainingRanges& ranges,
                         const std::string& name = "test.pt") {
  write_potential(folder, name);
  write_with_ranges(folder / name, folder / name, ranges);
}

inline const std::string near_warning =
    "at step 21: the atoms with IDs 4 and 7 (H and O) are 1.895 Angstrom apart, nearer than any H "
    "and O that test.pt was trained on (2.000)";
inline const std::string meet_warning =
    "at step 16: the atoms with IDs 2 and 4 (C and O) are 3.995 Angstrom apart, but no C and O "
    "were within the cutoff (4 Angstrom) in what test.pt was trained on";

// Warnings of what is not like the training data, of any kind.
inline int range_warnings(const std::string& output) {
  return occurrences(output, "was trained");
}

}  // namespace spinconv::test
