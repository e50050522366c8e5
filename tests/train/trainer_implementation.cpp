// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <torch/csrc/autograd/autograd.h>

#include <atomic>
#include <limits>

#include "spinconv/fused/packing.hpp"
#include "support/error_text.hpp"
#include "support/fused_test.hpp"
#include "support/temporary_folder.hpp"
#include "train/trainer_support.hpp"
#include "trainer/loss.hpp"
#include "trainer/predictor.hpp"
#include "trainer/trainer.hpp"
#include "trainer/training_kernels.hpp"

// Fused kernels and the operator graph are the same training.
namespace spinconv::train::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using torch::Tensor;
namespace core = spinconv::test;

class FusedFit : public core::FusedTest {};

FitConfig fit_by(const std::string& implementation) {
  FitConfig config = tiny_fit();
  config.training.implementation = implementation;
  return config;
}

Model trainable(const ModelConfig& config) {
  Model model = core::random_model(config, 3);
  for (auto& p : model.parameters()) {
    p.set_requires_grad(true);
  }
  return model;
}

struct Gradients {
  double loss;
  std::vector<Tensor> of_weights;
};

Gradients gradients(const std::string& implementation, const Model& model, const Prepared& data,
                    const LossConfig& config, bool stress, bool forces) {
  TrainingKernels kernels(fit_by(implementation), model);
  EXPECT_THAT(kernels.name(), StartsWith(implementation));
  const auto frames = data.pointers();
  const auto weights = kernels.prepare(model, elements_of(frames));
  const Batch batch = make_batch(frames, model, weights);
  const Loss loss =
      compute_loss(config, predict(model, weights, batch, true, stress, forces), batch);
  const auto parameters = model.parameters();
  Gradients found{loss.value.item<double>(),
                  torch::autograd::grad({loss.value}, parameters, {}, false, false, true)};
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (!found.of_weights[i].defined()) {
      found.of_weights[i] = torch::zeros_like(parameters[i]);
    }
  }
  return found;
}

void expect_same_gradients(const Model& model, const Prepared& data, const LossConfig& config,
                           bool stress, bool forces) {
  const auto expected = gradients("graph", model, data, config, stress, forces);
  const auto found = gradients("fused", model, data, config, stress, forces);
  EXPECT_NEAR(found.loss, expected.loss, 1e-10 * std::abs(expected.loss));
  for (std::size_t i = 0; i < found.of_weights.size(); ++i) {
    const double largest = expected.of_weights[i].abs().max().item<double>();
    EXPECT_LE(found.of_weights[i].sub(expected.of_weights[i]).abs().max().item<double>(),
              1e-9 * largest + 1e-13)
        << i << " of " << largest;
  }
}

TEST_F(FusedFit, HasTheGradientsOfTheGraphForEveryLoss) {
  const ModelConfig config = tiny_model();
  const Model model = trainable(config);
  const Prepared data(ethanol_frames(3), config);
  for (const char* type : {"l1", "l2", "huber", "norm"}) {
    SCOPED_TRACE(type);
    LossConfig loss;
    loss.type = type;
    expect_same_gradients(model, data, loss, false, true);
  }
}

TEST_F(FusedFit, HasTheGradientsOfTheGraphWithStressesAndWithMissingLabels) {
  DataSource source;
  source.path =
      core::environment("SPINCONV_SOURCE_DIR") + "/examples/train/data/gap17_graphite_46.extxyz";
  source.slice = Slice::parse(":2");
  const ModelConfig config = tiny_model({"C"});
  const Model model = trainable(config);
  Prepared data(read_frames(source), config);
  LossConfig loss;
  loss.stress_weight = 30.0;
  expect_same_gradients(model, data, loss, true, true);
  expect_same_gradients(model, data, loss, true, false);
  expect_same_gradients(model, data, loss, false, false);
  // a frame of a batch without forces and stress, another one without an energy
  data.prepared[0].forces.fill_(std::numeric_limits<double>::quiet_NaN());
  data.prepared[0].stress.fill_(std::numeric_limits<double>::quiet_NaN());
  data.prepared[1].energy = std::numeric_limits<double>::quiet_NaN();
  expect_same_gradients(model, data, loss, true, true);
}

std::vector<Tensor> trained(const std::string& implementation, const std::string& optimizer,
                            const Target& target = {}) {
  FitConfig config = fit_by(implementation);
  config.data.train.target = target;
  if (!target.is_energy()) {
    config.training.loss.force_weight = 0.0;
  }
  config.training.optimizer = optimizer;
  config.training.epochs = 5;
  ModelConfig model_config = config.model;
  model_config.reference_energies = {-616.04, -205.35, -102.67};
  Model model = Model::create(model_config, 1);
  model.to(torch::kFloat64, torch::kCPU);
  const Prepared data(ethanol_frames(9), config.model);
  const auto frames = data.pointers();
  const HeldFrames training(std::vector(frames.begin(), frames.begin() + 8));
  const HeldFrames validation(std::vector(frames.begin() + 8, frames.end()));
  Trainer trainer(config, model, training, validation);
  EXPECT_THAT(trainer.kernels().name(), StartsWith(implementation));
  const std::atomic<bool> never{false};
  trainer.run({}, never);
  return model.parameters();
}

void expect_same_weights(const std::vector<Tensor>& found, const std::vector<Tensor>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    const double largest = expected[i].abs().max().item<double>();
    EXPECT_LE(found[i].sub(expected[i]).abs().max().item<double>(), 1e-7 * largest + 1e-12) << i;
  }
}

