// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "trainer/trainer.hpp"

#include <torch/nn/utils/clip_grad.h>

#include <chrono>
#include <cmath>
#include <numeric>

#include "data/number_text.hpp"
#include "data/split.hpp"
#include "spinconv/error.hpp"
#include "spinconv/module_definition.hpp"
#include "trainer/config_changes.hpp"
#include "trainer/mixed_precision.hpp"

namespace spinconv::train {
namespace {

using torch::Tensor;
using Clock = std::chrono::steady_clock;

// JSON has neither infinity nor NaN.
nlohmann::json number(double x) {
  return std::isfinite(x) ? nlohmann::json(x) : nlohmann::json();
}

double number_or(const nlohmann::json& x, double otherwise) {
  return x.is_number() ? x.get<double>() : otherwise;
}

}  // namespace

Trainer::Trainer(const FitConfig& config, Model& model, const FrameSet& training,
                 const FrameSet& validation, Ranks& ranks)
    : config_(config),
      model_(model),
      ranks_(ranks),
      training_(training),
      validation_(validation),
      parameters_(model.parameters()),
      gradient_sum_(parameters_, ranks),
      isolated_atom_frames_(config.training.isolated_atoms.any()
                                ? IsolatedAtomFrames(model.config())
                                : IsolatedAtomFrames()),
      kernels_(config, model),
      optimizer_(model, config.training),
      schedule_(config.training.schedule, config.training.learning_rate,
                config.training.epochs * batches_per_epoch()) {
  averaged_ = copies_of_weights();
  best_ = copies_of_weights();
}

Trainer::Trainer(const FitConfig& config, Model& model, const FrameSet& training,
                 const FrameSet& validation)
    : Trainer(config, model, training, validation, alone_) {}

std::int64_t Trainer::batches_per_epoch() const {
  const auto size = static_cast<std::size_t>(config_.training.batch_size);
  return static_cast<std::int64_t>((training_.size() + size - 1) / size);
}

std::vector<Tensor> Trainer::copies_of_weights() const {
  std::vector<Tensor> copies;
  for (const auto& p : parameters_) {
    copies.push_back(p.detach().clone());
  }
  return copies;
}

void Trainer::set_weights(const std::vector<Tensor>& values) {
  torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    parameters_[i].copy_(values[i]);
  }
}

ErrorSums Trainer::sums_of(const Loss& loss) const {
  const auto& e = loss.errors;
  return {.loss = loss.value.item<double>(),
          .energy = config_.data.train.target.is_energy() ? e.energy_per_atom : e.energy,
          .force = e.force,
          .stress = e.stress,
          .n_energies = static_cast<double>(e.n_energies),
          .n_components = static_cast<double>(e.n_components),
          .n_stresses = static_cast<double>(e.n_stresses)};
}

Loss Trainer::loss_of(const BatchShare& share, const Model::Weights& weights,
                      bool differentiable) const {
  const auto& config = config_.training.loss;
  const auto frames = share.pointers();
  const Batch batch = make_batch(frames, model_, weights);
  const bool with_virials = config.stress_weight > 0 && share.labels.n_stresses > 0;
  const bool with_forces = share.labels.n_components > 0;
  const auto prediction =
      isolated_atom_frames_.empty()
          ? predict(model_, weights, batch, differentiable, with_virials, with_forces)
          : isolated_atom_frames_.predict_relative(model_, weights, frames, differentiable,
                                                   with_virials, with_forces);
  return compute_loss(config, prediction, batch, ranks_.are_many() ? &share.labels : nullptr);
}

