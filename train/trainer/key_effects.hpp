// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "trainer/fit_config.hpp"

namespace spinconv::train {

// Keys that belong to a variant, of the model as hyperparameters() says and of the training:
// config.yaml and the presets have those with an effect alone, and a configuration that changes one
// without an effect is refused.

// Whether `key` ("model.l_max", "training.loss.type") changes anything in this configuration.
bool has_effect(const FitConfig& config, const std::string& key);

// "model.l_max has no effect, as model.sphere is grid; leave it out (it belongs to model.sphere:
// harmonics)". Only where it has none.
std::string why_without_effect(const FitConfig& config, const std::string& key);

// The keys that have no effect and another value than without them: what the user
// meant by them will not happen.
std::vector<std::string> lost_keys(const FitConfig& config);

}  // namespace spinconv::train
