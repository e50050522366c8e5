// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace spinconv::train {

// A key of the configuration ("training.loss.type") with another value than before; "not set": only
// one of the two has it.
struct ConfigChange {
  std::string key, then, now;
};

// What differs between two configurations, as FitConfig::to_yaml() writes them, in the order of
// `now`. Numbers are compared as numbers: however many digits a version writes.
std::vector<ConfigChange> config_changes(const std::string& then, const std::string& now);

// Whether a resumed training may have another value there: keys that change no step that was made
// (how many epochs, how often a checkpoint, where the output goes and what it says), and, where the
// hashes of the files are compared (`hashes_known`), their paths.
bool may_change(const std::string& key, bool hashes_known);

// The keys of may_change() but for the paths, for a message.
std::string changeable_keys();

}  // namespace spinconv::train
