// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "report/csv.hpp"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <string_view>
#include <utility>

#include "data/number_text.hpp"
#include "data/text.hpp"
#include "spinconv/atomic_file.hpp"
#include "spinconv/error.hpp"

namespace spinconv::train {

namespace {

struct Column {
  const char* name;
  double EpochRecord::*value;
};

// After the first, "epoch". Names carry the unit.
std::vector<Column> number_columns(LogContents contents) {
  if (contents.target) {
    return {{"seconds", &EpochRecord::seconds},
            {"learning_rate", &EpochRecord::learning_rate},
            {"train_loss", &EpochRecord::train_loss},
            {"train_target_mae", &EpochRecord::train_energy_mae},
            {"validation_loss", &EpochRecord::validation_loss},
            {"validation_target_mae", &EpochRecord::validation_energy_mae_per_atom}};
  }
  std::vector<Column> columns{
      {"seconds", &EpochRecord::seconds},
      {"learning_rate", &EpochRecord::learning_rate},
      {"train_loss", &EpochRecord::train_loss},
      {"train_energy_mae_per_atom_ev", &EpochRecord::train_energy_mae},
      {"train_force_mae_ev_a", &EpochRecord::train_force_mae},
      {"validation_loss", &EpochRecord::validation_loss},
      {"validation_energy_mae_per_atom_ev", &EpochRecord::validation_energy_mae_per_atom},
      {"validation_force_mae_ev_a", &EpochRecord::validation_force_mae}};
  if (contents.stress) {  // at the end: readers of the others need not know
    columns.push_back({"train_stress_mae_ev_a3", &EpochRecord::train_stress_mae});
    columns.push_back({"validation_stress_mae_ev_a3", &EpochRecord::validation_stress_mae});
  }
  return columns;
}

constexpr LogContents all_contents[] = {{}, {.stress = true}, {.target = true}};

std::string header(LogContents contents) {
  return joined(EpochLog::columns(contents), ",");
}

std::string format_row(const EpochRecord& record, LogContents contents) {
  std::string line = std::to_string(record.epoch);
  for (const Column& column : number_columns(contents)) {
    line += ',' + number_text(record.*column.value);
  }
  return line + '\n';
}

std::vector<std::string_view> split(std::string_view line) {
  std::vector<std::string_view> fields;
  while (true) {
    const std::size_t comma = line.find(',');
    fields.push_back(line.substr(0, comma));
    if (comma == std::string_view::npos) {
      return fields;
    }
    line.remove_prefix(comma + 1);
  }
}

EpochRecord parse_row(const std::string& path, int line_number, std::string_view line,
                      const std::vector<Column>& columns) {
  const auto refuse = [&](const std::string& cause) {
    throw Error(path + ":" + std::to_string(line_number) + ": " + cause +
                "; repair or delete this line, or move the file away");
  };
  const std::vector<std::string_view> fields = split(line);
  if (fields.size() != columns.size() + 1) {
    refuse("an epoch has " + std::to_string(columns.size() + 1) + " columns, this line has " +
           std::to_string(fields.size()));
  }
  EpochRecord record;
  const std::optional<long> epoch = parse_integer(fields[0]);
  if (!epoch || *epoch < 0 || *epoch > std::numeric_limits<int>::max()) {
    refuse("epoch '" + std::string(fields[0]) + "' is no whole number");
  }
  record.epoch = static_cast<int>(*epoch);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const std::optional<double> value = parse_real(fields[i + 1]);
    if (!value) {
      refuse(std::string(columns[i].name) + " '" + std::string(fields[i + 1]) + "' is no number");
    }
    record.*columns[i].value = *value;
  }
  return record;
}

}  // namespace

std::vector<std::string> EpochLog::columns(LogContents contents) {
  std::vector<std::string> all{"epoch"};
  for (const Column& column : number_columns(contents)) {
    all.emplace_back(column.name);
  }
  return all;
}

std::vector<EpochRecord> EpochLog::read(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) {
    throw Error("cannot read the epoch log '" + path + "': check its name and permissions");
  }
  std::vector<EpochRecord> records;
  std::vector<Column> columns;
  std::string line;
  for (int line_number = 1; std::getline(stream, line); ++line_number) {
    const bool torn = stream.eof();  // no newline: being written when the training ended
    const auto begins = [&](LogContents contents) { return header(contents).starts_with(line); };
    if (torn && (line_number > 1 || std::ranges::any_of(all_contents, begins))) {
      break;
    }
    if (!line.empty() && line.back() == '\r') {
      line.pop_back();
    }
    if (line_number > 1) {
      records.push_back(parse_row(path, line_number, line, columns));
      continue;
    }
    for (const LogContents contents : all_contents) {
      if (line == header(contents)) {
        columns = number_columns(contents);
      }
    }
    if (columns.empty()) {
      throw Error(path + ":1: not an epoch log of this version: the columns are '" + line +
                  "', expected '" + header({}) + "'; move the file away or choose another name");
    }
  }
  return records;
}

EpochLog::EpochLog(std::string path, std::optional<int> resumed_epoch, LogContents contents)
    : path_(std::move(path)), contents_(contents) {
  if (resumed_epoch && std::filesystem::exists(path_)) {
    records_ = read(path_);
    std::erase_if(records_, [&](const EpochRecord& row) { return row.epoch > *resumed_epoch; });
  }
  std::string text = header(contents_) + '\n';
  for (const EpochRecord& record : records_) {
    text += format_row(record, contents_);
  }
  write_file_atomically(path_, text);
  stream_.open(path_, std::ios::binary | std::ios::app);
  if (!stream_) {
    throw Error("cannot append to the epoch log '" + path_ + "': check its permissions");
  }
}

void EpochLog::append(const EpochRecord& record) {
  // one write of a whole line, so that a reader sees no half of it
  stream_ << format_row(record, contents_) << std::flush;
  if (!stream_) {
    throw Error("cannot append to the epoch log '" + path_ +
                "': the write failed; check the space left on the disk");
  }
  records_.push_back(record);
}

}  // namespace spinconv::train
