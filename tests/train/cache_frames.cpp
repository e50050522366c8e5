// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <cmath>
#include <cstring>
#include <limits>

#include "cache/cache_writer.hpp"
#include "cache/frame_cache.hpp"
#include "cache/frame_codec.hpp"
#include "data/dataset.hpp"
#include "train/cache_support.hpp"
#include "train/data_support.hpp"

namespace spinconv::train::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// NaN and the sign of zero count.
void expect_same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  ASSERT_EQ(a.size(), b.size());
  EXPECT_TRUE(a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0);
}

void expect_same(const Frame& a, const Frame& b) {
  EXPECT_EQ(a.atomic_numbers, b.atomic_numbers);
  expect_same_bits(a.positions, b.positions);
  expect_same_bits({a.cell.begin(), a.cell.end()}, {b.cell.begin(), b.cell.end()});
  EXPECT_EQ(a.pbc, b.pbc);
  EXPECT_EQ(a.energy, b.energy);
  expect_same_bits(a.forces, b.forces);
  EXPECT_EQ(a.stress, b.stress);
  EXPECT_EQ(a.tags, b.tags);
  EXPECT_EQ(a.fixed, b.fixed);
  EXPECT_EQ(a.system, b.system);
  EXPECT_EQ(a.frame_number, b.frame_number);
  EXPECT_EQ(a.temperature, b.temperature);
  EXPECT_EQ(a.config_type, b.config_type);
  EXPECT_EQ(a.source, b.source);
}

class CacheTest : public DataTest {
 protected:
  std::vector<Frame> frames(int count = 40) const {
    return read_frames(source_of(write("mixed.extxyz", mixed_extxyz(count))));
  }

  static nlohmann::json request(bool edges = false, double cutoff = 3.0) {
    return {{"inputs", nlohmann::json::array()},
            {"cutoff", cutoff},
            {"edges", edges},
            {"shard_bytes", 3000}};
  }

  std::string make(const std::vector<Frame>& frames, const nlohmann::json& request) const {
    CacheWriter writer(path("cache"), request, true);
    for (const auto& frame : frames) {
      writer.add(frame);
    }
    writer.finish(nlohmann::json::array());
    return path("cache");
  }
};

TEST_F(CacheTest, GivesFramesBackBitByBitWithWhatIsToBeKnownOfThem) {
  auto all = frames();
  all[3].forces = std::vector<double>(3 * all[3].size(), -0.0);
  all[5].positions[1] = std::numeric_limits<double>::denorm_min();
  const CachedFrames cached(FrameCache::open(make(all, request())));
  ASSERT_EQ(cached.size(), all.size());
  const MemoryFrames memory(all);
  for (std::size_t i = 0; i < all.size(); ++i) {
    SCOPED_TRACE(i);
    expect_same(*cached.frame(i), all[i]);
    const auto a = cached.figures(i), b = memory.figures(i);
    EXPECT_EQ(a.composition, b.composition);
    EXPECT_EQ(a.atoms, b.atoms);
    EXPECT_EQ(a.energy, b.energy);
    EXPECT_EQ(a.force_squares, b.force_squares);
    EXPECT_EQ(a.max_force, b.max_force);
    EXPECT_EQ(a.force_components, b.force_components);
    EXPECT_EQ(a.free_components, b.free_components);
    EXPECT_EQ(a.force_atoms, b.force_atoms);
    EXPECT_EQ(a.free_atoms, b.free_atoms);
    EXPECT_EQ(a.stress_components, b.stress_components);
    EXPECT_EQ(a.periodic, b.periodic);
    EXPECT_EQ(a.has_forces, b.has_forces);
    EXPECT_EQ(a.has_stress, b.has_stress);
    EXPECT_EQ(*cached.edge_count(i, 3.0),
              static_cast<std::int64_t>(build_edges(all[i], 3.0).size()));
    EXPECT_FALSE(cached.edge_count(i, 3.5));
    EXPECT_FALSE(cached.edges(i, 3.0));
  }
  EXPECT_EQ(summarize(cached).text(), summarize(all).text());
  const auto some = cached.select({7, 2, 31})->select({2, 0});
  ASSERT_EQ(some->size(), 2u);
  expect_same(*some->frame(0), all[31]);
  expect_same(*some->frame(1), all[7]);
}

