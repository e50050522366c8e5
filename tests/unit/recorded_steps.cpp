// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <functional>
#include <memory>
#include <optional>

#include "spinconv/step_recorder.hpp"
#include "support/counting_device.hpp"
#include "support/device_edges.hpp"
#include "support/error_text.hpp"
#include "support/random_model.hpp"
#include "support/variants.hpp"

// Evaluations that are recorded and replayed, on a device whose operations can be done again.
namespace spinconv::test {
namespace {

using ::testing::HasSubstr;

// The counting device's stand-in for a CUDA graph.
class RecordOfOperations : public StepRecorder {
 public:
  RecordOfOperations() { ++made; }
  void record(const std::function<void()>& work) override {
    record_.emplace();
    work();
    record_->close();
  }
  void replay() override {
    record_->replay();
    ++replays;
  }

  static int made, replays;

 private:
  std::optional<CountingDevice::Record> record_;
};
int RecordOfOperations::made = 0;
int RecordOfOperations::replays = 0;

class RecordedSteps : public ::testing::Test {
 protected:
  void SetUp() override {
    options = counting_options();
    options.record_steps = true;
    set_step_recorder(torch::kPrivateUse1, []() -> std::unique_ptr<StepRecorder> {
      return std::make_unique<RecordOfOperations>();
    });
    RecordOfOperations::made = RecordOfOperations::replays = 0;
  }
  void TearDown() override {
    set_step_recorder(torch::kPrivateUse1, []() -> std::unique_ptr<StepRecorder> { return {}; });
  }

  EvaluatorOptions options;
};

TEST_F(RecordedSteps, GiveWhatOthersGive) {
  for (const auto& variant : all_variants()) {
    if (variant.config.sphere == "grid") {
      continue;
    }
    SCOPED_TRACE(variant.name);
    RecordOfOperations::replays = 0;
    auto recorded = random_evaluator(variant.config, options);
    auto plain = random_evaluator(variant.config);
    const auto first = structure_for(plain);
    std::size_t least = 1 << 20, most = 0;
    for (int step = 0; step < 8; ++step) {
      const Edges edges = brute_force_edges(moved(first, 0.03 * step), plain.cutoff());
      least = std::min(least, edges.size());
      most = std::max(most, edges.size());
      DeviceEdges on_device(edges);
      on_device.count(3);
      Evaluation expected;
      DeviceEvaluation found;
      plain.evaluate(edges.graph(), true, expected);
      recorded.evaluate(on_device.graph(step + 1), true, found);
      EXPECT_LT(difference(found, expected, on_device.types.size(), edges.size()), 1e-12);
      // vectors alone
      for (auto& x : on_device.vectors) {
        x *= 0.99;
      }
      Edges closer = edges;
      closer.vectors = on_device.vectors;
      plain.evaluate(closer.graph(), true, expected);
      recorded.evaluate(on_device.graph(step + 1), true, found);
      EXPECT_LT(difference(found, expected, on_device.types.size(), edges.size()), 1e-12);
    }
    EXPECT_GT(most, least);
    EXPECT_GE(RecordOfOperations::replays, 10);
  }
}

TEST_F(RecordedSteps, ServeTheEdgesOfAHost) {
  auto recorded = random_evaluator(small_config(), options);
  auto plain = random_evaluator(small_config());
  const auto first = structure_for(plain);
  for (int step = 0; step < 6; ++step) {
    const Edges edges = brute_force_edges(moved(first, 0.03 * step), plain.cutoff());
    Evaluation expected, found;
    plain.evaluate(edges.graph(), true, expected);
    recorded.evaluate(edges.graph(), true, found);
    EXPECT_NEAR(found.energy, expected.energy, 1e-12);
    EXPECT_LT(largest_difference(found.atomic_energies, expected.atomic_energies), 1e-12);
    EXPECT_LT(largest_difference(found.edge_gradients, expected.edge_gradients), 1e-12);
  }
  EXPECT_EQ(RecordOfOperations::made, 2);  // one of them to ask whether there are any
  EXPECT_EQ(RecordOfOperations::replays, 4);
}

TEST_F(RecordedSteps, AreRecordedAnewWhereThereIsNotEnoughRoomOrOthersCount) {
  auto recorded = random_evaluator(small_config(), options);
  auto plain = random_evaluator(small_config());
  const auto evaluate = [&](const Edges& edges, std::int64_t energies) {
    Evaluation expected, found;
    auto graph = edges.graph();
    graph.n_energies = energies;
    plain.evaluate(graph, true, expected);
    recorded.evaluate(graph, true, found);
    EXPECT_NEAR(found.energy, expected.energy, 1e-12);
    EXPECT_LT(largest_difference(found.edge_gradients, expected.edge_gradients), 1e-12);
  };
  const auto s = structure_for(plain);
  const Edges few = brute_force_edges(s, 0.7 * plain.cutoff());
  const Edges many = brute_force_edges(s, plain.cutoff());
  ASSERT_GT(many.size(), 2 * few.size());
  for (const auto* edges : {&few, &many, &few}) {
    for (int i = 0; i < 5; ++i) {
      evaluate(*edges, -1);
    }
  }
  EXPECT_EQ(RecordOfOperations::made, 3);
  // 3 of the few, 3 of the many, 5 of the few in the room of the many
  EXPECT_EQ(RecordOfOperations::replays, 11);
  for (int i = 0; i < 4; ++i) {
    evaluate(few, 3);
  }
  EXPECT_EQ(RecordOfOperations::made, 4);
  EXPECT_EQ(RecordOfOperations::replays, 13);
}

TEST_F(RecordedSteps, AMeasurementOfMemoryIsNoStep) {
  auto recorded = random_evaluator(small_config(), options);
  auto plain = random_evaluator(small_config());
  const Edges edges = brute_force_edges(structure_for(plain), plain.cutoff());
  Evaluation expected, found;
  plain.evaluate(edges.graph(), true, expected);
  for (int i = 0; i < 8; ++i) {
    if (i == 4) {
      recorded.measure_memory(8, static_cast<std::int64_t>(edges.size()), 20);
    }
    recorded.evaluate(edges.graph(), true, found);
    EXPECT_NEAR(found.energy, expected.energy, 1e-12);
    EXPECT_LT(largest_difference(found.edge_gradients, expected.edge_gradients), 1e-12);
  }
}

TEST_F(RecordedSteps, AreOnlyForDevicesAndModelsThatCan) {
  auto on_cpu = options;
  on_cpu.device = "cpu";
  EXPECT_THAT(error_of([&] { random_evaluator(small_config(), on_cpu); }),
              HasSubstr("CUDA graphs (cuda_graph) are for CUDA devices, but the device is 'cpu'"));
  auto blocks = options;
  blocks.chunk = 100;
  EXPECT_THAT(error_of([&] { random_evaluator(small_config(), blocks); }),
              HasSubstr("cuda_graph is for models on spheres of harmonics without chunk"));
}

}  // namespace
}  // namespace spinconv::test
