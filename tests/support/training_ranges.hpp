// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "spinconv/training_ranges.hpp"

namespace spinconv::test {

// Ranges that no structure of a test leaves: 100 frames without a cell, all pairs of elements as
// near as 0.5 Angstrom, stress learned.
TrainingRanges wide_ranges(const std::vector<std::string>& elements = {"H", "C", "O"});

// `distance` (Angstrom; infinity: they never met) for elements a and b, in both orders.
void set_nearest(TrainingRanges& ranges, std::size_t a, std::size_t b, double distance);

// Writes the potential file `from` anew with these ranges.
void write_with_ranges(const std::string& from, const std::string& to,
                       const TrainingRanges& ranges);

}  // namespace spinconv::test