bool Trainer::step(const BatchShare& share, bool interrupted) {
  const auto& t = config_.training;
  optimizer_.zero_grad();
  ErrorSums sums;
  if (!share.empty()) {  // a rank without a frame still takes part in the sum
    const MixedPrecision mixed(t.precision == "mixed", model_.device());
    const auto weights = kernels_.prepare(model_, elements_of(share.pointers()));
    const Loss loss = loss_of(share, weights, true);
    sums = sums_of(loss);
    loss.value.backward();
  }
  if (ranks_.are_many()) {
    auto numbers = sums.numbers();
    numbers.push_back(interrupted ? 1.0 : 0.0);
    gradient_sum_.sum(ranks_, numbers);
    sums = ErrorSums::from(numbers);
    interrupted = numbers.back() > 0;
  }
  const double norm = std::isfinite(sums.loss) ? optimizer_.gradient_norm() : 0.0;
  if (!std::isfinite(sums.loss) || !std::isfinite(norm)) {
    throw Error(std::string(std::isfinite(norm) ? "the loss" : "the gradient of the loss") +
                " is not a number at step " + std::to_string(step_ + 1) + " (epoch " +
                std::to_string(epoch_ + 1) +
                "); lower training.learning_rate, set training.gradient_clip, or look for "
                "unphysical frames in the data");
  }
  if (t.gradient_clip > 0) {
    torch::nn::utils::clip_grad_norm_(parameters_, t.gradient_clip);
  }
  optimizer_.step(schedule_.rate(step_),
                  t.gradient_clip > 0 ? std::min(norm, t.gradient_clip) : norm);
  sums_ += sums;
  ++batch_;
  ++step_;
  // of what is averaged over many steps, the first few would keep the weights of the beginning
  const double n = static_cast<double>(step_);
  const double decay = std::min(t.ema_decay, (1.0 + n) / (10.0 + n));
  torch::NoGradGuard no_grad;
  at::_foreach_lerp_(averaged_, parameters_, 1.0 - decay);
  return interrupted;
}

bool Trainer::agree(bool interrupted) {
  double ranks = interrupted ? 1.0 : 0.0;
  ranks_.sum(std::span(&ranks, 1));
  return ranks > 0;
}

// Every rank makes the same steps; a machine that computes wrongly must not go unseen.
void Trainer::compare_weights() {
  if (!ranks_.are_many()) {
    return;
  }
  double sum = 0.0;
  for (const auto& p : parameters_) {
    sum += p.detach().to(torch::kFloat64).sum().item<double>();
  }
  const auto sums = ranks_.gather({sum});
  for (std::size_t r = 1; r < sums.size(); ++r) {
    if (sums[r] != sums[0]) {
      throw Error("after epoch " + std::to_string(epoch_ + 1) + " the weights of rank " +
                  std::to_string(r) +
                  " are not those of rank 0; are all ranks the same program on the same kind of "
                  "processor?");
    }
  }
}

double Trainer::validate(EpochRecord& record) {
  if (validation_.size() == 0) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  const auto live = copies_of_weights();
  set_weights(averaged_);
  ErrorSums sums;
  // batches of the same few frames as in training: memory stays what training needs
  const auto size = static_cast<std::size_t>(config_.training.batch_size) * 4;
  const std::size_t all = validation_.size();
  const auto numbers_of = [&](std::int64_t k) {
    const std::size_t begin = static_cast<std::size_t>(k) * size;
    std::vector<std::size_t> numbers(std::min(size, all - begin));
    std::iota(numbers.begin(), numbers.end(), begin);
    return numbers;
  };
  BatchFeed feed(validation_, ranks_, numbers_of, 0,
                 static_cast<std::int64_t>((all + size - 1) / size));
  for (std::size_t begin = 0; begin < all; begin += size) {
    const auto count = std::min(size, all - begin);
    const BatchShare share = feed.next();
    if (share.empty()) {
      continue;
    }
    const auto frames = share.pointers();
    const auto weights = [&] {
      torch::NoGradGuard no_grad;
      return kernels_.prepare(model_, elements_of(frames));
    }();
    ErrorSums batch = sums_of(loss_of(share, weights, false));
    batch.loss *= double(count);
    sums += batch;
  }
  set_weights(live);
  if (ranks_.are_many()) {
    auto numbers = sums.numbers();
    ranks_.sum(numbers);
    sums = ErrorSums::from(numbers);
  }
  if (!std::isfinite(sums.loss)) {
    throw Error("the validation loss is not a number after epoch " + std::to_string(epoch_ + 1) +
                "; lower training.learning_rate, or look for unphysical frames in the validation "
                "data");
  }
  record.validation_loss = sums.loss / double(all);
  record.validation_energy_mae_per_atom = ErrorSums::mean(sums.energy, sums.n_energies);
  record.validation_force_mae = ErrorSums::mean(sums.force, sums.n_components);
  record.validation_stress_mae = ErrorSums::mean(sums.stress, sums.n_stresses);
  return record.validation_loss;
}

