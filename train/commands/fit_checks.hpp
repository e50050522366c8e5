// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "commands/fit_data.hpp"
#include "trainer/fit_config.hpp"

namespace spinconv::train {

// Before the data are read. Throws spinconv::Error: the weights that apply to the target are all 0,
// so that every loss is 0.
void require_a_loss(const LossConfig& loss, const Target& target);

// Refuse an element of a frame that config.model.elements lack: throws spinconv::Error naming the
// frame, how many frames of each part have the element, what dealt them there, and the cures.
// `elements_given`: the configuration names the elements; else they are those of the training
// frames. Returns notes for the user, a line each: elements that no training frame has.
std::vector<std::string> require_elements(const FitConfig& config, const Parts& parts,
                                          bool elements_given);

// Refuse training.loss.group_weights of a group that no training or validation frame belongs to
// (throws spinconv::Error with the nearest one that is there), and weights that leave nothing to
// train on. Reads frames until each name has been found.
void require_groups(const FitConfig& config, const Parts& parts);

// Refuse parts in which the loss finds nothing to compare, and training on stress without any:
// throws spinconv::Error naming what the file holds and the cure. The parts are prepared. Returns
// warnings, a line each: weights without labels, a validation loss of other labels than the
// training loss, no validation frames where the settings go by them, test frames without any label.
std::vector<std::string> require_labels(const FitConfig& config, const Parts& parts);

}  // namespace spinconv::train
