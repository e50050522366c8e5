// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cache/shard.hpp"

namespace spinconv::train {

inline constexpr const char* manifest_name = "spinconv-cache.json";

// The file that makes a folder a cache of frames. It names the shards that are complete, so that a
// writer that was killed can go on behind the last of them.
struct Manifest {
  // of the format: raised whenever the bytes of a frame or of an index change
  static constexpr int version = 1;

  bool complete = false;
  // What `prepare` was asked for: "inputs", a list of {path, hash}, and its options. A cache goes
  // on only where all of it is the same.
  nlohmann::json request;
  std::vector<ShardEntry> shards;
  // Of a complete cache, for people and for the log of a training
  nlohmann::json sources;     // what the readers found, one entry for each input
  nlohmann::json summary;     // frames, atoms, elements, labels
  nlohmann::json statistics;  // of all frames, as fit takes them of its training frames

  double cutoff() const;     // Angstrom, of the edges that were counted
  bool has_edges() const;    // whether these are stored too
  std::string hash() const;  // of the data: of the checksums of all shards

  // Throws spinconv::Error: not readable, of another version, not whole.
  static Manifest read(const std::string& folder);
  // Atomically. Throws spinconv::Error.
  void write(const std::string& folder) const;
};

// Lines for the terminal: size, sources, summary, statistics.
std::string cache_text(const std::string& folder, const Manifest& manifest);

// Whether `path` is a folder with a manifest.
bool is_cache(const std::string& path);

}  // namespace spinconv::train
