// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
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
  double energy = 0.0;       // FrameStatistics, member by member
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
FrameStatistics figures_of(const IndexRecord& record, const Composition& composition);

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
  void add(const Frame& frame, const NeighborEdges& edges, bool store_edges);
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

// A shard that is open. Bytes are read and not mapped: of a file that another process truncates, a
// mapping would end this process (SIGBUS).
class ShardFile {
 public:
  // Which file this is, and as of when.
  struct State {
    std::uint64_t device = 0, inode = 0, size = 0;
    std::int64_t seconds = 0, nanoseconds = 0;  // of the last change

    bool operator==(const State&) const = default;
  };

  // Errors of all of these are spinconv::Error that names the file, what is wrong and the cure.
  // Here: missing, of another size.
  ShardFile(const std::string& folder, const ShardEntry& entry);
  ~ShardFile();
  ShardFile(const ShardFile&) = delete;
  ShardFile& operator=(const ShardFile&) = delete;

  // The bytes from `offset` on. Error: not readable, the file has become shorter.
  void read(std::span<char> bytes, std::uint64_t offset) const;
  // Error: not readable, another checksum.
  void verify() const;

  const std::string& path() const { return path_; }
  // When it was opened, and whether that is not so any more.
  const State& opened() const { return state_; }
  bool has_changed() const { return state() != state_; }

 private:
  State state() const;

  std::string path_;
  int number_ = -1;
  ShardEntry entry_;
  State state_;
};

struct ShardIndex {
  std::vector<IndexRecord> records;
  std::vector<Composition> compositions;
};
// Verified. Throws as ShardFile.
ShardIndex read_index(const std::string& folder, const ShardEntry& entry);

}  // namespace spinconv::train
