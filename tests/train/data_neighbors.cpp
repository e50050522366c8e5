// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/neighbors.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <tuple>

#include "data/dataset.hpp"
#include "spinconv/evaluator.hpp"
#include "train/data_support.hpp"

namespace spinconv::train {
namespace {

using test::error_of;
using test::sample;
using test::source_of;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Edge {
  std::int32_t target;
  std::int32_t source;
  std::array<double, 3> vector;
};

bool before(const Edge& a, const Edge& b) {
  return std::tie(a.target, a.source, a.vector) < std::tie(b.target, b.source, b.vector);
}

// Every pair and every image in a block of images that holds the cutoff for sure, nothing clever.
std::vector<Edge> all_images(const Frame& frame, double cutoff, int reach) {
  std::vector<Edge> edges;
  const auto n = static_cast<std::int32_t>(frame.size());
  const int ra = frame.pbc[0] ? reach : 0;
  const int rb = frame.pbc[1] ? reach : 0;
  const int rc = frame.pbc[2] ? reach : 0;
  for (std::int32_t t = 0; t < n; ++t) {
    for (std::int32_t s = 0; s < n; ++s) {
      for (int a = -ra; a <= ra; ++a) {
        for (int b = -rb; b <= rb; ++b) {
          for (int c = -rc; c <= rc; ++c) {
            if (s == t && a == 0 && b == 0 && c == 0) {
              continue;
            }
            Edge edge{t, s, {}};
            double square = 0.0;
            for (std::size_t d = 0; d < 3; ++d) {
              edge.vector[d] = frame.positions[3 * static_cast<std::size_t>(t) + d] -
                               frame.positions[3 * static_cast<std::size_t>(s) + d] +
                               a * frame.cell[d] + b * frame.cell[3 + d] + c * frame.cell[6 + d];
              square += edge.vector[d] * edge.vector[d];
            }
            if (square < cutoff * cutoff) {
              edges.push_back(edge);
            }
          }
        }
      }
    }
  }
  return edges;
}

void expect_same_edges(const Frame& frame, double cutoff, int reach) {
  const auto edges = build_edges(frame, cutoff);
  auto expected = all_images(frame, cutoff, reach);
  ASSERT_EQ(edges.size(), expected.size()) << frame.source;
  ASSERT_EQ(edges.vectors.size(), 3 * edges.size());
  // matched by the nearest vector of the same pair: rounding may swap equal components when sorting
  std::vector<bool> used(expected.size(), false);
  std::sort(expected.begin(), expected.end(), before);
  for (std::size_t e = 0; e < edges.size(); ++e) {
    bool found = false;
    for (std::size_t x = 0; x < expected.size() && !found; ++x) {
      if (used[x] || expected[x].target != edges.target[e] ||
          expected[x].source != edges.source[e]) {
        continue;
      }
      double difference = 0.0;
      for (std::size_t d = 0; d < 3; ++d) {
        difference =
            std::max(difference, std::abs(expected[x].vector[d] - edges.vectors[3 * e + d]));
      }
      found = difference < 1e-9;
      used[x] = found;
    }
    ASSERT_TRUE(found) << frame.source << " edge " << e;
  }
}

// n atoms at random in (and out of) the cell, none nearer than 0.8.
Frame random_frame(std::mt19937_64& generator, const std::array<double, 9>& cell,
                   const std::array<bool, 3>& pbc, int n) {
  std::uniform_real_distribution<double> place(-0.7, 1.8);
  while (true) {
    Frame frame;
    frame.source = "random:0";
    frame.cell = cell;
    frame.pbc = pbc;
    for (int i = 0; i < n; ++i) {
      const double f[3] = {place(generator), place(generator), place(generator)};
      frame.atomic_numbers.push_back(6);
      for (std::size_t d = 0; d < 3; ++d) {
        frame.positions.push_back(f[0] * cell[d] + f[1] * cell[3 + d] + f[2] * cell[6 + d]);
      }
    }
    if (all_images(frame, 0.8, 6).empty()) {
      return frame;
    }
  }
}

TEST(NeighborsTest, EqualAnIndependentSumOverImagesInATriclinicCell) {
  std::mt19937_64 generator(11);
  const std::array<double, 9> cell = {5.1, 0.3, -0.2, -1.9, 4.7, 0.4, 1.1, -1.3, 6.2};
  for (const double cutoff : {1.5, 3.0, 6.0}) {
    expect_same_edges(random_frame(generator, cell, {true, true, true}, 7), cutoff, 5);
  }
}

TEST(NeighborsTest, CountManyImagesOfACellThinnerThanTheCutoff) {
  std::mt19937_64 generator(12);
  // heights far below the cutoff: every atom sees many images of itself
  const std::array<double, 9> cell = {2.3, 0.0, 0.0, -1.1, 1.9, 0.0, -0.4, 0.2, 6.5};
  const auto frame = random_frame(generator, cell, {true, true, true}, 3);
  expect_same_edges(frame, 5.0, 8);
  const auto edges = build_edges(frame, 5.0);
  std::size_t self = 0;
  for (std::size_t e = 0; e < edges.size(); ++e) {
    self += edges.source[e] == edges.target[e] ? 1 : 0;
  }
  EXPECT_GT(self, 30u);
}

TEST(NeighborsTest, TreatEveryDirectionByItsOwnPeriodicity) {
  std::mt19937_64 generator(13);
  const std::array<double, 9> cell = {3.1, 0.4, 0.0, -0.8, 3.6, 0.3, 0.5, 0.0, 4.1};
  for (int mask = 0; mask < 8; ++mask) {
    const std::array<bool, 3> pbc = {(mask & 1) != 0, (mask & 2) != 0, (mask & 4) != 0};
    auto frame = random_frame(generator, cell, pbc, 5);
    expect_same_edges(frame, 4.0, 6);
    // vectors of directions that are not periodic mean nothing and may be missing
    for (std::size_t d = 0; d < 3; ++d) {
      if (!pbc[d]) {
        frame.cell[3 * d] = frame.cell[3 * d + 1] = frame.cell[3 * d + 2] = 0.0;
      }
    }
    expect_same_edges(frame, 4.0, 6);
  }
}

TEST(NeighborsTest, OfARealSlabEqualTheSumOverImages) {
  for (const auto& frame : read_frames(source_of(sample("oc20_random1000100_3.extxyz.xz")))) {
    expect_same_edges(frame, 5.0, 2);
  }
}

TEST(NeighborsTest, AreSortedAndTheSameAgain) {
  const auto frames = read_frames(source_of(sample("oc20_random1000100_3.extxyz.xz")));
  const auto edges = build_edges(frames[0], 6.0);
  const auto again = build_edges(frames[0], 6.0);
  EXPECT_EQ(edges.source, again.source);
  EXPECT_EQ(edges.target, again.target);
  EXPECT_EQ(edges.vectors, again.vectors);
  const auto edge = [&](std::size_t e) {
    return Edge{edges.target[e],
                edges.source[e],
                {edges.vectors[3 * e], edges.vectors[3 * e + 1], edges.vectors[3 * e + 2]}};
  };
  for (std::size_t e = 1; e < edges.size(); ++e) {
    ASSERT_TRUE(before(edge(e - 1), edge(e)));
  }
}

Frame dimer(double distance) {
  Frame frame;
  frame.source = "dimer.xyz:3";
  frame.atomic_numbers = {1, 8};
  frame.positions = {0, 0, 0, 0, 0, distance};
  return frame;
}

TEST(NeighborsTest, PointFromSourceToTarget) {
  const auto edges = build_edges(dimer(1.5), 2.0);
  EXPECT_THAT(edges.source, ElementsAre(1, 0));
  EXPECT_THAT(edges.target, ElementsAre(0, 1));
  EXPECT_THAT(edges.vectors, ElementsAre(0, 0, -1.5, 0, 0, 1.5));
}

TEST(NeighborsTest, EndStrictlyAtTheCutoff) {
  EXPECT_EQ(build_edges(dimer(2.0), 2.0).size(), 0u);
  EXPECT_EQ(build_edges(dimer(std::nextafter(2.0, 0.0)), 2.0).size(), 2u);
}

TEST(NeighborsTest, MayBeNone) {
  EXPECT_EQ(build_edges(dimer(1000.0), 5.0).size(), 0u);
  EXPECT_EQ(build_edges(Frame(), 5.0).size(), 0u);
  Frame atom;
  atom.atomic_numbers = {2};
  atom.positions = {1, 2, 3};
  EXPECT_EQ(build_edges(atom, 5.0).size(), 0u);
}

TEST(NeighborsTest, RefuseCoincidentAtomsAndNameThem) {
  EXPECT_THAT(error_of([] { build_edges(dimer(0.0), 5.0); }),
              AllOf(HasSubstr("dimer.xyz:3"), HasSubstr("(H)"), HasSubstr("(O)"),
                    HasSubstr("remove the frame")));
  EXPECT_NE(error_of([] { build_edges(dimer(0.9 * coincident_distance), 5.0); }), "");
  EXPECT_NO_THROW(build_edges(dimer(1.1 * coincident_distance), 5.0));
  // through the boundary
  auto frame = dimer(4.0);
  frame.cell = {4, 0, 0, 0, 4, 0, 0, 0, 4};
  frame.pbc = {true, true, true};
  EXPECT_THAT(error_of([&] { build_edges(frame, 5.0); }), HasSubstr("image"));
}

TEST(NeighborsTest, RefuseCellsThatDoNotSpanTheirPeriodicDirections) {
  auto frame = dimer(1.0);
  frame.pbc = {true, true, false};
  EXPECT_THAT(error_of([&] { build_edges(frame, 5.0); }),
              AllOf(HasSubstr("dimer.xyz:3"), HasSubstr("lattice vectors")));
  frame.cell = {4, 0, 0, 8, 0, 0, 0, 0, 4};
  EXPECT_THAT(error_of([&] { build_edges(frame, 5.0); }), HasSubstr("lattice vectors"));
  frame.pbc = {true, false, true};
  EXPECT_NO_THROW(build_edges(frame, 5.0));
}

TEST(NeighborsTest, RefuseImpossibleExtentsPositionsAndCutoffs) {
  EXPECT_THAT(error_of([] { build_edges(dimer(1e9), 5.0); }), HasSubstr("length unit"));
  EXPECT_THAT(error_of([] { build_edges(dimer(std::numeric_limits<double>::quiet_NaN()), 5.0); }),
              AllOf(HasSubstr("atom 1"), HasSubstr("not finite")));
  EXPECT_THAT(error_of([] { build_edges(dimer(1.0), 0.0); }), HasSubstr("cutoff"));
  EXPECT_THAT(error_of([] { build_edges(dimer(1.0), -5.0); }), HasSubstr("cutoff"));
}

}  // namespace
}  // namespace spinconv::train