TEST_F(CacheTest, StoresTheEdgesOfItsCutoff) {
  const auto all = frames();
  const CachedFrames cached(FrameCache::open(make(all, request(true))));
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto stored = cached.edges(i, 3.0);
    const auto built = build_edges(all[i], 3.0);
    ASSERT_TRUE(stored);
    EXPECT_EQ(stored->source, built.source);
    EXPECT_EQ(stored->target, built.target);
    expect_same_bits(stored->vectors, built.vectors);
    expect_same(*cached.frame(i), all[i]);
    EXPECT_FALSE(cached.edges(i, 2.9));
  }
}

TEST_F(CacheTest, AWriterThatEndsEarlyIsGoneOnWithToTheSameBytes) {
  const auto all = frames();
  const std::string folder = make(all, request());
  const auto manifest = content_of(path("cache/spinconv-cache.json"));
  std::vector<std::string> shards;
  for (const auto& shard : Manifest::read(folder).shards) {
    shards.push_back(content_of(folder + "/" + shard.file));
  }
  ASSERT_GT(shards.size(), 4u);
  {
    CacheWriter writer(folder, request(), true);
    for (std::size_t i = 0; i < 25; ++i) {
      writer.add(all[i]);
    }
  }
  EXPECT_THAT(error_of([&] { FrameCache::open(folder); }),
              AllOf(HasSubstr(folder), HasSubstr("not complete"), HasSubstr("prepare")));
  // what a killed writer leaves besides
  write("cache/.frames-00003.bin.tmp123", "half a shard");
  write("cache/frames-00099.bin", "a shard that no manifest names");
  write("cache/frames-00001.bin", shards[1].substr(0, 100));
  {
    CacheWriter writer(folder, request(), false);
    EXPECT_FALSE(writer.is_complete());
    EXPECT_GT(writer.good_shards(), 0u);
    ASSERT_EQ(writer.damage().size(), 1u);
    EXPECT_THAT(writer.damage()[0], AllOf(HasSubstr("frames-00001.bin"), HasSubstr("truncated")));
    EXPECT_FALSE(std::filesystem::exists(path("cache/.frames-00003.bin.tmp123")));
    EXPECT_FALSE(std::filesystem::exists(path("cache/frames-00099.bin")));
    EXPECT_THAT(error_of([&] { CacheWriter(folder, request(), false); }),
                HasSubstr("another process"));
    for (const auto& frame : all) {
      writer.add(frame);
    }
    writer.finish(nlohmann::json::array());
  }
  EXPECT_EQ(content_of(path("cache/spinconv-cache.json")), manifest);
  const auto entries = Manifest::read(folder).shards;
  ASSERT_EQ(entries.size(), shards.size());
  for (std::size_t k = 0; k < shards.size(); ++k) {
    EXPECT_EQ(content_of(folder + "/" + entries[k].file), shards[k]) << k;
  }
}

TEST_F(CacheTest, NamesTheShardThatIsDamagedWhenItIsOpened) {
  const auto all = frames();
  const std::string folder = make(all, request());
  const auto entry = Manifest::read(folder).shards.at(2);
  const std::string file = folder + "/" + entry.file;
  const std::string good = content_of(file);
  const auto spoil = [&](std::size_t at) {
    auto bytes = good;
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
    write("cache/" + entry.file, bytes);
  };
  std::size_t before = 0;
  for (std::size_t k = 0; k < 2; ++k) {
    before += Manifest::read(folder).shards[k].frames;
  }
  spoil(1000);  // among the frames: other shards are read
  const auto cache = FrameCache::open(folder);
  cache->frame(before - 1);
  for (int again = 0; again < 2; ++again) {
    EXPECT_THAT(error_of([&] { cache->frame(before); }),
                AllOf(HasSubstr(file), HasSubstr("damaged"), HasSubstr("prepare")));
  }
  cache->frame(before + entry.frames);
  spoil(entry.index_from + 30);  // in the index, which is read at once
  EXPECT_THAT(error_of([&] { FrameCache::open(folder); }),
              AllOf(HasSubstr(file), HasSubstr("damaged")));
  write("cache/" + entry.file, good.substr(0, good.size() - 8));
  EXPECT_THAT(error_of([&] { FrameCache::open(folder); }),
              AllOf(HasSubstr(file), HasSubstr("truncated"), HasSubstr("prepare")));
  std::filesystem::remove(file);
  EXPECT_THAT(error_of([&] { FrameCache::open(folder); }),
              AllOf(HasSubstr(file), HasSubstr("cannot be opened")));
  write("cache/" + entry.file, good);
  EXPECT_EQ(FrameCache::open(folder)->size(), all.size());
}

