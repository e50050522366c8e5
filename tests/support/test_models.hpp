// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "spinconv/evaluator.hpp"
#include "spinconv/model_config.hpp"
#include "support/temporary_folder.hpp"

// Small potentials with random weights. No LibTorch type appears here.
namespace spinconv::test {

// M 4, D 16, L = m_max = 3, K 2, 8 Gaussians, cutoff 4 Angstrom.
ModelConfig small_config(const std::vector<std::string>& elements = {"H", "C", "O"});

// The same sizes with m_max 2, C 6, Ce 4: both ends of an edge and directed messages.
ModelConfig small_spinconv2_config(const std::vector<std::string>& elements = {"H", "C", "O"});

// The same with random sizes; of every fourth seed with an l_max of up to `most_degree`, of the
// others of up to 4.
ModelConfig random_spinconv2_config(std::uint64_t seed, int most_degree);

// A potential file whose weights, those that start at 0 or 1 too, are random.
void write_random_potential(const std::string& path, const ModelConfig& config,
                            std::uint64_t seed = 1, const std::string& precision = "double");

// The evaluator of such a file, which is gone when this returns.
Evaluator random_evaluator(const ModelConfig& config, const EvaluatorOptions& options = {},
                           std::uint64_t seed = 1);

// The variants of the model that the tests of the physics go through.
struct Variant {
  std::string name;  // letters and digits
  ModelConfig config;

  friend void PrintTo(const Variant& v, std::ostream* out) { *out << v.name; }
};
std::vector<Variant> exact_variants();
// These and the other models on harmonics: every one that is evaluated in blocks and on ranks.
std::vector<Variant> decomposed_variants();

// M 16, D 8, 6 x 8 grid, K 2.
ModelConfig small_grid_config();

}  // namespace spinconv::test
