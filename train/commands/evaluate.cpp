// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "commands/commands.hpp"
#include "data/dataset.hpp"
#include "data/elements.hpp"
#include "spinconv/atomic_file.hpp"
#include "report/html.hpp"
#include "report/progress.hpp"
#include "spinconv/error.hpp"
#include "spinconv/potential.hpp"
#include "spinconv/version.hpp"
#include "trainer/predictor.hpp"

namespace spinconv::train {
namespace {

// Predicted energy, forces and (periodic) stress of a frame as extended XYZ, eV and Angstrom.
void write_frame(std::ostream& out, const Frame& frame, double energy,
                 std::span<const double> forces, const std::array<double, 6>& stress) {
  out.precision(17);
  const auto& c = frame.cell;
  const bool has_cell = std::any_of(c.begin(), c.end(), [](double x) { return x != 0.0; });
  out << frame.size() << "\n";
  if (has_cell) {
    out << "Lattice=\"";
    for (int k = 0; k < 9; ++k) {
      out << (k ? " " : "") << c[k];
    }
    out << "\" ";
  }
  out << "Properties=species:S:1:pos:R:3:forces:R:3 energy=" << energy;
  if (frame.pbc[0] && frame.pbc[1] && frame.pbc[2]) {
    const int order[9] = {0, 5, 4, 5, 1, 3, 4, 3, 2};
    out << " stress=\"";
    for (int k = 0; k < 9; ++k) {
      out << (k ? " " : "") << stress[order[k]];
    }
    out << "\"";
  }
  out << " pbc=\"" << (frame.pbc[0] ? "T " : "F ") << (frame.pbc[1] ? "T " : "F ")
      << (frame.pbc[2] ? "T" : "F") << "\"\n";
  for (std::size_t i = 0; i < frame.size(); ++i) {
    out << element_symbol(frame.atomic_numbers[i]);
    for (int k = 0; k < 3; ++k) {
      out << " " << frame.positions[3 * i + k];
    }
    for (int k = 0; k < 3; ++k) {
      out << " " << forces[3 * i + k];
    }
    out << "\n";
  }
}

}  // namespace

int evaluate(const EvaluateOptions& options) {
  Potential potential = Potential::load(options.potential);
  const std::string precision = options.precision.empty()
                                    ? potential.metadata.value("precision", "single")
                                    : options.precision;
  if (options.device != "cpu" && !at::hasCUDA()) {
    throw Error("--device " + options.device + ": this LibTorch finds no CUDA device; use cpu");
  }
  auto& model = potential.model;
  for (auto& p : model.parameters()) {
    p.set_requires_grad(false);
  }
  model.to(precision == "double" ? torch::kFloat64 : torch::kFloat32,
           torch::Device(options.device));
  std::cout << describe(potential);

  SourceRecord record;
  const auto frames = read_frames(options.data, &record);
  std::cout << record.text() << summarize(frames).text() << std::flush;
  std::vector<PreparedFrame> prepared;
  std::vector<const Frame*> frame_pointers;
  for (const auto& frame : frames) {
    prepared.push_back(prepare_frame(frame, model.config()));
    frame_pointers.push_back(&frame);
  }
  std::vector<const PreparedFrame*> prepared_pointers;
  for (const auto& p : prepared) {
    prepared_pointers.push_back(&p);
  }
  std::ostringstream predictions;
  PredictionSink sink;
  if (!options.predictions.empty()) {
    sink = [&](std::size_t i, double energy, std::span<const double> forces,
               const std::array<double, 6>& stress) {
      write_frame(predictions, frames[i], energy, forces, stress);
    };
  }
  ProgressBar bar(static_cast<std::int64_t>(frames.size()), "evaluating");
  auto evaluation = evaluate_frames(model, frame_pointers, prepared_pointers, sink,
                                    [&](std::int64_t n) { bar.advance(n); });
  bar.finish();
  std::cout << evaluation.metrics.to_text();

  if (!options.predictions.empty()) {
    write_file_atomically(options.predictions, predictions.str());
    std::cout << "predictions: " << options.predictions << "\n";
  }
  if (!options.json.empty()) {
    auto json = evaluation.metrics.to_json();
    json["potential"] = options.potential;
    json["data"] = {{"file", options.data.path}, {"hash", record.hash}};
    json["precision"] = precision;
    write_file_atomically(options.json, json.dump(2) + "\n");
    std::cout << "figures: " << options.json << "\n";
  }
  if (!options.report.empty()) {
    ReportInput report;
    report.title = "Evaluation of " + std::filesystem::path(options.potential).filename().string();
    report.evaluated_set = std::filesystem::path(options.data.path).filename().string();
    report.metrics = evaluation.metrics;
    report.energies_per_atom = std::move(evaluation.energies_per_atom);
    report.force_components = std::move(evaluation.force_components);
    report.data.push_back({"evaluated", options.data.path, record.hash, summarize(frames)});
    report.provenance = {{"spinconv-train", SPINCONV_VERSION},
                         {"LibTorch", TORCH_VERSION},
                         {"potential", options.potential},
                         {"precision", precision}};
    write_html_report(options.report, report);
    std::cout << "report: " << options.report << "\n";
  }
  return 0;
}

}  // namespace spinconv::train
