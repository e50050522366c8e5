// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "trainer/batch_feed.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>

#include "train/data_support.hpp"
#include "train/trainer_support.hpp"

namespace spinconv::train::test {
namespace {

using ::testing::HasSubstr;

// Frames that take longer to read the earlier they are asked for, one of which is damaged.
class SlowFrames : public FrameSet {
 public:
  SlowFrames(std::size_t size, int readers, std::size_t damaged)
      : size_(size), readers_(readers), damaged_(damaged) {}
  std::size_t size() const override { return size_; }
  int readers() const override { return readers_; }
  std::int64_t edge_count(std::size_t) const override { return 1; }
  LabelCounts labels(std::size_t) const override { return {1, 3}; }
  std::shared_ptr<const PreparedFrame> frame(std::size_t index) const override {
    std::this_thread::sleep_for(std::chrono::milliseconds(index % 3 == 0 ? 5 : 0));
    largest = std::max(largest.load(), index);
    if (index == damaged_) {
      throw Error("frame " + std::to_string(index) + " is damaged");
    }
    PreparedFrame frame;
    frame.energy = static_cast<double>(index);
    return std::make_shared<const PreparedFrame>(frame);
  }
  mutable std::atomic<std::size_t> largest{0};

 private:
  std::size_t size_;
  int readers_;
  std::size_t damaged_;
};

std::vector<std::size_t> two(std::int64_t batch) {
  const auto k = static_cast<std::size_t>(batch);
  return {2 * k, 2 * k + 1};
}

TEST(BatchFeedTest, GivesTheSameBatchesWithAnyNumberOfReaders) {
  const Ranks alone;
  for (const int readers : {0, 1, 4}) {
    const SlowFrames set(60, readers, 1000);
    BatchFeed feed(set, alone, two, 3, 30);
    for (std::size_t k = 3; k < 30; ++k) {
      const auto share = feed.next();
      ASSERT_EQ(share.frames.size(), 2u);
      EXPECT_EQ(share.frames[0]->energy, 2.0 * static_cast<double>(k));
      EXPECT_EQ(share.frames[1]->energy, 2.0 * static_cast<double>(k) + 1.0);
    }
  }
}

TEST(BatchFeedTest, ReadsAFewBatchesAheadAndNoMore) {
  const Ranks alone;
  const SlowFrames set(1000, 2, 1000);
  BatchFeed feed(set, alone, two, 0, 500);
  feed.next();
  // ten minutes: what takes longer hangs
  for (int tries = 0; tries < 120000 && set.largest < 6; ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_GE(set.largest, 6u);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_LE(set.largest, 2u * (1 + 2 + 2) + 1);
}

TEST(BatchFeedTest, AnErrorComesWithItsBatchAndAFeedThatIsLeftEnds) {
  const Ranks alone;
  for (const int readers : {0, 3}) {
    const SlowFrames set(200, readers, 13);
    BatchFeed feed(set, alone, two, 0, 100);
    for (int k = 0; k < 6; ++k) {
      EXPECT_EQ(feed.next().frames.size(), 2u);
    }
    EXPECT_THAT(error_of([&] { feed.next(); }), HasSubstr("frame 13 is damaged"));
  }
}

TEST(StreamedFramesTest, AreThePreparedFramesOfMemory) {
  const auto frames = ethanol_frames(6);
  const auto config = tiny_model();
  const Prepared prepared(frames, config);
  StreamedFrames streamed(std::make_shared<const MemoryFrames>(frames), config, {}, 2);
  const HeldFrames held(prepared.pointers());
  EXPECT_EQ(streamed.readers(), 2);
  EXPECT_EQ(held.readers(), 0);
  EXPECT_FALSE(streamed.knows_edges());
  for (const bool counted : {false, true}) {
    if (counted) {
      int calls = 0;
      streamed.count_edges([&] { ++calls; });
      EXPECT_EQ(calls, 6);
      EXPECT_TRUE(streamed.knows_edges());
    }
    for (std::size_t i = 0; i < 6; ++i) {
      EXPECT_EQ(streamed.edge_count(i), held.edge_count(i));
      EXPECT_EQ(streamed.labels(i).n_energies, held.labels(i).n_energies);
      EXPECT_EQ(streamed.labels(i).n_components, held.labels(i).n_components);
      EXPECT_TRUE(torch::equal(streamed.frame(i)->vectors, held.frame(i)->vectors));
      EXPECT_TRUE(torch::equal(streamed.frame(i)->forces, held.frame(i)->forces));
    }
  }
}

}  // namespace
}  // namespace spinconv::train::test
