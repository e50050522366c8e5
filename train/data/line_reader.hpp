// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace spinconv::train {

// The lines of a text file, decompressed on the way where the path ends in .xz. Lines end with
// "\n",
// "\r\n" or "\r"; a byte order mark of UTF-8 at the beginning is no part of them. Memory does not
// grow with the file.
class LineReader {
 public:
  // Throws spinconv::Error: missing, empty or unreadable file.
  explicit LineReader(const std::string& path);
  ~LineReader();

  // The next line without its end, valid until the next call; false at the end. Throws
  // spinconv::Error: damaged or truncated xz data, UTF-16.
  bool next(std::string_view& line);

  const std::string& path() const { return path_; }
  double fraction() const;  // of the bytes of the file that have been read, 0 to 1
  std::size_t line_number() const { return line_number_; }  // of the line given last, from 1

 private:
  class Input;
  class PlainInput;
  class XzInput;

  void append();
  void skip_byte_order_mark();

  std::string path_;
  std::unique_ptr<Input> input_;
  std::string buffer_;
  std::size_t begin_ = 0;  // of the text in buffer_ that was not given out yet
  bool at_end_ = false;
  bool begun_ = false;
  bool after_return_ = false;  // the input so far ends with "\r"
  std::size_t line_number_ = 0;
};

// The next line that is not blank, and its parts between blanks; false at the end.
bool next_parts(LineReader& lines, std::string_view& line, std::vector<std::string_view>& parts);

}  // namespace spinconv::train
