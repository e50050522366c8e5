// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/split.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "train/data_support.hpp"

namespace spinconv::train {
namespace {

using test::error_of;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

SplitRequest request_of(Share train, Share validation, Share test, std::uint64_t seed = 1) {
  return {train, validation, test, seed};
}

TEST(SplitTest, DealsEveryFrameOutOnce) {
  const auto split =
      split_frames(101, request_of(Share::rest(), Share::fraction(0.1), Share::count(20)));
  EXPECT_EQ(split.validation.size(), 10u);
  EXPECT_EQ(split.test.size(), 20u);
  EXPECT_EQ(split.train.size(), 71u);
  std::set<std::size_t> all;
  for (const auto* part : {&split.train, &split.validation, &split.test}) {
    all.insert(part->begin(), part->end());
  }
  EXPECT_EQ(all.size(), 101u);
  EXPECT_EQ(*all.rbegin(), 100u);
}

TEST(SplitTest, DependsOnTheSeedAlone) {
  const auto request = request_of(Share::count(50), Share::count(10), Share::rest(), 7);
  const auto first = split_frames(100, request);
  const auto again = split_frames(100, request);
  EXPECT_EQ(first.train, again.train);
  EXPECT_EQ(first.validation, again.validation);
  const auto other =
      split_frames(100, request_of(Share::count(50), Share::count(10), Share::rest(), 8));
  EXPECT_NE(first.train, other.train);
}

TEST(SplitTest, IsTheSameOnEveryMachine) {
  // worked out by an independent program from the definition of mt19937_64 and Fisher-Yates
  EXPECT_THAT(random_permutation(10, 42), ElementsAre(1, 7, 9, 0, 3, 8, 4, 2, 5, 6));
}

TEST(SplitTest, DrawsEveryOrderEquallyOften) {
  // 6 orders of 3 frames; 6000 seeds; standard deviation of each count 29
  std::map<std::vector<std::size_t>, int> seen;
  for (std::uint64_t seed = 0; seed < 6000; ++seed) {
    ++seen[random_permutation(3, seed)];
  }
  EXPECT_EQ(seen.size(), 6u);
  for (const auto& [order, count] : seen) {
    EXPECT_NEAR(count, 1000, 150);
  }
}

TEST(SplitTest, RefusesMoreFramesThanThereAreWithTheNumbers) {
  EXPECT_THAT(error_of([] {
                split_frames(100, request_of(Share::count(80), Share::count(20), Share::count(1)));
              }),
              AllOf(HasSubstr("train 80, validation 20, test 1"), HasSubstr("100")));
  EXPECT_NE(error_of([] {
              split_frames(100, request_of(Share::count(SIZE_MAX), Share::count(2), Share::rest()));
            }),
            "");
  EXPECT_NE(error_of([] {
              split_frames(10,
                           request_of(Share::fraction(0.6), Share::fraction(0.6), Share::count(0)));
            }),
            "");
}

TEST(SplitTest, RefusesTwoRestsAndAnEmptyTrainingPart) {
  EXPECT_THAT(
      error_of([] { split_frames(9, request_of(Share::rest(), Share::rest(), Share::count(0))); }),
      AllOf(HasSubstr("train"), HasSubstr("validation"), HasSubstr("rest")));
  EXPECT_THAT(error_of([] {
                split_frames(9, request_of(Share::count(0), Share::count(1), Share::rest()));
              }),
              HasSubstr("training"));
  EXPECT_NE(error_of([] {
              split_frames(9, request_of(Share::rest(), Share::count(9), Share::count(0)));
            }),
            "");
}

TEST(ShareTest, IsReadFromCountsFractionsPercentAndRest) {
  EXPECT_EQ(Share::parse("950", "train").resolve(1000), 950u);
  EXPECT_EQ(Share::parse("0.05", "train").resolve(1000), 50u);
  EXPECT_EQ(Share::parse("5%", "train").resolve(1000), 50u);
  EXPECT_EQ(Share::parse("2.5 %", "train").resolve(1000), 25u);
  EXPECT_EQ(Share::parse("1", "train").resolve(1000), 1u);
  EXPECT_EQ(Share::parse("1.0", "train").resolve(1000), 1000u);
  EXPECT_EQ(Share::parse("0.3", "train").resolve(10), 3u);
  EXPECT_TRUE(Share::parse("rest", "train").is_rest());
  for (const char* bad : {"", "all", "-5", "1.5", "150%", "nan", "10x", "0.1 0.2"}) {
    EXPECT_THAT(error_of([&] { Share::parse(bad, "split.train"); }), HasSubstr("split.train"))
        << bad;
  }
}

}  // namespace
}  // namespace spinconv::train
