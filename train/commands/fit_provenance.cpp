// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "commands/fit_provenance.hpp"

#include "data/files.hpp"
#include "spinconv/error.hpp"

namespace spinconv::train {
namespace {

using nlohmann::json;

json entry_of(const Part& part, const DataSource& source) {
  json entry = {{"part", part.name},
                {"file", part.record.path},
                {"hash", part.record.hash},
                {"frames", part.size()}};
  if (!source.reference.empty() && source.reference != "last") {
    entry["reference"] = source.reference;
    entry["reference_hash"] = file_hash(source.reference);
  }
  return entry;
}

const json* find_part(const json& list, const std::string& part) {
  for (const auto& entry : list) {
    if (entry.at("part") == part) {
      return &entry;
    }
  }
  return nullptr;
}

// "the training data 'a.extxyz'", "the potential 'a.pt' that it begins with"
std::string title(const json& entry) {
  const auto part = entry.at("part").get<std::string>();
  const std::string file = "'" + entry.at("file").get<std::string>() + "'";
  return part == "init" ? "the potential " + file + " that it begins with"
                        : "the " + part + " data " + file;
}

constexpr const char* cure =
    "; restore it, or begin a new training in another output.folder (from the weights there are: "
    "--init)";

void compare(const json& then, const json& now) {
  const auto text = [](const json& entry, const char* key) {
    return entry.value(key, std::string("none"));
  };
  for (const auto& [key, file] :
       {std::pair{"hash", "file"}, std::pair{"reference_hash", "reference"}}) {
    const auto before = text(then, key), after = text(now, key);
    if (before == after) {
      continue;
    }
    std::string what = title(now);
    if (key == std::string("reference_hash")) {
      what =
          "the reference energies '" + text(now.contains(file) ? now : then, file) + "' of " + what;
    }
    std::string frames;
    if (now.contains("frames") && then.at("frames") != now.at("frames")) {
      frames =
          ", " + then.at("frames").dump() + " frames then and " + now.at("frames").dump() + " now";
    }
    const std::string moved = text(then, file) == text(now, file) || text(then, file) == "none"
                                  ? ""
                                  : " (of '" + text(then, file) + "')";
    throw Error("--resume: " + what + ": the hash was " + before + moved +
                " when the checkpoint was written and is " + after + " now" + frames + cure);
  }
  if (now.contains("frames") && then.at("frames") != now.at("frames")) {
    throw Error("--resume: " + title(now) + ": " + then.at("frames").dump() +
                " frames when the checkpoint was written and " + now.at("frames").dump() + " now" +
                cure);
  }
}

}  // namespace

json data_provenance(const FitConfig& config, const Parts& parts) {
  json list = json::array();
  for (const auto& [part, source] :
       {std::pair{&parts.training, &config.data.train},
        {&parts.validation, config.data.validation ? &*config.data.validation : &config.data.train},
        {&parts.test, config.data.test ? &*config.data.test : &config.data.train}}) {
    if (!part->empty()) {
      list.push_back(entry_of(*part, *source));
    }
  }
  if (!config.init.empty()) {
    list.push_back({{"part", "init"}, {"file", config.init}, {"hash", file_hash(config.init)}});
  }
  return list;
}

std::vector<std::string> require_same_data(const json& then, const json& now) {
  if (then.is_null()) {
    return {
        "note: the checkpoint is of a version that kept no hashes of the data: whether they "
        "are those it was trained on has not been checked"};
  }
  std::vector<std::string> notes;
  for (const auto& entry : now) {
    const json* const before = find_part(then, entry.at("part").get<std::string>());
    if (before == nullptr) {
      throw Error("--resume: " + title(entry) + ": not part of the training of the checkpoint" +
                  cure);
    }
    compare(*before, entry);
    if (before->at("file") != entry.at("file")) {
      notes.push_back("note: " + title(entry) + ": '" + before->at("file").get<std::string>() +
                      "' before, with the same hash");
    }
  }
  for (const auto& entry : then) {
    if (find_part(now, entry.at("part").get<std::string>()) == nullptr) {
      throw Error("--resume: " + title(entry) +
                  ": part of the training of the checkpoint, and not given now" + cure);
    }
  }
  return notes;
}

}  // namespace spinconv::train
