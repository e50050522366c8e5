// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "report/axis.hpp"

#include <algorithm>
#include <cmath>

#include "report/html_text.hpp"

namespace spinconv::train {

namespace {

// Slack of a tick at the very end of a range, relative to the step.
constexpr double slack = 1e-9;

// The smallest of 1, 2, 5 times a power of ten that is not below `step`.
double round_step(double step) {
  const double power = std::pow(10.0, std::floor(std::log10(step)));
  for (const double multiple : {1.0, 2.0, 5.0}) {
    if (multiple * power >= step * (1.0 - slack)) {
      return multiple * power;
    }
  }
  return 10.0 * power;
}

std::string linear_label(double value, double step, double largest) {
  if (value == 0.0) {
    return "0";
  }
  if (step < 1e-4 || largest >= 1e6) {
    const int exponent = static_cast<int>(std::floor(std::log10(std::abs(value)) + slack));
    // as many digits as tell neighboring ticks apart
    const double digits = std::pow(10.0, exponent - std::floor(std::log10(step) + slack));
    const double mantissa = std::round(value / std::pow(10.0, exponent) * digits) / digits;
    return format_power(mantissa, exponent);
  }
  return format_fixed(value, std::max(0, -static_cast<int>(std::floor(std::log10(step) + slack))));
}

std::string log_label(int mantissa, int exponent) {
  if (exponent < -3 || exponent > 4) {
    return format_power(mantissa, exponent);
  }
  return format_fixed(mantissa * std::pow(10.0, exponent), std::max(0, -exponent));
}

}  // namespace

double Axis::fraction(double value) const {
  if (logarithmic_) {
    return (std::log(value) - std::log(lo_)) / (std::log(hi_) - std::log(lo_));
  }
  return (value - lo_) / (hi_ - lo_);
}

Axis Axis::linear(double lo, double hi, int max_ticks) {
  if (!(hi > lo)) {
    const double margin = lo == 0.0 ? 1.0 : 0.1 * std::abs(lo);
    lo -= margin;
    hi += margin;
  }
  Axis axis(lo, hi, false);
  axis.add_linear_ticks(0.0, max_ticks);
  return axis;
}

Axis Axis::whole_numbers(double lo, double hi, int max_ticks) {
  if (!(hi > lo)) {
    lo -= 1.0;
    hi += 1.0;
  }
  Axis axis(lo, hi, false);
  axis.add_linear_ticks(1.0, max_ticks);
  return axis;
}

Axis Axis::logarithmic(double lo, double hi, int max_ticks) {
  constexpr double least_ratio = 1.5;
  if (!(hi / lo >= least_ratio)) {
    const double center = std::sqrt(lo) * std::sqrt(hi);
    lo = center / std::sqrt(least_ratio);
    hi = center * std::sqrt(least_ratio);
  }
  Axis axis(lo, hi, true);
  const double decades = std::log10(hi / lo);
  if (decades >= 2.0) {
    axis.add_decade_ticks(max_ticks);
  } else if (decades >= 0.7) {
    axis.add_multiple_ticks();
  } else {
    axis.add_linear_ticks(0.0, max_ticks);
  }
  return axis;
}

void Axis::add_linear_ticks(double smallest_step, int max_ticks) {
  const double step = std::max(smallest_step, round_step((hi_ - lo_) / max_ticks));
  const double largest = std::max(std::abs(lo_), std::abs(hi_));
  const double last = std::floor(hi_ / step + slack);
  for (double i = std::ceil(lo_ / step - slack); i <= last; i += 1.0) {
    ticks_.push_back({i * step, linear_label(i * step, step, largest)});
  }
}

void Axis::add_decade_ticks(int max_ticks) {
  const int first = static_cast<int>(std::floor(std::log10(lo_)));
  const int last = static_cast<int>(std::floor(std::log10(hi_) + slack));
  const int stride = std::max(1, (last - first + max_ticks) / max_ticks);
  for (int exponent = first; exponent <= last; ++exponent) {
    for (int mantissa = 1; mantissa <= (stride == 1 ? 9 : 1); ++mantissa) {
      const double value = mantissa * std::pow(10.0, exponent);
      if (contains(value)) {
        const bool labelled = mantissa == 1 && exponent % stride == 0;
        ticks_.push_back({value, labelled ? log_label(1, exponent) : ""});
      }
    }
  }
}

void Axis::add_multiple_ticks() {
  const int first = static_cast<int>(std::floor(std::log10(lo_)));
  const int last = static_cast<int>(std::floor(std::log10(hi_) + slack));
  for (int exponent = first; exponent <= last; ++exponent) {
    for (int mantissa = 1; mantissa <= 9; ++mantissa) {
      const double value = mantissa * std::pow(10.0, exponent);
      if (contains(value)) {
        const bool labelled = mantissa == 1 || mantissa == 2 || mantissa == 5;
        ticks_.push_back({value, labelled ? log_label(mantissa, exponent) : ""});
      }
    }
  }
}

}  // namespace spinconv::train
