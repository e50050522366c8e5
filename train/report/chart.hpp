// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace spinconv::train {

// Charts as <figure> elements with an inline SVG, in the colors of the page's style sheet. Every
// function returns "" when there is nothing to draw. Texts are escaped here.

struct Series {
  std::string name;
  std::string color;  // class of the style sheet: "train", "validation", "plain"
  std::vector<double> x;
  std::vector<double> y;
};

// Lines over whole numbers (epochs) on a logarithmic scale. What is NaN or not positive is left
// out.
struct LineChart {
  std::string title;
  std::string x_label;
  std::string y_label;
  std::vector<Series> series;
  std::optional<double> marked_x;  // a vertical line, with the value of the last series there
};
std::string line_chart(const LineChart& chart);

// Prediction over reference, with the identity line and the same range on both axes: that of the
// references, widened a little; pairs outside are counted in the caption.
struct ParityChart {
  std::string title;
  std::string unit;
  std::string of;  // "relative to the mean reference", "" for none
  std::vector<double> reference;
  std::vector<double> predicted;
  std::string note;          // in the plot: "R² = 0.9999"
  std::int64_t n_pairs = 0;  // of which these are a sample, or their number
};
std::string parity_chart(const ParityChart& chart);
inline constexpr std::size_t max_parity_points = 5000;

// Counts of signed errors; the widest half percent lies outside the axis and is counted in the
// caption.
struct HistogramChart {
  std::string title;
  std::string x_label;
  std::vector<double> values;
  std::int64_t n_values = 0;  // of which these are a sample, or their number
};
std::string histogram_chart(const HistogramChart& chart);

// A bar for each category, from 0, with its value above it; one that is not finite has none.
struct BarChart {
  std::string title;
  std::string x_label;
  std::string y_label;
  std::vector<std::string> categories;
  std::vector<double> values;        // >= 0, as many
  std::vector<std::string> remarks;  // shown when the pointer rests on a bar, as many
};
std::string bar_chart(const BarChart& chart);

}  // namespace spinconv::train