// 20 steps of 2 frames.
TEST_F(FusedFit, TrainsTheWeightsOfTheGraph) {
  for (const char* optimizer : {"muon", "adam"}) {
    SCOPED_TRACE(optimizer);
    expect_same_weights(trained("fused", optimizer), trained("graph", optimizer));
  }
}

TEST_F(FusedFit, TrainsTheWeightsOfTheGraphForAnotherTarget) {
  const Target property{"property", "D", ""};
  expect_same_weights(trained("fused", "muon", property), trained("graph", "muon", property));
}

// Energy, forces and stress of all frames.
std::vector<double> evaluated(Predictor& predictor, const std::vector<Frame>& frames,
                              std::int64_t edges_per_batch) {
  const Prepared data(frames, predictor.model().config());
  std::vector<const Frame*> pointers;
  for (const auto& frame : data.frames) {
    pointers.push_back(&frame);
  }
  std::vector<double> numbers;
  evaluate_frames(
      predictor, pointers, data.pointers(),
      [&](std::size_t, const FramePrediction& p) {
        const auto stress = p.stress.value_or(std::array<double, 6>{});
        numbers.push_back(p.energy);
        numbers.insert(numbers.end(), p.forces.begin(), p.forces.end());
        numbers.insert(numbers.end(), stress.begin(), stress.end());
      },
      {}, edges_per_batch);
  return numbers;
}

class FusedEvaluation : public FusedFit {
 protected:
  // A molecule and crystals of other elements each.
  static std::vector<Frame> frames() {
    return {frame_of(core::random_triclinic(5, 2, 6), {1, 8}),
            frame_of(core::random_molecule(7, 2, 3), {6, 8}),
            frame_of(core::random_triclinic(6, 1, 4), {6}),
            frame_of(core::random_triclinic(6, 3, 8), {1, 6, 8})};
  }
};

TEST_F(FusedEvaluation, GivesTheEnergiesForcesAndStressesOfTheGraph) {
  for (const bool single : {false, true}) {
    SCOPED_TRACE(single);
    Model model = trainable(tiny_model());
    model.to(single ? torch::kFloat32 : torch::kFloat64, torch::kCPU);
    Predictor by_graph(model, Implementation::graph, "model");
    Predictor by_kernels(model, Implementation::fused, "model");
    EXPECT_EQ(by_graph.implementation(), "graph");
    EXPECT_THAT(by_kernels.implementation(), StartsWith("fused ("));
    // in batches of one frame, each with other elements, and together
    for (const std::int64_t edges : {1, 100000}) {
      const auto expected = evaluated(by_graph, frames(), edges);
      const auto found = evaluated(by_kernels, frames(), edges);
      ASSERT_GT(std::abs(expected.back()), 1e-6);  // a stress
      const double largest =
          core::largest_difference(expected, std::vector<double>(expected.size(), 0.0));
      EXPECT_LE(core::largest_difference(found, expected), (single ? 1e-5 : 1e-11) * largest);
    }
    // elements are added to what is prepared, and the graph has those of the last batch
    EXPECT_EQ(by_kernels.weights_for(Prepared(frames(), model.config()).pointers()).used.size(),
              3u);
    const Prepared carbon({frames()[2]}, model.config());
    EXPECT_EQ(by_kernels.weights_for(carbon.pointers()).used.size(), 3u);
    EXPECT_EQ(by_graph.weights_for(carbon.pointers()).used.size(), 1u);
    EXPECT_EQ(by_graph.weights_for(carbon.pointers()).fused, nullptr);
  }
}

TEST_F(FusedEvaluation, KeepsNothingForAGradient) {
  const Model model = trainable(tiny_model());
  Predictor predictor(model, Implementation::fused, "model");
  const Prepared data(frames(), model.config());
  const auto& weights = predictor.weights_for(data.pointers());
  const Batch batch = make_batch(data.pointers(), model, weights);
  const auto found = predict(model, weights, batch, false, true, true);
  for (const Tensor& t : {found.energies, found.forces, found.virials}) {
    EXPECT_FALSE(t.requires_grad());
    EXPECT_EQ(t.grad_fn(), nullptr);
  }
}

TEST_F(FusedEvaluation, IsTheGraphsWhereThereAreNoKernels) {
  const Model harmonics = trainable(core::small_config());
  EXPECT_EQ(Predictor(harmonics, Implementation::automatic, "model").implementation(), "graph");
  EXPECT_THAT(
      core::error_of([&] { Predictor(harmonics, Implementation::fused, "'a.pt'"); }),
      AllOf(HasSubstr("'a.pt'"), HasSubstr("sphere spinconv2"), HasSubstr("auto or graph")));
  EXPECT_THAT(Predictor(trainable(tiny_model()), Implementation::automatic, "").implementation(),
              StartsWith("fused ("));
}

TEST_F(FusedFit, IsRefusedWhereThereAreNoKernels) {
  FitConfig config = fit_by("fused");
  const auto refused = [](const FitConfig& c, Model model) {
    return core::error_of([&] { TrainingKernels(c, model); });
  };
  EXPECT_THAT(refused(config, trainable(core::small_config())), HasSubstr("sphere spinconv2"));
  config.training.precision = "mixed";
  EXPECT_THAT(refused(config, trainable(tiny_model())), HasSubstr("precision single or double"));
  config.training.implementation = "auto";
  EXPECT_EQ(TrainingKernels(config, trainable(tiny_model())).name(), "graph");
  EXPECT_EQ(TrainingKernels(fit_by("auto"), trainable(core::small_config())).name(), "graph");
  EXPECT_THAT(TrainingKernels(fit_by("auto"), trainable(tiny_model())).name(),
              StartsWith("fused ("));
}

}  // namespace
}  // namespace spinconv::train::test
