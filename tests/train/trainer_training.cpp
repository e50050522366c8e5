// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "trainer/trainer.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <cmath>
#include <thread>

#include "spinconv/potential.hpp"
#include "support/error_text.hpp"
#include "train/trainer_support.hpp"

namespace spinconv::train::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
namespace core = spinconv::test;

// A training in a folder of its own that can be begun, stopped and resumed.
class Training {
 public:
  explicit Training(FitConfig c, std::size_t train_frames = 6, std::size_t validation_frames = 2)
      : config(std::move(c)),
        data_(ethanol_frames(train_frames + validation_frames), config.model),
        train_frames_(train_frames) {}

  // A new trainer, as a new process would make it; with `resume`, from the checkpoint.
  TrainingEnd run(bool resume, const std::atomic<bool>& interrupt) {
    auto model_config = config.model;
    // energies near zero, as least squares would make them
    model_config.reference_energies = {-616.04, -205.35, -102.67};
    model.emplace(Model::create(model_config, config.training.seed));
    model->to(config.training.precision == "double" ? torch::kFloat64 : torch::kFloat32,
              torch::kCPU);
    auto frames = data_.pointers();
    const auto middle = frames.begin() + static_cast<long>(train_frames_);
    training_.emplace(std::vector(frames.begin(), middle));
    validation_.emplace(std::vector(middle, frames.end()));
    trainer.emplace(config, *model, *training_, *validation_);
    std::optional<int> resumed;
    if (resume) {
      trainer->resume(Checkpoint::load(checkpoint_path()));
      resumed = trainer->epoch();
    }
    EpochLog log(log_path(), resumed);
    LogAndCheckpoint files(log, checkpoint_path());
    const auto end = trainer->run({&files}, interrupt);
    records = log.records();
    return end;
  }

  TrainingEnd run() {
    const std::atomic<bool> never{false};
    return run(false, never);
  }

  std::string checkpoint_path() const { return folder_ / "checkpoint.pt"; }
  std::string log_path() const { return folder_ / "log.csv"; }

  FitConfig config;
  std::optional<Model> model;
  std::optional<Trainer> trainer;
  std::vector<EpochRecord> records;

 private:
  core::TemporaryFolder folder_;
  Prepared data_;
  std::size_t train_frames_;
  std::optional<HeldFrames> training_, validation_;
};

void expect_equal(const std::vector<torch::Tensor>& a, const std::vector<torch::Tensor>& b,
                  const std::string& what) {
  ASSERT_EQ(a.size(), b.size()) << what;
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_TRUE(torch::equal(a[i], b[i])) << what << " " << i;
  }
}

// Weights, moments, averages and learning curves of two trainings, every bit of them.
void expect_same_training(const Training& a, const Training& b) {
  expect_equal(a.model->parameters(), b.model->parameters(), "model");
  const auto x = Checkpoint::load(a.checkpoint_path()), y = Checkpoint::load(b.checkpoint_path());
  expect_equal(x.weights, y.weights, "weights");
  expect_equal(x.averaged, y.averaged, "averaged");
  expect_equal(x.best, y.best, "best");
  expect_equal(x.first_moment, y.first_moment, "first moment");
  expect_equal(x.second_moment, y.second_moment, "second moment");
  expect_equal(x.largest_second_moment, y.largest_second_moment, "largest second moment");
  EXPECT_EQ(x.state.contains("gradients"), y.state.contains("gradients"));
  if (x.state.contains("gradients")) {
    EXPECT_EQ(x.state.at("gradients"), y.state.at("gradients"));
  }
  EXPECT_EQ(x.optimizer_steps, y.optimizer_steps);
  const auto p = EpochLog::read(a.log_path()), q = EpochLog::read(b.log_path());
  ASSERT_EQ(p.size(), q.size());
  for (std::size_t i = 0; i < p.size(); ++i) {
    EXPECT_EQ(p[i].epoch, q[i].epoch);
    EXPECT_EQ(p[i].learning_rate, q[i].learning_rate);
    EXPECT_EQ(p[i].train_loss, q[i].train_loss) << p[i].epoch;
    EXPECT_EQ(p[i].train_energy_mae, q[i].train_energy_mae);
    EXPECT_EQ(p[i].train_force_mae, q[i].train_force_mae);
    EXPECT_EQ(p[i].validation_loss, q[i].validation_loss);
    EXPECT_EQ(p[i].validation_energy_mae_per_atom, q[i].validation_energy_mae_per_atom);
    EXPECT_EQ(p[i].validation_force_mae, q[i].validation_force_mae);
  }
}

