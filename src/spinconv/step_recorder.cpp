// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/step_recorder.hpp"

#include <c10/util/Exception.h>

#include <map>

#include "spinconv/error.hpp"

// The headers of CUDA are needed for CUDA graphs and for nothing else here.
#if defined(SPINCONV_CUDA)
#include <ATen/cuda/CUDAGraph.h>
#endif

namespace spinconv {
namespace {

#if defined(SPINCONV_CUDA)
class CudaGraph : public StepRecorder {
 public:
  void record(const std::function<void()>& work) override {
    try {
      graph_.capture_begin();
      work();
      graph_.capture_end();
    } catch (const c10::Error& e) {
      give_up(e.what_without_backtrace());
    } catch (const std::exception& e) {
      give_up(e.what());
    }
  }

  void replay() override { graph_.replay(); }

 private:
  // The stream takes no other work before its capture is ended.
  [[noreturn]] void give_up(const std::string& why) {
    try {
      graph_.capture_end();
    } catch (const std::exception&) {
      // says the same again
    }
    throw Error("the operations of a step cannot be recorded as a CUDA graph here (" + why +
                "); leave cuda_graph out");
  }

  at::cuda::CUDAGraph graph_;
};
#endif

std::map<c10::DeviceType, StepRecorderMaker>& makers() {
  static std::map<c10::DeviceType, StepRecorderMaker> all = {
#if defined(SPINCONV_CUDA)
    {c10::DeviceType::CUDA,
     []() -> std::unique_ptr<StepRecorder> { return std::make_unique<CudaGraph>(); }}
#endif
  };
  return all;
}

}  // namespace

void set_step_recorder(c10::DeviceType type, StepRecorderMaker maker) {
  makers()[type] = maker;
}

std::unique_ptr<StepRecorder> make_step_recorder(const c10::Device& device) {
  const auto found = makers().find(device.type());
  return found == makers().end() ? nullptr : found->second();
}

}  // namespace spinconv
