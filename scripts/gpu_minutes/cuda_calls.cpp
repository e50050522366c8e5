// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
//
// Counts what a program asks of CUDA: kernels, graphs, copies and waits. Compiled where it is used:
//
//   c++ -O2 -std=c++17 -shared -fPIC cuda_calls.cpp -o cuda_calls.so -ldl
//   LD_PRELOAD=cuda_calls.so CUDA_INJECTION64_PATH=cuda_calls.so SPINCONV_CUDA_CALLS=FILE lmp ...
//
// Each `shell putenv SPINCONV_CUDA_CALLS_MARK=NAME` in an input of LAMMPS (a call of setenv) adds
// two lines to the file, "NAME runtime ..." and "NAME driver ...": the calls so far of the shared
// CUDA runtime, seen by standing before it, and those of the driver, told by CUPTI. The second has
// all of them: kernels of cuBLAS, which has a runtime of its own inside, and of objects that are
// linked with the static one. It is missing where CUPTI cannot be loaded (SPINCONV_CUPTI names its
// library) or does not start.
#include <dlfcn.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

namespace {

struct Counts {
  // launches, of them of graphs, copies, of them to the host, calls that wait for the device
  std::atomic<long> kernels{0}, graphs{0}, copies{0}, to_host{0}, waits{0};
};

Counts runtime, driver;
std::atomic<bool> driver_is_heard{false};

void write(std::FILE* file, const char* mark, const char* name, const Counts& c) {
  std::fprintf(file, "%s %s %ld %ld %ld %ld %ld\n", mark, name, c.kernels.load(), c.graphs.load(),
               c.copies.load(), c.to_host.load(), c.waits.load());
}

void write_mark(const char* mark) {
  const char* const path = std::getenv("SPINCONV_CUDA_CALLS");
  std::FILE* const file = path ? std::fopen(path, "a") : nullptr;
  if (file) {
    write(file, mark, "runtime", runtime);
    if (driver_is_heard) {
      write(file, mark, "driver", driver);
    }
    std::fclose(file);
  }
}

// The function that would have been called without this library.
template <class Function>
Function* next(const char* name) {
  void* const found = dlsym(RTLD_NEXT, name);
  if (!found) {
    std::fprintf(stderr, "cuda_calls: there is no %s behind this library\n", name);
    std::abort();
  }
  return reinterpret_cast<Function*>(found);
}

bool begins(const char* text, const char* start) {
  return std::strncmp(text, start, std::strlen(start)) == 0;
}

// Of CUPTI's header, which would declare the functions below in its own way: the start of its
// CUpti_CallbackData, and values that have been the same since CUDA 4.
struct CallOfDriver {
  int site;
  const char* function;
};
constexpr int site_enter = 0, domain_driver = 1, cupti_success = 0;

void on_driver_call(void*, int, std::uint32_t, const void* data) {
  const auto* const call = static_cast<const CallOfDriver*>(data);
  if (call->site != site_enter) {
    return;
  }
  const char* const name = call->function;
  if (begins(name, "cuLaunchKernel") || begins(name, "cuLaunchCooperativeKernel")) {
    ++driver.kernels;
  } else if (begins(name, "cuGraphLaunch")) {
    ++driver.graphs;
  } else if (begins(name, "cuMemcpy")) {
    ++driver.copies;
    driver.to_host += begins(name, "cuMemcpyDtoH");
    driver.waits += !std::strstr(name, "Async");
  } else if (begins(name, "cuStreamSynchronize") || begins(name, "cuCtxSynchronize") ||
             begins(name, "cuEventSynchronize")) {
    ++driver.waits;
  }
}

// Its library: the one in SPINCONV_CUPTI, else one that the loader finds.
void* open_cupti() {
  const char* const given = std::getenv("SPINCONV_CUPTI");
  for (const char* const name : {given, "libcupti.so", "libcupti.so.13", "libcupti.so.12"}) {
    if (void* const library = name && *name ? dlopen(name, RTLD_NOW) : nullptr) {
      return library;
    }
  }
  return nullptr;
}

// What keeps the driver from being heard, or nullptr.
const char* listen() {
  void* const cupti = open_cupti();
  if (!cupti) {
    return dlerror();
  }
  const auto subscribe = reinterpret_cast<int (*)(void**, decltype(&on_driver_call), void*)>(
      dlsym(cupti, "cuptiSubscribe"));
  const auto enable =
      reinterpret_cast<int (*)(std::uint32_t, void*, int)>(dlsym(cupti, "cuptiEnableDomain"));
  void* subscriber = nullptr;
  if (!subscribe || !enable) {
    return "it has no callbacks";
  }
  if (subscribe(&subscriber, on_driver_call, nullptr) != cupti_success) {
    return "it takes no subscriber";
  }
  if (enable(1, subscriber, domain_driver) != cupti_success) {
    return "it does not tell calls of the driver";
  }
  return nullptr;
}

}  // namespace

