// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "report/html.hpp"

#include <algorithm>
#include <cmath>

#include "data/target.hpp"
#include "report/chart.hpp"
#include "report/html_text.hpp"
#include "report/style.hpp"
#include "spinconv/atomic_file.hpp"
#include "spinconv/elements.hpp"

namespace spinconv::train {

namespace {

constexpr double milli = 1e3;  // eV -> meV
constexpr const char* angstrom = "\u00C5";

std::string heading(const std::string& title, const std::string& remark = "") {
  return "<h2>" + escape_html(title) +
         (remark.empty() ? "" : "<small>" + escape_html(remark) + "</small>") + "</h2>\n";
}

// "-" where there was no label, "NaN" where a prediction was not finite.
std::string milli_cell(double value, std::int64_t count) {
  return count > 0 ? format_significant(value * milli) : "\u2013";
}

std::string warning(const std::string& text) {
  return "<p class=\"warning\">" + escape_html(text) + "</p>\n";
}

std::string warnings(const ReportInput& input) {
  std::string html;
  if (input.metrics && input.metrics->n_nonfinite_frames() > 0) {
    html += warning("The potential predicted NaN or an infinite number for " +
                    format_count(input.metrics->n_nonfinite_frames()) + " of " +
                    format_count(input.metrics->n_frames(), "frame") +
                    ". The figures that they enter are NaN; the plots leave them out.");
    return html;
  }
  const std::int64_t n_pairs =
      input.energies_per_atom.n_nonfinite + input.force_components.n_nonfinite;
  if (n_pairs > 0) {
    html += warning("The potential predicted NaN or an infinite number for " +
                    format_count(n_pairs, "label") + ". The plots leave them out.");
  }
  return html;
}

std::string key_figures(const ReportInput& input) {
  if (!input.metrics || input.metrics->n_frames() == 0) {
    return "";
  }
  const Metrics& metrics = *input.metrics;
  const ErrorPair force = metrics.force();
  const ErrorPair energy = metrics.energy();
  std::string html = heading("Errors", input.evaluated_set) + "<div class=\"figures\">\n";
  const auto figure = [&](const char* name, const std::string& value, const std::string& unit) {
    html += std::string("<div><span>") + name + "</span><b>" + value + "</b><i>" + unit +
            "</i></div>\n";
  };
  const std::string force_unit = std::string("meV/") + angstrom;
  if (force.count > 0) {
    figure("Force MAE", milli_cell(force.mae, force.count), force_unit);
    figure("Force RMSE", milli_cell(force.rmse, force.count), force_unit);
    figure("Largest force error", milli_cell(metrics.force_max_error(), force.count), force_unit);
    if (force.count > 3 * metrics.n_atoms_with_zero_force()) {
      const double cosine = metrics.force_cosine();
      figure("Force cosine", format_fixed(cosine, 4), "");
    }
  }
  if (energy.count > 0 && !input.target.is_energy()) {
    const ShownUnit shown = shown_unit(input.target);
    const std::string name = escape_html(input.target.name), unit = escape_html(shown.unit);
    figure((name + " MAE").c_str(), format_significant(energy.mae * shown.factor), unit);
    figure((name + " RMSE").c_str(), format_significant(energy.rmse * shown.factor), unit);
  } else if (energy.count > 0) {
    figure("Energy MAE", milli_cell(metrics.energy_per_atom().mae, energy.count), "meV/atom");
    figure("Energy MAE, total", milli_cell(energy.mae, energy.count), "meV");
  }
  if (metrics.stress().count > 0) {
    figure("Stress MAE", milli_cell(metrics.stress().mae, metrics.stress().count),
           std::string("meV/") + angstrom + "\u00B3");
  }
  html += "</div>\n<p class=\"remark\">" + format_count(metrics.n_frames(), "frame") + ", " +
          format_count(metrics.n_atoms(), "atom") + '.';
  if (force.count == 0 && energy.count == 0 && metrics.stress().count == 0) {
    html += " Nothing to compare: the frames have no labels.";
  }
  const auto left_out = [&](std::int64_t count, const char* noun, const char* label) {
    if (count > 0) {
      html += " Without " + std::string(label) + ": " + format_count(count, noun) + '.';
    }
  };
  left_out(metrics.n_frames_without_energy(), "frame",
           input.target.is_energy() ? "an energy label" : "a label");
  if (input.target.is_energy()) {
    left_out(metrics.n_atoms_without_force(), "atom", "a force label");
  }
  return html + "</p>\n";
}

std::string learning_curves(const ReportInput& input) {
  const auto series = [&](const char* name, const char* color, double EpochRecord::*value,
                          double factor) {
    Series result{name, color, {}, {}};
    for (const EpochRecord& record : input.epochs) {
      result.x.push_back(record.epoch);
      result.y.push_back(factor * record.*value);
    }
    return result;
  };
  const auto chart = [&](const std::string& title, const std::string& unit,
                         std::vector<Series> lines) {
    LineChart drawn{title, "epoch", unit, std::move(lines), std::nullopt};
    if (input.best_epoch) {
      drawn.marked_x = *input.best_epoch;
    }
    return line_chart(drawn);
  };
  const bool energies = input.target.is_energy();
  const ShownUnit shown = shown_unit(input.target);
  const std::string charts =
      chart("Force error (MAE)", std::string("meV/") + angstrom,
            {series("training", "train", &EpochRecord::train_force_mae, milli),
             series("validation", "validation", &EpochRecord::validation_force_mae, milli)}) +
      chart((energies ? "Energy" : input.target.name) + " error (MAE)",
            energies ? "meV/atom" : shown.unit,
            {series("training", "train", &EpochRecord::train_energy_mae, shown.factor),
             series("validation", "validation", &EpochRecord::validation_energy_mae_per_atom,
                    shown.factor)}) +
      chart("Stress error (MAE)", std::string("meV/") + angstrom + "\u00B3",
            {series("training", "train", &EpochRecord::train_stress_mae, milli),
             series("validation", "validation", &EpochRecord::validation_stress_mae, milli)}) +
      chart("Loss", "loss",
            {series("training", "train", &EpochRecord::train_loss, 1.0),
             series("validation", "validation", &EpochRecord::validation_loss, 1.0)}) +
      chart("Learning rate", "learning rate",
            {series("", "plain", &EpochRecord::learning_rate, 1.0)});
  if (charts.empty()) {
    return "";
  }
  const std::string remark =
      input.best_epoch ? "dashed line: best epoch, " + format_count(*input.best_epoch) : "";
  return heading("Learning curves", remark) + "<div class=\"charts\">\n" + charts + "</div>\n";
}

// 1 - sum (p - r)^2 / sum (r - mean r)^2
double determination(const ParityPoints& points) {
  double mean = 0.0;
  for (const double r : points.reference) {
    mean += r / static_cast<double>(points.reference.size());
  }
  double residual = 0.0;
  double total = 0.0;
  for (std::size_t i = 0; i < points.reference.size(); ++i) {
    residual += std::pow(points.predicted[i] - points.reference[i], 2);
    total += std::pow(points.reference[i] - mean, 2);
  }
  return total > 0.0 ? 1.0 - residual / total : std::nan("");
}

std::string parity_note(const ParityPoints& points) {
  const double r2 = determination(points);
  return std::isnan(r2) ? "" : "R\u00B2 = " + format_fixed(r2, 5);
}

std::string parity_of(const ParityPoints& points, const std::string& title,
                      const std::string& unit) {
  ParityChart chart;
  chart.title = title;
  chart.unit = unit;
  chart.reference = points.reference;
  chart.predicted = points.predicted;
  chart.note = parity_note(points);
  chart.n_pairs = points.n_seen;
  return parity_chart(chart);
}

std::string energy_parity(const ParityPoints& points) {
  if (points.reference.empty()) {
    return "";
  }
  double mean = 0.0;
  double largest = 0.0;
  for (const double r : points.reference) {
    mean += r / static_cast<double>(points.reference.size());
  }
  for (const double r : points.reference) {
    largest = std::max(largest, std::abs(r - mean));
  }
  const bool in_milli = largest < 0.5;
  const double factor = in_milli ? milli : 1.0;
  ParityChart chart;
  chart.title = "Energy per atom";
  chart.unit = in_milli ? "meV/atom" : "eV/atom";
  chart.of = "relative to the mean reference, " + format_fixed(mean, 4) + " eV/atom";
  chart.note = parity_note(points);
  chart.n_pairs = points.n_seen;
  for (std::size_t i = 0; i < points.reference.size(); ++i) {
    chart.reference.push_back(factor * (points.reference[i] - mean));
    chart.predicted.push_back(factor * (points.predicted[i] - mean));
  }
  return parity_chart(chart);
}

std::string force_histogram(const ParityPoints& points) {
  HistogramChart chart;
  chart.title = "Errors of force components";
  chart.x_label = std::string("predicted \u2212 reference (meV/") + angstrom + ')';
  chart.n_values = points.n_seen;
  for (std::size_t i = 0; i < points.reference.size(); ++i) {
    chart.values.push_back(milli * (points.predicted[i] - points.reference[i]));
  }
  return histogram_chart(chart);
}

std::string element_table(const Metrics& metrics) {
  const std::vector<ElementErrors> elements = metrics.elements();
  double largest = 0.0;
  for (const ElementErrors& element : elements) {
    if (std::isfinite(element.force.mae)) {
      largest = std::max(largest, element.force.mae);
    }
  }
  std::string html = std::string("<figure><figcaption><b>Force error by element</b></figcaption>") +
                     "<table><tr><th>Element</th><th class=\"number\">Atoms</th>" +
                     "<th class=\"number\">MAE (meV/" + angstrom +
                     ")</th><th class=\"number\">RMSE</th><th></th></tr>\n";
  for (const ElementErrors& element : elements) {
    const double share = largest > 0.0 ? element.force.mae / largest : 0.0;
    html += "<tr><td>" + element_symbol(element.atomic_number) + "</td><td class=\"number\">" +
            format_count(element.n_compared_atoms) + "</td><td class=\"number\">" +
            milli_cell(element.force.mae, element.force.count) + "</td><td class=\"number\">" +
            milli_cell(element.force.rmse, element.force.count) + "</td><td class=\"share\">";
    if (std::isfinite(share)) {
      html += "<div style=\"width:" + std::to_string(std::lround(100.0 * share)) + "%\"></div>";
    }
    html += "</td></tr>\n";
  }
  return html + "</table></figure>\n";
}

std::string group_table(const GroupMetrics& groups) {
  if (!groups.any()) {
    return "";
  }
  std::string html =
      std::string("<figure><figcaption><b>Errors by group</b></figcaption>") +
      "<table><tr><th>config_type</th><th class=\"number\">Frames</th>" +
      "<th class=\"number\">Energy MAE (meV/atom)</th><th class=\"number\">Force MAE (meV/" +
      angstrom + ")</th><th class=\"number\">RMSE</th></tr>\n";
  for (const auto& [name, m] : groups.groups()) {
    const ErrorPair energy = m.energy_per_atom(), force = m.force();
    html += "<tr><td>" + escape_html(shown_group(name)) + "</td><td class=\"number\">" +
            format_count(m.n_frames()) + "</td><td class=\"number\">" +
            milli_cell(energy.mae, energy.count) + "</td><td class=\"number\">" +
            milli_cell(force.mae, force.count) + "</td><td class=\"number\">" +
            milli_cell(force.rmse, force.count) + "</td></tr>\n";
  }
  return html + "</table></figure>\n";
}

std::string bin_name(const ForceBin& bin) {
  const auto number = [](double value) { return format_significant(value, 1); };
  return std::isinf(bin.hi) ? "from " + number(bin.lo) : number(bin.lo) + "\u2013" + number(bin.hi);
}

std::string bin_chart(const Metrics& metrics) {
  BarChart chart;
  chart.title = "Force error by size of the force";
  chart.x_label = std::string("|reference force| (eV/") + angstrom + ')';
  chart.y_label = std::string("MAE (meV/") + angstrom + ')';
  for (const ForceBin& bin : metrics.force_bins()) {
    chart.categories.push_back(bin_name(bin));
    chart.values.push_back(milli * bin.force.mae);
    chart.remarks.push_back(format_count(bin.n_atoms, "atom"));
  }
  return bar_chart(chart);
}

std::string bin_table(const Metrics& metrics) {
  std::string html =
      std::string("<figure><figcaption><b>By size of the reference force</b></figcaption>") +
      "<table><tr><th>eV/" + angstrom +
      "</th><th class=\"number\">Atoms</th><th class=\"number\">MAE (meV/" + angstrom +
      ")</th><th class=\"number\">Relative</th><th class=\"number\">Cosine</th></tr>\n";
  for (const ForceBin& bin : metrics.force_bins()) {
    const bool relative = std::isfinite(bin.relative_error);
    html += "<tr><td>" + bin_name(bin) + "</td><td class=\"number\">" + format_count(bin.n_atoms) +
            "</td><td class=\"number\">" + milli_cell(bin.force.mae, bin.force.count) +
            "</td><td class=\"number\">" +
            (relative ? format_significant(100.0 * bin.relative_error, 3) + "\u202F%" : "\u2013") +
            "</td><td class=\"number\">" +
            (std::isnan(bin.cosine) ? "\u2013" : format_fixed(bin.cosine, 4)) + "</td></tr>\n";
  }
  return html +
         "</table><p class=\"caption\">relative: summed length of the errors over that of the "
         "reference forces</p></figure>\n";
}

std::string parity_plots(const ReportInput& input) {
  std::string charts =
      (input.target.is_energy()
           ? energy_parity(input.energies_per_atom)
           : parity_of(input.energies_per_atom, input.target.name, input.target.unit)) +
      parity_of(input.force_components, "Force components", std::string("eV/") + angstrom);
  std::string errors = force_histogram(input.force_components);
  if (input.metrics && input.metrics->force().count > 0) {
    errors += element_table(*input.metrics) + bin_chart(*input.metrics) +
              bin_table(*input.metrics) + group_table(input.groups);
  }
  std::string html;
  if (!charts.empty()) {
    html += heading("Predicted against reference", input.evaluated_set) +
            "<div class=\"charts\">\n" + charts + "</div>\n";
  }
  if (!errors.empty()) {
    html += heading("Force errors", input.evaluated_set) + "<div class=\"charts\">\n" + errors +
            "</div>\n";
  }
  return html;
}

std::string data_table(const ReportInput& input) {
  if (input.data.empty()) {
    return "";
  }
  const bool energies = input.target.is_energy();
  std::string html =
      heading("Data") +
      "<div class=\"panel\"><table><tr><th>Set</th><th>Source</th><th class=\"number\">Frames</th>"
      "<th class=\"number\">Atoms per frame</th><th>Elements</th><th class=\"number\">" +
      (energies ? "Energies</th><th class=\"number\">Forces</th><th class=\"number\">Stresses"
                : "Labels") +
      "</th></tr>\n";
  const auto number = [](std::size_t count) {
    return "<td class=\"number\">" + format_count(static_cast<std::int64_t>(count)) + "</td>";
  };
  for (const DataSetEntry& entry : input.data) {
    const DataSummary& summary = entry.summary;
    std::string elements;
    for (const auto& [atomic_number, count] : summary.atoms_of_element) {
      elements += (elements.empty() ? "" : " ") + element_symbol(atomic_number);
    }
    std::string atoms = format_count(static_cast<std::int64_t>(summary.min_atoms));
    if (summary.max_atoms != summary.min_atoms) {
      atoms += "\u2013" + format_count(static_cast<std::int64_t>(summary.max_atoms));
    }
    html += "<tr><td>" + escape_html(entry.name) + "</td><td class=\"wrap\">" +
            escape_html(entry.source);
    if (!entry.hash.empty()) {
      html += "<br><code>" + escape_html(entry.hash) + "</code>";
    }
    html += "</td>" + number(summary.n_frames) + "<td class=\"number\">" + atoms + "</td><td>" +
            elements + "</td>" + number(summary.n_energy) +
            (energies ? number(summary.n_forces) + number(summary.n_stress) : "") + "</tr>\n";
  }
  return html + "</table></div>\n";
}

std::string provenance_table(const ReportInput& input) {
  if (input.provenance.empty()) {
    return "";
  }
  std::string html = heading("Provenance") + "<div class=\"panel\"><table>\n";
  for (const auto& [key, value] : input.provenance) {
    html += "<tr><td class=\"key-name\">" + escape_html(key) + "</td><td class=\"wrap\">" +
            escape_html(value) + "</td></tr>\n";
  }
  return html + "</table></div>\n";
}

std::string config_text(const ReportInput& input) {
  if (input.config.empty()) {
    return "";
  }
  return heading("Configuration") + "<div class=\"panel\"><pre>" + escape_html(input.config) +
         "</pre></div>\n";
}

}  // namespace

std::string html_report(const ReportInput& input) {
  const std::string title = escape_html(input.title);
  // The policy makes the browser itself refuse scripts and anything from elsewhere.
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" "
      "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>" +
      title + "</title>\n<style>" + report_style + "</style>\n</head>\n<body><main>\n<h1>" + title +
      "</h1>\n";
  if (!input.subtitle.empty()) {
    html += "<p class=\"subtitle\">" + escape_html(input.subtitle) + "</p>\n";
  }
  html += warnings(input);
  html += key_figures(input);
  html += learning_curves(input);
  html += parity_plots(input);
  html += data_table(input);
  html += provenance_table(input);
  html += config_text(input);
  return html + "</main></body>\n</html>\n";
}

void write_html_report(const std::string& path, const ReportInput& input) {
  write_file_atomically(path, html_report(input));
}

}  // namespace spinconv::train
