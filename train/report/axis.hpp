// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace spinconv::train {

struct Tick {
  double value = 0.0;
  std::string label;  // "": a minor tick
};

// One axis of a chart: a range, linear or logarithmic, and its ticks at round numbers, all inside
// the range.
class Axis {
 public:
  // lo < hi; otherwise the range is widened around them. About `max_ticks` labels at most.
  static Axis linear(double lo, double hi, int max_ticks = 6);
  // As linear, with ticks at whole numbers only.
  static Axis whole_numbers(double lo, double hi, int max_ticks = 6);
  // lo, hi > 0
  static Axis logarithmic(double lo, double hi, int max_ticks = 6);

  double lo() const { return lo_; }
  double hi() const { return hi_; }
  const std::vector<Tick>& ticks() const { return ticks_; }
  bool contains(double value) const { return value >= lo_ && value <= hi_; }
  double fraction(double value) const;  // 0 at lo, 1 at hi

 private:
  Axis(double lo, double hi, bool logarithmic) : lo_(lo), hi_(hi), logarithmic_(logarithmic) {}
  void add_linear_ticks(double smallest_step, int max_ticks);
  void add_decade_ticks(int max_ticks);
  void add_multiple_ticks();

  double lo_;
  double hi_;
  bool logarithmic_;
  std::vector<Tick> ticks_;
};

}  // namespace spinconv::train
