// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <torch/script.h>

#include <cstddef>
#include <string>
#include <vector>

namespace spinconv::test {

// A device of LibTorch that is not the CPU and has its memory there: what the host asks of it can
// be counted, on any machine. Its name for EvaluatorOptions::device is "privateuseone"; a pointer
// into ordinary memory is one into its memory too. Operations are those of the CPU, one at a time
// in the order of the calls; mixing its tensors with tensors on the CPU is an error, as on a GPU.
class CountingDevice {
 public:
  // Registers the device with LibTorch, once in a process.
  static torch::Device device();

  // One time that the host waited for the device.
  struct ReadBack {
    std::string what;   // name of the operation; "copy" for one from the device to the host
    std::string where;  // method and expression of the operator graph, or function of the library
  };

  // While it lives, what is asked of the device is written down, by any thread. One at a time.
  class Record {
   public:
    Record();
    ~Record();
    Record(const Record&) = delete;
    Record& operator=(const Record&) = delete;

    // Waits of the host. Operations whose results have a size that depends on values wait too.
    std::vector<ReadBack> read_backs() const;
    // Copies from the host to the device.
    std::size_t uploads() const;
    // Each operation with the sizes of its tensors: what a CUDA graph fixes.
    std::vector<std::string> operations() const;

    // What is asked of the device from now on is not written down.
    void close() const;

    // Does the operations again from number `first` on, in the memory in which they were done, as
    // the launch of a CUDA graph does: with what now lies in the memory of their inputs, and with
    // no code of the host between them. Throws where they cannot be repeated: the host has read or
    // written in between.
    void replay(std::size_t first = 0) const;
  };
};

// As lines of a table, for the message of a test.
std::string to_string(const std::vector<CountingDevice::ReadBack>& list);

}  // namespace spinconv::test
