// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/number_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <iterator>
#include <limits>
#include <tuple>
#include <type_traits>

namespace spinconv::train {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

// Of digits in another base, of any length that a number of 64 bits has; "" else.
std::string decimal(std::string_view digits, int base) {
  std::uint64_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, value, base);
  return read.ec == std::errc() && read.ptr == end ? std::to_string(value) : "";
}

std::string without(std::string_view text, char removed) {
  std::string kept;
  std::copy_if(text.begin(), text.end(), std::back_inserter(kept),
               [removed](char c) { return c != removed; });
  return kept;
}

// Why `digits` (the text without its sign) is read as different numbers by different programs.
std::string ambiguity(std::string_view sign, std::string_view digits) {
  const auto write = [&](const std::string& number) {
    return number.empty() ? std::string() : "; write " + std::string(sign) + number;
  };
  if (digits.size() > 2 && digits[0] == '0') {
    for (const auto& [letters, base, name] :
         {std::tuple{"xX", 16, "hexadecimal"}, {"oO", 8, "octal"}, {"bB", 2, "binary"}}) {
      if (std::string_view(letters).find(digits[1]) != std::string_view::npos) {
        const std::string number = decimal(digits.substr(2), base);
        return number.empty() ? "" : std::string(name) + write(number);
      }
    }
  }
  if (digits.size() > 1 && digits[0] == '0' && is_digit(digits[1])) {
    const std::size_t first = std::min(digits.find_first_not_of('0'), digits.size() - 1);
    const bool whole = all_digits(digits);
    const std::string number(digits.substr(is_digit(digits[first]) ? first : first - 1));
    return std::string("a number with leading zeros") +
           (whole ? ", which some programs read as octal" : "") + write(number);
  }
  if (digits.find('_') != std::string_view::npos) {
    const std::string number = without(digits, '_');
    return all_digits(number) ? "a number with underscores" + write(number) : "";
  }
  if (const auto comma = digits.find(','); comma != std::string_view::npos &&
                                           all_digits(digits.substr(0, comma)) &&
                                           all_digits(digits.substr(comma + 1))) {
    std::string number(digits);
    number[comma] = '.';
    return "a number with a comma" + write(number);
  }
  return "";
}

}  // namespace

std::string format(const char* pattern, ...) {
  va_list arguments, again;
  va_start(arguments, pattern);
  va_copy(again, arguments);
  std::string text(static_cast<std::size_t>(std::vsnprintf(nullptr, 0, pattern, arguments)), '\0');
  std::vsnprintf(text.data(), text.size() + 1, pattern, again);
  va_end(again);
  va_end(arguments);
  return text;
}

std::string format_duration(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0.0) {
    return "?";
  }
  if (seconds < 9.95) {
    return format("%.1f s", seconds);
  }
  if (seconds < 59.5) {
    return format("%.0f s", seconds);
  }
  if (seconds < 3599.5) {
    const long whole = std::lround(seconds);
    return format("%ld min %02ld s", whole / 60, whole % 60);
  }
  const double minutes = std::round(seconds / 60.0);
  if (minutes < 24.0 * 60.0) {
    const long whole = static_cast<long>(minutes);
    return format("%ld h %02ld min", whole / 60, whole % 60);
  }
  const double hours = std::round(seconds / 3600.0);
  return format("%.0f d %02.0f h", std::floor(hours / 24.0), std::fmod(hours, 24.0));
}

std::string number_text(double value) {
  if (std::isnan(value)) {
    return "nan";  // to_chars would write the sign of a NaN too
  }
  std::array<char, 32> text{};
  return {text.data(), std::to_chars(text.begin(), text.end(), value).ptr};
}

template <class T>
std::optional<T> read_number(std::string_view text, std::string& problem) {
  std::string_view sign, digits = text;
  if (!digits.empty() && (digits[0] == '+' || digits[0] == '-')) {
    sign = digits[0] == '-' ? digits.substr(0, 1) : std::string_view();
    digits.remove_prefix(1);
  }
  if (problem = ambiguity(sign, digits); !problem.empty()) {
    return std::nullopt;
  }
  const bool begins = !digits.empty() && (is_digit(digits[0]) || digits[0] == '.');
  const char* const end = text.data() + text.size();
  if constexpr (std::is_integral_v<T>) {
    if (all_digits(digits)) {
      T value{};
      const char* const begin = sign.empty() ? digits.data() : sign.data();
      const auto read = std::from_chars(begin, end, value);
      if (read.ec == std::errc() && read.ptr == end) {
        return value;
      }
      problem = std::is_unsigned_v<T> && !sign.empty()
                    ? "negative"
                    : "outside the range of whole numbers, " +
                          std::to_string(std::numeric_limits<T>::min()) + " to " +
                          std::to_string(std::numeric_limits<T>::max());
      return std::nullopt;
    }
    double real = 0.0;
    const auto read = begins ? std::from_chars(digits.data(), end, real)
                             : std::from_chars_result{digits.data(), std::errc::invalid_argument};
    if (read.ec == std::errc() && read.ptr == end && real == std::floor(real) && real < 1e15) {
      problem = "not written as a whole number; write " + std::string(sign) +
                std::to_string(static_cast<std::int64_t>(real));
    }
    return std::nullopt;
  } else {
    if (!begins) {
      return std::nullopt;  // from_chars would take inf and nan
    }
    T value{};
    const auto read = std::from_chars(digits.data(), end, value);
    if (read.ptr == end && read.ec == std::errc::result_out_of_range) {
      problem = "outside the range of numbers in double precision";
    }
    if (read.ec != std::errc() || read.ptr != end) {
      return std::nullopt;
    }
    return sign.empty() ? value : -value;
  }
}

template std::optional<int> read_number(std::string_view, std::string&);
template std::optional<long> read_number(std::string_view, std::string&);
template std::optional<std::uint64_t> read_number(std::string_view, std::string&);
template std::optional<double> read_number(std::string_view, std::string&);

}  // namespace spinconv::train
