// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "spinconv/evaluator.hpp"
#include "spinconv/fused/packing.hpp"

namespace spinconv::fused {

// Kernels for the prepared weights of a model, or null: its operator graph is evaluated. Before, a
// small structure is evaluated both ways. Throws Error, prefixed by `where`, if they differ by more
// than rounding (1e-9 of the largest number in double precision, 1e-4 in single), and if kernels
// are asked for and there are none.
std::shared_ptr<const PackedWeights> choose(const Model& model, const Model::Weights& weights,
                                            Implementation asked, const std::string& where);

// Model::prepare() with kernels of one of instruction_sets() for a model that is supported(); null:
// with none, for its operator graph.
Model::Weights prepare(const Model& model, const std::vector<std::int64_t>& elements,
                       const InstructionSet* set);

// "fused (AVX2)"; null: "graph"
std::string name_of(const InstructionSet* set);

// What choose() does with one set of kernels.
void check_against_graph(const Model& model, const Model::Weights& weights,
                         const std::shared_ptr<const PackedWeights>& kernels,
                         const std::string& where);

}  // namespace spinconv::fused
