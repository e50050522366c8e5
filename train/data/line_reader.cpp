// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/line_reader.hpp"

#include <lzma.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>

#include "data/files.hpp"
#include "data/text.hpp"
#include "spinconv/error.hpp"

namespace spinconv::train {
namespace {

constexpr std::size_t buffer_size = std::size_t{1} << 16;

// Bytes to decompress with: 'xz -9' needs 65 MB; a damaged header may ask for 4 GB.
constexpr std::uint64_t xz_memory = std::uint64_t{512} << 20;

}  // namespace

class LineReader::Input {
 public:
  virtual ~Input() = default;
  // Append the next bytes to `text`; false when there are no more.
  virtual bool append(std::string& text) = 0;
  virtual double fraction() const = 0;
};

class LineReader::PlainInput : public LineReader::Input {
 public:
  explicit PlainInput(const std::string& path)
      : path_(path), file_(path, std::ios::binary), buffer_(buffer_size) {
    std::error_code unknown;
    size_ = static_cast<double>(std::filesystem::file_size(path, unknown));
  }

  bool append(std::string& text) override {
    file_.read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    if (file_.bad()) {
      throw Error(path_ + ": cannot be read to its end (input/output error)");
    }
    text.append(buffer_.data(), static_cast<std::size_t>(file_.gcount()));
    read_ += static_cast<double>(file_.gcount());
    return file_.gcount() > 0;
  }
  double fraction() const override { return size_ > 0.0 ? std::min(1.0, read_ / size_) : 0.0; }

 private:
  std::string path_;
  std::ifstream file_;
  std::vector<char> buffer_;
  double size_ = 0.0, read_ = 0.0;  // bytes
};

class LineReader::XzInput : public LineReader::Input {
 public:
  explicit XzInput(const std::string& path) : path_(path), packed_(path), plain_(buffer_size) {
    if (lzma_stream_decoder(&stream_, xz_memory, LZMA_CONCATENATED) != LZMA_OK) {
      throw Error(path + ": no memory to decompress it");
    }
  }
  ~XzInput() override { lzma_end(&stream_); }

  bool append(std::string& text) override {
    if (finished_) {
      return false;
    }
    stream_.next_out = reinterpret_cast<std::uint8_t*>(plain_.data());
    stream_.avail_out = plain_.size();
    while (stream_.avail_out == plain_.size() && !finished_) {
      if (stream_.avail_in == 0 && !input_ended_) {
        compressed_.clear();
        input_ended_ = !packed_.append(compressed_);
        stream_.next_in = reinterpret_cast<const std::uint8_t*>(compressed_.data());
        stream_.avail_in = compressed_.size();
      }
      const lzma_ret result = lzma_code(&stream_, input_ended_ ? LZMA_FINISH : LZMA_RUN);
      if (result == LZMA_STREAM_END) {
        finished_ = true;
      } else if (result != LZMA_OK) {
        fail(result);
      }
    }
    text.append(plain_.data(), plain_.size() - stream_.avail_out);
    return stream_.avail_out < plain_.size();
  }
  double fraction() const override { return packed_.fraction(); }

 private:
  [[noreturn]] void fail(lzma_ret result) const {
    switch (result) {
      case LZMA_FORMAT_ERROR:
        throw Error(path_ + ": not xz data; name the file without .xz if it is not compressed");
      case LZMA_BUF_ERROR:
        throw Error(path_ + ": the xz data end too early; copy or download the file again");
      case LZMA_MEMLIMIT_ERROR:
        throw Error(
            path_ + ": its xz data need more than " + std::to_string(xz_memory >> 20) +
            " MB to be decompressed: it is damaged, or has to be compressed again by 'xz -9'");
      case LZMA_MEM_ERROR:
        throw Error(path_ + ": not enough memory to decompress it");
      default:
        throw Error(path_ + ": damaged xz data; copy or download the file again");
    }
  }

  std::string path_;
  PlainInput packed_;
  lzma_stream stream_ = LZMA_STREAM_INIT;
  std::string compressed_;
  std::vector<char> plain_;
  bool input_ended_ = false;
  bool finished_ = false;
};

LineReader::LineReader(const std::string& path) : path_(path) {
  require_data_file(path);
  if (path.ends_with(".xz")) {
    input_ = std::make_unique<XzInput>(path);
  } else {
    input_ = std::make_unique<PlainInput>(path);
  }
}

LineReader::~LineReader() = default;

double LineReader::fraction() const {
  return input_->fraction();
}

// More of the input into buffer_, every line end as "\n".
void LineReader::append() {
  const std::size_t old_size = buffer_.size();
  at_end_ = !input_->append(buffer_);
  const auto first = buffer_.begin() + static_cast<std::ptrdiff_t>(old_size);
  if (!after_return_ && std::find(first, buffer_.end(), '\r') == buffer_.end()) {
    return;
  }
  auto to = first;
  for (auto from = first; from != buffer_.end(); ++from) {
    const bool rest = *from == '\n' && after_return_;  // of "\r\n"
    after_return_ = *from == '\r';
    if (!rest) {
      *to++ = after_return_ ? '\n' : *from;
    }
  }
  buffer_.erase(to, buffer_.end());
}

void LineReader::skip_byte_order_mark() {
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  begun_ = true;
  while (buffer_.size() < mark.size() && !at_end_) {
    append();
  }
  if (buffer_.starts_with(mark)) {
    begin_ = mark.size();
  } else if (buffer_.starts_with("\xFF\xFE") || buffer_.starts_with("\xFE\xFF")) {
    throw Error(path_ + ": is text in UTF-16; save it as UTF-8 (iconv -f UTF-16 -t UTF-8)");
  }
}

bool LineReader::next(std::string_view& line) {
  if (!begun_) {
    skip_byte_order_mark();
  }
  std::size_t searched = begin_;
  std::size_t end = 0;
  while ((end = buffer_.find('\n', searched)) == std::string::npos && !at_end_) {
    buffer_.erase(0, begin_);
    begin_ = 0;
    searched = buffer_.size();
    append();
  }
  if (end == std::string::npos) {
    end = buffer_.size();
    if (begin_ == end) {
      return false;
    }
  }
  line = std::string_view(buffer_).substr(begin_, end - begin_);
  begin_ = std::min(end + 1, buffer_.size());
  ++line_number_;
  return true;
}

bool next_parts(LineReader& lines, std::string_view& line, std::vector<std::string_view>& parts) {
  do {
    if (!lines.next(line)) {
      return false;
    }
    split_blanks(line, parts);
  } while (parts.empty());
  return true;
}

}  // namespace spinconv::train
