// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <ATen/ops/from_blob.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <functional>

#include "spinconv/edge_layout.hpp"
#include "spinconv/evaluator.hpp"
#include "spinconv/model.hpp"
#include "support/command.hpp"
#include "support/counting_device.hpp"
#include "support/device_edges.hpp"
#include "support/error_text.hpp"
#include "support/random_model.hpp"
#include "support/structures.hpp"
#include "support/variants.hpp"

// What makes the host wait for the device in a step, counted on a device that only differs from the
// CPU in that this can be seen.
namespace spinconv::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

Evaluator shipped(const std::string& name, const EvaluatorOptions& options) {
  return Evaluator(environment("SPINCONV_SOURCE_DIR") + "/potentials/" + name + ".pt", options);
}

std::vector<std::string> names_of(const std::vector<CountingDevice::ReadBack>& list) {
  std::vector<std::string> names;
  for (const auto& r : list) {
    names.push_back(r.what);
  }
  return names;
}

// --- the counter ---

TEST(CountingDeviceTest, CountsEachWayToReadBack) {
  const auto place = torch::dtype(torch::kInt64).device(CountingDevice::device());
  const auto t = torch::arange(6, place);
  const auto flag = t.remainder(2) == 0;
  const std::vector<std::pair<std::string, std::function<void()>>> ways = {
      {"item", [&] { t.sum().item<std::int64_t>(); }},
      {"item", [&] { t.max().is_nonzero(); }},
      {"copy", [&] { t.cpu(); }},
      {"copy", [&] { torch::empty({6}, torch::kInt64).copy_(t); }},
      {"aten::nonzero", [&] { t.nonzero(); }},
      {"aten::nonzero", [&] { t.index({flag}); }},
      {"aten::masked_select", [&] { t.masked_select(flag); }},
      {"aten::bincount", [&] { torch::bincount(t); }},
      {"aten::_unique2", [&] { at::_unique2(t); }},
      {"aten::equal", [&] { torch::equal(t, t); }},
  };
  for (const auto& [name, way] : ways) {
    const CountingDevice::Record record;
    way();
    EXPECT_THAT(names_of(record.read_backs()), ElementsAre(name));
    EXPECT_EQ(record.uploads(), 0u);
  }
  torch::jit::Module module("__torch__.Reader");
  module.define("def read(self, x: Tensor) -> List[int]:\n    return (x + 1).tolist()\n");
  const CountingDevice::Record record;
  module.get_method("read")({t});
  torch::arange(6, torch::kInt64).to(CountingDevice::device());
  EXPECT_THAT(names_of(record.read_backs()), ElementsAre("copy"));
  EXPECT_EQ(record.uploads(), 1u);
}

TEST(CountingDeviceTest, RepeatsOperationsOnWhatLiesInMemoryThen) {
  const auto a = torch::ones({3}, torch::dtype(torch::kFloat64).device(CountingDevice::device()));
  const CountingDevice::Record record;
  auto b = (a * 2.0).cumsum(0);
  b.narrow(0, 1, 1).add_(a.narrow(0, 0, 1));
  const auto* result = b.data_ptr<double>();
  EXPECT_THAT(values(result, 3), ElementsAre(2.0, 5.0, 6.0));
  const_cast<double*>(a.data_ptr<double>())[0] = 10.0;
  record.replay();
  EXPECT_THAT(values(result, 3), ElementsAre(20.0, 32.0, 24.0));
}

// --- index tables ---

