// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "cache/shard.hpp"

#include <fcntl.h>
#include <lzma.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <system_error>
#include <tuple>

#include "cache/append_bytes.hpp"
#include "cache/frame_codec.hpp"
#include "data/number_text.hpp"
#include "spinconv/atomic_file.hpp"
#include "spinconv/error.hpp"

namespace spinconv::train {
namespace {

constexpr char magic[9] = "SpinConv";
constexpr const char* shard_cure =
    "; the same 'spinconv-train prepare' writes this shard again and leaves the good ones";

// of IndexRecord::flags
constexpr std::uint32_t energy_known = 1;
constexpr std::uint32_t forces_known = 2;
constexpr std::uint32_t stress_known = 4;
constexpr std::uint32_t cell_is_periodic = 8;

std::string cause(int error) {
  return std::generic_category().message(error);
}

[[noreturn]] void fail_checksum(const std::string& path, const std::string& expected) {
  throw Error(path + ": the shard is damaged (its checksum is not " + expected + ")" + shard_cure);
}

}  // namespace

FrameStatistics figures_of(const IndexRecord& record, const Composition& composition) {
  FrameStatistics figures;
  figures.composition = composition;
  figures.atoms = record.atoms;
  if (record.flags & energy_known) {
    figures.energy = record.energy;
  }
  figures.force_squares = record.force_squares;
  figures.max_force = record.max_force;
  figures.force_components = record.force_components;
  figures.free_components = record.free_components;
  figures.force_atoms = record.force_atoms;
  figures.free_atoms = record.free_atoms;
  figures.stress_components = record.stress_components;
  figures.periodic = (record.flags & cell_is_periodic) != 0;
  figures.has_forces = (record.flags & forces_known) != 0;
  figures.has_stress = (record.flags & stress_known) != 0;
  return figures;
}

void Checksum::add(std::span<const char> bytes) {
  value_ = ::lzma_crc64(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), value_);
}

std::string Checksum::text() const {
  return format("crc64:%016llx", static_cast<unsigned long long>(value_));
}

ShardBuilder::ShardBuilder() {
  clear();
}

void ShardBuilder::clear() {
  bytes_.assign(magic, 8);
  index_.clear();
  compositions_.clear();
}

void ShardBuilder::add(const Frame& frame, const NeighborEdges& edges, bool store_edges) {
  const auto figures = figures_of(frame);
  if (edges.size() > std::numeric_limits<std::uint32_t>::max()) {
    throw Error(frame.source + ": " + std::to_string(edges.size()) +
                " edges; choose a smaller --cutoff");
  }
  // the neighbors of a frame are mostly frames of the same composition
  auto known = std::find(compositions_.rbegin(), compositions_.rend(), figures.composition);
  if (known == compositions_.rend()) {
    compositions_.push_back(figures.composition);
    known = compositions_.rbegin();
  }
  IndexRecord record;
  record.offset = bytes_.size();
  record.energy = figures.energy.value_or(0.0);
  record.force_squares = figures.force_squares;
  record.max_force = figures.max_force;
  record.atoms = static_cast<std::uint32_t>(figures.atoms);
  record.edges = static_cast<std::uint32_t>(edges.size());
  record.composition = static_cast<std::uint32_t>(compositions_.rend() - known - 1);
  record.force_components = static_cast<std::uint32_t>(figures.force_components);
  record.free_components = static_cast<std::uint32_t>(figures.free_components);
  record.force_atoms = static_cast<std::uint32_t>(figures.force_atoms);
  record.free_atoms = static_cast<std::uint32_t>(figures.free_atoms);
  record.stress_components = static_cast<std::uint32_t>(figures.stress_components);
  record.flags = (figures.energy ? energy_known : 0u) | (figures.has_forces ? forces_known : 0u) |
                 (figures.has_stress ? stress_known : 0u) |
                 (figures.periodic ? cell_is_periodic : 0u);
  append_frame(frame, store_edges ? &edges : nullptr, bytes_);
  index_.push_back(record);
}

ShardEntry ShardBuilder::write(const std::string& folder, const std::string& file) {
  ShardEntry entry;
  entry.file = file;
  entry.frames = index_.size();
  entry.index_from = bytes_.size();
  const std::uint64_t counts[2] = {index_.size(), compositions_.size()};
  append_bytes(bytes_, counts, 2);
  append_bytes(bytes_, index_.data(), index_.size());
  for (const auto& composition : compositions_) {
    std::vector<std::uint32_t> words = {static_cast<std::uint32_t>(composition.size())};
    for (const auto& [number, atoms] : composition) {
      words.push_back(static_cast<std::uint32_t>(number));
      words.push_back(static_cast<std::uint32_t>(atoms));
    }
    append_bytes(bytes_, words.data(), words.size());
  }
  entry.size = bytes_.size();
  const std::span<const char> all(bytes_);
  Checksum data, index;
  data.add(all.first(entry.index_from));
  index.add(all.subspan(entry.index_from));
  entry.checksum = data.text();
  entry.index_checksum = index.text();
  write_file_atomically(folder + "/" + file, bytes_);
  clear();
  return entry;
}

