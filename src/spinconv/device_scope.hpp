// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <c10/core/DeviceGuard.h>
#include <c10/core/StreamGuard.h>

#include <string>

namespace spinconv {

// The device of this name, of EvaluatorOptions::device; "cuda" and "auto" are number `turn` modulo
// those there are. Throws Error where there is none.
c10::Device choose_device(const std::string& name, int turn);

// A stream (cudaStream_t) of LibTorch's on the CUDA device that is not its default one; null for
// other devices, or where the library was built without the headers of CUDA.
void* own_stream(const c10::Device& device);

// Throws Error where `stream` or `tf32` do not go with the device or this library.
void check_device_options(const c10::Device& device, void* stream, bool tf32);

// While it lives, in this thread: `device` is the current one, and `stream` (cudaStream_t), where
// it is not null, the stream of LibTorch's work there. TF32 is as said for the whole process.
class DeviceScope {
 public:
  DeviceScope(const c10::Device& device, void* stream, bool tf32);
  ~DeviceScope();
  DeviceScope(const DeviceScope&) = delete;
  DeviceScope& operator=(const DeviceScope&) = delete;

 private:
  c10::OptionalDeviceGuard device_;
  c10::OptionalStreamGuard stream_;
  bool tf32_before_ = false;
  bool tf32_changed_ = false;
};

}  // namespace spinconv
