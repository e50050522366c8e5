// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cache/manifest.hpp"
#include "data/frame_stream.hpp"

namespace spinconv::train {

// A cache that `spinconv-train prepare` has written. In memory is the index (72 bytes a frame); the
// few shards used last are open. The index is verified when the cache is opened, a shard when its
// first frame is asked for, and again where its file has changed since. Several threads may read at
// once.
class FrameCache {
 public:
  // Throws spinconv::Error: no cache, of another version, not complete, a shard that is missing or
  // truncated, a damaged index.
  static std::shared_ptr<const FrameCache> open(const std::string& folder);
  // Of a manifest that is not complete yet.
  static std::shared_ptr<const FrameCache> open(const std::string& folder, Manifest manifest);

  std::size_t size() const { return records_.size(); }
  const Manifest& manifest() const { return manifest_; }
  // Throws spinconv::Error naming the shard where it is damaged.
  Frame frame(std::size_t index) const;
  FrameStatistics figures(std::size_t index) const;
  // Of the cutoff of the manifest; the second one where it has edges.
  std::int64_t edge_count(std::size_t index) const { return records_[index].edges; }
  NeighborEdges edges(std::size_t index) const;

 private:
  FrameCache(const std::string& folder, Manifest manifest);
  // The bytes of a frame, and where they are from.
  struct Bytes {
    std::shared_ptr<const ShardFile> shard;
    std::vector<char> bytes;
  };
  Bytes bytes_of(std::size_t index) const;
  // A shard that is verified, and the one of open_ where it has not changed, or null.
  std::shared_ptr<const ShardFile> file(std::size_t shard) const;
  std::shared_ptr<const ShardFile> known_file(std::size_t shard) const;

  std::string folder_;
  Manifest manifest_;
  std::vector<IndexRecord> records_;       // `composition` counts through all shards
  std::vector<std::size_t> first_;         // of each shard, and the number of all
  std::vector<Composition> compositions_;  // that are different
  struct Verified {
    std::mutex mutex;
    ShardFile::State as;  // that its checksum was right for
  };
  mutable std::deque<Verified> verified_;  // of each shard
  mutable std::mutex mutex_;               // of what follows
  mutable std::list<std::pair<std::size_t, std::shared_ptr<const ShardFile>>> open_;
};

// Some or all frames of a cache.
class CachedFrames : public FrameStore {
 public:
  explicit CachedFrames(std::shared_ptr<const FrameCache> cache);

  std::size_t size() const override { return all_ ? cache_->size() : indices_.size(); }
  std::shared_ptr<const Frame> frame(std::size_t index) const override;
  FrameStatistics figures(std::size_t index) const override;
  std::optional<std::int64_t> edge_count(std::size_t index, double cutoff) const override;
  std::optional<NeighborEdges> edges(std::size_t index, double cutoff) const override;
  bool in_memory() const override { return false; }
  std::shared_ptr<const FrameStore> select(const std::vector<std::size_t>& indices) const override;

 private:
  std::size_t place(std::size_t index) const { return all_ ? index : indices_[index]; }

  std::shared_ptr<const FrameCache> cache_;
  bool all_ = true;
  std::vector<std::size_t> indices_;
};

// A cache as a source of data: max_energy, max_force and the slice choose among its frames. Throws
// spinconv::Error as FrameCache::open(), where no frame is left, and where units, keys or a
// reference are given that belong to `prepare`.
std::shared_ptr<const FrameStore> open_cache(const DataSource& source, SourceRecord& record);
// All frames, in order, without filters and slice.
std::unique_ptr<FrameStream> stream_cache(const DataSource& source, SourceRecord& record);
// Manifest::hash().
std::string cache_hash(const std::string& folder);

}  // namespace spinconv::train
