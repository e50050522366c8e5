// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "report/html.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <regex>

#include "report/axis.hpp"
#include "report/chart.hpp"
#include "report/html_text.hpp"
#include "report_support.hpp"
#include "support/occurrences.hpp"

namespace spinconv::train {
namespace {

using spinconv::test::occurrences;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ReportHtml = test::ReportFolder;

constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

std::vector<std::string> labels(const Axis& axis) {
  std::vector<std::string> texts;
  for (const Tick& tick : axis.ticks()) {
    if (!tick.label.empty()) {
      texts.push_back(tick.label);
    }
  }
  return texts;
}

TEST(ReportText, EscapesWhatHtmlWouldRead) {
  EXPECT_EQ(escape_html("<script>alert('a' & \"b\")</script>"),
            "&lt;script&gt;alert(&#39;a&#39; &amp; &quot;b&quot;)&lt;/script&gt;");
  EXPECT_EQ(escape_html("\u00C5ngstr\u00F6m \U0001F600\n\t"), "\u00C5ngstr\u00F6m \U0001F600\n\t");
}

TEST(ReportText, ReplacesBytesThatAreNoUtf8) {
  EXPECT_EQ(escape_html("a\xFF"
                        "b"),
            "a\uFFFDb");
  EXPECT_EQ(escape_html("cut \xC3"), "cut \uFFFD");
  EXPECT_EQ(escape_html("\xC0\xAF"), "\uFFFD\uFFFD");            // an overlong slash
  EXPECT_EQ(escape_html("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");  // a surrogate
  EXPECT_EQ(escape_html(std::string("a\0b\x1b", 4)), "a\uFFFDb\uFFFD");
}

TEST(ReportText, NumbersHaveTheDigitsAskedFor) {
  EXPECT_EQ(format_significant(0.012345), "0.0123");
  EXPECT_EQ(format_significant(9.996), "10.0");
  EXPECT_EQ(format_significant(999.6), "1000");
  EXPECT_EQ(format_significant(27135.0), "27\u202F135");
  EXPECT_EQ(format_significant(-2.0, 2), "\u22122.0");
  EXPECT_EQ(format_significant(3.14159e-7, 2), "3.1\u00D710\u207B\u2077");
  EXPECT_EQ(format_significant(0.0), "0");
  EXPECT_EQ(format_significant(no_number), "NaN");
  EXPECT_EQ(format_significant(-std::numeric_limits<double>::infinity()), "\u2212\u221E");
  EXPECT_EQ(format_fixed(-0.0001, 2), "0.00");
  EXPECT_EQ(format_count(1234567), "1\u202F234\u202F567");
  EXPECT_EQ(format_count(9999), "9999");
}

TEST(ReportAxis, LinearTicksAreRoundAndInside) {
  EXPECT_THAT(labels(Axis::linear(0.0, 10.0)), ElementsAre("0", "2", "4", "6", "8", "10"));
  EXPECT_THAT(labels(Axis::linear(-0.31, 0.29, 6)),
              ElementsAre("\u22120.3", "\u22120.2", "\u22120.1", "0", "0.1", "0.2"));
  EXPECT_THAT(labels(Axis::whole_numbers(1.0, 3.0)), ElementsAre("1", "2", "3"));
  EXPECT_THAT(labels(Axis::whole_numbers(1.0, 300.0, 6)),
              ElementsAre("50", "100", "150", "200", "250", "300"));
}

TEST(ReportAxis, LogarithmicTicksFollowTheRange) {
  EXPECT_THAT(labels(Axis::logarithmic(0.5, 2000.0)), ElementsAre("1", "10", "100", "1000"));
  EXPECT_THAT(labels(Axis::logarithmic(3.0, 40.0)), ElementsAre("5", "10", "20"));
  EXPECT_THAT(labels(Axis::logarithmic(9e-6, 2e-3)),
              ElementsAre("10\u207B\u2075", "10\u207B\u2074", "0.001"));
  const Axis axis = Axis::logarithmic(1.0, 100.0);
  EXPECT_NEAR(axis.fraction(10.0), 0.5, 1e-15);
}

TEST(ReportAxis, EveryRangeHasAFewTicksInsideIt) {
  for (const double lo : {1e-12, 3e-4, 0.7, 1.0, 42.0, 9.9e7}) {
    for (const double ratio : {1.0, 1.0001, 1.3, 2.0, 4.9, 5.1, 30.0, 1e3, 1e9}) {
      for (const Axis& axis : {Axis::linear(lo, lo * ratio), Axis::logarithmic(lo, lo * ratio)}) {
        const std::vector<std::string> texts = labels(axis);
        EXPECT_GE(texts.size(), 2U) << lo << ' ' << ratio;
        EXPECT_LE(texts.size(), 8U) << lo << ' ' << ratio;
        for (const Tick& tick : axis.ticks()) {
          EXPECT_GE(axis.fraction(tick.value), -1e-9) << lo << ' ' << ratio;
          EXPECT_LE(axis.fraction(tick.value), 1.0 + 1e-9) << lo << ' ' << ratio;
        }
        for (std::size_t i = 1; i < texts.size(); ++i) {
          EXPECT_NE(texts[i], texts[i - 1]) << lo << ' ' << ratio;
        }
      }
    }
  }
}

TEST(ReportParity, KeepsAllPairsUpToItsCapacityAndThenASample) {
  ParityPoints points(100);
  for (int i = 0; i < 100; ++i) {
    points.add(i, i + 0.5);
  }
  EXPECT_EQ(points.reference.front(), 0.0);
  EXPECT_EQ(points.reference.back(), 99.0);
  for (int i = 100; i < 10000; ++i) {
    points.add(i, i + 0.5);
  }
  ASSERT_EQ(points.reference.size(), 100U);
  EXPECT_EQ(points.n_seen, 10000);
  double mean = 0.0;
  for (std::size_t i = 0; i < 100; ++i) {
    EXPECT_EQ(points.predicted[i], points.reference[i] + 0.5) << "pairs stay together";
    mean += points.reference[i] / 100.0;
  }
  EXPECT_NEAR(mean, 5000.0, 1000.0);  // 3.5 standard deviations of a uniform sample
}

TEST(ReportParity, CountsPredictionsThatAreNotFinite) {
  ParityPoints points;
  points.add(no_number, 1.0);
  points.add(1.0, no_number);
  points.add(1.0, -std::numeric_limits<double>::infinity());
  points.add(1.0, 2.0);
  EXPECT_EQ(points.n_nonfinite, 2);
  EXPECT_THAT(points.predicted, ElementsAre(2.0));
}

TEST(ReportChart, ParityDrawsAtMostFiveThousandPairsAndSaysSo) {
  ParityChart chart;
  chart.unit = "eV";
  for (int i = 0; i < 12000; ++i) {
    chart.reference.push_back(i % 101);
    chart.predicted.push_back(i % 101);
  }
  chart.predicted[7] = 1e6;
  chart.n_pairs = 12000;
  const std::string svg = parity_chart(chart);
  EXPECT_EQ(occurrences(svg, "h0"), int{max_parity_points});
  EXPECT_THAT(svg, HasSubstr("5000 of 12\u202F000 pairs drawn"));
  EXPECT_THAT(svg, HasSubstr("1 outside the axes"));
  EXPECT_THAT(svg, HasSubstr("class=\"identity\""));
  EXPECT_THAT(svg, HasSubstr("reference (eV)"));
}

TEST(ReportChart, NothingToDrawIsNoChart) {
  EXPECT_THAT(line_chart({"t", "x", "y", {{"a", "train", {1, 2}, {no_number, 0.0}}}, {}}),
              IsEmpty());
  EXPECT_THAT(parity_chart({}), IsEmpty());
  EXPECT_THAT(histogram_chart({}), IsEmpty());
}

TEST(ReportChart, HistogramCountsEveryValueOnce) {
  HistogramChart chart;
  for (int i = -500; i <= 500; ++i) {
    chart.values.push_back(0.01 * i);
  }
  chart.values.push_back(100.0);
  const std::string svg = histogram_chart(chart);
  std::size_t total = 0;
  const std::regex bar("<title>([0-9]+)</title></rect>");
  for (auto it = std::sregex_iterator(svg.begin(), svg.end(), bar); it != std::sregex_iterator();
       ++it) {
    total += std::stoul((*it)[1]);
  }
  std::smatch outside;
  ASSERT_TRUE(std::regex_search(svg, outside, std::regex("([0-9]+) of 1002 outside")));
  EXPECT_EQ(total + std::stoul(outside[1]), 1002U);
  EXPECT_GE(std::stoul(outside[1]), 1U);
  EXPECT_LE(std::stoul(outside[1]), 6U);  // half a percent
}

bool coordinates_are_numbers(const std::string& html) {
  return !std::regex_search(html, std::regex("(x|y|x1|y1|x2|y2|cx|cy|d|width|height|style)="
                                             "\"[^\"]*(nan|inf)"));
}

ReportInput full_input() {
  ReportInput input;
  input.title = "Training of <ethanol> & \"co\"";
  input.evaluated_set = "validation <set>";
  input.config = "data: <none>\n";
  input.provenance = {{"command", "fit 'a' <b>"}};
  for (int epoch = 1; epoch <= 20; ++epoch) {
    EpochRecord record;
    record.epoch = epoch;
    record.learning_rate = 1e-3;
    record.train_loss = 1.0 / epoch;
    record.train_force_mae = 0.1 / epoch;
    record.validation_force_mae = epoch % 2 == 0 ? 0.2 / epoch : no_number;
    input.epochs.push_back(record);
  }
  input.best_epoch = 20;
  Frame frame;
  frame.atomic_numbers = {8, 1};
  frame.energy = -10.0;
  frame.forces = {3, 0, 0, 0, 2, 0};
  const std::vector<double> forces{3.0, 0.003, 0, 0, 2.006, 0};
  Metrics metrics;
  metrics.add(frame, {-9.99, forces, {}});
  input.metrics = metrics;
  for (std::size_t k = 0; k < forces.size(); ++k) {
    input.force_components.add(frame.forces[k], forces[k]);
  }
  input.energies_per_atom.add(-5.0, -4.995);
  DataSetEntry entry;
  entry.name = "training";
  entry.source = "a&b.npz";
  entry.hash = "fnv1a64:0123456789abcdef";
  entry.summary.n_frames = 1000;
  entry.summary.min_atoms = entry.summary.max_atoms = 2;
  entry.summary.atoms_of_element = {{1, 1000}, {8, 1000}};
  input.data.push_back(entry);
  return input;
}

TEST_F(ReportHtml, ShowsWhatItWasGiven) {
  const std::string html = html_report(full_input());
  for (const char* part : {"Force MAE",
                           "<b>1.50</b><i>meV/\u00C5",
                           "Energy MAE",
                           "<b>5.00</b><i>meV/atom",
                           "Learning curves",
                           "best epoch, 20",
                           "validation 10.0",
                           "1 frame, 2 atoms",
                           "Energy per atom",
                           "Force components",
                           "Errors of force components",
                           "Force error by element",
                           "Force error by size of the force",
                           "By size of the reference force",
                           "<td>1\u20133</td>",
                           "<td>3\u201310</td>",
                           "0.300\u202F%",
                           "fnv1a64:0123456789abcdef",
                           "H O",
                           "Provenance",
                           "Configuration"}) {
    EXPECT_THAT(html, HasSubstr(part));
  }
  EXPECT_THAT(html, HasSubstr("prefers-color-scheme: dark"));
  EXPECT_THAT(html, Not(HasSubstr("class=\"warning\"")));
}

TEST_F(ReportHtml, OfAnotherTargetShowsItsErrorsInItsUnit) {
  ReportInput input = full_input();
  input.target = {"alpha", "bohr^3", ""};
  Frame frame;
  frame.atomic_numbers = {8, 1};
  frame.energy = 10.0;
  Metrics metrics;
  metrics.add(frame, {10.25, {}, {}});
  input.metrics = metrics;
  input.force_components = ParityPoints();
  for (auto& record : input.epochs) {
    record.train_energy_mae = 1.0 / record.epoch;
    record.train_force_mae = record.validation_force_mae = no_number;
  }
  const std::string html = html_report(input);
  for (const char* part : {"alpha MAE", "<b>0.250</b><i>bohr^3", "alpha error (MAE)",
                           "reference (bohr^3)", ">Labels<"}) {
    EXPECT_THAT(html, HasSubstr(part));
  }
  for (const char* part : {"Force", "meV", "eV/atom", "a force label"}) {
    EXPECT_THAT(html, Not(HasSubstr(part)));
  }
}

TEST_F(ReportHtml, EscapesEveryTextOfTheInput) {
  const std::string html = html_report(full_input());
  EXPECT_THAT(html, HasSubstr("Training of &lt;ethanol&gt; &amp; &quot;co&quot;"));
  EXPECT_THAT(html, HasSubstr("validation &lt;set&gt;"));
  EXPECT_THAT(html, HasSubstr("data: &lt;none&gt;"));
  EXPECT_THAT(html, HasSubstr("fit &#39;a&#39; &lt;b&gt;"));
  EXPECT_THAT(html, HasSubstr("a&amp;b.npz"));
  for (const char* raw : {"<ethanol>", "<set>", "<none>", "<b>\n", "a&b"}) {
    EXPECT_THAT(html, Not(HasSubstr(raw)));
  }
}

TEST_F(ReportHtml, LoadsNothingAndRunsNothing) {
  const std::string html = html_report(full_input());
  for (const char* part : {"<script", "http://", "https://", "<link", "<img", "@import", "url(",
                           "onload", "javascript:"}) {
    EXPECT_THAT(html, Not(HasSubstr(part)));
  }
}

TEST_F(ReportHtml, EveryElementIsClosed) {
  const std::string html = html_report(full_input());
  for (const std::string name :
       {"html",   "head",       "body", "main",  "style", "h1",  "h2",   "div",
        "figure", "figcaption", "svg",  "table", "tr",    "td",  "th",   "p",
        "b",      "i",          "span", "text",  "title", "pre", "small"}) {
    const std::regex opening('<' + name + "(>|\\s[^>]*[^/]>)");
    const auto n_opened =
        std::distance(std::sregex_iterator(html.begin(), html.end(), opening), {});
    EXPECT_EQ(n_opened, occurrences(html, "</" + name + '>')) << name;
  }
  EXPECT_TRUE(coordinates_are_numbers(html));
}

TEST_F(ReportHtml, AnEvaluationHasNoLearningCurves) {
  ReportInput input = full_input();
  input.epochs.clear();
  input.config.clear();
  input.data.clear();
  input.provenance.clear();
  const std::string html = html_report(input);
  EXPECT_THAT(html, Not(HasSubstr("Learning curves")));
  EXPECT_THAT(html, Not(HasSubstr("Configuration")));
  EXPECT_THAT(html, Not(HasSubstr("Provenance")));
  EXPECT_THAT(html, HasSubstr("Force components"));
}

TEST_F(ReportHtml, AnEmptyInputIsAPageWithATitle) {
  ReportInput input;
  input.title = "nothing";
  const std::string html = html_report(input);
  EXPECT_THAT(html, HasSubstr("<h1>nothing</h1>"));
  EXPECT_THAT(html, Not(HasSubstr("<svg")));
}

TEST_F(ReportHtml, PredictionsThatAreNotFiniteAreToldAtTheTop) {
  ReportInput input = full_input();
  Frame frame;
  frame.atomic_numbers = {8};
  frame.forces = {1, 0, 0};
  const std::vector<double> forces{no_number, 0, 0};
  input.metrics->add(frame, {0.0, forces, {}});
  input.force_components.add(1.0, no_number);
  const std::string html = html_report(input);
  EXPECT_THAT(html, HasSubstr("class=\"warning\""));
  EXPECT_THAT(html, HasSubstr("for 1 of 2 frames"));
  EXPECT_THAT(html, HasSubstr("<b>NaN</b><i>meV/\u00C5"));
  input.metrics.reset();
  EXPECT_THAT(html_report(input), HasSubstr("infinite number for 1 label."));
}

TEST_F(ReportHtml, DegenerateDataIsDrawnWithoutNan) {
  ReportInput input;
  input.title = "one point";
  EpochRecord record;
  record.epoch = 1;
  record.train_loss = 0.5;
  record.learning_rate = 0.0;
  input.epochs.push_back(record);
  input.best_epoch = 1;
  for (int i = 0; i < 3; ++i) {
    input.energies_per_atom.add(-1.0, -1.0);
    input.force_components.add(0.0, 0.0);
  }
  const std::string html = html_report(input);
  EXPECT_EQ(occurrences(html, "<figure>"), 4);  // loss, two parity plots, histogram
  EXPECT_TRUE(coordinates_are_numbers(html));
  EXPECT_EQ(html.find("NaN"), std::string::npos);
  EXPECT_EQ(html.find("outside"), std::string::npos);
}

TEST_F(ReportHtml, FramesWithoutLabelsHaveNothingToCompare) {
  ReportInput input;
  Metrics metrics;
  Frame frame;
  frame.atomic_numbers = {1};
  frame.positions = {0, 0, 0};
  metrics.add(frame, {-1.0, std::vector<double>(3, 0.0), {}});
  input.metrics = metrics;
  const std::string html = html_report(input);
  EXPECT_THAT(html, HasSubstr("Nothing to compare"));
  EXPECT_THAT(html, Not(HasSubstr("NaN")));
}

TEST_F(ReportHtml, IsWrittenToAFile) {
  const ReportInput input = full_input();
  write_html_report(path("report.html"), input);
  EXPECT_EQ(contents(path("report.html")), html_report(input));
  EXPECT_EQ(n_files(), 1U);
  EXPECT_THAT(test::error_of([&] { write_html_report(path("no/report.html"), input); }),
              HasSubstr(path("no/report.html")));
}

}  // namespace
}  // namespace spinconv::train
