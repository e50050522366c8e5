// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "spinconv/potential.hpp"
#include "trainer/frame_set.hpp"
#include "trainer/predictor.hpp"

namespace spinconv::train {

// Refuse a potential that differs in a key of the configuration by which its weights are what they
// are (Hyperparameter::fixes_weights): throws spinconv::Error with every one, both values, and the
// settings that cure it.
void require_same_architecture(const ModelConfig& model, const ModelConfig& potential,
                               const std::string& path);

// Refuse weights of another target: throws spinconv::Error.
void require_same_target(const Target& target, const Target& potential, const std::string& path);

// What the weights were trained with and no configuration says: scales, offset of the energy, what
// came from a published checkpoint, and the reference energies and repulsion radii of elements that
// the potential has. Elements are matched by name, whatever their order; those that the potential
// lacks have reference energy 0, and radii 0 (covalent ones).
void adopt_scales(ModelConfig& model, const ModelConfig& potential);

// Copy the weights of `potential` into `model`, whose architecture is the same, matching elements
// by name. What belongs to an element that the potential lacks keeps its random values. Returns the
// names of those.
std::vector<std::string> adopt_weights(Model& model, const Model& potential);

// Energies (eV) that a model gives for the frames `numbers`; `on_frame` is called for each.
std::vector<double> predicted_energies(Predictor& predictor, const FrameSet& frames,
                                       std::span<const std::size_t> numbers,
                                       const std::function<void()>& on_frame = {});

}  // namespace spinconv::train
