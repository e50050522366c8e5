// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/device_scope.hpp"

#include <ATen/Context.h>

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