extern "C" {

// Called by the driver, when it starts, of the library in CUDA_INJECTION64_PATH.
int InitializeInjection() {
  const char* const fault = listen();
  driver_is_heard = !fault;
  if (fault) {
    std::fprintf(stderr, "cuda_calls: CUPTI is not used: %s\n", fault);
  }
  return 1;
}

int setenv(const char* name, const char* value, int overwrite) {
  static auto* const call = next<decltype(setenv)>("setenv");
  if (std::strcmp(name, "SPINCONV_CUDA_CALLS_MARK") == 0) {
    write_mark(value);
  }
  return call(name, value, overwrite);
}

// Functions of the shared CUDA runtime. Streams, events and kernels are pointers, errors and kinds
// numbers, in every version of it; __cudaLaunchKernel is what nvcc 13 calls for <<<>>>.
struct Extent {
  unsigned x, y, z;
};

int cudaLaunchKernel(const void* kernel, Extent grid, Extent block, void** arguments, size_t shared,
                     void* stream) {
  static auto* const call = next<decltype(cudaLaunchKernel)>("cudaLaunchKernel");
  ++runtime.kernels;
  return call(kernel, grid, block, arguments, shared, stream);
}

int __cudaLaunchKernel(void* kernel, Extent grid, Extent block, void** arguments, size_t shared,
                       void* stream) {
  static auto* const call = next<decltype(__cudaLaunchKernel)>("__cudaLaunchKernel");
  ++runtime.kernels;
  return call(kernel, grid, block, arguments, shared, stream);
}

int cudaLaunchKernelExC(const void* configuration, const void* kernel, void** arguments) {
  static auto* const call = next<decltype(cudaLaunchKernelExC)>("cudaLaunchKernelExC");
  ++runtime.kernels;
  return call(configuration, kernel, arguments);
}

int cudaGraphLaunch(void* graph, void* stream) {
  static auto* const call = next<decltype(cudaGraphLaunch)>("cudaGraphLaunch");
  ++runtime.graphs;
  return call(graph, stream);
}

constexpr int device_to_host = 2;  // cudaMemcpyDeviceToHost

int cudaMemcpyAsync(void* to, const void* from, size_t bytes, int kind, void* stream) {
  static auto* const call = next<decltype(cudaMemcpyAsync)>("cudaMemcpyAsync");
  ++runtime.copies;
  runtime.to_host += kind == device_to_host;
  return call(to, from, bytes, kind, stream);
}

int cudaMemcpy(void* to, const void* from, size_t bytes, int kind) {
  static auto* const call = next<decltype(cudaMemcpy)>("cudaMemcpy");
  ++runtime.copies;
  ++runtime.waits;
  runtime.to_host += kind == device_to_host;
  return call(to, from, bytes, kind);
}

int cudaStreamSynchronize(void* stream) {
  static auto* const call = next<decltype(cudaStreamSynchronize)>("cudaStreamSynchronize");
  ++runtime.waits;
  return call(stream);
}

int cudaDeviceSynchronize() {
  static auto* const call = next<decltype(cudaDeviceSynchronize)>("cudaDeviceSynchronize");
  ++runtime.waits;
  return call();
}

int cudaEventSynchronize(void* event) {
  static auto* const call = next<decltype(cudaEventSynchronize)>("cudaEventSynchronize");
  ++runtime.waits;
  return call(event);
}

}  // extern "C"
