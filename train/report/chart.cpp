// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "report/chart.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "data/number_text.hpp"
#include "report/axis.hpp"
#include "report/html_text.hpp"

namespace spinconv::train {

namespace {

std::string coordinate(double value) {
  return format("%.1f", value);
}

std::string line(const char* style, double x1, double y1, double x2, double y2) {
  return std::string("<line class=\"") + style + "\" x1=\"" + coordinate(x1) + "\" y1=\"" +
         coordinate(y1) + "\" x2=\"" + coordinate(x2) + "\" y2=\"" + coordinate(y2) + "\"/>";
}

std::string label(const char* style, double x, double y, const std::string& text) {
  return std::string("<text class=\"") + style + "\" x=\"" + coordinate(x) + "\" y=\"" +
         coordinate(y) + "\">" + escape_html(text) + "</text>";
}

std::string dot(const std::string& color, double radius, double x, double y) {
  return "<circle class=\"dot " + color + "\" r=\"" + coordinate(radius) + "\" cx=\"" +
         coordinate(x) + "\" cy=\"" + coordinate(y) + "\"/>";
}

// The plot area inside the picture, in the units of its viewBox.
struct Frame2d {
  double width;
  double height;
  double left = 70;
  double right = 14;
  double top = 10;
  double bottom = 42;

  double x(const Axis& axis, double value) const {
    return left + axis.fraction(value) * (width - left - right);
  }
  double y(const Axis& axis, double value) const {
    return height - bottom - axis.fraction(value) * (height - top - bottom);
  }
};

// Grid, tick labels and titles of the vertical axis, the lines and the title of the other one.
std::string vertical_axis(const Frame2d& area, const Axis& y, const std::string& x_label,
                          const std::string& y_label) {
  const double floor = area.height - area.bottom;
  const double end = area.width - area.right;
  std::string svg;
  for (const Tick& tick : y.ticks()) {
    const double at = area.y(y, tick.value);
    if (tick.label.empty()) {
      svg += line("axis", area.left, at, area.left + 4, at);
    } else {
      svg += line("grid", area.left, at, end, at);
      svg += label("tick end", area.left - 7, at + 4, tick.label);
    }
  }
  svg += line("axis", area.left, floor, end, floor);
  svg += line("axis", area.left, area.top, area.left, floor);
  svg += label("name middle", (area.left + end) / 2, area.height - 6, x_label);
  const double middle = (area.top + floor) / 2;
  svg += "<text class=\"name middle\" transform=\"translate(13 " + coordinate(middle) +
         ") rotate(-90)\">" + escape_html(y_label) + "</text>";
  return svg;
}

std::string axes(const Frame2d& area, const Axis& x, const Axis& y, const std::string& x_label,
                 const std::string& y_label) {
  const double floor = area.height - area.bottom;
  std::string svg;
  for (const Tick& tick : x.ticks()) {
    const double at = area.x(x, tick.value);
    svg += line("grid", at, area.top, at, floor);
    svg += label("tick middle", at, floor + 16, tick.label);
  }
  return svg + vertical_axis(area, y, x_label, y_label);
}

std::string figure(const std::string& title, const std::string& legend, const Frame2d& area,
                   const std::string& content, const std::string& caption = "") {
  std::string html = "<figure><figcaption><b>" + escape_html(title) + "</b>" + legend +
                     "</figcaption>\n<svg viewBox=\"0 0 " + coordinate(area.width) + ' ' +
                     coordinate(area.height) + "\" role=\"img\" aria-label=\"" +
                     escape_html(title) + "\">" + content + "</svg>\n";
  if (!caption.empty()) {
    html += "<p class=\"caption\">" + escape_html(caption) + "</p>\n";
  }
  return html + "</figure>\n";
}

struct Range {
  double lo = std::numeric_limits<double>::infinity();
  double hi = -std::numeric_limits<double>::infinity();

