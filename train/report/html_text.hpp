// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

// Text as the HTML report shows it, UTF-8.
namespace spinconv::train {

// & < > " ' as entities; control characters that HTML does not allow, and bytes that are no UTF-8,
// as the replacement character. Safe in content and in quoted attributes.
std::string escape_html(std::string_view text);

// 27135 as "27 135", with narrow no-break spaces.
std::string format_count(std::int64_t count);

// "1 frame", "27 135 frames"
std::string format_count(std::int64_t count, const std::string& noun);

// At `digits` significant digits, never in exponent notation between 1e-4 and 1e6: "0.0123",
// "27.1", "1 234", "3.1×10⁻⁷", "−2.0"; "NaN" and "∞".
std::string format_significant(double value, int digits = 3);

// "10⁻⁷", "3×10⁻⁷"
std::string format_power(double mantissa, int exponent);

// With a number of decimals and a true minus sign.
std::string format_fixed(double value, int decimals);

}  // namespace spinconv::train