// Sets the flag once `steps` more checkpoints were written (one a step).
class InterruptAfter {
 public:
  InterruptAfter(const std::string& checkpoint, int steps)
      : thread_([this, checkpoint, steps] {
          auto seen = inode(checkpoint);
          for (int count = 0; count < steps && !stop_;) {
            const auto now = inode(checkpoint);
            count += now != seen;
            seen = now;
            std::this_thread::sleep_for(std::chrono::microseconds(200));
          }
          flag = true;
        }) {}
  ~InterruptAfter() {
    stop_ = true;
    thread_.join();
  }

  std::atomic<bool> flag{false};

 private:
  static std::filesystem::file_time_type inode(const std::string& path) {
    std::error_code none;
    return std::filesystem::last_write_time(path, none);
  }

  std::atomic<bool> stop_{false};
  std::thread thread_;
};

FitConfig resumable(const std::string& schedule) {
  auto config = tiny_fit();
  config.training.epochs = 12;
  config.training.checkpoint_minutes = 0.0;  // after every step
  config.training.schedule.type = schedule;
  config.training.schedule.warmup_steps = 5;
  config.training.schedule.plateau_patience = 1;
  config.training.gradient_clip = 5.0;
  config.training.ema_decay = 0.9;
  return config;
}

struct Recipe {
  std::string schedule, precision, optimizer, sphere;
};

class ResumedTraining : public ::testing::TestWithParam<Recipe> {};

INSTANTIATE_TEST_SUITE_P(Recipes, ResumedTraining,
                         ::testing::Values(Recipe{"cosine", "double", "muon", "spinconv2"},
                                           Recipe{"plateau", "single", "muon", "harmonics"},
                                           Recipe{"plateau", "single", "adam", "spinconv2"},
                                           Recipe{"cosine", "double", "adam", "harmonics"}),
                         [](const auto& info) {
                           return info.param.schedule + info.param.optimizer + info.param.sphere;
                         });

TEST_P(ResumedTraining, EqualsAnUninterruptedOneBitByBitWhereverItStops) {
  auto config = resumable(GetParam().schedule);
  config.training.precision = GetParam().precision;
  config.training.optimizer = GetParam().optimizer;
  config.model.sphere = GetParam().sphere;
  Training whole(config), pieces(config);
  EXPECT_EQ(whole.run(), TrainingEnd::finished);

  const std::atomic<bool> at_once{true};
  EXPECT_EQ(pieces.run(false, at_once), TrainingEnd::interrupted);  // before the first step
  bool in_the_middle = false;
  auto end = TrainingEnd::interrupted;
  for (int piece = 0; end == TrainingEnd::interrupted; ++piece) {
    ASSERT_LT(piece, 100);
    const auto state = Checkpoint::load(pieces.checkpoint_path()).state;
    const auto batch = state.at("batch").get<int>();
    in_the_middle = in_the_middle || (batch > 0 && batch < 3);
    InterruptAfter interrupt(pieces.checkpoint_path(), 1 + piece % 3);
    end = pieces.run(true, interrupt.flag);
  }
  EXPECT_EQ(end, TrainingEnd::finished);
  EXPECT_TRUE(in_the_middle);
  expect_same_training(whole, pieces);
  EXPECT_EQ(pieces.records.size(), 12u);
}

