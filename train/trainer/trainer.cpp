// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "trainer/trainer.hpp"

#include <array>
#include <chrono>
#include <cmath>
#include <numeric>

#include "data/split.hpp"
#include "report/epoch_line.hpp"
#include "report/progress.hpp"
#include "spinconv/error.hpp"
#include "trainer/mixed_precision.hpp"
#include "trainer/plan.hpp"

namespace spinconv::train {
namespace {

using torch::Tensor;
using Clock = std::chrono::steady_clock;

torch::optim::AdamOptions adam_options(const TrainingConfig& t) {
  return torch::optim::AdamOptions(t.learning_rate).amsgrad(t.amsgrad).weight_decay(t.weight_decay);
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
      optimizer_(parameters_, adam_options(config.training)),
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

std::string Trainer::epoch_line(const EpochRecord& record, bool best,
                                std::optional<int> columns) const {
  EpochLineOptions options;
  options.epochs = config_.training.epochs;
  options.target = config_.data.train.target;
  options.stress = config_.training.loss.stress_weight > 0;
  options.validation = validation_.size() > 0;
  options.best = best;
  options.columns = columns;
  return spinconv::train::epoch_line(record, options);
}

std::array<double, 7> Trainer::figures_of(const Loss& loss) const {
  const auto& e = loss.errors;
  return {loss.value.item<double>(),
          config_.data.train.target.is_energy() ? e.energy_per_atom : e.energy,
          e.force,
          e.stress,
          static_cast<double>(e.energies),
          static_cast<double>(e.components),
          static_cast<double>(e.stresses)};
}

Loss Trainer::loss_of(const BatchShare& share, const Model::Weights& weights,
                      bool differentiable) const {
  const auto& config = config_.training.loss;
  const Batch batch = make_batch(share.pointers(), model_, weights);
  return compute_loss(
      config,
      predict(model_, weights, batch, differentiable,
              config.stress_weight > 0 && share.labels.stresses > 0, share.labels.components > 0),
      batch, ranks_.are_many() ? &share.labels : nullptr);
}

bool Trainer::step(const BatchShare& share, bool interrupted) {
  const auto& t = config_.training;
  optimizer_.zero_grad();
  // loss, errors and labels (figures_of), ranks that were interrupted
  std::array<double, 8> totals{};
  if (!share.empty()) {  // a rank without a frame still takes part in the sum
    const MixedPrecision mixed(t.precision == "mixed", model_.device());
    const auto weights = model_.prepare(elements_of(share.pointers()));
    const Loss loss = loss_of(share, weights, true);
    const auto figures = figures_of(loss);
    std::copy(figures.begin(), figures.end(), totals.begin());
    loss.value.backward();
  }
  totals[7] = interrupted ? 1.0 : 0.0;
  if (ranks_.are_many()) {
    gradient_sum_.sum(ranks_, totals);
  }
  if (!std::isfinite(totals[0])) {
    throw Error("the loss is not a number at step " + std::to_string(step_ + 1) + " (epoch " +
                std::to_string(epoch_ + 1) +
                "); lower training.learning_rate, set training.gradient_clip, or look for "
                "unphysical frames in the data");
  }
  if (t.gradient_clip > 0) {
    torch::nn::utils::clip_grad_norm_(parameters_, t.gradient_clip);
  }
  for (auto& group : optimizer_.param_groups()) {
    group.options().set_lr(schedule_.rate(step_));
  }
  optimizer_.step();
  {
    torch::NoGradGuard no_grad;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      averaged_[i].lerp_(parameters_[i], 1.0 - t.ema_decay);
    }
  }
  sums_.loss += totals[0];
  sums_.energy += totals[1];
  sums_.force += totals[2];
  sums_.stress += totals[3];
  sums_.energies += std::llround(totals[4]);
  sums_.components += std::llround(totals[5]);
  sums_.stresses += std::llround(totals[6]);
  ++sums_.batches;
  ++batch_;
  ++step_;
  return totals[7] > 0;
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
  std::array<double, 7> sums{};  // as figures_of
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
      return model_.prepare(elements_of(frames));
    }();
    auto figures = figures_of(loss_of(share, weights, false));
    figures[0] *= double(count);
    for (std::size_t k = 0; k < sums.size(); ++k) {
      sums[k] += figures[k];
    }
  }
  set_weights(live);
  ranks_.sum(sums);
  const double nothing = EpochRecord::none;
  record.validation_loss = sums[0] / double(all);
  record.validation_energy_mae_per_atom = sums[4] > 0 ? sums[1] / sums[4] : nothing;
  record.validation_force_mae = sums[5] > 0 ? sums[2] / sums[5] : nothing;
  record.validation_stress_mae = sums[6] > 0 ? sums[3] / sums[6] : nothing;
  return record.validation_loss;
}

