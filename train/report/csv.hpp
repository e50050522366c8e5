// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "metrics/epoch_record.hpp"

namespace spinconv::train {

// What a training has to log beside energies and forces, or in their place.
struct LogContents {
  bool stress = false;  // two more columns
  bool target = false;  // errors of another target (in its unit) in place of energies and forces
};

// The learning curve as a CSV file with a header line, one line an epoch, each on disk as soon as
// it is appended. Numbers have the digits that give the same double when read again; NaN is "nan".
class EpochLog {
 public:
  // Without `resumed_epoch` a new log replaces what is at `path`. With it the log is continued
  // after that epoch: later rows, which the resumed training repeats, and a last line cut short by
  // a crash are dropped; a missing file is begun. Throws spinconv::Error naming the file (and line)
  // when it cannot be written, has other columns, or has a row that is no epoch.
  explicit EpochLog(std::string path, std::optional<int> resumed_epoch = std::nullopt,
                    LogContents contents = {});

  // Throws spinconv::Error when the line cannot be written (disk full).
  void append(const EpochRecord& record);

  const std::string& path() const { return path_; }
  // all epochs of the file, those before the resume too
  const std::vector<EpochRecord>& records() const { return records_; }

  static std::vector<std::string> columns(LogContents contents = {});
  // A log of any contents; the columns it lacks are NaN in the records.
  static std::vector<EpochRecord> read(const std::string& path);

 private:
  std::string path_;
  LogContents contents_;
  std::vector<EpochRecord> records_;
  std::ofstream stream_;
};

}  // namespace spinconv::train
