// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cache/manifest.hpp"
#include "data/folder_lock.hpp"

namespace spinconv::train {

// Writes frames, one after the other, into a folder of shards. Each shard is written whole and then
// named in the manifest, so that a writer that is killed loses no more than the shard it was at. A
// writer of the same request goes on there: shards that are good are left as they are, and those
// that are missing or damaged are written again, with the same bytes.
class CacheWriter {
 public:
  // `request` is that of Manifest, with "cutoff" (Angstrom), "edges" and "shard_bytes". Creates the
  // folder, or looks at the cache that is there. Throws spinconv::Error: another process writes to
  // it, a folder with other files, a cache of another request (without `overwrite`, which begins
  // anew).
  CacheWriter(const std::string& folder, nlohmann::json request, bool overwrite);

  bool is_complete() const { return manifest_.complete && good_shards() == good_.size(); }
  std::size_t good_shards() const;
  std::size_t good_frames() const;
  // What is wrong with the shards that are written again, one line for each.
  const std::vector<std::string>& damage() const { return damage_; }

  // The frames of the request, from the first one, those of good shards too. Throws spinconv::Error
  // as build_edges() and append_frame() do, and where the folder cannot be written to.
  void add(const Frame& frame);
  // No more frames: writes the last shard, the summary and the statistics.
  void finish(nlohmann::json sources);

  const Manifest& manifest() const { return manifest_; }

 private:
  void look_at_shards();
  void write_shard();

  std::string folder_;
  Manifest manifest_;
  std::optional<FolderLock> lock_;
  std::vector<char> good_;  // of the shards of the manifest
  std::vector<std::string> damage_;
  std::size_t shard_ = 0;    // the present one
  std::size_t skipped_ = 0;  // frames of it that were passed over, where it is good
  ShardBuilder builder_;
};

}  // namespace spinconv::train