ShardFile::ShardFile(const std::string& folder, const ShardEntry& entry)
    : path_(folder + "/" + entry.file),
      number_(::open(path_.c_str(), O_RDONLY | O_CLOEXEC)),
      entry_(entry) {
  if (number_ < 0) {
    throw Error(path_ + ": the shard cannot be opened (" + cause(errno) + ")" + shard_cure);
  }
  state_ = state();
  if (state_.size != entry.size) {
    ::close(number_);
    throw Error(path_ + ": the shard has " + std::to_string(state_.size) + " bytes in place of " +
                std::to_string(entry.size) + (state_.size < entry.size ? " (truncated)" : "") +
                shard_cure);
  }
  // frames are asked for in random order: what lies beside them is not worth reading
  ::posix_fadvise(number_, 0, 0, POSIX_FADV_RANDOM);
}

ShardFile::~ShardFile() {
  ::close(number_);
}

ShardFile::State ShardFile::state() const {
  struct stat status {};
  if (::fstat(number_, &status) != 0) {
    return {};
  }
  return {status.st_dev, status.st_ino, static_cast<std::uint64_t>(status.st_size),
          status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
}

void ShardFile::read(std::span<char> bytes, std::uint64_t offset) const {
  while (!bytes.empty()) {
    const ssize_t n = ::pread(number_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      throw Error(path_ + ": the shard cannot be read at byte " + std::to_string(offset) + " (" +
                  (n < 0 ? cause(errno) : "the file ends there: it was truncated") + ")" +
                  shard_cure);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
}

void ShardFile::verify() const {
  ::posix_fadvise(number_, 0, 0, POSIX_FADV_SEQUENTIAL);
  std::vector<char> buffer(std::size_t{1} << 20);
  for (const auto& [begin, end, expected] :
       {std::tuple{std::uint64_t{0}, entry_.index_from, &entry_.checksum},
        std::tuple{entry_.index_from, entry_.size, &entry_.index_checksum}}) {
    Checksum found;
    for (std::uint64_t at = begin; at < end;) {
      const auto n = std::min<std::uint64_t>(buffer.size(), end - at);
      const auto part = std::span(buffer).first(n);
      read(part, at);
      found.add(part);
      at += n;
    }
    if (found.text() != *expected) {
      fail_checksum(path_, *expected);
    }
  }
  ::posix_fadvise(number_, 0, 0, POSIX_FADV_RANDOM);
}

ShardIndex read_index(const std::string& folder, const ShardEntry& entry) {
  const ShardFile file(folder, entry);
  const std::string& path = file.path();
  std::vector<char> bytes(entry.size - std::min(entry.index_from, entry.size));
  file.read(bytes, entry.index_from);
  Checksum found;
  found.add(bytes);
  if (found.text() != entry.index_checksum) {
    fail_checksum(path, entry.index_checksum);
  }
  std::span<const char> left(bytes);
  const auto take = [&](auto* values, std::size_t count) {
    const std::size_t size = sizeof(*values);
    if (count > left.size() / size) {
      fail_checksum(path, entry.index_checksum);
    }
    std::memcpy(values, left.data(), count * size);
    left = left.subspan(count * size);
  };
  std::uint64_t counts[2];
  take(counts, 2);
  if (counts[0] != entry.frames || counts[1] > counts[0]) {
    fail_checksum(path, entry.index_checksum);
  }
  ShardIndex index;
  index.records.resize(counts[0]);
  take(index.records.data(), index.records.size());
  for (std::uint64_t k = 0; k < counts[1]; ++k) {
    auto& composition = index.compositions.emplace_back();
    std::uint32_t elements = 0;
    take(&elements, 1);
    for (std::uint32_t e = 0; e < elements; ++e) {
      std::uint32_t pair[2];
      take(pair, 2);
      composition.emplace_back(static_cast<int>(pair[0]), pair[1]);
    }
  }
  for (const auto& record : index.records) {
    if (record.composition >= index.compositions.size() || record.offset > entry.index_from) {
      fail_checksum(path, entry.index_checksum);
    }
  }
  return index;
}

}  // namespace spinconv::train