// Those of loops, those of operations of a device, and those of the code that a file holds.
TEST(EdgeLayoutTest, IsThatOfTheGraph) {
  const Model model = random_model(small_config(), 1);
  const auto on_device = [](const GraphTensors& g) {
    const auto d = CountingDevice::device();
    return GraphTensors{g.source.to(d), g.target.to(d), g.types.to(d), g.n_targets, {}, {}};
  };
  for (const std::size_t atoms : {1, 7}) {
    const Edges edges = brute_force_edges(random_triclinic(atoms, 3, 3), 4.0);
    GraphTensors all{torch::tensor(edges.source),
                     torch::tensor(edges.target),
                     torch::tensor(edges.types),
                     static_cast<std::int64_t>(atoms),
                     {},
                     {}};
    const auto by_graph = [&](const char* method, const GraphTensors& e, bool owned) {
      std::vector<c10::IValue> arguments = {e.source, e.target, e.types};
      if (owned) {
        arguments.push_back(e.n_targets);
      }
      arguments.push_back(3);
      return model.module().get_method(method)(std::move(arguments));
    };
    const auto order = by_graph("sort_edges", all, false).toTensor();
    EXPECT_TRUE(torch::equal(order_by_pair(all, 3), order));
    EXPECT_TRUE(torch::equal(order_by_pair(on_device(all), 3).cpu(), order));
    all = all.in_order(order);
    const auto tuple = by_graph("layout", all, true).toTuple();
    const auto& expected = tuple->elements();
    for (const auto& e : {all, on_device(all)}) {
      const auto counts = count_edges(e, 3);
      EXPECT_EQ(counts.pairs, expected[1].toIntVector());
      EXPECT_EQ(counts.types, expected[5].toIntVector());
      const auto layout = edge_layout(e, 3, counts);
      EXPECT_TRUE(torch::equal(layout.pair.cpu(), expected[0].toTensor()));
      EXPECT_TRUE(torch::equal(layout.slot.cpu(), expected[2].toTensor()));
      EXPECT_EQ(layout.width, expected[3].toInt());
      EXPECT_TRUE(torch::equal(layout.atom_order.cpu(), expected[4].toTensor()));
    }
  }
}

// What a step had to wait for before: this test of the counter on the module's own method is why
// the tests below mean something.
TEST(EdgeLayoutTest, TheMethodOfTheGraphReadsBack) {
  const Model model = random_model(small_config(), 1);
  const auto place = torch::dtype(torch::kInt64).device(CountingDevice::device());
  const auto source = torch::arange(3, place).remainder(2), target = 1 - source;
  const CountingDevice::Record record;
  model.module().get_method("layout")({source, target, torch::zeros({2}, place), 2, 3});
  EXPECT_THAT(names_of(record.read_backs()), ElementsAre("aten::bincount", "copy", "aten::bincount",
                                                         "item", "aten::bincount", "copy"));
  EXPECT_THAT(record.read_backs().at(3).where, HasSubstr("graph, layout: int"));
}

// The stream of an engine is LibTorch's in one file, and CUDA graphs are made in one: these alone
// need CUDA to be compiled.
TEST(DeviceScopeTest, IsInOneOfTheTwoFilesThatIncludeHeadersOfCuda) {
  namespace fs = std::filesystem;
  std::vector<std::string> files;
  for (const std::string folder : {"/src", "/train"}) {
    for (const auto& entry :
         fs::recursive_directory_iterator(environment("SPINCONV_SOURCE_DIR") + folder)) {
      const auto extension = entry.path().extension();
      if (extension != ".cpp" && extension != ".hpp" && extension != ".h") {
        continue;
      }
      const std::string text = read_bytes(entry.path());
      for (const std::string header : {"<cuda", "<c10/cuda/", "<ATen/cuda/", "<torch/cuda"}) {
        if (text.find("#include " + header) != std::string::npos) {
          files.push_back(entry.path().filename());
        }
      }
    }
  }
  EXPECT_THAT(files, UnorderedElementsAre("device_scope.cpp", "step_recorder.cpp"));
}

// --- steps ---

