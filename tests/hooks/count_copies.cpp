// SpinConv for LAMMPS. SPDX-License-Identifier: MIT

// A tool for Kokkos (KOKKOS_TOOLS_LIBS): one line on stderr for each copy from one view to another,
//   copy <bytes> <from space>:<from label> -> <to space>:<to label>
// and, at the end of the program, "copies <their number> between <of these, from one space to
// another> kernels <number of kernels> pair <number of kernels of the pair style> read <copies that
// the pair style reads back> waits <kernels whose result was waited for>". Views that are filled
// with a value, which Kokkos reports as a copy from "Scalar" (before 4.5 from "(none)"), are left
// out; so are, from the first two numbers, copies that the pair style reads back: the labels of
// their destinations end in "read back".
#include <cstdint>
#include <cstdio>
#include <cstring>

namespace {
long copies = 0, between = 0, kernels = 0, of_pair = 0, read = 0, waits = 0;

void kernel(const char* name) {
  ++kernels;
  if (std::strncmp(name, "SpinConv::", 10) == 0) {
    ++of_pair;
  }
}
}  // namespace

extern "C" {

struct KokkosTools_SpaceHandle {
  char name[64];
};

void kokkosp_init_library(int, std::uint64_t, std::uint32_t, void*) {}

void kokkosp_begin_deep_copy(KokkosTools_SpaceHandle to, const char* to_label, const void*,
                             KokkosTools_SpaceHandle from, const char* from_label, const void*,
                             std::uint64_t bytes) {
  if (std::strcmp(from_label, "Scalar") == 0 || std::strcmp(from_label, "(none)") == 0) {
    return;
  }
  std::fprintf(stderr, "copy %llu %s:%s -> %s:%s\n", static_cast<unsigned long long>(bytes),
               from.name, from_label, to.name, to_label);
  if (std::strstr(to_label, "read back")) {
    ++read;
    return;
  }
  ++copies;
  between += std::strcmp(to.name, from.name) != 0;
}

// a kernel that gives its result to the host, on a host too
void kokkosp_begin_fence(const char* name, std::uint32_t, std::uint64_t*) {
  if (std::strstr(name, "fence due to result being")) {
    ++waits;
  }
}

void kokkosp_begin_parallel_for(const char* name, std::uint32_t, std::uint64_t*) {
  kernel(name);
}

void kokkosp_begin_parallel_reduce(const char* name, std::uint32_t, std::uint64_t*) {
  kernel(name);
}

void kokkosp_begin_parallel_scan(const char* name, std::uint32_t, std::uint64_t*) {
  kernel(name);
}

void kokkosp_finalize_library() {
  std::fprintf(stderr, "copies %ld between %ld kernels %ld pair %ld read %ld waits %ld\n", copies,
               between, kernels, of_pair, read, waits);
}
}
