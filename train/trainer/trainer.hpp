// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <torch/torch.h>

#include <array>
#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "distributed/ranks.hpp"
#include "report/csv.hpp"
#include "trainer/batch_feed.hpp"
#include "trainer/checkpoint.hpp"
#include "trainer/fit_config.hpp"
#include "trainer/frame_set.hpp"
#include "trainer/fused_adam.hpp"
#include "trainer/gradient_sum.hpp"
#include "trainer/loss.hpp"
#include "trainer/schedule.hpp"

namespace spinconv::train {

enum class TrainingEnd { finished, early_stop, interrupted };

// The optimizer's loop. The order of the frames of an epoch depends on seed and epoch alone and a
// checkpoint holds everything else, so that an interrupted training equals an uninterrupted one bit
// by bit (CPU, same number of threads and of ranks).
//
// On several ranks each batch is dealt by edges. Losses and gradients are divided by the labels of
// the whole batch and added, so that every rank makes the same step, the one that a single rank
// would make. All ranks hold the same state; the first one alone writes.
class Trainer {
 public:
  // `model` holds the starting weights, the same ones on every rank; frames and `ranks` outlive the
  // trainer.
  Trainer(const FitConfig& config, Model& model, const FrameSet& training,
          const FrameSet& validation, Ranks& ranks);

  // On one rank.
  Trainer(const FitConfig& config, Model& model, const FrameSet& training,
          const FrameSet& validation);

  // Continue from a checkpoint of the same configuration. Throws spinconv::Error naming what
  // differs.
  void resume(const Checkpoint& checkpoint);

  // Train to the end, to an early stop, or until `interrupt` is set; in each case a checkpoint is
  // written to `checkpoint_path`. Afterwards the model holds the best weights (lowest validation
  // loss, or the last averaged ones without validation frames). Throws spinconv::Error when the
  // loss is no number, and RankError where a rank is lost, after a checkpoint of the last step that
  // all ranks made. Only the first rank has a log (others: nullptr); `interrupt` on any rank stops
  // all of them after the same step.
  TrainingEnd run(EpochLog* log, const std::string& checkpoint_path,
                  const std::atomic<bool>& interrupt);
  TrainingEnd run(EpochLog& log, const std::string& checkpoint_path,
                  const std::atomic<bool>& interrupt) {
    return run(&log, checkpoint_path, interrupt);
  }

  int best_epoch() const { return best_epoch_; }
  int epoch() const { return epoch_; }  // the last one that was completed
  double seconds() const { return seconds_; }

 private:
  struct Sums {
    double loss = 0.0, energy = 0.0, force = 0.0, stress = 0.0;
    std::int64_t batches = 0, energies = 0, components = 0, stresses = 0;
  };

  // The loss of this rank's part; forces and stresses only where the batch has labels for them.
  Loss loss_of(const BatchShare& share, const Model::Weights& weights, bool differentiable) const;

  TrainingEnd run_epochs(EpochLog* log, const std::string& checkpoint_path,
                         const std::atomic<bool>& interrupt);
  // Returns whether a rank was interrupted.
  bool step(const BatchShare& share, bool interrupted);
  bool agree(bool interrupted);
  // Loss, sums of the errors of energy (an atom; whole, of another target), force and stress, and
  // the labels of each.
  std::array<double, 7> figures_of(const Loss& loss) const;
  std::string epoch_line(const EpochRecord& record, bool best, std::optional<int> columns) const;
  void compare_weights();
  double validate(EpochRecord& record);
  Checkpoint checkpoint() const;
  std::int64_t batches_per_epoch() const;
  std::vector<torch::Tensor> copies_of_weights() const;
  void set_weights(const std::vector<torch::Tensor>& values);

  const FitConfig& config_;
  Model& model_;
  Ranks alone_;  // where none are given
  Ranks& ranks_;
  const FrameSet& training_;
  const FrameSet& validation_;
  std::vector<torch::Tensor> parameters_;
  GradientSum gradient_sum_;
  FusedAdam optimizer_;
  Schedule schedule_;
  std::vector<torch::Tensor> averaged_, best_;
  Sums sums_;               // of the epoch under way
  int epoch_ = 0;           // completed
  std::int64_t batch_ = 0;  // done in the epoch under way
  std::int64_t step_ = 0;
  double best_loss_ = std::numeric_limits<double>::infinity();
  int best_epoch_ = 0;
  double seconds_ = 0.0;
};

}  // namespace spinconv::train
