// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "trainer/config_changes.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <utility>

#include "data/number_text.hpp"
#include "data/text.hpp"

namespace spinconv::train {
namespace {

const std::vector<std::string> changeable = {
    "training.epochs",         "training.early_stop", "training.checkpoint_minutes",
    "training.implementation", "data.prefetch",       "output.folder",
    "output.potential",        "output.name",         "output.description",
    "output.license",          "output.citation"};

const std::vector<std::string> paths = {"data.file",
                                        "data.reference",
                                        "data.validation.file",
                                        "data.validation.reference",
                                        "data.test.file",
                                        "data.test.reference",
                                        "model.init"};

using Entries = std::vector<std::pair<std::string, std::vector<std::string>>>;  // key, values

void flatten(const YAML::Node& node, const std::string& key, Entries& entries) {
  if (node.IsMap()) {
    for (const auto& entry : node) {
      const auto name = entry.first.as<std::string>();
      flatten(entry.second, key.empty() ? name : key + "." + name, entries);
    }
    return;
  }
  std::vector<std::string> values;
  if (node.IsSequence()) {
    for (const auto& value : node) {
      values.push_back(value.IsScalar() ? value.Scalar() : YAML::Dump(value));
    }
  } else if (node.IsScalar()) {
    values.push_back(node.Scalar());
  }
  entries.emplace_back(key, std::move(values));
}

Entries entries_of(const std::string& yaml) {
  Entries entries;
  flatten(YAML::Load(yaml), "", entries);
  return entries;
}

bool same_value(const std::string& a, const std::string& b) {
  if (a == b) {
    return true;
  }
  const auto x = parse_real(a), y = parse_real(b);
  return x && y && *x == *y;
}

// A number with the digits that it needs: 0.004, where version 0.1.0 wrote 0.0040000000000000001.
std::string text_of(const std::string& value) {
  const auto number = parse_real(value);
  if (!number || value.find('.') == std::string::npos) {
    return value.empty() ? "\"\"" : value;
  }
  return number_text(*number);
}

std::string text_of(const std::vector<std::string>& values) {
  if (values.size() == 1) {
    return text_of(values[0]);
  }
  std::string text;
  for (const auto& value : values) {
    text += (text.empty() ? "" : ", ") + text_of(value);
  }
  return "[" + text + "]";
}

}  // namespace

std::vector<ConfigChange> config_changes(const std::string& then, const std::string& now) {
  const Entries before = entries_of(then), after = entries_of(now);
  std::map<std::string, const std::vector<std::string>*> left;
  for (const auto& [key, values] : before) {
    left[key] = &values;
  }
  std::vector<ConfigChange> changes;
  for (const auto& [key, values] : after) {
    const auto found = left.find(key);
    if (found == left.end()) {
      changes.push_back({key, "not set", text_of(values)});
      continue;
    }
    if (!std::equal(values.begin(), values.end(), found->second->begin(), found->second->end(),
                    same_value)) {
      changes.push_back({key, text_of(*found->second), text_of(values)});
    }
    left.erase(found);
  }
  for (const auto& [key, values] : before) {
    if (left.count(key) > 0) {
      changes.push_back({key, text_of(values), "not set"});
    }
  }
  return changes;
}

bool may_change(const std::string& key, bool hashes_known) {
  return contains(changeable, key) || (hashes_known && contains(paths, key));
}

std::string changeable_keys() {
  return joined(changeable, ", ");
}

}  // namespace spinconv::train