// The last of three steps with the same edges and other vectors.
void expect_nothing_is_read_back(Evaluator& evaluator, Evaluator& reference) {
  DeviceEdges edges(brute_force_edges(structure_for(evaluator), evaluator.cutoff()));
  edges.count(evaluator.elements().size());
  DeviceEvaluation found;
  evaluator.evaluate(edges.graph(1), true, found);
  for (auto& x : edges.vectors) {
    x *= 0.99;
  }
  evaluator.evaluate(edges.graph(1), false, found);

  CountingDevice::Record record;
  evaluator.evaluate(edges.graph(1), true, found);
  EXPECT_THAT(to_string(record.read_backs()), IsEmpty());
  EXPECT_EQ(record.uploads(), 0u);
  EXPECT_GT(record.operations().size(), 100u);
  ::testing::Test::RecordProperty("operations", static_cast<int>(record.operations().size()));

  Edges host = brute_force_edges(structure_for(evaluator), evaluator.cutoff());
  host.vectors = edges.vectors;
  Evaluation expected;
  reference.evaluate(host.graph(), true, expected);
  EXPECT_LT(difference(found, expected, edges.types.size(), edges.source.size()), 1e-12);

  // the energy, where it is asked for
  at::for_blob(const_cast<double*>(found.energy), std::vector<std::int64_t>{1})
      .options(torch::dtype(torch::kFloat64).device(CountingDevice::device()))
      .target_device(CountingDevice::device())
      .make_tensor()
      .item<double>();
  EXPECT_THAT(names_of(record.read_backs()), ElementsAre("item"));
}

class SteadyStepOf : public ::testing::TestWithParam<std::string> {};

TEST_P(SteadyStepOf, ReadsNothingBack) {
  auto options = counting_options();
  auto evaluator = shipped(GetParam(), options);
  options.device = "cpu";
  auto reference = shipped(GetParam(), options);
  expect_nothing_is_read_back(evaluator, reference);
}