// Frames are read from files that are open: what another process does to them is noticed.
TEST_F(CacheTest, NamesTheShardThatIsChangedWhileItIsRead) {
  const auto all = frames();
  const std::string folder = make(all, request());
  const auto entry = Manifest::read(folder).shards.at(0);
  ASSERT_GT(entry.frames, 2u);
  const std::string file = folder + "/" + entry.file;
  const std::string good = content_of(file);
  const auto cache = FrameCache::open(folder);
  expect_same(cache->frame(0), all[0]);
  std::filesystem::resize_file(file, 100);
  for (const std::size_t frame : {std::size_t{0}, entry.frames - 1}) {
    EXPECT_THAT(error_of([&] { cache->frame(frame); }),
                AllOf(HasSubstr(file), HasSubstr("truncated"), HasSubstr("prepare")));
  }
  write("cache/" + entry.file, good);
  expect_same(cache->frame(entry.frames - 1), all[entry.frames - 1]);
  auto other = good;
  other[good.size() / 3] = static_cast<char>(other[good.size() / 3] ^ 1);
  write("cache/" + entry.file, other);  // as long as before
  EXPECT_THAT(error_of([&] { cache->frame(0); }), AllOf(HasSubstr(file), HasSubstr("damaged")));
  std::filesystem::remove(file);
  write("cache/" + entry.file, good);
  expect_same(cache->frame(0), all[0]);
}

// Between the look at the file and the end of a read.
TEST_F(CacheTest, AReadPastTheEndOfAShardIsAnError) {
  const std::string folder = make(frames(), request());
  const auto entry = Manifest::read(folder).shards.at(0);
  const ShardFile shard(folder, entry);
  std::vector<char> bytes(200);
  shard.read(bytes, 50);
  EXPECT_FALSE(shard.has_changed());
  std::filesystem::resize_file(shard.path(), 100);
  EXPECT_TRUE(shard.has_changed());
  EXPECT_THAT(error_of([&] { shard.read(bytes, 50); }),
              AllOf(HasSubstr(shard.path()), HasSubstr("byte 100"), HasSubstr("truncated"),
                    HasSubstr("prepare")));
  EXPECT_THAT(error_of([&] { shard.verify(); }), HasSubstr("truncated"));
}

TEST_F(CacheTest, NamesAManifestThatIsDamagedOrOfAnotherVersion) {
  const std::string folder = make(frames(), request());
  const std::string name = "cache/spinconv-cache.json";
  const auto good = content_of(path(name));
  auto other = nlohmann::json::parse(good);
  other["version"] = 99;
  write(name, other.dump());
  EXPECT_THAT(error_of([&] { FrameCache::open(folder); }),
              AllOf(HasSubstr(path(name)), HasSubstr("version 99"), HasSubstr("--overwrite")));
  write(name, good.substr(0, good.size() / 2));
  EXPECT_THAT(error_of([&] { FrameCache::open(folder); }),
              AllOf(HasSubstr(path(name)), HasSubstr("damaged"), HasSubstr("--overwrite")));
}

