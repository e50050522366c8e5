// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/npy.hpp"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include "spinconv/error.hpp"

namespace spinconv::train {
namespace {

static_assert(std::endian::native == std::endian::little,
              "arrays are copied as little-endian numbers");

// The text after `'key':` in the header's Python dictionary, with leading blanks cut; "" if
// missing.
std::string header_value(const std::string& header, const std::string& key) {
  for (const char quote : {'\'', '"'}) {
    const std::string quoted = quote + key + quote;
    const std::size_t found = header.find(quoted);
    if (found == std::string::npos) {
      continue;
    }
    std::size_t begin = header.find_first_not_of(' ', found + quoted.size());
    if (begin == std::string::npos || header[begin] != ':') {
      return "";
    }
    begin = header.find_first_not_of(' ', begin + 1);
    return begin == std::string::npos ? "" : header.substr(begin);
  }
  return "";
}

void append_utf8(std::string& text, char32_t code) {
  const auto put = [&text](char32_t byte) { text += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | (code >> 6));
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3F));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

// Call `function` with a value of the C++ type of a numeric dtype; false where it is not one.
template <typename Function>
bool dispatch(const std::string& kind, Function&& function) {
  if (kind == "f4") {
    function(float{});
  } else if (kind == "f8") {
    function(double{});
  } else if (kind == "i1") {
    function(std::int8_t{});
  } else if (kind == "i2") {
    function(std::int16_t{});
  } else if (kind == "i4") {
    function(std::int32_t{});
  } else if (kind == "i8") {
    function(std::int64_t{});
  } else if (kind == "u1") {
    function(std::uint8_t{});
  } else if (kind == "u2") {
    function(std::uint16_t{});
  } else if (kind == "u4") {
    function(std::uint32_t{});
  } else if (kind == "u8") {
    function(std::uint64_t{});
  } else {
    return false;
  }
  return true;
}

}  // namespace

void NpyArray::fail(const std::string& reason) const {
  throw Error(where_ + ": " + reason);
}

NpyArray::NpyArray(const std::vector<char>& bytes, std::string where) : where_(std::move(where)) {
  constexpr std::size_t magic_size = 6;
  if (bytes.size() < magic_size + 2 || std::memcmp(bytes.data(), "\x93NUMPY", magic_size) != 0) {
    fail("not a NumPy array; write the file with numpy.savez");
  }
  const int version = static_cast<unsigned char>(bytes[magic_size]);
  if (version < 1 || version > 3) {
    fail("format version " + std::to_string(version) +
         " of .npy is not known (1 to 3 are); write the file with numpy.savez");
  }
  const std::size_t length_bytes = version == 1 ? 2 : 4;
  const std::size_t header_begin = magic_size + 2 + length_bytes;
  std::size_t header_size = 0;
  for (std::size_t i = 0; i < length_bytes && magic_size + 2 + i < bytes.size(); ++i) {
    header_size |= static_cast<std::size_t>(static_cast<unsigned char>(bytes[magic_size + 2 + i]))
                   << (8 * i);
  }
  if (bytes.size() < header_begin + header_size) {
    fail("the array ends inside its header: the file is truncated; copy or download it again");
  }
  parse_header(std::string(bytes.data() + header_begin, header_size));

  const std::size_t begin = header_begin + header_size;
  const std::size_t present = bytes.size() - begin;
  // divided, not multiplied: a damaged shape must not overflow
  if (item_size_ > 0 && size_ > present / item_size_) {
    fail("the array has " + std::to_string(present) + " bytes, its shape " + shape_text() +
         " needs more: the file is truncated; copy or download it again");
  }
  const char* const data = bytes.data() + begin;
  const std::size_t n_dimensions = shape_.size();
  if (!fortran_order_ || n_dimensions < 2 || item_size_ == 0) {
    data_.assign(data, data + size_ * item_size_);
    return;
  }
  data_.resize(size_ * item_size_);
  std::vector<std::size_t> stride(n_dimensions, 1);  // elements, first index fastest
  for (std::size_t d = 1; d < n_dimensions; ++d) {
    stride[d] = stride[d - 1] * static_cast<std::size_t>(shape_[d - 1]);
  }
  std::vector<std::int64_t> index(n_dimensions, 0);
  for (std::size_t element = 0; element < size_; ++element) {
    std::size_t from = 0;
    for (std::size_t d = 0; d < n_dimensions; ++d) {
      from += static_cast<std::size_t>(index[d]) * stride[d];
    }
    std::memcpy(data_.data() + element * item_size_, data + from * item_size_, item_size_);
    for (std::size_t d = n_dimensions; d-- > 0 && ++index[d] == shape_[d];) {
      index[d] = 0;
    }
  }
}

