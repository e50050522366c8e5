// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <streambuf>

namespace spinconv::train {

// std::cout, line by line as it is written, with the cause of what fails: a disk that is full, a
// reader that has ended. Without it a program whose output was lost would end with status 0.
class StandardOutput : public std::streambuf {
 public:
  // Becomes the buffer of std::cout for the rest of the program.
  static StandardOutput& install();

  // errno of the first write that failed, 0: none. Flushes what is left.
  int finish();

 protected:
  int_type overflow(int_type c) override;
  std::streamsize xsputn(const char* text, std::streamsize size) override;
  int sync() override;

 private:
  explicit StandardOutput(int descriptor);

  int descriptor_;
  int error_ = 0;
  std::array<char, 4096> buffer_;
};

}  // namespace spinconv::train
