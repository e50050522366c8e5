// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
// Caches of frames: a manifest and shards. An input is a zip archive of the files of a cache.
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cache/cache_writer.hpp"
#include "cache/frame_cache.hpp"
#include "data/dataset.hpp"
#include "data/frame_stream.hpp"
#include "fuzz/frames.hpp"
#include "fuzz/mutation.hpp"
#include "fuzz/target.hpp"
#include "support/temporary_folder.hpp"
#include "train/cache_support.hpp"

namespace spinconv::fuzz {
namespace {

using nlohmann::json;
using Words = std::vector<std::string>;

const Words manifest_words = {"\"version\"",
                              "\"complete\"",
                              "\"request\"",
                              "\"shards\"",
                              "\"file\"",
                              "\"bytes\"",
                              "\"index_from\"",
                              "\"frames\"",
                              "\"checksum\"",
                              "\"sources\"",
                              "\"summary\"",
                              "\"statistics\"",
                              "\"text\"",
                              "\"cutoff\"",
                              "\"edges\"",
                              "\"energy_key\"",
                              "\"shard-00000.bin\"",
                              "null",
                              "true",
                              "false",
                              "[]",
                              "{}",
                              "[",
                              "]",
                              "{",
                              "}",
                              ",",
                              ":",
                              "\"\"",
                              "1e999",
                              "-1"};

// A cache of `frames` frames in shards of `shard_bytes`, with the edges inside 3 Angstrom.
Sample cache_of(int frames, bool edges, std::uint64_t shard_bytes) {
  const test::TemporaryFolder folder;
  train::DataSource source;
  source.path =
      input_file(folder.path().string(), "frames.extxyz", train::test::mixed_extxyz(frames));
  train::SourceRecord record;
  const auto stream = train::open_frames(source, record);
  const std::string cache = folder / "cache";
  train::CacheWriter writer(
      cache, {{"cutoff", 3.0}, {"edges", edges}, {"shard_bytes", shard_bytes}}, false);
  train::Frame frame;
  while (stream->next(frame)) {
    frame.source = "frames.extxyz";  // not the name of a temporary folder
    writer.add(frame);
  }
  writer.finish(json::array({{{"path", "frames.extxyz"},
                              {"format", "extxyz"},
                              {"hash", "fnv1a64:0123456789abcdef"},
                              {"frames", frames},
                              {"energy_key", "energy"}}}));
  Members members;
  members.emplace_back(train::manifest_name, test::read_bytes(cache + "/" + train::manifest_name));
  for (const auto& shard : writer.manifest().shards) {
    members.emplace_back(shard.file, test::read_bytes(cache + "/" + shard.file));
  }
  return Sample(zip(members), true);
}

// Sizes and checksums of the manifest that fit the shards again, so that what is in them is looked
// at.
void mend_manifest(Members& members) {
  json manifest = json::parse(members[0].second, nullptr, false);
  if (!manifest.is_object() || !manifest.contains("shards") || !manifest["shards"].is_array()) {
    return;
  }
  for (auto& entry : manifest["shards"]) {
    for (const auto& [name, bytes] : members) {
      if (!entry.is_object() || entry.value("file", json()) != name ||
          !entry.value("index_from", json()).is_number_unsigned()) {
        continue;
      }
      const auto index_from =
          std::min<std::uint64_t>(entry["index_from"].get<std::uint64_t>(), bytes.size());
      train::Checksum data, index;
      data.add(std::span(bytes).first(index_from));
      index.add(std::span(bytes).subspan(index_from));
      entry["bytes"] = bytes.size();
      entry["checksum"] = data.text();
      entry["index_checksum"] = index.text();
    }
  }
  members[0].second = manifest.dump(1) + "\n";
}

}  // namespace

Target shard_target() {
  Target t;
  t.name = "shard";
  t.what = "caches of prepare: manifest and shards (a zip archive of both)";
  t.largest = std::size_t{1} << 18;
  t.samples = [] {
    std::vector<Sample> samples;
    samples.push_back(cache_of(8, true, 1 << 20));
    samples.push_back(cache_of(3, false, 1 << 20));
    samples.push_back(cache_of(9, true, 2000));
    return samples;
  };
  t.change = [largest = t.largest](const Sample& sample, const Sample& other, Random& random) {
    Members members = sample.members;
    const bool is_manifest = random.one_in(3);
    const std::size_t k = is_manifest ? 0 : 1 + random.below(members.size() - 1);
    std::string& bytes = members[k].second;
    const std::string& same = k < other.members.size() ? other.members[k].second : bytes;
    bytes = mutate(bytes, same, is_manifest ? manifest_words : Words{"SpinConv"}, random, largest);
    if (!is_manifest && !random.one_in(8)) {
      mend_manifest(members);
    }
    return zip(members);
  };
  t.read = [](const std::string& bytes, const std::string& folder, bool) {
    namespace fs = std::filesystem;
    const std::string cache = folder + "/cache";
    fs::remove_all(cache);
    fs::create_directories(cache);
    for (const auto& [name, content] : unzip(bytes)) {
      input_file(cache, name.substr(name.rfind('/') + 1), content);
    }
    const auto manifest = train::Manifest::read(cache);
    require(!train::cache_text(cache, manifest).empty(), "a cache without a description");
    train::DataSource source;
    source.path = cache;
    train::SourceRecord record;
    const auto frames = train::open_store(source, record);
    require(!train::summarize(*frames).text({}).empty(), "no summary");
    require(!record.text().empty(), "no record");
    for (std::size_t i = 0; i < frames->size(); ++i) {
      const auto frame = frames->frame(i);
      check_frame(*frame);
      const auto figures = frames->figures(i);
      require(figures.atoms == static_cast<std::int64_t>(frame->size()),
              "another number of atoms in the index");
      const auto edges = frames->edges(i, manifest.cutoff());
      if (edges) {
        const auto n = static_cast<std::int32_t>(frame->size());
        for (std::size_t e = 0; e < edges->size(); ++e) {
          require(edges->source[e] >= 0 && edges->source[e] < n && edges->target[e] >= 0 &&
                      edges->target[e] < n,
                  "an edge of an atom that is not there");
        }
        require(
            frames->edge_count(i, manifest.cutoff()) == static_cast<std::int64_t>(edges->size()),
            "another number of edges in the index");
      }
    }
  };
  return t;
}

}  // namespace spinconv::fuzz
