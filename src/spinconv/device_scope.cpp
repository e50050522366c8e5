// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/device_scope.hpp"

#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>

#include <algorithm>

#include "spinconv/error.hpp"
#include "spinconv/evaluator.hpp"

// The headers of CUDA are needed for the stream of an engine and for nothing else here.
#if defined(SPINCONV_CUDA)
#include <c10/cuda/CUDAStream.h>
#endif

namespace spinconv {

bool cuda_streams() {
#if defined(SPINCONV_CUDA)
  return true;
#else
  return false;
#endif
}

c10::Device choose_device(const std::string& name, int turn) {
  const bool available = at::hasCUDA();
  if (available && (name == "auto" || name == "cuda")) {
    const int count = std::max<int>(at::detail::getCUDAHooks().deviceCount(), 1);
    return {c10::kCUDA, static_cast<c10::DeviceIndex>(turn % count)};
  }
  if (name == "auto") {
    return c10::Device(c10::kCPU);
  }
  // a backend of another vendor's, or of a test's, under the name that LibTorch keeps for these
  if (name == "privateuseone" && c10::impl::hasDeviceGuardImpl(c10::kPrivateUse1)) {
    return {c10::kPrivateUse1, 0};
  }
  if (name != "cpu" && name != "cuda" && name.rfind("cuda:", 0) != 0) {
    throw Error(unknown_name_message("device", name, {"cpu", "cuda", "auto"}));
  }
  if (name != "cpu" && !available) {
    throw Error(
        "device '" + name +
        "' was asked for, but this LibTorch finds no CUDA device; use 'cpu' or 'auto', or a "
        "LibTorch built for CUDA");
  }
  try {
    return c10::Device(name);
  } catch (const c10::Error&) {
    throw Error("device '" + name + "' is not a device name; write cuda:0, cuda:1, ...");
  }
}

void* own_stream(const c10::Device& device) {
#if defined(SPINCONV_CUDA)
  if (device.is_cuda()) {
    return c10::cuda::getStreamFromPool(/*isHighPriority=*/false, device.index()).stream();
  }
#else
  static_cast<void>(device);
#endif
  return nullptr;
}

void check_device_options(const c10::Device& device, void* stream, bool tf32) {
  if (tf32 && !device.is_cuda()) {
    throw Error("option tf32 is for CUDA devices, but the device is '" + device.str() +
                "'; leave it out, or choose device cuda");
  }
  if (stream && (!device.is_cuda() || !cuda_streams())) {
    throw Error(
        device.is_cuda()
            ? "this library was built without the headers of CUDA and cannot use the stream "
              "of the engine; build it with SPINCONV_KOKKOS for a Kokkos with CUDA"
            : "a CUDA stream was given for device '" + device.str() + "'");
  }
}

DeviceScope::DeviceScope(const c10::Device& device, void* stream, bool tf32) {
  if (!device.is_cuda()) {
    return;
  }
  device_.reset_device(device);
#if defined(SPINCONV_CUDA)
  if (stream) {
    stream_.reset_stream(
        c10::cuda::getStreamFromExternal(static_cast<cudaStream_t>(stream), device.index()));
  }
#else
  static_cast<void>(stream);  // check_device_options()
#endif
  tf32_before_ = at::globalContext().allowTF32CuBLAS();
  tf32_changed_ = tf32_before_ != tf32;
  if (tf32_changed_) {
    at::globalContext().setAllowTF32CuBLAS(tf32);
  }
}

DeviceScope::~DeviceScope() {
  if (tf32_changed_) {
    at::globalContext().setAllowTF32CuBLAS(tf32_before_);
  }
}

}  // namespace spinconv
