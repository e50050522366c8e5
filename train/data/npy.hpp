// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace spinconv::train {

// One NumPy array, in C order (Fortran order is transposed on reading).
class NpyArray {
 public:
  // `bytes`: a whole .npy file (format versions 1 to 3). `where`: "file.npz: array 'R'", for
  // messages. Accepted: little-endian f4, f8, i1..i8, u1..u8, and <U, |S strings. Throws
  // spinconv::Error.
  NpyArray(const std::vector<char>& bytes, std::string where);

  const std::vector<std::int64_t>& shape() const { return shape_; }  // empty: a scalar (0-d)
  std::size_t size() const { return size_; }                         // number of elements
  const std::string& dtype() const { return dtype_; }                // as in the file, e.g. "<f8"
  std::string shape_text() const;                                    // "(1000, 9, 3)"
  const std::string& where() const { return where_; }

  // All elements in C order. Throws spinconv::Error on an array of the wrong kind;
  // integers() takes no fractions.
  std::vector<double> doubles() const;
  std::vector<std::int64_t> integers() const;
  // The string of an array with one element, UTF-8.
  std::string text() const;

 private:
  void parse_header(const std::string& header);
  [[noreturn]] void fail(const std::string& reason) const;

  std::string where_;
  std::string dtype_;
  std::vector<std::int64_t> shape_;
  std::size_t size_ = 1;
  std::size_t item_size_ = 0;
  bool fortran_order_ = false;
  std::vector<char> data_;  // C order
};

}  // namespace spinconv::train