INSTANTIATE_TEST_SUITE_P(Shipped, SteadyStepOf,
                         ::testing::Values("rmd17-ethanol", "rmd17-aspirin", "water-sample",
                                           "oc20-sample"),
                         [](const auto& i) {
                           std::string name = i.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(SteadyStep, OfEachModelOnHarmonicsReadsNothingBack) {
  for (const auto& variant : all_variants()) {
    if (variant.config.sphere == "grid") {
      continue;
    }
    SCOPED_TRACE(variant.name);
    auto evaluator = random_evaluator(variant.config, counting_options());
    auto reference = random_evaluator(variant.config);
    expect_nothing_is_read_back(evaluator, reference);
  }
}

TEST(SteadyStep, WithNewEdgesReadsTheirCountsWhereTheEngineDoesNotTellThem) {
  auto evaluator = random_evaluator(small_config(), counting_options());
  DeviceEdges edges(brute_force_edges(structure_for(evaluator), evaluator.cutoff()));
  DeviceEvaluation found;
  {
    const CountingDevice::Record record;
    evaluator.evaluate(edges.graph(), true, found);
    EXPECT_THAT(names_of(record.read_backs()), ElementsAre("copy"));
  }
  edges.count(3);
  {
    const CountingDevice::Record record;
    evaluator.evaluate(edges.graph(), true, found);
    EXPECT_THAT(to_string(record.read_backs()), IsEmpty());
  }
  edges.counts.types.push_back(0);
  EXPECT_THAT(error_of([&] { evaluator.evaluate(edges.graph(), true, found); }),
              HasSubstr("counts of edges are for other elements"));
}

// In blocks: the edges of each atom, and of each block its counts and the rows it starts from.
TEST(SteadyStep, InBlocksReadsBackForEachBlockWhereEdgesAreNew) {
  auto options = counting_options();
  options.chunk = 40;
  auto evaluator = random_evaluator(small_config(), options);
  const DeviceEdges edges(brute_force_edges(structure_for(evaluator), evaluator.cutoff()));
  ASSERT_GT(edges.source.size(), 100u);
  DeviceEvaluation found;
  std::size_t first = 0;
  {
    const CountingDevice::Record record;
    evaluator.evaluate(edges.graph(1), true, found);
    const auto names = names_of(record.read_backs());
    first = names.size();
    EXPECT_EQ(std::count(names.begin(), names.end(), "copy"), 1 + (first - 1) / 2);
    EXPECT_EQ(std::count(names.begin(), names.end(), "aten::_unique2"), (first - 1) / 2);
  }
  EXPECT_GT(first, 4u);
  const CountingDevice::Record record;
  evaluator.evaluate(edges.graph(1), true, found);
  EXPECT_THAT(to_string(record.read_backs()), IsEmpty());
}

// The grid's graph counts for itself how many neighbors there are at most, and which edges are
// among the nearest.
TEST(SteadyStep, OfAModelOnGridsReadsBackTheLargestNumberOfNeighbors) {
  for (const auto& variant : all_variants()) {
    if (variant.config.sphere != "grid") {
      continue;
    }
    SCOPED_TRACE(variant.name);
    auto evaluator = random_evaluator(variant.config, counting_options());
    auto reference = random_evaluator(variant.config);
    const Edges host = brute_force_edges(structure_for(evaluator), evaluator.cutoff());
    const DeviceEdges edges(host);
    DeviceEvaluation found;
    {
      const CountingDevice::Record record;
      evaluator.evaluate(edges.graph(), true, found);
      if (variant.config.max_neighbors > 0) {
        EXPECT_THAT(names_of(record.read_backs()), ElementsAre("aten::masked_select", "item"));
      } else {
        EXPECT_THAT(names_of(record.read_backs()), ElementsAre("item"));
      }
    }
    Evaluation expected;
    reference.evaluate(host.graph(), true, expected);
    EXPECT_LT(difference(found, expected, edges.types.size(), edges.source.size()), 1e-12);
  }
}

// --- edges that change nothing ---

TEST(SteadyStep, EdgesBeyondTheCutoffHaveNoPart) {
  for (const auto& variant : all_variants()) {
    auto evaluator = random_evaluator(variant.config);
    if (!evaluator.is_smooth()) {
      continue;
    }
    SCOPED_TRACE(variant.name);
    const auto s = structure_for(evaluator);
    const auto inside = brute_force_edges(s, evaluator.cutoff());
    const auto all = brute_force_edges(s, evaluator.cutoff() + 1.5);
    ASSERT_GT(all.size(), inside.size());
    Evaluation expected, found;
    evaluator.evaluate(inside.graph(), true, expected);
    evaluator.evaluate(all.graph(), true, found);
    EXPECT_NEAR(found.energy, expected.energy, 1e-12);
    EXPECT_LT(largest_difference(found.atomic_energies, expected.atomic_energies), 1e-12);
    const auto forces = collect(all, found).forces,
               expected_forces = collect(inside, expected).forces;
    EXPECT_LT(largest_difference(forces, expected_forces), 1e-12);
    for (std::size_t e = 0; !found.edge_gradients.empty() && e < all.size(); ++e) {
      const double* v = &all.vectors[3 * e];
      if (v[0] * v[0] + v[1] * v[1] + v[2] * v[2] > evaluator.cutoff() * evaluator.cutoff()) {
        EXPECT_THAT(values(&found.edge_gradients[3 * e], 3), ElementsAre(0.0, 0.0, 0.0));
      }
    }
  }
}

TEST(SteadySizes, GiveTheSameToRounding) {
  auto options = counting_options();
  options.steady_sizes = true;
  for (const std::string device : {"cpu", "privateuseone"}) {
    options.device = device;
    for (const auto& variant : all_variants()) {
      if (variant.config.sphere == "grid") {
        EXPECT_THAT(error_of([&] { random_evaluator(variant.config, options); }),
                    HasSubstr("steady_sizes is for models on spheres of harmonics"));
        continue;
      }
      SCOPED_TRACE(variant.name + " on " + device);
      auto padded = random_evaluator(variant.config, options);
      auto plain = random_evaluator(variant.config);
      for (const std::uint64_t seed : {5, 6, 7}) {
        const Edges edges = brute_force_edges(structure_for(plain, seed), plain.cutoff());
        Evaluation expected, found;
        plain.evaluate(edges.graph(), true, expected);
        padded.evaluate(edges.graph(), true, found);
        EXPECT_NEAR(found.energy, expected.energy, 1e-12);
        EXPECT_EQ(found.edge_gradients.size(), expected.edge_gradients.size());
        EXPECT_LT(largest_difference(found.atomic_energies, expected.atomic_energies), 1e-12);
        EXPECT_LT(largest_difference(found.atomic_forces, expected.atomic_forces), 1e-12);
        EXPECT_LT(largest_difference(found.edge_gradients, expected.edge_gradients), 1e-12);
      }
    }
  }
}

// As where memory runs out while tensors grow.
TEST(SteadySizes, AFailureWhileTheyGrowIsOverWithTheNextStep) {
  EvaluatorOptions options;
  options.steady_sizes = true;
  auto evaluator = random_evaluator(small_config(), options);
  auto reference = random_evaluator(small_config());
  const auto structure = structure_for(reference);
  const Edges few = brute_force_edges(structure, 0.6 * reference.cutoff());
  const Edges many = brute_force_edges(structure, reference.cutoff());
  ASSERT_GT(many.size(), 2 * few.size());
  Evaluation found, expected;
  evaluator.evaluate(few.graph(), true, found);
  DeviceEdges counted(many);
  counted.count(reference.elements().size());
  Edges bad = many;
  bad.target.front() = 1000000;
  Graph graph = bad.graph();
  graph.counts = &counted.counts;
  EXPECT_NE(error_of([&] { evaluator.evaluate(graph, true, found); }), "");
  for (const auto* edges : {&many, &few, &many}) {
    reference.evaluate(edges->graph(), true, expected);
    evaluator.evaluate(edges->graph(), true, found);
    EXPECT_NEAR(found.energy, expected.energy, 1e-12);
    EXPECT_LT(largest_difference(found.edge_gradients, expected.edge_gradients), 1e-12);
  }
}

// What a CUDA graph would do: the operations that were written down for one structure give the
// results of another one, of other edges, whose vectors and index tables lie where those of the
// first lay.
TEST(SteadySizes, OperationsOfOneStepServeAnother) {
  auto options = counting_options();
  options.steady_sizes = true;
  for (const auto& variant : all_variants()) {
    if (variant.config.sphere == "grid") {
      continue;
    }
    SCOPED_TRACE(variant.name);
    auto evaluator = random_evaluator(variant.config, options);
    const auto first = structure_for(evaluator);
    DeviceEdges a(brute_force_edges(first, evaluator.cutoff())), b = a;
    for (double step = 0.02; b.source.size() == a.source.size(); step *= 1.5) {
      b = DeviceEdges(brute_force_edges(moved(first, step), evaluator.cutoff()));
    }
    a.count(3);
    b.count(3);
    DeviceEvaluation of_a, of_b;
    evaluator.evaluate(a.graph(1), true, of_a);
    std::vector<std::string> operations;
    evaluator.evaluate(b.graph(2), true, of_b);
    {
      const CountingDevice::Record record;
      evaluator.evaluate(b.graph(2), true, of_b);
      operations = record.operations();
    }
    evaluator.evaluate(a.graph(3), true, of_a);

    const CountingDevice::Record record;
    evaluator.evaluate(a.graph(3), true, of_a);
    auto again = record.operations();
    ASSERT_EQ(again.size(), operations.size());
    // the first one takes over the vectors that the engine has
    EXPECT_NE(again.front(), operations.front());
    again.front() = operations.front();
    EXPECT_EQ(again, operations);

    const DeviceEvaluation recorded = of_a;  // in the memory of the record
    record.close();
    evaluator.evaluate(b.graph(4), true, of_b);
    record.replay(1);
    const std::size_t atoms = b.types.size();
    EXPECT_EQ(*recorded.energy, *of_b.energy);
    EXPECT_EQ(values(recorded.atomic_energies, atoms), values(of_b.atomic_energies, atoms));
    EXPECT_EQ(values(recorded.atomic_forces, 3 * atoms), values(of_b.atomic_forces, 3 * atoms));
    EXPECT_EQ(values(recorded.edge_gradients, 3 * b.source.size()),
              values(of_b.edge_gradients, 3 * b.source.size()));
  }
}

}  // namespace
}  // namespace spinconv::test
