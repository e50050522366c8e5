// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/printable_text.hpp"

#include <algorithm>

namespace spinconv {
namespace {

// Bytes of the UTF-8 character that `text` begins with, and its number; 0 bytes: it is none.
std::size_t utf8_length(std::string_view text, unsigned long& character) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::size_t length = byte(0) < 0x80   ? 1
                             : byte(0) < 0xC2 ? 0
                             : byte(0) < 0xE0 ? 2
                             : byte(0) < 0xF0 ? 3
                             : byte(0) < 0xF5 ? 4
                                              : 0;
  if (length == 0 || length > text.size()) {
    return 0;
  }
  character = length == 1 ? byte(0) : byte(0) & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) {
      return 0;
    }
    character = (character << 6U) | (byte(i) & 0x3FU);
  }
  const unsigned long least[] = {0, 0, 0x80, 0x800, 0x10000};
  return character >= least[length] && character < 0x110000 ? length : 0;
}

bool is_invisible(unsigned long character) {
  return character < 0x20 || (character >= 0x7F && character <= 0xA0) || character == 0xAD ||
         (character >= 0x200B && character <= 0x200F) ||
         (character >= 0x2028 && character <= 0x202F) ||
         (character >= 0x2060 && character <= 0x206F) ||
         (character >= 0xD800 && character <= 0xDFFF) || character == 0xFEFF ||
         (character >= 0xFFF0 && character <= 0xFFFF);
}

}  // namespace

std::string printable(std::string_view text, std::size_t longest) {
  std::string shown;
  std::size_t at = 0;
  while (at < text.size() && at < longest) {
    unsigned long character = 0;
    const std::size_t length = utf8_length(text.substr(at), character);
    if (length > 0 && !is_invisible(character)) {
      shown += text.substr(at, length);
      at += length;
      continue;
    }
    for (const std::size_t end = at + std::max<std::size_t>(1, length); at < end; ++at) {
      if (text[at] == '\r' || text[at] == '\n' || text[at] == '\t') {
        shown += text[at] == '\r' ? "\\r" : text[at] == '\n' ? "\\n" : "\\t";
        continue;
      }
      const char* const digits = "0123456789ABCDEF";
      const auto byte = static_cast<unsigned char>(text[at]);
      shown += {'\\', 'x', digits[byte >> 4U], digits[byte & 15U]};
    }
  }
  return at < text.size() ? shown + "..." : shown;
}

}  // namespace spinconv
