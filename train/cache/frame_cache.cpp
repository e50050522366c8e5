// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "cache/frame_cache.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "cache/frame_codec.hpp"
#include "data/units.hpp"
#include "spinconv/error.hpp"

namespace spinconv::train {
namespace {

constexpr std::size_t max_open = 8;

// What was said of the data when the cache was made cannot be said again.
void refuse_reader_options(const DataSource& source) {
  const auto refuse = [&](const std::string& what) {
    throw Error(source.path + ": a cache holds what 'spinconv-train prepare' has read, in eV and " +
                "Angstrom: " + what + " belongs to prepare; leave it out here");
  };
  if (!source.energy_unit.empty() && energy_unit_in_ev(source.energy_unit) != 1.0) {
    refuse("the unit of energy '" + source.energy_unit + "'");
  }
  if (!source.length_unit.empty() && length_unit_in_angstrom(source.length_unit) != 1.0) {
    refuse("the unit of length '" + source.length_unit + "'");
  }
  for (const auto* key :
       {&source.keys.energy, &source.keys.forces, &source.keys.stress, &source.keys.virial}) {
    if (!key->empty()) {
      refuse("the key '" + *key + "'");
    }
  }
  if (!source.target.is_energy()) {
    throw Error(source.path + ": a cache holds energies and forces, not the target " +
                source.target.name + "; give the files themselves as data.file");
  }
  if (!source.reference.empty()) {
    refuse("the reference '" + source.reference + "'");
  }
}

void describe(const FrameCache& cache, const DataSource& source, SourceRecord& record) {
  record = SourceRecord();
  record.path = source.path;
  record.format = "cache";
  record.hash = cache.manifest().hash();
  record.energy_unit = "eV";
  record.length_unit = "Angstrom";
  record.units_from = "cache";
  for (const auto& [name, key] : {std::pair{"energy_key", &record.energy_key},
                                  {"forces_key", &record.forces_key},
                                  {"stress_key", &record.stress_key}}) {
    for (const auto& input : cache.manifest().sources) {
      const auto found = input.value(name, std::string());
      if (key->empty()) {
        *key = found;
      }
    }
  }
}

[[noreturn]] void refuse_index(const std::string& path) {
  throw Error(path +
              ": the index of the shard is not that of its frames; make the cache anew: "
              "spinconv-train prepare ... --overwrite");
}

class CacheStream : public FrameStream {
 public:
  explicit CacheStream(std::shared_ptr<const FrameCache> cache) : cache_(std::move(cache)) {}
  bool next(Frame& frame) override {
    if (next_ == cache_->size()) {
      return false;
    }
    frame = cache_->frame(next_++);
    return true;
  }
  double fraction() const override {
    return static_cast<double>(next_) / static_cast<double>(cache_->size());
  }