void NpyArray::parse_header(const std::string& header) {
  const std::string descr = header_value(header, "descr");
  const std::string order = header_value(header, "fortran_order");
  const std::string shape = header_value(header, "shape");
  if (descr.empty() || order.empty() || shape.empty() || shape[0] != '(') {
    fail("damaged array header; copy or download the file again");
  }
  if (descr[0] != '\'' && descr[0] != '"') {
    fail("a structured array is not read; save its fields as arrays of their own");
  }
  dtype_ = descr.substr(1, descr.find(descr[0], 1) - 1);
  if (dtype_.size() < 2) {
    fail("damaged array header; copy or download the file again");
  }
  if (dtype_[0] == '>') {
    fail("dtype '" + dtype_ + "' is big-endian; save it again as '<" + dtype_.substr(1) +
         "' (array.astype in NumPy)");
  }
  const std::string kind = dtype_.substr(1);
  const bool numeric = dispatch(kind, [this](auto value) { item_size_ = sizeof(value); });
  if (!numeric) {
    std::size_t characters = 0;
    const auto result = std::from_chars(kind.data() + 1, kind.data() + kind.size(), characters);
    const bool is_string = (kind[0] == 'U' || kind[0] == 'S') && result.ec == std::errc() &&
                           characters < std::numeric_limits<std::uint32_t>::max();
    if (!is_string) {
      fail("dtype '" + dtype_ +
           "' is not read; save numbers as float32, float64 or integers, text as str"
           " (pickled objects are never read)");
    }
    item_size_ = characters * (kind[0] == 'U' ? 4 : 1);
  }
  fortran_order_ = order.compare(0, 4, "True") == 0;

  const char* next = shape.data() + 1;
  const char* const end = shape.data() + shape.size();
  while (next < end && *next != ')') {
    if (*next == ' ' || *next == ',' || *next == 'L') {
      ++next;
      continue;
    }
    std::int64_t extent = -1;
    const auto result = std::from_chars(next, end, extent);
    if (result.ec != std::errc() || extent < 0) {
      fail("damaged array header; copy or download the file again");
    }
    next = result.ptr;
    shape_.push_back(extent);
    const auto factor = static_cast<std::size_t>(extent);
    if (factor != 0 && size_ > std::numeric_limits<std::size_t>::max() / factor) {
      fail("damaged array header (shape " + shape_text() + "); copy or download the file again");
    }
    size_ *= factor;
  }
}

std::string NpyArray::shape_text() const {
  std::string text = "(";
  for (std::size_t d = 0; d < shape_.size(); ++d) {
    text += (d ? ", " : "") + std::to_string(shape_[d]);
  }
  return text + (shape_.size() == 1 ? ",)" : ")");
}

std::vector<double> NpyArray::doubles() const {
  std::vector<double> values;
  const bool numeric = dispatch(dtype_.substr(1), [&](auto value) {
    values.resize(size_);  // not of text, which may have any number of elements of no bytes
    for (std::size_t i = 0; i < size_; ++i) {
      std::memcpy(&value, data_.data() + i * sizeof(value), sizeof(value));
      values[i] = static_cast<double>(value);
    }
  });
  if (!numeric) {
    fail("holds text (dtype '" + dtype_ + "') where numbers are expected");
  }
  return values;
}

std::vector<std::int64_t> NpyArray::integers() const {
  std::vector<std::int64_t> values;
  constexpr double limit = 9007199254740992.0;  // 2^53, below which every double is exact
  const bool numeric = dispatch(dtype_.substr(1), [&](auto value) {
    values.resize(size_);
    for (std::size_t i = 0; i < size_; ++i) {
      std::memcpy(&value, data_.data() + i * sizeof(value), sizeof(value));
      const double real = static_cast<double>(value);
      if (!(std::abs(real) < limit) || real != std::floor(real)) {
        fail("element " + std::to_string(i) + " is " + std::to_string(real) +
             " where whole numbers are expected");
      }
      values[i] = static_cast<std::int64_t>(value);
    }
  });
  if (!numeric) {
    fail("holds text (dtype '" + dtype_ + "') where whole numbers are expected");
  }
  return values;
}

std::string NpyArray::text() const {
  if (size_ != 1 || (dtype_[1] != 'U' && dtype_[1] != 'S')) {
    fail("has dtype '" + dtype_ + "' and shape " + shape_text() + " where one string is expected");
  }
  std::string text;
  if (dtype_[1] == 'S') {
    text.assign(data_.begin(), data_.end());
  } else {
    for (std::size_t i = 0; i + 4 <= data_.size(); i += 4) {
      char32_t code = 0;
      std::memcpy(&code, data_.data() + i, 4);
      append_utf8(text, code);
    }
  }
  // NumPy pads with zeros
  text.erase(text.find_last_not_of('\0') + 1);
  return text;
}

}  // namespace spinconv::train