  void add(double value) {
    lo = std::min(lo, value);
    hi = std::max(hi, value);
  }
  bool empty() const { return lo > hi; }
};

bool drawable(double y) {
  return std::isfinite(y) && y > 0.0;
}

bool has_values(const Series& series) {
  return std::any_of(series.y.begin(), series.y.end(), drawable);
}

// What is not drawable is bridged: a value that is measured every tenth epoch still makes a curve.
// Few points are marked as points.
std::string series_path(const Frame2d& area, const Axis& x, const Axis& y, const Series& series) {
  constexpr std::ptrdiff_t max_marked = 40;
  const bool marked = std::count_if(series.y.begin(), series.y.end(), drawable) <= max_marked;
  std::string path;
  std::string dots;
  for (std::size_t i = 0; i < series.y.size(); ++i) {
    if (drawable(series.y[i])) {
      const double at_x = area.x(x, series.x[i]);
      const double at_y = area.y(y, series.y[i]);
      path += (path.empty() ? 'M' : 'L') + coordinate(at_x) + ' ' + coordinate(at_y);
      if (marked) {
        dots += dot(series.color, 2.5, at_x, at_y);
      }
    }
  }
  return "<path class=\"curve " + series.color + "\" d=\"" + path + "\"/>" + dots;
}

std::string named(const Series& series, const std::string& value) {
  return series.name.empty() ? value : series.name + ' ' + value;
}

// Points that show their value when the pointer rests on them; too many would only make a large
// file.
std::string series_titles(const Frame2d& area, const Axis& x, const Axis& y, const Series& series,
                          const LineChart& chart) {
  constexpr std::size_t max_titles = 400;
  std::string svg;
  const auto n =
      static_cast<std::size_t>(std::count_if(series.y.begin(), series.y.end(), drawable));
  const std::size_t stride = n / max_titles + 1;
  std::size_t seen = 0;
  for (std::size_t i = 0; i < series.y.size(); ++i) {
    if (drawable(series.y[i]) && seen++ % stride == 0) {
      svg +=
          "<circle class=\"hover " + series.color + "\" r=\"4\" cx=\"" +
          coordinate(area.x(x, series.x[i])) + "\" cy=\"" + coordinate(area.y(y, series.y[i])) +
          "\"><title>" +
          escape_html(chart.x_label + ' ' + format_count(static_cast<std::int64_t>(series.x[i])) +
                      ": " + named(series, format_significant(series.y[i], 4))) +
          "</title></circle>";
    }
  }
  return svg;
}

// The vertical line at marked_x and the value of the last drawn series there. Call it only where a
// series has something to draw.
std::string mark(const Frame2d& area, const Axis& x, const Axis& y, const LineChart& chart) {
  const double at = area.x(x, *chart.marked_x);
  std::string svg = line("mark", at, area.top, at, area.height - area.bottom);
  const Series* last = nullptr;
  for (const Series& series : chart.series) {
    last = has_values(series) ? &series : last;
  }
  for (std::size_t i = 0; i < last->y.size(); ++i) {
    if (last->x[i] == *chart.marked_x && drawable(last->y[i])) {
      svg += dot(last->color, 3.5, at, area.y(y, last->y[i]));
      // at the top, which falling curves leave free, on the side with more room
      const bool left = at > (area.left + area.width - area.right) / 2;
      svg += label(left ? "value end" : "value", at + (left ? -7 : 7), area.top + 13,
                   named(*last, format_significant(last->y[i], 3)));
    }
  }
  return svg;
}

double mean(const std::vector<double>& values) {
  double sum = 0.0;
  for (const double v : values) {
    sum += v;
  }
  return sum / static_cast<double>(values.size());
}

std::string count_of(std::size_t count) {
  return format_count(static_cast<std::int64_t>(count));
}

std::string join(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) {
    text += (text.empty() ? "" : " \u00B7 ") + part;
  }
  return text;
}

}  // namespace