 private:
  std::shared_ptr<const FrameCache> cache_;
  std::size_t next_ = 0;
};

}  // namespace

std::shared_ptr<const FrameCache> FrameCache::open(const std::string& folder) {
  auto manifest = Manifest::read(folder);
  if (!manifest.complete) {
    throw Error(folder + ": the cache is not complete (" + std::to_string(manifest.shards.size()) +
                " shards so far); the same 'spinconv-train prepare' goes on where it was ended");
  }
  return open(folder, std::move(manifest));
}

std::shared_ptr<const FrameCache> FrameCache::open(const std::string& folder, Manifest manifest) {
  return std::shared_ptr<const FrameCache>(new FrameCache(folder, std::move(manifest)));
}

FrameCache::FrameCache(const std::string& folder, Manifest manifest)
    : folder_(folder), manifest_(std::move(manifest)), verified_(manifest_.shards.size()) {
  std::size_t frames = 0;
  for (const auto& shard : manifest_.shards) {
    first_.push_back(frames);
    frames += shard.frames;
  }
  first_.push_back(frames);
  std::map<Composition, std::uint32_t> known;
  for (const auto& shard : manifest_.shards) {
    const auto index = read_index(folder_, shard);
    std::vector<std::uint32_t> numbers;
    for (const auto& composition : index.compositions) {
      const auto [place, is_new] =
          known.emplace(composition, static_cast<std::uint32_t>(compositions_.size()));
      if (is_new) {
        compositions_.push_back(composition);
      }
      numbers.push_back(place->second);
    }
    for (auto record : index.records) {
      record.composition = numbers[record.composition];
      records_.push_back(record);
    }
  }
}

std::shared_ptr<const ShardFile> FrameCache::known_file(std::size_t shard) const {
  const std::lock_guard guard(mutex_);
  const auto found = std::find_if(open_.begin(), open_.end(),
                                  [&](const auto& pair) { return pair.first == shard; });
  if (found == open_.end()) {
    return nullptr;
  }
  open_.splice(open_.begin(), open_, found);
  if (found->second->has_changed()) {  // written again, truncated: to be looked at anew
    open_.pop_front();
    return nullptr;
  }
  return found->second;
}

std::shared_ptr<const ShardFile> FrameCache::file(std::size_t shard) const {
  if (auto known = known_file(shard)) {
    return known;
  }
  // one thread opens and verifies it, those that want the same shard wait
  Verified& verified = verified_[shard];
  const std::lock_guard opening(verified.mutex);
  if (auto known = known_file(shard)) {
    return known;
  }
  const auto fresh = std::make_shared<const ShardFile>(folder_, manifest_.shards[shard]);
  if (verified.as != fresh->opened()) {
    fresh->verify();
    verified.as = fresh->opened();
  }
  const std::lock_guard guard(mutex_);
  open_.emplace_front(shard, fresh);
  if (open_.size() > max_open) {
    open_.pop_back();  // a thread that reads in it keeps it until it is done
  }
  return fresh;
}

FrameCache::Bytes FrameCache::bytes_of(std::size_t index) const {
  const auto shard = static_cast<std::size_t>(
      std::upper_bound(first_.begin(), first_.end(), index) - first_.begin() - 1);
  const std::uint64_t begin = records_[index].offset;
  const std::uint64_t end = index + 1 < first_[shard + 1] ? records_[index + 1].offset
                                                          : manifest_.shards[shard].index_from;
  if (end < begin) {
    throw Error(folder_ + "/" + manifest_.shards[shard].file +
                ": the index of the shard is out of order; make the cache anew: spinconv-train "
                "prepare ... --overwrite");
  }
  Bytes result{file(shard), std::vector<char>(end - begin)};
  result.shard->read(result.bytes, begin);
  return result;
}

Frame FrameCache::frame(std::size_t index) const {
  const Bytes stored = bytes_of(index);
  Frame frame = decode_frame(stored.bytes, stored.shard->path());
  if (frame.size() != records_[index].atoms) {
    refuse_index(stored.shard->path());
  }
  return frame;
}

NeighborEdges FrameCache::edges(std::size_t index) const {
  const Bytes stored = bytes_of(index);
  NeighborEdges edges = decode_edges(stored.bytes, stored.shard->path());
  if (edges.size() != records_[index].edges) {
    refuse_index(stored.shard->path());
  }
  return edges;
}

FrameStatistics FrameCache::figures(std::size_t index) const {
  const auto& record = records_[index];
  return figures_of(record, compositions_[record.composition]);
}

CachedFrames::CachedFrames(std::shared_ptr<const FrameCache> cache) : cache_(std::move(cache)) {}

std::shared_ptr<const Frame> CachedFrames::frame(std::size_t index) const {
  return std::make_shared<const Frame>(cache_->frame(place(index)));
}

FrameStatistics CachedFrames::figures(std::size_t index) const {
  return cache_->figures(place(index));
}

std::optional<std::int64_t> CachedFrames::edge_count(std::size_t index, double cutoff) const {
  if (cutoff != cache_->manifest().cutoff()) {
    return std::nullopt;
  }
  return cache_->edge_count(place(index));
}

std::optional<NeighborEdges> CachedFrames::edges(std::size_t index, double cutoff) const {
  if (cutoff != cache_->manifest().cutoff() || !cache_->manifest().has_edges()) {
    return std::nullopt;
  }
  return cache_->edges(place(index));
}

std::shared_ptr<const FrameStore> CachedFrames::select(
    const std::vector<std::size_t>& indices) const {
  auto chosen = std::make_shared<CachedFrames>(cache_);
  chosen->all_ = false;
  chosen->indices_.reserve(indices.size());
  for (const std::size_t index : indices) {
    chosen->indices_.push_back(place(index));
  }
  return chosen;
}

std::shared_ptr<const FrameStore> open_cache(const DataSource& source, SourceRecord& record) {
  refuse_reader_options(source);
  const auto cache = FrameCache::open(source.path);
  describe(*cache, source, record);
  std::shared_ptr<const FrameStore> frames = std::make_shared<const CachedFrames>(cache);
  if (source.max_energy > 0 || source.max_force > 0) {
    std::vector<std::size_t> kept;
    for (std::size_t i = 0; i < frames->size(); ++i) {
      const auto figures = frames->figures(i);
      if (source.max_energy > 0 && figures.energy &&
          std::abs(*figures.energy) > source.max_energy) {
        ++record.n_dropped_energy;
      } else if (source.max_force > 0 && figures.max_force > source.max_force) {
        ++record.n_dropped_force;
      } else {
        kept.push_back(i);
      }
    }
    frames = frames->select(kept);
  }
  const Slice& slice = source.slice;
  if (slice.start || slice.stop || slice.step != 1) {
    frames = frames->select(slice.indices(frames->size()));
  }
  if (frames->empty()) {
    throw Error(source.path + ": of " + std::to_string(cache->size()) +
                " frames none is left; correct `frames`, max_energy or max_force");
  }
  record.n_frames = frames->size();
  return frames;
}

std::unique_ptr<FrameStream> stream_cache(const DataSource& source, SourceRecord& record) {
  refuse_reader_options(source);
  auto cache = FrameCache::open(source.path);
  describe(*cache, source, record);
  return std::make_unique<CacheStream>(std::move(cache));
}

std::string cache_hash(const std::string& folder) {
  return Manifest::read(folder).hash();
}

}  // namespace spinconv::train
