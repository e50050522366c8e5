// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace spinconv::train {

// The shortest decimal text that reads back as the same number: 0.004, 1e-07, nan, inf, -inf.
std::string number_text(double value);

// The text that printf would write.
[[gnu::format(printf, 1, 2)]] std::string format(const char* pattern, ...);

// "3.2 s", "4 min 05 s", "2 h 13 min", "3 d 04 h"; "?" for what is not finite or negative.
std::string format_duration(double seconds);

// A number as a person writes it into a configuration or on the command line, the whole of `text`:
// decimal, finite, independent of the locale. What programs read in different ways is refused, with
// the decimal number to write where there is one: leading zeros (010: octal to some), 0x1f, 0o17,
// 0b11, 1_000, 0,5. A whole number has neither point nor exponent. Without a value, `problem` is
// the cause and the cure ("hexadecimal; write 31"), or empty where the text is no number at all. T:
// int, long, std::uint64_t, double.
template <class T>
std::optional<T> read_number(std::string_view text, std::string& problem);

}  // namespace spinconv::train
