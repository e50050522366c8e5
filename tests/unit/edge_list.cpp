// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/edge_list.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace spinconv {
namespace {

using Ends = std::vector<std::array<std::int64_t, 2>>;

Graph graph_of(EdgeList& list, const Ends& ends, const std::vector<std::int64_t>& types,
               std::int64_t owned, double at = 1.0) {
  list.begin();
  for (const auto& [s, t] : ends) {
    list.add(s, t, at, double(s), double(t));
  }
  return list.graph(types, owned);
}

TEST(EdgeList, KeepsItsTopologyWhereOnlyVectorsChange) {
  EdgeList list;
  const Ends ends = {{1, 0}, {0, 1}, {2, 1}};
  const auto first = graph_of(list, ends, {0, 0, 1}, 2);
  EXPECT_NE(first.topology, 0u);
  const auto second = graph_of(list, ends, {0, 0, 1}, 2, 3.5);
  EXPECT_EQ(second.topology, first.topology);
  EXPECT_EQ(second.n_owned, 2);
  EXPECT_EQ(second.n_rows, 3);
  ASSERT_EQ(second.n_edges, 3);
  EXPECT_EQ(std::vector<std::int64_t>(second.source, second.source + 3),
            (std::vector<std::int64_t>{1, 0, 2}));
  EXPECT_EQ(std::vector<std::int64_t>(second.target, second.target + 3),
            (std::vector<std::int64_t>{0, 1, 1}));
  EXPECT_EQ(std::vector<double>(second.vectors, second.vectors + 9),
            (std::vector<double>{3.5, 1, 0, 3.5, 0, 1, 3.5, 2, 1}));
}

TEST(EdgeList, AnythingElseThatChangesIsAnotherTopology) {
  EdgeList list;
  const Ends ends = {{1, 0}, {0, 1}, {2, 1}};
  std::vector<std::uint64_t> numbers;
  const auto add = [&](const Ends& e, const std::vector<std::int64_t>& types, std::int64_t owned) {
    numbers.push_back(graph_of(list, e, types, owned).topology);
  };
  add(ends, {0, 0, 1}, 2);
  add(ends, {0, 0, 0}, 2);                 // a type
  add(ends, {0, 0, 0, 0}, 2);              // a row
  add(ends, {0, 0, 0, 0}, 3);              // who owns it
  add({{1, 0}, {0, 1}}, {0, 0, 0, 0}, 3);  // an edge less
  add(ends, {0, 0, 0, 0}, 3);              // and one more
  add({{1, 0}, {0, 2}, {2, 1}}, {0, 0, 0, 0}, 3);
  add({{1, 0}, {1, 2}, {2, 1}}, {0, 0, 0, 0}, 3);
  add({}, {0, 0, 0, 0}, 3);
  add({}, {}, 0);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      EXPECT_NE(numbers[i], numbers[k]) << i << " " << k;
    }
  }
}

// An engine may give up in the middle of a step.
TEST(EdgeList, AStepThatWasNotFinishedLeavesNoTopologyBehind) {
  EdgeList list;
  const Ends ends = {{1, 0}, {0, 1}};
  const auto number = graph_of(list, ends, {0, 0}, 2).topology;
  list.begin();
  list.add(0, 0, 1.0, 0.0, 0.0);
  const auto after = graph_of(list, {{0, 0}, {0, 1}}, {0, 0}, 2);
  EXPECT_NE(after.topology, number);
  EXPECT_EQ(after.source[0], 0);
}

TEST(EdgeList, TwoListsHaveNoTopologyInCommon) {
  EdgeList a, b;
  EXPECT_NE(graph_of(a, {{1, 0}}, {0, 0}, 2).topology, graph_of(b, {{1, 0}}, {0, 0}, 2).topology);
}

TEST(EdgeList, TakesAnyNumberOfEdges) {
  EdgeList list;
  for (const std::int64_t n : {1000, 10, 100000}) {
    list.begin();
    for (std::int64_t e = 0; e < n; ++e) {
      list.add(e % 7, e % 5, double(e), 0.5, -double(e));
    }
    const Graph graph = list.graph(std::vector<std::int64_t>(7, 0), 7);
    ASSERT_EQ(graph.n_edges, n);
    EXPECT_EQ(graph.source[n - 1], (n - 1) % 7);
    EXPECT_EQ(graph.vectors[3 * (n - 1)], double(n - 1));
  }
}

}  // namespace
}  // namespace spinconv