Checkpoint Trainer::checkpoint() const {
  Checkpoint c;
  const auto& s = schedule_.state();
  nlohmann::json sums;
  for_each_sum(sums_, [&](const char* name, double value) { sums[name] = number(value); });
  c.state = {{"config", config_.to_yaml()},
             {"model", model_.config().to_json()},
             {"frames", training_.size()},
             {"validation_frames", validation_.size()},
             {"ranks", ranks_.size()},
             {"epoch", epoch_},
             {"batch", batch_},
             {"step", step_},
             {"seconds", seconds_},
             {"finished", finished_},
             {"best_loss", number(best_loss_)},
             {"best_epoch", best_epoch_},
             {"best_errors",
              {{"energy", number(best_record_.validation_energy_mae_per_atom)},
               {"force", number(best_record_.validation_force_mae)},
               {"stress", number(best_record_.validation_stress_mae)}}},
             {"schedule",
              {{"plateau_scale", s.plateau_scale},
               {"best", number(s.best)},
               {"bad_epochs", s.bad_epochs}}},
             {"sums", sums}};
  for (const auto& [name, value] : module_definition(model_.config()).tables) {
    c.tables.push_back(model_.module().attr(name).toTensor().detach());
  }
  for (const auto& p : parameters_) {
    c.weights.push_back(p.detach());
  }
  c.averaged = averaged_;
  c.best = best_;
  optimizer_.store(c);
  return c;
}

std::vector<std::string> Trainer::compare(const Checkpoint& c) const {
  const auto& s = c.state;
  std::vector<std::string> notes;
  std::string refused;
  // earlier versions wrote keys that have no effect, and more digits
  const std::string then = FitConfig::normalized(s.at("config").get<std::string>());
  for (const auto& change : config_changes(then, config_.to_yaml())) {
    const std::string text = change.key + " was " + change.then + " and is " + change.now;
    if (may_change(change.key, s.contains("data"))) {
      notes.push_back(text);
    } else {
      refused += (refused.empty() ? "" : "; ") + text;
    }
    if (change.key == "training.epochs" && config_.training.schedule.type == "cosine") {
      const auto step = s.at("step").get<std::int64_t>();
      const auto rate = [&](const std::string& epochs) {
        return Schedule(config_.training.schedule, config_.training.learning_rate,
                        std::stoll(epochs) * batches_per_epoch())
            .rate(step);
      };
      notes.back() += format(
          "; the cosine schedule now ends with epoch %s: the learning rate of the next "
          "step is %.2e in place of %.2e",
          change.now.c_str(), rate(change.now), rate(change.then));
    }
  }
  if (!refused.empty()) {
    throw Error(
        "--resume: the configuration is not that of the checkpoint: " + refused +
        "; restore it, or begin a new training in another output.folder (what may differ: " +
        changeable_keys() + ")");
  }
  if (const auto frames = s.at("frames").get<std::size_t>(); frames != training_.size()) {
    throw Error("--resume: the training set had " + std::to_string(frames) + " frames and has " +
                std::to_string(training_.size()) +
                " now; restore the data, or begin a new training in another output.folder");
  }
  if (const int done = s.at("epoch").get<int>(); config_.training.epochs < done) {
    throw Error("--resume: training.epochs is " + std::to_string(config_.training.epochs) +
                ", but " + std::to_string(done) +
                " epochs are done; give at least as many, or begin a new training in another "
                "output.folder");
  }
  return notes;
}

