// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "data/dataset.hpp"
#include "metrics/epoch_record.hpp"
#include "metrics/group_metrics.hpp"
#include "metrics/metrics.hpp"
#include "metrics/parity.hpp"
#include "spinconv/target.hpp"

namespace spinconv::train {

// One row of the data table.
struct DataSetEntry {
  std::string name;    // "training", "validation", "test"
  std::string source;  // the file or files, as the user gave them
  std::string hash;    // of the file, see file_hash(); "": not known
  DataSummary summary;
};

// What a report shows; a part that is empty is left out.
struct ReportInput {
  std::string title;                // "Training of rmd17-ethanol.pt"
  std::string subtitle;             // one line below it
  Target target;                    // whose errors these are, in its unit, in place of energies
  std::vector<EpochRecord> epochs;  // learning curves
  std::optional<int> best_epoch;    // marked in the curves
  std::string evaluated_set;        // what metrics and parity are of: "validation set", a file name
  std::optional<Metrics> metrics;   // figures at the top, error by element
  GroupMetrics groups;              // errors by group
  ParityPoints
      energies_per_atom;  // eV per atom, total or relative: drawn relative to the mean reference
  ParityPoints force_components;  // eV/Angstrom
  std::vector<DataSetEntry> data;
  std::string config;  // YAML text
  std::vector<std::pair<std::string, std::string>>
      provenance;  // "spinconv-train", "0.1.0"; "seed", "1"; ...
};

// The report as one self-contained HTML page: inline SVG and CSS, no scripts, nothing loaded from
// anywhere, light or dark as the reader's system asks. All text of the input is escaped.
std::string html_report(const ReportInput& input);

// html_report into a file, atomically. Throws spinconv::Error naming the file.
void write_html_report(const std::string& path, const ReportInput& input);

}  // namespace spinconv::train
