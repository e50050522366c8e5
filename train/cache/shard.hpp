// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "data/frame_store.hpp"

// A shard is one file of a cache: frames end to end, then an index with what is to be known of each
// without reading it. Both parts have a checksum, which the manifest keeps.
namespace spinconv::train {

// Of one frame, as in the file.
struct IndexRecord {
  std::uint64_t offset = 0;  // of its bytes in the file
  double energy = 0.0;       // FrameFigures, member by member
  double force_squares = 0.0;
  double max_force = 0.0;
  std::uint32_t atoms = 0;
  std::uint32_t edges = 0;        // inside the cutoff of the cache
  std::uint32_t composition = 0;  // which of those of the shard
  std::uint32_t force_components = 0;
  std::uint32_t free_components = 0;
  std::uint32_t force_atoms = 0;
  std::uint32_t free_atoms = 0;
  std::uint32_t stress_components = 0;
  std::uint32_t flags = 0;
  std::uint32_t unused = 0;
};
static_assert(sizeof(IndexRecord) == 72);

using Composition = std::vector<std::pair<int, std::int64_t>>;
FrameFigures figures_of(const IndexRecord& record, const Composition& composition);

// What the manifest says of a shard.
struct ShardEntry {
  std::string file;              // in the folder of the cache
  std::uint64_t size = 0;        // bytes of the file
  std::uint64_t index_from = 0;  // byte at which the index begins
  std::uint64_t frames = 0;
  std::string checksum;        // of the bytes before the index
  std::string index_checksum;  // of the others

  bool operator==(const ShardEntry&) const = default;
};

// "crc64:" and 16 hex digits of bytes that come in pieces.
class Checksum {
 public:
  void add(std::span<const char> bytes);
  std::string text() const;

 private:
  std::uint64_t value_ = 0;
};

// The bytes of a shard in the making.
class ShardBuilder {
 public:
  ShardBuilder();
  void add(const Frame& frame, const FrameEdges& edges, bool store_edges);
  std::size_t frames() const { return index_.size(); }
  std::size_t size() const { return bytes_.size() + index_.size() * sizeof(IndexRecord); }  // bytes
  // Write the file, atomically, and begin the next one. Throws spinconv::Error.
  ShardEntry write(const std::string& folder, const std::string& file);

 private:
  void clear();

  std::string bytes_;
  std::vector<IndexRecord> index_;
  std::vector<Composition> compositions_;
};

// Throws spinconv::Error that names the file, what is wrong (missing, of another size, of another
// checksum) and the cure. The first looks at the size alone.
void require_shard(const std::string& folder, const ShardEntry& entry);
void verify_shard(const std::string& folder, const ShardEntry& entry);

struct ShardIndex {
  std::vector<IndexRecord> records;
  std::vector<Composition> compositions;
};
// Verified. Throws as verify_shard().
ShardIndex read_index(const std::string& folder, const ShardEntry& entry);

// The frames of a shard, mapped into memory and read as they are touched.
class ShardMapping {
 public:
  // Throws as require_shard(), and where the file cannot be mapped.
  ShardMapping(const std::string& folder, const ShardEntry& entry);
  ~ShardMapping();
  ShardMapping(const ShardMapping&) = delete;
  ShardMapping& operator=(const ShardMapping&) = delete;

  std::span<const char> bytes() const { return {data_, size_}; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  const char* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace spinconv::train