TEST_F(CacheTest, ChoosesFramesAsTheReadersDo) {
  const auto all = frames();
  DataSource source = source_of(path("mixed.extxyz"));
  source.max_energy = 20.0;
  source.max_force = 0.65;
  source.slice = Slice::parse("2::3");
  SourceRecord of_file, of_cache;
  const auto expected = read_frames(source, &of_file);
  source.path = make(all, request());
  const auto chosen = open_store(source, of_cache);
  const auto streamed = read_frames(source);
  ASSERT_EQ(chosen->size(), expected.size());
  ASSERT_EQ(streamed.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    expect_same(*chosen->frame(i), expected[i]);
    expect_same(streamed[i], expected[i]);
  }
  EXPECT_EQ(of_cache.n_frames, of_file.n_frames);
  EXPECT_EQ(of_cache.n_dropped_energy, of_file.n_dropped_energy);
  EXPECT_EQ(of_cache.n_dropped_force, of_file.n_dropped_force);
  EXPECT_GT(of_cache.n_dropped_force, 0u);
  EXPECT_EQ(of_cache.format, "cache");

  source.slice = Slice::parse("1000:");
  EXPECT_THAT(error_of([&] { open_store(source, of_cache); }),
              AllOf(HasSubstr(source.path), HasSubstr("none is left")));
  source.slice = Slice();
  const auto refused = [&](auto change) {
    DataSource wrong = source;
    change(wrong);
    const auto text = error_of([&] { open_store(wrong, of_cache); });
    EXPECT_EQ(error_of([&] { read_frames(wrong); }), text);
    return text;
  };
  EXPECT_THAT(refused([](auto& s) {
                s.target = Target{"gap", "eV", ""};
              }),
              AllOf(HasSubstr("gap"), HasSubstr("give the files themselves")));
  EXPECT_THAT(refused([](auto& s) { s.energy_unit = "kcal/mol"; }),
              AllOf(HasSubstr("kcal/mol"), HasSubstr("belongs to prepare")));
  EXPECT_THAT(refused([](auto& s) { s.keys.energy = "E"; }), HasSubstr("'E'"));
  EXPECT_THAT(refused([](auto& s) { s.reference = "last"; }), HasSubstr("'last'"));
  source.energy_unit = "eV";
  EXPECT_NO_THROW(open_store(source, of_cache));
}

TEST_F(CacheTest, ReferenceOutputsAreNoDataForIt) {
  auto all = frames(3);
  all[1].edges.emplace();
  std::string bytes;
  EXPECT_THAT(error_of([&] { append_frame(all[1], nullptr, bytes); }),
              AllOf(HasSubstr(all[1].source), HasSubstr("reference outputs")));
  append_frame(all[0], nullptr, bytes);
  EXPECT_EQ(bytes.size() % 8, 0u);
  for (const std::size_t size : {std::size_t{3}, std::size_t{40}, bytes.size() - 16}) {
    EXPECT_THAT(error_of([&] { decode_frame(std::span(bytes).first(size), "shard"); }),
                AllOf(HasSubstr("shard"), HasSubstr("fewer bytes")));
  }
  EXPECT_THAT(error_of([&] { decode_edges(bytes, "shard"); }), HasSubstr("without edges"));
}

// What only some frames have comes after what builds before it read.
TEST_F(CacheTest, TemperaturesAndGroupsComeBackAndLeaveOtherBytesAsTheyWere) {
  Frame frame = frames(1)[0];
  std::string plain, with;
  append_frame(frame, nullptr, plain);
  frame.temperature = 330.5;
  frame.config_type = "liquid water";
  append_frame(frame, nullptr, with);
  EXPECT_GT(with.size(), plain.size());
  expect_same(decode_frame(with, "shard"), frame);
  const std::size_t flags = sizeof(std::uint32_t), end = plain.find_last_not_of('\0') + 1;
  EXPECT_EQ(with.substr(2 * flags, end - 2 * flags), plain.substr(2 * flags, end - 2 * flags));
  EXPECT_THAT(error_of([&] { decode_frame(std::span(with).first(with.size() - 8), "shard"); }),
              AllOf(HasSubstr("shard"), HasSubstr("fewer bytes")));
}

// Bytes that have the right checksum and are nonsense.
TEST_F(CacheTest, EdgesOfAtomsThatAreNotThereAndAtomsOfNoElementAreRefused) {
  Frame frame = frames(1)[0];
  NeighborEdges edges;
  edges.source = {0};
  edges.target = {1};
  edges.vectors = {1.0, 0.0, 0.0};
  const auto bytes_of = [&] {
    std::string bytes;
    append_frame(frame, &edges, bytes);
    return bytes;
  };
  const auto good = bytes_of();
  EXPECT_EQ(decode_edges(good, "shard").target, edges.target);
  for (const std::int32_t atom : {-1, static_cast<std::int32_t>(frame.size())}) {
    edges.source = {atom};
    const auto bad = bytes_of();
    EXPECT_THAT(error_of([&] { decode_edges(bad, "shard"); }),
                AllOf(HasSubstr("shard"), HasSubstr("an edge of an atom")));
  }
  for (const int number : {0, 119}) {
    frame.atomic_numbers[1] = number;
    const auto bad = bytes_of();
    EXPECT_THAT(error_of([&] { decode_frame(bad, "shard"); }),
                AllOf(HasSubstr("shard"), HasSubstr("no element")));
  }
}

}  // namespace
}  // namespace spinconv::train::test
