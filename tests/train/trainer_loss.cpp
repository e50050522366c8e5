// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "trainer/loss.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "train/gradient_check.hpp"
#include "train/trainer_support.hpp"
#include "trainer/schedule.hpp"

namespace spinconv::train::test {
namespace {

namespace core = spinconv::test;
constexpr double missing = std::numeric_limits<double>::quiet_NaN();

// Two frames of 1 and 2 atoms with errors of energy (0.3, -0.02) and of forces as given.
struct Example {
  BatchPrediction prediction;
  Batch batch;

  Example() {
    batch.atoms = torch::tensor({1.0, 2.0}, torch::kFloat64);
    batch.energies = torch::tensor({-5.0, 7.0}, torch::kFloat64);
    batch.forces = torch::zeros({3, 3}, torch::kFloat64);
    prediction.energies = torch::tensor({-4.7, 6.98}, torch::kFloat64);
    prediction.forces =
        torch::tensor({0.1, -0.2, 0.03, 0.0, 0.5, 0.0, 0.01, 0.0, -0.04}, torch::kFloat64)
            .view({3, 3});
  }
};

const std::vector<double> force_errors = {0.1, 0.2, 0.03, 0.0, 0.5, 0.0, 0.01, 0.0, 0.04};

double expected_loss(const LossConfig& c, const std::vector<double>& energy,
                     const std::vector<double>& force) {
  const auto mean = [&](const std::vector<double>& errors) {
    double sum = 0.0;
    for (const double x : errors) {
      if (c.type == "l1") {
        sum += x;
      } else if (c.type == "l2") {
        sum += x * x;
      } else {
        sum += x < c.huber_delta ? 0.5 * x * x : c.huber_delta * (x - 0.5 * c.huber_delta);
      }
    }
    return sum / double(errors.size());
  };
  return c.energy_weight * mean(energy) + c.force_weight * mean(force);
}

TEST(TrainerLoss, IsTheWeightedMeanOfThePenalties) {
  const Example e;
  for (const char* type : {"l1", "l2", "huber"}) {
    LossConfig c;
    c.type = type;
    c.energy_weight = 2.0;
    c.force_weight = 30.0;
    c.huber_delta = 0.15;
    EXPECT_NEAR(compute_loss(c, e.prediction, e.batch).value.item<double>(),
                expected_loss(c, {0.3, 0.02}, force_errors), 1e-12)
        << type;
  }
}

TEST(TrainerLoss, SumsErrorsForTheMeansOfAnEpoch) {
  const Example e;
  const auto errors = compute_loss({}, e.prediction, e.batch).errors;
  EXPECT_NEAR(errors.energy_per_atom, 0.3 + 0.01, 1e-12);
  EXPECT_EQ(errors.n_energies, 2);
  EXPECT_NEAR(errors.force, 0.88, 1e-12);
  EXPECT_EQ(errors.n_components, 9);
}

TEST(TrainerLoss, MissingLabelsCarryNoWeight) {
  Example e;
  e.batch.energies[0] = missing;
  e.batch.forces[0] = missing;
  e.prediction.energies.set_requires_grad(true);
  e.prediction.forces.set_requires_grad(true);
  const LossConfig c;
  const Loss loss = compute_loss(c, e.prediction, e.batch);
  const std::vector<double> labelled(force_errors.begin() + 3, force_errors.end());
  EXPECT_NEAR(loss.value.item<double>(), expected_loss(c, {0.02}, labelled), 1e-12);
  EXPECT_EQ(loss.errors.n_energies, 1);
  EXPECT_EQ(loss.errors.n_components, 6);
  EXPECT_NEAR(loss.errors.energy_per_atom, 0.01, 1e-12);
  loss.value.backward();
  EXPECT_EQ(e.prediction.energies.grad()[0].item<double>(), 0.0);
  EXPECT_NE(e.prediction.energies.grad()[1].item<double>(), 0.0);
  EXPECT_EQ(e.prediction.forces.grad()[0].abs().sum().item<double>(), 0.0);
  EXPECT_TRUE(e.prediction.forces.grad().isfinite().all().item<bool>());
}

TEST(TrainerLoss, WithoutAnyLabelIsZero) {
  Example e;
  e.batch.energies.fill_(missing);
  e.batch.forces.fill_(missing);
  EXPECT_EQ(compute_loss({}, e.prediction, e.batch).value.item<double>(), 0.0);
}

class LossGradient : public ::testing::TestWithParam<std::tuple<std::string, std::string>> {};

INSTANTIATE_TEST_SUITE_P(Types, LossGradient,
                         ::testing::Combine(::testing::Values("l1", "l2", "huber", "norm"),
                                            ::testing::Values("gated", "quadratic")),
                         [](const auto& info) {
                           return std::get<0>(info.param) + std::get<1>(info.param);
                         });

// Forces are derivatives already: what trains on them is a second derivative of the graph.
TEST_P(LossGradient, InEveryWeightIsThatOfFiniteDifferences) {
  auto model_config = tiny_model();
  model_config.roll_activation = std::get<1>(GetParam());
  model_config.normalization = "group";
  const Model model = core::random_model(model_config, 5);
  auto frames = ethanol_frames(2);
  frames[1].energy.reset();
  {
    // a label near the prediction: the square of -4000 eV would drown the differences in rounding
    const Prepared unlabelled(frames, model_config);
    const auto weights = all_weights(model);
    const Batch batch = make_batch(unlabelled.pointers(), model, weights);
    frames[0].energy = predict(model, weights, batch, false).energies[0].item<double>() + 0.3;
  }
  const Prepared data(frames, model_config);
  LossConfig loss;
  loss.type = std::get<0>(GetParam());
  loss.energy_weight = 0.01;
  loss.force_weight = 10.0;
  const auto value = [&] {
    const auto weights = all_weights(model);
    const Batch batch = make_batch(data.pointers(), model, weights);
    return compute_loss(loss, predict(model, weights, batch, true), batch).value;
  };
  expect_gradient(model, value, {1e-3, 3e-4, 1e-4, 3e-5, 1e-5});
}

TEST(TrainerSchedule, CosineFallsFromTheRateToTheMinimum) {
  ScheduleConfig c;
  c.minimum = 1e-5;
  const Schedule s(c, 1e-2, 100);
  EXPECT_DOUBLE_EQ(s.rate(0), 1e-2);
  EXPECT_NEAR(s.rate(50), 0.5 * (1e-2 + 1e-5), 1e-15);
  EXPECT_NEAR(s.rate(25), 1e-5 + (1e-2 - 1e-5) * (0.5 + std::sqrt(0.125)), 1e-15);
  EXPECT_NEAR(s.rate(100), 1e-5, 1e-15);
  EXPECT_NEAR(s.rate(1000), 1e-5, 1e-15);
  for (int k = 1; k <= 100; ++k) {
    EXPECT_LT(s.rate(k), s.rate(k - 1));
  }
}

TEST(TrainerSchedule, WarmsUpLinearly) {
  ScheduleConfig c;
  c.type = "constant";
  c.warmup_steps = 4;
  const Schedule s(c, 8e-3, 100);
  EXPECT_DOUBLE_EQ(s.rate(0), 2e-3);
  EXPECT_DOUBLE_EQ(s.rate(1), 4e-3);
  EXPECT_DOUBLE_EQ(s.rate(3), 8e-3);
  EXPECT_DOUBLE_EQ(s.rate(99), 8e-3);
}

TEST(TrainerSchedule, PlateauFallsWhenTheLossStopsFalling) {
  ScheduleConfig c;
  c.type = "plateau";
  c.plateau_factor = 0.5;
  c.plateau_patience = 2;
  c.minimum = 1.5e-3;
  Schedule s(c, 8e-3, 100);
  for (const double loss : {5.0, 4.0, 4.0, 4.5}) {  // two epochs without improvement
    s.end_epoch(loss);
    EXPECT_DOUBLE_EQ(s.rate(0), 8e-3);
  }
  s.end_epoch(4.1);  // the third
  EXPECT_DOUBLE_EQ(s.rate(0), 4e-3);
  s.end_epoch(3.9);  // an improvement starts the count again
  s.end_epoch(4.0);
  s.end_epoch(4.0);
  EXPECT_DOUBLE_EQ(s.rate(0), 4e-3);
  for (int k = 0; k < 20; ++k) {
    s.end_epoch(9.0);
  }
  EXPECT_DOUBLE_EQ(s.rate(0), 1.5e-3);
}

TEST(TrainerSchedule, ContinuesFromItsState) {
  ScheduleConfig c;
  c.type = "plateau";
  c.plateau_patience = 1;
  Schedule a(c, 1e-2, 100), b(c, 1e-2, 100);
  for (const double loss : {3.0, 3.5}) {
    a.end_epoch(loss);
  }
  b.restore(a.state());
  for (const double loss : {3.2, 3.1, 2.0, 2.5, 2.5, 2.5}) {
    a.end_epoch(loss);
    b.end_epoch(loss);
    EXPECT_EQ(a.rate(7), b.rate(7));
  }
  EXPECT_LT(a.rate(7), 1e-2);
}

}  // namespace
}  // namespace spinconv::train::test