std::string line_chart(const LineChart& chart) {
  Range x_range;
  Range y_range;
  std::string legend;
  for (const Series& series : chart.series) {
    for (std::size_t i = 0; i < series.y.size(); ++i) {
      if (drawable(series.y[i])) {
        x_range.add(series.x[i]);
        y_range.add(series.y[i]);
      }
    }
    if (has_values(series) && !series.name.empty()) {
      legend += "<span class=\"key " + series.color + "\">" + escape_html(series.name) + "</span>";
    }
  }
  if (y_range.empty()) {
    return "";
  }
  const Frame2d area{.width = 480, .height = 270};
  const Axis x = Axis::whole_numbers(x_range.lo, x_range.hi);
  const double margin = std::pow(y_range.hi / y_range.lo, 0.06);
  const Axis y = Axis::logarithmic(y_range.lo / margin, y_range.hi * margin, 7);

  std::string svg = axes(area, x, y, chart.x_label, chart.y_label);
  for (const Series& series : chart.series) {
    if (has_values(series)) {
      svg += series_path(area, x, y, series);
    }
  }
  if (chart.marked_x && x.contains(*chart.marked_x)) {
    svg += mark(area, x, y, chart);
  }
  for (const Series& series : chart.series) {
    svg += series_titles(area, x, y, series, chart);
  }
  return figure(chart.title, legend, area, svg);
}

std::string parity_chart(const ParityChart& chart) {
  if (chart.reference.empty()) {
    return "";
  }
  Range range;
  for (const double value : chart.reference) {
    range.add(value);
  }
  const double span = range.hi - range.lo;
  const Range reference = range;
  for (const double value : chart.predicted) {
    // references that are all the same give no scale
    if (span == 0.0 || (value > reference.lo - 0.25 * span && value < reference.hi + 0.25 * span)) {
      range.add(value);
    }
  }
  const double margin = 0.04 * (range.hi - range.lo);
  const Axis axis = Axis::linear(range.lo - margin, range.hi + margin, 9);

  std::vector<std::size_t> inside;
  for (std::size_t i = 0; i < chart.reference.size(); ++i) {
    if (axis.contains(chart.predicted[i])) {
      inside.push_back(i);
    }
  }

  const Frame2d area{.width = 480, .height = 400};
  std::string svg =
      axes(area, axis, axis, "reference (" + chart.unit + ')', "predicted (" + chart.unit + ')');
  svg += line("identity", area.x(axis, axis.lo()), area.y(axis, axis.lo()), area.x(axis, axis.hi()),
              area.y(axis, axis.hi()));

  // Many points of one path paint each pixel once; several paths let dense regions show darker.
  constexpr std::size_t points_per_path = 100;
  const std::size_t n = inside.size();
  const std::size_t n_drawn = std::min(n, max_parity_points);
  std::string path;
  std::size_t in_path = 0;
  const auto end_path = [&] {
    if (!path.empty()) {
      svg += "<path class=\"points\" d=\"" + path + "\"/>";
    }
    path.clear();
    in_path = 0;
  };
  for (std::size_t k = 0; k < n_drawn; ++k) {
    const std::size_t i = inside[k * n / n_drawn];
    path += 'M' + coordinate(area.x(axis, chart.reference[i])) + ' ' +
            coordinate(area.y(axis, chart.predicted[i])) + "h0";
    if (++in_path == points_per_path) {
      end_path();
    }
  }
  end_path();
  svg += label("note", area.left + 10, area.top + 18, chart.note);

  std::vector<std::string> caption;
  if (!chart.of.empty()) {
    caption.push_back(chart.of);
  }
  const bool sample = chart.n_pairs > static_cast<std::int64_t>(n_drawn);
  caption.push_back((sample ? count_of(n_drawn) + " of " : "") + format_count(chart.n_pairs) +
                    (sample ? " pairs drawn" : " pairs"));
  if (n < chart.reference.size()) {
    caption.push_back(count_of(chart.reference.size() - n) + " outside the axes");
  }
  return figure(chart.title, "", area, svg, join(caption));
}

