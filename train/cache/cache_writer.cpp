// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "cache/cache_writer.hpp"

#include <algorithm>
#include <filesystem>

#include "cache/frame_cache.hpp"
#include "data/dataset.hpp"
#include "data/number_text.hpp"
#include "data/statistics.hpp"
#include "spinconv/error.hpp"

namespace spinconv::train {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* lock_name = ".spinconv-cache.lock";
constexpr const char* shard_prefix = "frames-";

std::string shard_name(std::size_t number) {
  return format("%s%05zu.bin", shard_prefix, number);
}

// A shard, or what a killed writer has left of one or of the manifest.
bool is_ours(const std::string& name) {
  return name == manifest_name || name == lock_name || name.starts_with(shard_prefix) ||
         (name.starts_with(".") && name.find(".tmp") != std::string::npos &&
          (name.starts_with("." + std::string(shard_prefix)) ||
           name.starts_with("." + std::string(manifest_name))));
}

// The first difference, as "key: that of the cache, this one".
std::string difference(const json& then, const json& now) {
  for (const auto& [key, value] : now.items()) {
    const auto old = then.contains(key) ? then.at(key) : json();
    if (old == value) {
      continue;
    }
    if (key != "inputs" || !old.is_array()) {
      return key + " was " + (old.is_null() ? "not given" : old.dump()) + " and is " + value.dump();
    }
    for (std::size_t i = 0; i < std::max(old.size(), value.size()); ++i) {
      if (i >= old.size() || i >= value.size() || old[i].at("path") != value[i].at("path")) {
        return "input " + std::to_string(i + 1) + " was " +
               (i < old.size() ? old[i].at("path").dump() : "not there") + " and is " +
               (i < value.size() ? value[i].at("path").dump() : "not there");
      }
      if (old[i] != value[i]) {
        return value[i].at("path").get<std::string>() + " has changed since";
      }
    }
  }
  for (const auto& [key, value] : then.items()) {
    if (!now.contains(key)) {
      return key + " was " + value.dump() + " and is not given";
    }
  }
  return "the options differ";
}

}  // namespace

CacheWriter::CacheWriter(const std::string& folder, json request, bool overwrite)
    : folder_(folder) {
  std::error_code status;
  fs::create_directories(folder, status);
  if (status) {
    throw Error("cannot create the folder '" + folder + "': " + status.message());
  }
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (!is_ours(entry.path().filename().string())) {
      throw Error("'" + folder + "' holds '" + entry.path().filename().string() +
                  "', which is not of a cache; name a folder of its own for the cache");
    }
  }
  lock_.emplace(folder, lock_name);
  if (is_cache(folder) && !overwrite) {
    manifest_ = Manifest::read(folder);
    if (manifest_.request != request) {
      throw Error("'" + folder +
                  "' is a cache of something else: " + difference(manifest_.request, request) +
                  "; give the same inputs and options to go on, --overwrite to begin anew, or "
                  "another folder");
    }
    look_at_shards();
  } else {
    // the manifest first: without it no shard counts
    fs::remove(fs::path(folder) / manifest_name);
    manifest_.request = std::move(request);
    manifest_.write(folder);
  }
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    const bool named = std::any_of(manifest_.shards.begin(), manifest_.shards.end(),
                                   [&](const auto& shard) { return shard.file == name; });
    if (name != manifest_name && name != lock_name && !named) {
      fs::remove(entry.path());
    }
  }
}

void CacheWriter::look_at_shards() {
  for (const auto& shard : manifest_.shards) {
    try {
      ShardFile(folder_, shard).verify();
      good_.push_back(1);
    } catch (const Error& error) {
      const std::string text = error.what();
      damage_.push_back(text.substr(0, text.find(';')));
      good_.push_back(0);
    }
  }
}

std::size_t CacheWriter::good_shards() const {
  return static_cast<std::size_t>(std::count(good_.begin(), good_.end(), 1));
}

std::size_t CacheWriter::good_frames() const {
  std::size_t frames = 0;
  for (std::size_t k = 0; k < good_.size(); ++k) {
    frames += good_[k] ? manifest_.shards[k].frames : 0;
  }
  return frames;
}

void CacheWriter::add(const Frame& frame) {
  if (shard_ < good_.size() && good_[shard_]) {
    if (++skipped_ == manifest_.shards[shard_].frames) {
      skipped_ = 0;
      ++shard_;
    }
    return;
  }
  builder_.add(frame, build_edges(frame, manifest_.cutoff()), manifest_.has_edges());
  if (builder_.size() >= manifest_.request.at("shard_bytes").get<std::size_t>()) {
    write_shard();
  }
}

void CacheWriter::write_shard() {
  const auto entry = builder_.write(folder_, shard_name(shard_));
  if (shard_ < manifest_.shards.size()) {  // one that was damaged
    if (entry != manifest_.shards[shard_]) {
      throw Error(folder_ + "/" + entry.file +
                  ": written again, the shard is not what it was; was the cache made by another "
                  "version? Make it anew with --overwrite");
    }
    good_[shard_] = 1;
  } else {
    manifest_.shards.push_back(entry);
    good_.push_back(1);
    manifest_.write(folder_);
  }
  ++shard_;
}

void CacheWriter::finish(json sources) {
  if (builder_.frames() > 0) {
    write_shard();
  }
  if (manifest_.shards.empty()) {
    throw Error("no frame is left for the cache '" + folder_ +
                "'; correct --frames, --max-energy or --max-force");
  }
  const CachedFrames frames(FrameCache::open(folder_, manifest_));
  const auto summary = summarize(frames);
  const auto statistics = compute_statistics(frames, summary.elements(), manifest_.cutoff());
  manifest_.sources = std::move(sources);
  manifest_.summary = {{"frames", summary.n_frames},
                       {"atoms", summary.n_atoms},
                       {"elements", summary.elements()},
                       {"frames_with_energy", summary.n_energy},
                       {"frames_with_forces", summary.n_forces},
                       {"frames_with_stress", summary.n_stress},
                       {"periodic_frames", summary.n_periodic},
                       {"text", summary.text()}};
  manifest_.statistics = {{"reference_energies_ev", statistics.reference_energies},
                          {"reference_rank", statistics.independent},
                          {"average_neighbors", statistics.average_neighbors},
                          {"force_rms_ev_a", statistics.force_rms},
                          {"energy_std_per_atom_ev", statistics.energy_std_per_atom},
                          {"text", statistics.text()}};
  manifest_.complete = true;
  manifest_.write(folder_);
}

}  // namespace spinconv::train