std::vector<std::string> Trainer::resume(const Checkpoint& c) {
  const auto& s = c.state;
  auto notes = compare(c);
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const std::size_t count = parameters_.size();
  if (c.weights.size() != count || c.averaged.size() != count || c.best.size() != count ||
      c.first_moment.size() != count || c.second_moment.size() != count ||
      c.largest_second_moment.size() !=
          (WeightOptimizer::uses_amsgrad(config_.training) ? count : 0)) {
    throw Error(
        "--resume: the checkpoint does not hold all weights and moments of this model; it is "
        "damaged or of another version: begin a new training in another output.folder");
  }
  epoch_ = s.at("epoch").get<int>();
  batch_ = s.at("batch").get<std::int64_t>();
  step_ = s.at("step").get<std::int64_t>();
  seconds_ = s.at("seconds").get<double>();
  best_loss_ = number_or(s.at("best_loss"), infinity);
  best_epoch_ = s.at("best_epoch").get<int>();
  const auto& schedule = s.at("schedule");
  const auto& sums = s.at("sums");
  if (schedule.is_array()) {  // version 0.1.0: by position
    schedule_.restore(
        {schedule[0].get<double>(), number_or(schedule[1], infinity), schedule[2].get<int>()});
    sums_ = {.loss = sums[0].get<double>(),
             .energy = sums[1].get<double>(),
             .force = sums[2].get<double>(),
             .stress = sums.size() > 6 ? sums[6].get<double>() : 0.0,
             .n_energies = sums[4].get<double>(),
             .n_components = sums[5].get<double>(),
             .n_stresses = sums.size() > 6 ? sums[7].get<double>() : 0.0};
  } else {
    schedule_.restore({schedule.at("plateau_scale").get<double>(),
                       number_or(schedule.at("best"), infinity),
                       schedule.at("bad_epochs").get<int>()});
    for_each_sum(sums_, [&](const char* name, double& value) {
      value = number_or(sums.at(name), EpochRecord::none);
    });
  }
  if (s.contains("best_errors")) {
    const auto& e = s.at("best_errors");
    best_record_.epoch = best_epoch_;
    best_record_.validation_energy_mae_per_atom = number_or(e.at("energy"), EpochRecord::none);
    best_record_.validation_force_mae = number_or(e.at("force"), EpochRecord::none);
    best_record_.validation_stress_mae = number_or(e.at("stress"), EpochRecord::none);
  }
  set_weights(c.weights);
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    // a checkpoint is read into the memory of the host
    const torch::Device device = parameters_[i].device();
    averaged_[i] = c.averaged[i].to(device);
    best_[i] = c.best[i].to(device);
  }
  optimizer_.restore(c);
  return notes;
}

TrainingEnd Trainer::run(const std::vector<TrainingObserver*>& observers,
                         const std::atomic<bool>& interrupt) {
  observers_ = ranks_.is_first() ? observers : std::vector<TrainingObserver*>();
  begun_ = finished_ = false;
  try {
    return run_epochs(interrupt);
  } catch (const RankError&) {
    // the step that failed has changed nothing yet
    if (begun_) {
      save();
    }
    throw;
  }
}

void Trainer::begin_output() {
  if (!begun_) {
    tell(&TrainingObserver::begin_output);
  }
  begun_ = true;
}

void Trainer::save() {
  begin_output();
  if (observers_.empty()) {
    return;
  }
  Checkpoint now = checkpoint();
  tell(&TrainingObserver::checkpoint, now);
  if (best_epoch_ > given_out_epoch_) {
    give_out_best(now);
  }
}

