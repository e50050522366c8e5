// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
// What the sanitizers are told in programs of ours, and the faults they find that are not ours.
// Options of the environment (ASAN_OPTIONS, ...) come after these.

extern "C" {

// The largest arrays of the tests are some MB: a larger one was asked for by a damaged file.
const char* __asan_default_options();
const char* __asan_default_options() {
  return "max_allocation_size_mb=4096";
}

const char* __ubsan_default_options();
const char* __ubsan_default_options() {
  return "print_stacktrace=1:halt_on_error=1";
}

// LibTorch and the libraries it loads keep what they made once until the process ends.
const char* __lsan_default_suppressions();
const char* __lsan_default_suppressions() {
  return "leak:libtorch_cpu.so\n"
         "leak:libtorch.so\n"
         "leak:libc10.so\n"
         "leak:libgomp\n";
}

const char* __lsan_default_options();
const char* __lsan_default_options() {
  return "print_suppressions=0";
}

// Of the locks in LibTorch the waits are seen, which come through libstdc++, and the unlocks are
// not: they would seem to be held, and the detector of deadlocks ends a program at the 64th.
const char* __tsan_default_options();
const char* __tsan_default_options() {
  return "halt_on_error=0:detect_deadlocks=0:history_size=4:ignore_noninstrumented_modules=1";
}

// LibTorch, Gloo in it, and OpenMP are not instrumented: how their threads wait for each other is
// not seen, and what is handed over by it looks like a race.
const char* __tsan_default_suppressions();
const char* __tsan_default_suppressions() {
  return "called_from_lib:libtorch_cpu.so\n"
         "called_from_lib:libc10.so\n"
         "called_from_lib:libgomp.so\n"
         "race:libtorch_cpu.so\n"
         "race:libc10.so\n"
         "race:libgomp.so\n";
}

}  // extern "C"