Checkpoint Trainer::checkpoint() const {
  Checkpoint c;
  const auto& s = schedule_.state();
  // JSON has no infinity: before the first epoch there is no best yet
  const auto number = [](double x) {
    return std::isfinite(x) ? nlohmann::json(x) : nlohmann::json();
  };
  c.state = {{"config", config_.to_yaml()},
             {"frames", training_.size()},
             {"ranks", ranks_.size()},
             {"epoch", epoch_},
             {"batch", batch_},
             {"step", step_},
             {"seconds", seconds_},
             {"best_loss", number(best_loss_)},
             {"best_epoch", best_epoch_},
             {"schedule", {s.plateau_scale, number(s.best), s.bad_epochs}},
             {"sums",
              {sums_.loss, sums_.energy, sums_.force, sums_.batches, sums_.energies,
               sums_.components, sums_.stress, sums_.stresses}}};
  for (const auto& p : parameters_) {
    c.weights.push_back(p.detach());
  }
  c.averaged = averaged_;
  c.best = best_;
  // a weight that the model's options leave unused has no gradient and no state: empty tensors
  for (const auto& p : parameters_) {
    const auto found = optimizer_.state().find(p.unsafeGetTensorImpl());
    torch::optim::AdamParamState none;
    none.exp_avg(torch::empty({0}));
    none.exp_avg_sq(torch::empty({0}));
    none.max_exp_avg_sq(torch::empty({0}));
    const bool known = found != optimizer_.state().end();
    const auto& state =
        known ? static_cast<const torch::optim::AdamParamState&>(*found->second) : none;
    c.optimizer_steps = std::max<std::int64_t>(c.optimizer_steps, state.step());
    c.first_moment.push_back(state.exp_avg());
    c.second_moment.push_back(state.exp_avg_sq());
    if (config_.training.amsgrad) {
      c.largest_second_moment.push_back(state.max_exp_avg_sq());
    }
  }
  return c;
}

void Trainer::resume(const Checkpoint& c) {
  const auto& s = c.state;
  const std::string then = s.at("config").get<std::string>();
  if (then != config_.to_yaml() || s.at("frames").get<std::size_t>() != training_.size()) {
    std::istringstream old_lines(then), new_lines(config_.to_yaml());
    std::string before, now;
    while (std::getline(old_lines, before) && std::getline(new_lines, now) && before == now) {
    }
    throw Error("--resume: the configuration is not that of the checkpoint" +
                (before == now ? std::string(" (other training frames)")
                               : ": '" + before + "' then, '" + now + "' now") +
                "; restore it, or begin a new training in another output.folder");
  }
  const auto number = [](const nlohmann::json& x) {
    return x.is_null() ? std::numeric_limits<double>::infinity() : x.get<double>();
  };
  const std::size_t count = parameters_.size();
  if (c.weights.size() != count || c.averaged.size() != count || c.best.size() != count ||
      c.first_moment.size() != count || c.second_moment.size() != count ||
      c.largest_second_moment.size() != (config_.training.amsgrad ? count : 0)) {
    throw Error(
        "--resume: the checkpoint does not hold all weights and moments of this model; it is "
        "damaged or of another version: begin a new training in another output.folder");
  }
  epoch_ = s.at("epoch").get<int>();
  batch_ = s.at("batch").get<std::int64_t>();
  step_ = s.at("step").get<std::int64_t>();
  seconds_ = s.at("seconds").get<double>();
  best_loss_ = number(s.at("best_loss"));
  best_epoch_ = s.at("best_epoch").get<int>();
  schedule_.restore({s.at("schedule")[0].get<double>(), number(s.at("schedule")[1]),
                     s.at("schedule")[2].get<int>()});
  const auto& sums = s.at("sums");
  sums_ = Sums{.loss = sums[0].get<double>(),
               .energy = sums[1].get<double>(),
               .force = sums[2].get<double>(),
               .batches = sums[3].get<std::int64_t>(),
               .energies = sums[4].get<std::int64_t>(),
               .components = sums[5].get<std::int64_t>()};
  if (sums.size() > 6) {  // version 0.1.0 knew no stress
    sums_.stress = sums[6].get<double>();
    sums_.stresses = sums[7].get<std::int64_t>();
  }
  set_weights(c.weights);
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    // a checkpoint is read into the memory of the host
    const torch::Device device = parameters_[i].device();
    averaged_[i] = c.averaged[i].to(device);
    best_[i] = c.best[i].to(device);
    if (c.first_moment[i].numel() == 0) {
      continue;
    }
    auto state = std::make_unique<torch::optim::AdamParamState>();
    state->step(c.optimizer_steps);
    state->exp_avg(c.first_moment[i].to(device));
    state->exp_avg_sq(c.second_moment[i].to(device));
    if (config_.training.amsgrad) {
      state->max_exp_avg_sq(c.largest_second_moment[i].to(device));
    }
    optimizer_.state()[parameters_[i].unsafeGetTensorImpl()] = std::move(state);
  }
}