void Trainer::give_out_best(Checkpoint& now) {
  tell(&TrainingObserver::best, now);
  given_out_epoch_ = best_epoch_;
}

bool Trainer::is_stopped_early() const {
  const int patience = config_.training.early_stop;
  return patience > 0 && epoch_ - best_epoch_ >= patience;
}

TrainingEnd Trainer::run_epochs(const std::atomic<bool>& interrupt) {
  const auto& t = config_.training;
  const std::int64_t batches = batches_per_epoch();
  const double seconds_before = seconds_;
  const auto start = Clock::now();
  auto last_checkpoint = start;
  const auto elapsed = [&](Clock::time_point since) {
    return std::chrono::duration<double>(Clock::now() - since).count();
  };
  tell(&TrainingObserver::start, step_, t.epochs * batches);
  while (epoch_ < t.epochs && !is_stopped_early()) {
    const auto order = random_permutation(
        training_.size(), t.seed + 0x9e3779b97f4a7c15ULL * static_cast<std::uint64_t>(epoch_ + 1));
    const auto numbers_of = [&](std::int64_t k) {
      const auto first = order.begin() + static_cast<std::ptrdiff_t>(k) * t.batch_size;
      return std::vector<std::size_t>(
          first, first + std::min<std::ptrdiff_t>(t.batch_size, order.end() - first));
    };
    std::optional<BatchFeed> feed;
    feed.emplace(training_, ranks_, numbers_of, batch_, batches);
    bool stop = agree(interrupt);
    while (batch_ < batches && !stop) {
      stop = step(feed->next(), interrupt);
      seconds_ = seconds_before + elapsed(start);
      tell(&TrainingObserver::step, epoch_ + 1, sums_.loss / double(batch_));
      // the first one of several ranks: rank 0 itself may be lost before the first interval is over
      if (elapsed(last_checkpoint) > 60.0 * t.checkpoint_minutes ||
          (!begun_ && ranks_.are_many())) {
        save();
        last_checkpoint = Clock::now();
      }
      begin_output();
      if (!ranks_.are_many()) {
        stop = interrupt;  // nobody to agree with: what came during the step counts at once
      }
    }
    feed.reset();
    if (stop) {
      save();
      return TrainingEnd::interrupted;
    }
    EpochRecord record;
    record.epoch = epoch_ + 1;
    record.learning_rate = schedule_.rate(step_ - 1);
    record.train_loss = sums_.loss / double(batch_);
    record.train_energy_mae = ErrorSums::mean(sums_.energy, sums_.n_energies);
    record.train_force_mae = ErrorSums::mean(sums_.force, sums_.n_components);
    record.train_stress_mae = ErrorSums::mean(sums_.stress, sums_.n_stresses);
    const double validation_loss = validate(record);
    compare_weights();
    seconds_ = seconds_before + elapsed(start);
    record.seconds = seconds_;
    ++epoch_;
    batch_ = 0;
    sums_ = {};
    const bool has_validation = validation_.size() > 0;
    schedule_.end_epoch(has_validation ? validation_loss : record.train_loss);
    const bool better = !has_validation || validation_loss < best_loss_;
    if (better) {
      best_loss_ = has_validation ? validation_loss : record.train_loss;
      best_epoch_ = epoch_;
      best_record_ = record;
      for (std::size_t i = 0; i < best_.size(); ++i) {
        best_[i].copy_(averaged_[i]);
      }
    }
    begin_output();  // the checkpoint may be of an epoch whose steps were all done
    tell(&TrainingObserver::epoch, record, better);
    if (given_out_epoch_ == 0 && !observers_.empty()) {
      Checkpoint now = checkpoint();
      give_out_best(now);
    }
  }
  tell(&TrainingObserver::finish);
  finished_ = true;
  save();
  set_weights(best_);
  return is_stopped_early() ? TrainingEnd::early_stop : TrainingEnd::finished;
}

}  // namespace spinconv::train
