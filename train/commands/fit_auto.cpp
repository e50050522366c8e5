// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "commands/fit_auto.hpp"

#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <iostream>

#include "cache/manifest.hpp"
#include "data/dataset.hpp"
#include "data/frame_stream.hpp"
#include "spinconv/error.hpp"

namespace spinconv::train {
namespace {

// The section data alone; the rest is still to be chosen.
DataConfig data_of(const std::string& path, const std::vector<std::string>& overrides) {
  YAML::Emitter text;
  text << YAML::BeginMap << YAML::Key << "data" << YAML::Value << YAML::BeginMap << YAML::Key
       << "file" << YAML::Value << YAML::DoubleQuoted << path << YAML::EndMap << YAML::Key
       << "output" << YAML::Value << YAML::BeginMap << YAML::Key << "folder" << YAML::Value
       << "none" << YAML::EndMap << YAML::EndMap;
  std::vector<std::string> of_data;
  for (const auto& change : overrides) {
    if (change.starts_with("data.") && !change.starts_with("data.split")) {
      of_data.push_back(change);
    }
  }
  return FitConfig::parse(text.c_str(), "'" + path + "'", of_data).data;
}

}  // namespace

bool names_data(const std::string& path) {
  std::error_code unknown;
  if (std::filesystem::is_directory(path, unknown)) {
    return true;
  }
  // A configuration may be JSON; none is compressed, and of what is the readers say what is wrong.
  return path.ends_with(".xz") || (has_known_ending(path) && !path.ends_with(".json"));
}

AutoConfig choose_for(const std::string& path, const std::vector<std::string>& overrides) {
  const DataConfig data = data_of(path, overrides);
  SourceRecord record;
  const auto frames = open_store(data.train, record);
  std::optional<double> cutoff;
  if (is_cache(data.train.path)) {
    cutoff = Manifest::read(data.train.path).cutoff();
  }
  return choose_config(data, *frames, profile_of(*frames, cutoff));
}

FitConfig read_chosen(const std::string& path, const std::vector<std::string>& overrides) {
  const AutoConfig chosen = choose_for(path, overrides);
  std::cout << "chosen for " << path << " (spinconv-train preset auto " << path
            << " prints the configuration):\n";
  for (const auto& line : chosen.reasons) {
    std::cout << line << "\n";
  }
  return FitConfig::parse(chosen.yaml, "configuration chosen for '" + path + "'", overrides);
}

}  // namespace spinconv::train