TEST(ResumedTrainingTest, GoesOnAfterAnEpochsEndBitByBit) {
  // two trainings of which one stops when the third epoch is in the log
  auto config = resumable("cosine");
  config.training.checkpoint_minutes = 1000.0;
  Training whole(config), pieces(config);
  whole.run();
  std::atomic<bool> flag{false};
  std::atomic<bool> done{false};
  std::thread watch([&] {
    const auto lines = [&] {
      std::ifstream log(pieces.log_path());
      return std::count(std::istreambuf_iterator<char>(log), {}, '\n');
    };
    while (lines() < 4 && !done) {
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
    flag = true;
  });
  const auto end = pieces.run(false, flag);
  done = true;
  watch.join();
  if (end == TrainingEnd::interrupted) {
    const std::atomic<bool> never{false};
    EXPECT_EQ(pieces.run(true, never), TrainingEnd::finished);
  }
  expect_same_training(whole, pieces);
}

// What is written, in its order; the checkpoint of epoch 1, step 2 of the next one is kept.
class OrderOfOutput : public TrainingObserver {
 public:
  explicit OrderOfOutput(std::optional<Checkpoint>& kept) : kept_(kept) {}
  void begin_output() override { order += "begin "; }
  void epoch(const EpochRecord& record, bool /*best*/) override {
    order += std::to_string(record.epoch) + " ";
  }
  void best(Checkpoint& best) override {
    order += "best" + best.state.at("best_epoch").dump() + " ";
  }
  void checkpoint(Checkpoint& checkpoint) override {
    if (checkpoint.state.at("epoch") == 1 && checkpoint.state.at("batch") == 2) {
      const core::TemporaryFolder folder;  // a copy: the tensors go on changing
      checkpoint.save(folder / "c.pt");
      kept_ = Checkpoint::load(folder / "c.pt");
    }
  }

  std::string order;

 private:
  std::optional<Checkpoint>& kept_;
};

// Interrupted after the last step of an epoch, before its end: no step is left to begin with.
TEST(ResumedTrainingTest, BeginsItsOutputBeforeAnEpochThatHasNoStepLeft) {
  auto config = tiny_fit();
  config.training.epochs = 3;
  const Prepared data(ethanol_frames(4), config.model);
  const HeldFrames training(data.pointers()), validation({});
  auto model_config = config.model;
  model_config.reference_energies = {-616.04, -205.35, -102.67};
  std::optional<Checkpoint> in_the_middle;
  config.training.checkpoint_minutes = 0.0;
  const auto run = [&](const Checkpoint* from) {
    Model model = Model::create(model_config, 1);
    Trainer trainer(config, model, training, validation);
    if (from != nullptr) {
      trainer.resume(*from);
    }
    OrderOfOutput output(in_the_middle);
    const std::atomic<bool> never{false};
    trainer.run({&output}, never);
    return output.order;
  };
  EXPECT_EQ(run(nullptr), "begin 1 best1 2 best2 3 best3 ");
  ASSERT_TRUE(in_the_middle);
  const Checkpoint from = *in_the_middle;
  EXPECT_EQ(run(&from), "begin 2 best2 3 best3 ");
}

TEST(ResumedTrainingTest, OfAFinishedTrainingChangesNothing) {
  auto config = resumable("cosine");
  config.training.epochs = 3;
  Training training(config);
  training.run();
  const auto before = training.model->clone();
  const std::atomic<bool> never{false};
  EXPECT_EQ(training.run(true, never), TrainingEnd::finished);
  expect_equal(before.parameters(), training.model->parameters(), "model");
  EXPECT_EQ(training.records.size(), 3u);
}

TEST(ResumedTrainingTest, OfAnotherConfigurationIsRefusedAndNamesTheDifference) {
  auto config = resumable("cosine");
  config.training.epochs = 2;
  Training training(config);
  training.run();
  const std::atomic<bool> never{false};
  training.config.training.learning_rate = 1e-3;
  EXPECT_THAT(core::error_of([&] { training.run(true, never); }),
              AllOf(HasSubstr("learning_rate"), HasSubstr("0.001"), HasSubstr("restore it")));
}

TEST(TrainerTest, TwoTrainingsOfOneSeedAreEqualAndOfAnotherSeedAreNot) {
  auto config = tiny_fit();
  config.training.epochs = 3;
  Training a(config), b(config);
  a.run();
  b.run();
  expect_same_training(a, b);
  config.training.seed = 2;
  Training c(config);
  c.run();
  EXPECT_FALSE(torch::equal(a.model->parameters()[9], c.model->parameters()[9]));
}

TEST(TrainerTest, LearnsAFewFramesByHeart) {
  auto config = tiny_fit();
  config.model.hidden_channels = 16;
  config.model.energy_scale = 1.2;
  config.training.epochs = 250;
  config.training.batch_size = 4;
  config.training.learning_rate = 1e-2;
  config.training.precision = "single";
  config.training.ema_decay = 0.0;
  Training training(config, 4, 0);
  training.run();
  const auto& first = training.records.front();
  const auto& last = training.records.back();
  EXPECT_GT(first.train_force_mae, 0.5);
  EXPECT_LT(last.train_force_mae, 0.1 * first.train_force_mae);
  EXPECT_LT(last.train_loss, 0.1 * first.train_loss);
  EXPECT_LT(last.train_energy_mae, 0.02);
}

TEST(TrainerTest, SavesTheWeightsOfTheBestEpoch) {
  auto config = tiny_fit();
  config.training.epochs = 8;
  config.training.learning_rate = 0.05;  // too large: the loss goes up and down
  config.training.schedule.type = "constant";
  config.training.ema_decay = 0.0;
  Training training(config);
  training.run();
  int best = 0;
  for (std::size_t k = 0; k < training.records.size(); ++k) {
    if (training.records[k].validation_loss < training.records[best].validation_loss) {
      best = static_cast<int>(k);
    }
  }
  EXPECT_EQ(training.trainer->best_epoch(), best + 1);
  expect_equal(training.model->parameters(), Checkpoint::load(training.checkpoint_path()).best,
               "model");
  // what the model holds now gives the loss that the best epoch had
  Prepared validation(ethanol_frames(8), config.model);
  const auto pointers = validation.pointers();
  const auto weights = all_weights(*training.model);
  const Batch batch = make_batch(std::span(pointers).subspan(6), *training.model, weights);
  EXPECT_NEAR(
      compute_loss(config.training.loss, predict(*training.model, weights, batch, false), batch)
          .value.item<double>(),
      training.records[best].validation_loss, 1e-9);
}

TEST(TrainerTest, StopsEarlyWithoutImprovement) {
  auto config = tiny_fit();
  config.training.epochs = 50;
  config.training.learning_rate = 0.0;  // nothing improves after the first epoch
  config.training.early_stop = 3;
  Training training(config);
  EXPECT_EQ(training.run(), TrainingEnd::early_stop);
  EXPECT_EQ(training.trainer->epoch(), 4);
  EXPECT_EQ(training.trainer->best_epoch(), 1);
}

TEST(TrainerTest, ALossThatIsNoNumberEndsTheTrainingWithTheCure) {
  auto config = tiny_fit();
  config.training.epochs = 20;
  config.training.learning_rate = 1e200;
  Training training(config);
  EXPECT_THAT(core::error_of([&] { training.run(); }),
              AllOf(HasSubstr("not a number"), HasSubstr("learning_rate")));
}

TEST(TrainerTest, EveryFrameIsSeenOnceInAnEpochAndInAnotherOrderInTheNext) {
  auto config = tiny_fit();
  config.training.epochs = 2;
  config.training.learning_rate = 0.0;  // weights stay, so errors depend on the frames alone
  config.training.batch_size = 4;       // 5 frames: batches of 4 and 1
  Training training(config, 5, 1);
  training.run();
  const auto& r = training.records;
  EXPECT_NEAR(r[0].train_force_mae, r[1].train_force_mae, 1e-12);
  EXPECT_NEAR(r[0].train_energy_mae, r[1].train_energy_mae, 1e-12);
  // the mean over batches weighs the last frame alone, which is another one
  EXPECT_NE(r[0].train_loss, r[1].train_loss);
}

TEST(TrainerTest, AveragedWeightsFollowTheTrainedOnes) {
  auto config = tiny_fit();
  config.training.epochs = 2;
  for (const double decay : {0.0, 0.5}) {
    config.training.ema_decay = decay;
    Training training(config);
    training.run();
    const auto c = Checkpoint::load(training.checkpoint_path());
    bool equal = true;
    for (std::size_t i = 0; i < c.weights.size(); ++i) {
      equal = equal && torch::equal(c.weights[i], c.averaged[i]);
    }
    EXPECT_EQ(equal, decay == 0.0);
  }
}

TEST(TrainerTest, WeightsOfTheBeginningAreSoonForgottenByTheAverage) {
  auto config = tiny_fit();
  config.training.epochs = 1;
  config.training.batch_size = 100;  // one step
  config.training.learning_rate = 0.0;
  Training at_rest(config);
  at_rest.run();
  const auto begin = Checkpoint::load(at_rest.checkpoint_path()).weights;
  for (const double limit : {0.999, 0.1}) {
    config.training.learning_rate = 0.01;
    config.training.ema_decay = limit;
    Training training(config);
    training.run();
    const auto c = Checkpoint::load(training.checkpoint_path());
    const double decay = std::min(limit, 2.0 / 11.0);
    double moved = 0.0;
    for (std::size_t i = 0; i < begin.size(); ++i) {
      const auto expected = decay * begin[i] + (1.0 - decay) * c.weights[i];
      EXPECT_LT((c.averaged[i] - expected).abs().max().item<double>(), 1e-12) << limit << " " << i;
      moved = std::max(moved, (c.weights[i] - begin[i]).abs().max().item<double>());
    }
    EXPECT_GT(moved, 1e-3);
  }
}

TEST(TrainerTest, EnergiesAndForcesAreThoseOfTheEvaluatorOfItsPotential) {
  auto config = tiny_fit();
  config.training.epochs = 1;
  Training training(config);
  training.run();
  const core::TemporaryFolder folder;
  Potential{*training.model, {}}.save(folder / "p.pt", "double");
  Evaluator evaluator(folder / "p.pt");
  const Prepared data(ethanol_frames(1), config.model);
  const auto weights = all_weights(*training.model);
  const auto p = predict(*training.model, weights,
                         make_batch(data.pointers(), *training.model, weights), false);
  core::Structure s;
  const auto& frame = data.frames[0];
  for (std::size_t i = 0; i < frame.size(); ++i) {
    s.types.push_back(frame.atomic_numbers[i] == 1 ? 0 : (frame.atomic_numbers[i] == 6 ? 1 : 2));
    s.positions.push_back(
        {frame.positions[3 * i], frame.positions[3 * i + 1], frame.positions[3 * i + 2]});
  }
  const auto expected = core::calculate(evaluator, s);
  EXPECT_NEAR(p.energies.item<double>(), expected.energy, 1e-10);
  for (std::size_t i = 0; i < s.size(); ++i) {
    for (int k = 0; k < 3; ++k) {
      EXPECT_NEAR(p.forces[static_cast<long>(i)][k].item<double>(), expected.forces[i][k], 1e-11);
    }
  }
}

class CheckpointTest : public ::testing::Test {
 protected:
  Checkpoint example() const {
    Checkpoint c;
    c.state = {{"epoch", 7}, {"note", "\xc3\xa9"}};
    c.optimizer_steps = 42;
    for (auto* list : {&c.weights, &c.averaged, &c.best, &c.first_moment, &c.second_moment}) {
      list->push_back(torch::rand({3, 2}, torch::kFloat64));
      list->push_back(torch::rand({4}, torch::kFloat32));
    }
    return c;
  }

  core::TemporaryFolder folder_;
};

TEST_F(CheckpointTest, IsReadBackBitByBit) {
  const auto c = example();
  c.save(folder_ / "c.pt");
  const auto back = Checkpoint::load(folder_ / "c.pt");
  EXPECT_EQ(back.state.at("epoch"), 7);
  EXPECT_EQ(back.state.at("note"), "\xc3\xa9");
  EXPECT_EQ(back.optimizer_steps, 42);
  expect_equal(back.weights, c.weights, "weights");
  expect_equal(back.best, c.best, "best");
  expect_equal(back.second_moment, c.second_moment, "second moment");
  EXPECT_TRUE(back.largest_second_moment.empty());
  EXPECT_EQ(folder_.entries(), 1u);
}

TEST_F(CheckpointTest, MissingTruncatedAndForeignOnesAreRefused) {
  EXPECT_THAT(core::error_of([&] { Checkpoint::load(folder_ / "none.pt"); }),
              AllOf(HasSubstr(folder_ / "none.pt"), HasSubstr("does not exist")));
  example().save(folder_ / "c.pt");
  const auto bytes = core::read_bytes(folder_ / "c.pt");
  for (const double part : {0.0, 0.2, 0.6, 0.95}) {
    core::write_bytes(folder_ / "cut.pt", bytes.substr(0, std::size_t(part * bytes.size())));
    EXPECT_THAT(core::error_of([&] { Checkpoint::load(folder_ / "cut.pt"); }),
                AllOf(HasSubstr(folder_ / "cut.pt"), HasSubstr("damaged")));
  }
  core::write_bytes(folder_ / "text.pt", "no checkpoint");
  EXPECT_THAT(core::error_of([&] { Checkpoint::load(folder_ / "text.pt"); }),
              HasSubstr(folder_ / "text.pt"));
  // a potential is no checkpoint
  core::write_random_potential(folder_ / "potential.pt", tiny_model());
  EXPECT_THAT(core::error_of([&] { Checkpoint::load(folder_ / "potential.pt"); }),
              HasSubstr(folder_ / "potential.pt"));
}

}  // namespace
}  // namespace spinconv::train::test
