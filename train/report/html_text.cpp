// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "report/html_text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "data/number_text.hpp"

namespace spinconv::train {

namespace {

constexpr std::string_view replacement = "\uFFFD";
constexpr std::string_view minus = "\u2212";
constexpr std::string_view thin_space = "\u202F";

// Length of the well-formed UTF-8 sequence at the start of `text`, 0 when there is none (RFC 3629:
// no overlong forms, no surrogates, nothing above U+10FFFF).
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  std::size_t length = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;  // of the second byte
  if (first < 0x80) {
    return 1;
  }
  if (first >= 0xC2 && first <= 0xDF) {
    length = 2;
  } else if (first >= 0xE0 && first <= 0xEF) {
    length = 3;
    low = first == 0xE0 ? 0xA0 : low;
    high = first == 0xED ? 0x9F : high;
  } else if (first >= 0xF0 && first <= 0xF4) {
    length = 4;
    low = first == 0xF0 ? 0x90 : low;
    high = first == 0xF4 ? 0x8F : high;
  } else {
    return 0;
  }
  if (text.size() < length || byte(1) < low || byte(1) > high) {
    return 0;
  }
  for (std::size_t i = 2; i < length; ++i) {
    if (byte(i) < 0x80 || byte(i) > 0xBF) {
      return 0;
    }
  }
  return length;
}

std::string superscript(int number) {
  static constexpr std::array<std::string_view, 10> digits{"\u2070", "\u00B9", "\u00B2", "\u00B3",
                                                           "\u2074", "\u2075", "\u2076", "\u2077",
                                                           "\u2078", "\u2079"};
  std::string text = number < 0 ? "\u207B" : "";
  for (const char c : std::to_string(std::abs(number))) {
    text += digits[static_cast<std::size_t>(c - '0')];
  }
  return text;
}

// Groups of three in the digits of a whole number; four digits stay together.
std::string group_thousands(const std::string& digits) {
  if (digits.size() <= 4) {
    return digits;
  }
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) {
      text += thin_space;
    }
    text += digits[i];
  }
  return text;
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const char c = text.front();
    const bool control = length == 1 && (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) &&
                         c != '\n' && c != '\t';
    if (length == 0 || control) {
      escaped += replacement;
    } else if (c == '&') {
      escaped += "&amp;";
    } else if (c == '<') {
      escaped += "&lt;";
    } else if (c == '>') {
      escaped += "&gt;";
    } else if (c == '"') {
      escaped += "&quot;";
    } else if (c == '\'') {
      escaped += "&#39;";
    } else {
      escaped += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return escaped;
}

std::string format_count(std::int64_t count) {
  std::string digits = std::to_string(count);
  if (count < 0) {
    return std::string(minus) + group_thousands(digits.substr(1));
  }
  return group_thousands(digits);
}

std::string format_count(std::int64_t count, const std::string& noun) {
  return format_count(count) + ' ' + noun + (count == 1 ? "" : "s");
}

std::string format_fixed(double value, int decimals) {
  if (std::isnan(value)) {
    return "NaN";
  }
  std::string text;
  if (std::isinf(value)) {
    text = "\u221E";
  } else {
    text = format("%.*f", decimals, std::abs(value));
    const std::size_t point = text.find('.');
    text = group_thousands(text.substr(0, point)) +
           (point == std::string::npos ? "" : text.substr(point));
  }
  const bool is_zero = text.find_first_not_of("0.") == std::string::npos;
  return value < 0.0 && !is_zero ? std::string(minus) + text : text;
}

std::string format_power(double mantissa, int exponent) {
  const std::string power = "10" + superscript(exponent);
  if (mantissa == 1.0) {
    return power;
  }
  return (mantissa < 0.0 ? std::string(minus) : "") + format("%g", std::abs(mantissa)) + "\u00D7" +
         power;
}

std::string format_significant(double value, int digits) {
  if (value == 0.0 || !std::isfinite(value)) {
    return format_fixed(value, 0);
  }
  // "%e" rounds, so that 9.996 at three digits is known to be 10.0.
  const std::string text = format("%.*e", digits - 1, value);
  const std::size_t e = text.find('e');
  const int exponent = std::atoi(text.c_str() + e + 1);
  if (exponent < -4 || exponent >= 6) {
    std::string mantissa = text.substr(0, e);
    const bool negative = mantissa.front() == '-';
    return (negative ? std::string(minus) : "") + mantissa.substr(negative ? 1 : 0) + "\u00D7" +
           "10" + superscript(exponent);
  }
  return format_fixed(value, std::max(0, digits - 1 - exponent));
}

}  // namespace spinconv::train
