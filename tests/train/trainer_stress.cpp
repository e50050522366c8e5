// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <limits>

#include "support/temporary_folder.hpp"
#include "train/gradient_check.hpp"
#include "train/trainer_support.hpp"
#include "trainer/loss.hpp"
#include "trainer/predictor.hpp"
#include "trainer/trainer.hpp"

namespace spinconv::train::test {
namespace {

namespace core = spinconv::test;
constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

// Graphite cells with energies, forces and virials.
std::vector<Frame> graphite(const std::string& slice) {
  DataSource source;
  source.path =
      core::environment("SPINCONV_SOURCE_DIR") + "/examples/train/data/gap17_graphite_46.extxyz";
  source.slice = Slice::parse(slice);
  return read_frames(source);
}

TEST(TrainerNorm, IsTheMeanLengthOfTheForceErrors) {
  BatchPrediction prediction;
  Batch batch;
  batch.atoms = torch::tensor({2.0, 1.0}, torch::kFloat64);
  batch.energies = torch::tensor({1.0, unknown}, torch::kFloat64);
  batch.forces = torch::tensor({0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, unknown, 0.0}, torch::kFloat64)
                     .view({3, 3});
  prediction.energies = torch::tensor({1.25, 7.0}, torch::kFloat64).set_requires_grad(true);
  // errors (3,4,0), 0 and a label of which a component is unknown
  prediction.forces = torch::tensor({3.0, 4.0, 0.0, 1.0, 1.0, 1.0, 9.0, 9.0, 9.0}, torch::kFloat64)
                          .view({3, 3})
                          .set_requires_grad(true);
  LossConfig config;
  config.type = "norm";
  config.energy_weight = 2.0;
  config.force_weight = 10.0;
  const Loss loss = compute_loss(config, prediction, batch);
  EXPECT_NEAR(loss.value.item<double>(), 2.0 * 0.25 + 10.0 * 5.0 / 2.0, 1e-5);
  EXPECT_EQ(loss.errors.n_components, 8);  // the errors of the log are those of components
  loss.value.backward();
  const auto gradient = prediction.forces.grad();
  EXPECT_TRUE(gradient.isfinite().all().item<bool>());
  EXPECT_NEAR(gradient[0][0].item<double>(), 10.0 / 2.0 * 0.6, 1e-10);
  EXPECT_NEAR(gradient[0][1].item<double>(), 10.0 / 2.0 * 0.8, 1e-10);
  EXPECT_EQ(gradient[1].abs().max().item<double>(), 0.0);  // at no error
  EXPECT_EQ(gradient[2].abs().max().item<double>(), 0.0);  // without a label
}

TEST(TrainerStress, IsMinusTheVirialOverTheVolume) {
  const auto frames = graphite(":3");
  auto config = tiny_model({"C"});
  const Model model = core::random_model(config, 5);
  const Prepared data(frames, config);
  const auto weights = all_weights(model);
  const Batch batch = make_batch(data.pointers(), model, weights);
  const auto p = predict(model, weights, batch, false, true);
  const auto stresses = stresses_of(p.virials, batch.volumes);
  for (long f = 0; f < 3; ++f) {
    const auto& c = frames[static_cast<std::size_t>(f)].cell;
    const double volume = c[0] * c[4] * c[8];  // lower triangular
    EXPECT_NEAR(batch.volumes[f].item<double>(), volume, 1e-10);
    const int pairs[6][2] = {{0, 0}, {1, 1}, {2, 2}, {1, 2}, {0, 2}, {0, 1}};
    for (long k = 0; k < 6; ++k) {
      EXPECT_NEAR(stresses[f][k].item<double>(),
                  -p.virials[f][pairs[k][0]][pairs[k][1]].item<double>() / volume, 1e-14);
      EXPECT_EQ(batch.stresses[f][k].item<double>(),
                (*frames[static_cast<std::size_t>(f)].stress)[static_cast<std::size_t>(k)]);
    }
  }
}

TEST(TrainerStress, OfFramesWithoutALabelOrACellCarriesNoWeight) {
  auto frames = graphite(":3");
  frames[1].stress.reset();
  frames.push_back(frame_of(core::random_molecule(3, 1, 1), {6}));
  const auto config = tiny_model({"C"});
  const Model model = core::random_model(config, 5);
  const Prepared data(frames, config);
  const auto weights = all_weights(model);
  LossConfig loss;
  loss.energy_weight = loss.force_weight = 0.0;
  loss.stress_weight = 50.0;
  const auto value = [&](std::vector<const PreparedFrame*> part, const LabelCounts* whole) {
    const Batch batch = make_batch(part, model, weights);
    return compute_loss(loss, predict(model, weights, batch, true, true), batch, whole);
  };
  const auto all = data.pointers();
  const Loss together = value(all, nullptr);
  EXPECT_EQ(together.errors.n_stresses, 12);
  // by hand
  Predictor predictor(model, nullptr);
  const auto evaluation =
      evaluate_frames(predictor, std::vector<const Frame*>{&frames[0], &frames[2]},
                      std::vector<const PreparedFrame*>{all[0], all[2]});
  EXPECT_NEAR(together.value.item<double>(), 50.0 * evaluation.metrics.stress().mae, 1e-12);
  EXPECT_NEAR(together.errors.stress, 12 * evaluation.metrics.stress().mae, 1e-12);
  for (const auto& gradient :
       torch::autograd::grad({together.value}, model.parameters(), {}, std::nullopt, false, true)) {
    EXPECT_TRUE(!gradient.defined() || gradient.isfinite().all().item<bool>());
  }
  // parts of a batch, as ranks have them, add up
  for (const char* type : {"l1", "l2", "huber", "norm"}) {
    loss.type = type;
    loss.energy_weight = 1.0;
    loss.force_weight = 10.0;
    LabelCounts whole;
    for (const auto* frame : all) {
      whole += count_labels(*frame);
    }
    EXPECT_NEAR(value({all[0], all[3]}, &whole).value.item<double>() +
                    value({all[1], all[2]}, &whole).value.item<double>(),
                value(all, nullptr).value.item<double>(), 1e-9)
        << type;
  }
}

// The virial is a derivative already: what trains on it is a second derivative of the graph.
TEST(TrainerStress, GradientInEveryWeightIsThatOfFiniteDifferences) {
  auto config = tiny_model({"C"});
  config.normalization = "group";
  const Model model = core::random_model(config, 5);
  const Prepared data(graphite(":2"), config);
  LossConfig loss;
  loss.type = "l2";
  loss.energy_weight = loss.force_weight = 0.0;
  loss.stress_weight = 100.0;
  const auto value = [&] {
    const auto weights = all_weights(model);
    const Batch batch = make_batch(data.pointers(), model, weights);
    return compute_loss(loss, predict(model, weights, batch, true, true), batch).value;
  };
  const int compared = expect_gradient(model, value, {1e-3, 3e-4, 1e-4, 3e-5});
  EXPECT_GT(compared, 10);
}

TEST(TrainerStress, TrainingOnItLowersItsErrorAndLogsIt) {
  auto config = tiny_fit();
  config.model = tiny_model({"C"});
  config.model.cutoff = 3.0;
  config.model.reference_energies = {-158.0};
  config.model.average_neighbors = 10.0;
  config.training.precision = "single";
  config.training.epochs = 30;
  config.training.batch_size = 4;
  config.training.learning_rate = 1e-2;
  config.training.ema_decay = 0.9;
  config.training.loss.force_weight = 10.0;
  config.training.loss.stress_weight = 200.0;
  const Prepared data(graphite(":16"), config.model);
  auto frames = data.pointers();
  Model model = Model::create(config.model, 1);
  model.to(torch::kFloat32, torch::kCPU);
  const HeldFrames training(std::vector(frames.begin(), frames.begin() + 12));
  const HeldFrames validation(std::vector(frames.begin() + 12, frames.end()));
  Trainer trainer(config, model, training, validation);
  const core::TemporaryFolder folder;
  EpochLog log(folder / "log.csv", std::nullopt, LogContents{.stress = true});
  const std::atomic<bool> never{false};
  LogAndCheckpoint files(log, folder / "checkpoint.pt");
  trainer.run({&files}, never);
  const auto records = EpochLog::read(folder / "log.csv");
  ASSERT_EQ(records.size(), 30u);
  EXPECT_LT(records.back().train_stress_mae, 0.3 * records.front().train_stress_mae);
  EXPECT_LT(records.back().validation_stress_mae, 0.5 * records.front().validation_stress_mae);
  EXPECT_LT(records.back().train_force_mae, records.front().train_force_mae);
}

}  // namespace
}  // namespace spinconv::train::test