std::string bar_chart(const BarChart& chart) {
  double highest = 0.0;
  for (const double value : chart.values) {
    highest = std::isfinite(value) ? std::max(highest, value) : highest;
  }
  if (highest == 0.0) {
    return "";
  }
  const Frame2d area{.width = 480, .height = 300};
  const Axis y = Axis::linear(0.0, 1.12 * highest);
  std::string svg = vertical_axis(area, y, chart.x_label, chart.y_label);
  const double floor = area.height - area.bottom;
  const double width =
      (area.width - area.left - area.right) / static_cast<double>(chart.values.size());
  for (std::size_t k = 0; k < chart.values.size(); ++k) {
    const double begin = area.left + static_cast<double>(k) * width;
    svg += label("tick middle", begin + 0.5 * width, floor + 16, chart.categories[k]);
    if (!std::isfinite(chart.values[k])) {
      continue;
    }
    const double top = area.y(y, chart.values[k]);
    svg += "<rect class=\"bar\" x=\"" + coordinate(begin + 0.15 * width) + "\" y=\"" +
           coordinate(top) + "\" width=\"" + coordinate(0.7 * width) + "\" height=\"" +
           coordinate(floor - top) + "\"><title>" + escape_html(chart.remarks[k]) +
           "</title></rect>";
    svg +=
        label("value middle", begin + 0.5 * width, top - 5, format_significant(chart.values[k], 3));
  }
  return figure(chart.title, "", area, svg);
}

std::string histogram_chart(const HistogramChart& chart) {
  if (chart.values.empty()) {
    return "";
  }
  std::vector<double> sizes(chart.values.size());
  std::transform(chart.values.begin(), chart.values.end(), sizes.begin(),
                 [](double v) { return std::abs(v); });
  const auto percentile = [&](double fraction) {
    const double place = std::ceil(fraction * static_cast<double>(sizes.size() - 1));
    const auto at = sizes.begin() + static_cast<std::ptrdiff_t>(place);
    std::nth_element(sizes.begin(), at, sizes.end());
    return *at;
  };
  const double edge = percentile(0.995);
  const double typical = percentile(0.95);
  const Axis x = Axis::linear(-edge, edge);

  // Odd, so that the middle bin is centered on zero.
  constexpr int n_bins = 61;
  std::vector<std::int64_t> counts(n_bins, 0);
  std::int64_t n_outside = 0;
  for (const double value : chart.values) {
    if (!x.contains(value)) {
      ++n_outside;
      continue;
    }
    const int bin = std::min(n_bins - 1, static_cast<int>(x.fraction(value) * n_bins));
    ++counts[static_cast<std::size_t>(bin)];
  }
  const std::int64_t highest = *std::max_element(counts.begin(), counts.end());
  const Axis y =
      Axis::whole_numbers(0.0, 1.08 * static_cast<double>(std::max<std::int64_t>(highest, 1)));

  const Frame2d area{.width = 480, .height = 300};
  std::string svg = axes(area, x, y, chart.x_label, "components");
  const double width = (area.width - area.left - area.right) / n_bins;
  for (int bin = 0; bin < n_bins; ++bin) {
    const std::int64_t count = counts[static_cast<std::size_t>(bin)];
    if (count > 0) {
      const double top = area.y(y, static_cast<double>(count));
      svg += "<rect class=\"bar\" x=\"" + coordinate(area.left + bin * width + 0.5) + "\" y=\"" +
             coordinate(top) + "\" width=\"" + coordinate(width - 1.0) + "\" height=\"" +
             coordinate(area.height - area.bottom - top) + "\"><title>" + format_count(count) +
             "</title></rect>";
    }
  }
  svg += line("mark", area.x(x, 0.0), area.top, area.x(x, 0.0), area.height - area.bottom);

  std::vector<std::string> caption{"mean " + format_significant(mean(chart.values), 2),
                                   "95\u202F% within \u00B1" + format_significant(typical, 3)};
  if (n_outside > 0) {
    caption.push_back(format_count(n_outside) + " of " + count_of(chart.values.size()) +
                      " outside the axis");
  }
  if (chart.n_values > static_cast<std::int64_t>(chart.values.size())) {
    caption.push_back("random sample of " + format_count(chart.n_values));
  }
  return figure(chart.title, "", area, svg, join(caption));
}

}  // namespace spinconv::train
