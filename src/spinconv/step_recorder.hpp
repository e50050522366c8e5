// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <c10/core/Device.h>

#include <functional>
#include <memory>
#include <utility>

namespace spinconv {

// The operations of an evaluation, written down once and done again by one launch: on CUDA devices
// a CUDA graph. What they read and write lies in the same memory each time.
class StepRecorder {
 public:
  virtual ~StepRecorder() = default;
  // What `work` asks the device to do, on the current stream, which is not LibTorch's default one.
  // Whether it is done as well is of the device: CUDA only writes it down. Tensors made meanwhile,
  // if they are kept, have the results of the last replay(). Throws Error where this cannot be.
  virtual void record(const std::function<void()>& work) = 0;
  // Does it, on the current stream.
  virtual void replay() = 0;
};

using StepRecorderMaker = std::unique_ptr<StepRecorder> (*)();

// For devices of this type, in place of what was said before. CUDA has one from the start where the
// library was built with its headers.
void set_step_recorder(c10::DeviceType type, StepRecorderMaker maker);
// Null: there is none for the device.
std::unique_ptr<StepRecorder> make_step_recorder(const c10::Device& device);

// Calls of the same work on a device, of which later ones are replayed. Results has tensors.
template <class Results>
class RecordedCalls {
 public:
  // What `work` gives now: by doing it, or, after two calls, by replaying what was recorded of it.
  // In the first calls the libraries of CUDA make their handles and load their kernels, which a
  // recording does not allow.
  Results call(const c10::Device& device, const std::function<Results()>& work) {
    if (!recorder_ && calls_++ >= 2) {
      auto fresh = make_step_recorder(device);
      fresh->record([&] { results_ = work(); });
      recorder_ = std::move(fresh);
    }
    if (!recorder_) {
      return work();
    }
    recorder_->replay();
    return results_;
  }

  // The last call was a replay.
  bool replays() const { return recorder_ != nullptr; }

  // The work is another one from now on, or reads and writes other memory.
  void forget() { *this = {}; }

 private:
  int calls_ = 0;
  std::unique_ptr<StepRecorder> recorder_;
  Results results_{};
};

}  // namespace spinconv
