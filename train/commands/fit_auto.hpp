// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "trainer/auto_config.hpp"

// A training of which nothing but the data is given.
namespace spinconv::train {

inline constexpr const char* automatic_preset = "auto";

// Whether an argument of `fit` is data and no configuration: a folder, or a name that ends as that
// of a data file (.npz, .extxyz, .xyz, .xz).
bool names_data(const std::string& path);

// What is chosen for the data at `path`. Of `overrides` ("data.frames=:50") those of the section
// data count, which say how the data are read. Throws spinconv::Error as reading them does.
AutoConfig choose_for(const std::string& path, const std::vector<std::string>& overrides);

// The same with all overrides on top, and what was chosen on std::cout.
FitConfig read_chosen(const std::string& path, const std::vector<std::string>& overrides);

}  // namespace spinconv::train
