// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <torch/types.h>

#include <atomic>
#include <string>
#include <vector>

#include "distributed/ranks.hpp"
#include "trainer/batch_feed.hpp"
#include "trainer/checkpoint.hpp"
#include "trainer/error_sums.hpp"
#include "trainer/fit_config.hpp"
#include "trainer/frame_set.hpp"
#include "trainer/gradient_sum.hpp"
#include "trainer/isolated_atom_frames.hpp"
#include "trainer/loss.hpp"
#include "trainer/schedule.hpp"
#include "trainer/training_kernels.hpp"
#include "trainer/training_observer.hpp"
#include "trainer/weight_optimizer.hpp"

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

  // Continue from a checkpoint of the same training: the configuration may differ where
  // may_change() (config_changes.hpp) says so. Returns what differs, a line each, for the user.
  // Throws spinconv::Error naming what else differs, with both values.
  std::vector<std::string> resume(const Checkpoint& checkpoint);

  // Train to the end, to an early stop, or until `interrupt` is set; in each case a checkpoint is
  // given out. Afterwards the model holds the best weights (lowest validation loss, or the last
  // averaged ones without validation frames). Throws spinconv::Error when the loss is no number,
  // and RankError where a rank is lost, after a checkpoint of the last step that all ranks made.
  // `observers` are told of it, in their order, on the first rank alone; `interrupt` on any rank
  // stops all of them after the same step.
  TrainingEnd run(const std::vector<TrainingObserver*>& observers,
                  const std::atomic<bool>& interrupt);

  const TrainingKernels& kernels() const { return kernels_; }
  int best_epoch() const { return best_epoch_; }
  int epoch() const { return epoch_; }  // the last one that was completed
  double seconds() const { return seconds_; }

 private:
  // The loss of this rank's part; forces and stresses only where the batch has labels for them.
  Loss loss_of(const BatchShare& share, const Model::Weights& weights, bool differentiable) const;

  // As resume(), without taking anything over.
  std::vector<std::string> compare(const Checkpoint& checkpoint) const;
  TrainingEnd run_epochs(const std::atomic<bool>& interrupt);
  template <class Event, class... Values>
  void tell(Event event, Values&&... values) const {
    for (TrainingObserver* observer : observers_) {
      (observer->*event)(values...);
    }
  }
  void begin_output();
  void save();
  void give_out_best(Checkpoint& now);
  // Returns whether a rank was interrupted.
  bool step(const BatchShare& share, bool interrupted);
  bool agree(bool interrupted);
  ErrorSums sums_of(const Loss& loss) const;
  bool is_stopped_early() const;
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
  IsolatedAtomFrames isolated_atom_frames_;
  TrainingKernels kernels_;
  WeightOptimizer optimizer_;
  Schedule schedule_;
  std::vector<torch::Tensor> averaged_, best_;
  ErrorSums sums_;          // of the epoch under way
  int epoch_ = 0;           // completed
  std::int64_t batch_ = 0;  // done in the epoch under way
  std::int64_t step_ = 0;
  double best_loss_ = std::numeric_limits<double>::infinity();
  int best_epoch_ = 0;
  EpochRecord best_record_;
  double seconds_ = 0.0;
  bool finished_ = false;
  std::vector<TrainingObserver*> observers_;  // none but on the first rank
  bool begun_ = false;                        // begin_output() was called in this run
  int given_out_epoch_ = 0;                   // whose weights TrainingObserver::best() got last
};

}  // namespace spinconv::train
