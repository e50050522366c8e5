// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

// Included before all else where Kokkos 4.5 is compiled with CUDA 13: functions in the form that
// they had up to CUDA 12 and that Kokkos calls.
#include <cuda_runtime.h>

#if CUDART_VERSION >= 13000
inline cudaError_t cudaGraphAddDependencies(cudaGraph_t graph, const cudaGraphNode_t* from,
                                            const cudaGraphNode_t* to, size_t count) {
  return cudaGraphAddDependencies(graph, from, to, nullptr, count);
}

inline cudaMemLocation spinconv_memory_location(int device) {
  cudaMemLocation location = {};
  const bool host = device == cudaCpuDeviceId;
  location.type = host ? cudaMemLocationTypeHost : cudaMemLocationTypeDevice;
  location.id = host ? 0 : device;
  return location;
}

inline cudaError_t cudaMemAdvise(const void* data, size_t bytes, cudaMemoryAdvise advice,
                                 int device) {
  return cudaMemAdvise(data, bytes, advice, spinconv_memory_location(device));
}

inline cudaError_t cudaMemPrefetchAsync(const void* data, size_t bytes, int device,
                                        cudaStream_t stream) {
  return cudaMemPrefetchAsync(data, bytes, spinconv_memory_location(device), 0, stream);
}
#endif