TrainingEnd Trainer::run(EpochLog* log, const std::string& checkpoint_path,
                         const std::atomic<bool>& interrupt) {
  try {
    return run_epochs(log, checkpoint_path, interrupt);
  } catch (const RankError&) {
    // the step that failed has changed nothing yet
    if (ranks_.is_first()) {
      checkpoint().save(checkpoint_path);
    }
    throw;
  }
}

TrainingEnd Trainer::run_epochs(EpochLog* log, const std::string& checkpoint_path,
                                const std::atomic<bool>& interrupt) {
  const auto& t = config_.training;
  const std::int64_t batches = batches_per_epoch();
  const double seconds_before = seconds_;
  const auto start = Clock::now();
  auto last_checkpoint = start;
  const auto elapsed = [&](Clock::time_point since) {
    return std::chrono::duration<double>(Clock::now() - since).count();
  };
  const auto save = [&] {
    if (ranks_.is_first()) {
      checkpoint().save(checkpoint_path);
      last_checkpoint = Clock::now();
    }
  };
  if (ranks_.are_many()) {
    save();  // rank 0 itself may be lost before the first interval has passed
  }
  ProgressOptions progress;
  if (!ranks_.is_first()) {
    progress.stream = nullptr;
  }
  ProgressBar bar(t.epochs * batches, "training", progress);
  bar.start_at(step_);
  TrainingEnd end = TrainingEnd::finished;
  while (epoch_ < t.epochs) {
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
      bar.set_status("epoch " + std::to_string(epoch_ + 1) + "/" + std::to_string(t.epochs) +
                     ", loss " + std::to_string(sums_.loss / double(sums_.batches)) + ", " +
                     std::to_string(peak_memory() / 1000000) + " MB");
      bar.advance();
      if (elapsed(last_checkpoint) > 60.0 * t.checkpoint_minutes) {
        save();
      }
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
    record.train_loss = sums_.loss / double(sums_.batches);
    record.train_energy_mae =
        sums_.energies ? sums_.energy / double(sums_.energies) : EpochRecord::none;
    record.train_force_mae =
        sums_.components ? sums_.force / double(sums_.components) : EpochRecord::none;
    record.train_stress_mae =
        sums_.stresses ? sums_.stress / double(sums_.stresses) : EpochRecord::none;
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
      for (std::size_t i = 0; i < best_.size(); ++i) {
        best_[i].copy_(averaged_[i]);
      }
    }
    if (log != nullptr) {
      log->append(record);
    }
    bar.print(epoch_line(record, better, bar.line_columns()));
    if (t.early_stop > 0 && epoch_ - best_epoch_ >= t.early_stop) {
      end = TrainingEnd::early_stop;
      break;
    }
  }
  bar.finish();
  save();
  set_weights(best_);
  return end;
}

}  // namespace spinconv::train
