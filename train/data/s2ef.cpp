// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/s2ef.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>

#include "data/extxyz.hpp"
#include "data/line_reader.hpp"
#include "data/text.hpp"
#include "spinconv/error.hpp"

namespace spinconv::train {
namespace {

namespace fs = std::filesystem;

// Runs of digits compare as numbers.
bool natural_less(const std::string& a, const std::string& b) {
  std::size_t i = 0, j = 0;
  const auto digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
  while (i < a.size() && j < b.size()) {
    if (digit(a[i]) && digit(b[j])) {
      std::size_t p = i, q = j;
      while (p < a.size() && digit(a[p])) {
        ++p;
      }
      while (q < b.size() && digit(b[q])) {
        ++q;
      }
      i = std::min(a.find_first_not_of('0', i), p - 1);
      j = std::min(b.find_first_not_of('0', j), q - 1);
      if (p - i != q - j) {
        return p - i < q - j;
      }
      const int order = a.compare(i, p - i, b, j, q - j);
      if (order != 0) {
        return order < 0;
      }
      i = p;
      j = q;
    } else if (a[i] != b[j]) {
      return a[i] < b[j];
    } else {
      ++i;
      ++j;
    }
  }
  return a.size() - i < b.size() - j;
}

std::string without_ending(const std::string& path) {
  const std::size_t dot = path.rfind(".extxyz");
  return path.substr(0, dot);
}

// "" where there is none.
std::string partner_of(const std::string& extxyz) {
  const std::string stem = without_ending(extxyz);
  for (const char* ending : {".txt.xz", ".txt"}) {
    if (fs::exists(stem + ending)) {
      return stem + ending;
    }
  }
  return "";
}

class FolderStream : public FrameStream {
 public:
  FolderStream(const DataSource& source, SourceRecord& record)
      : source_(source), record_(record), files_(extxyz_files(source.path)) {
    const bool any = std::any_of(files_.begin(), files_.end(),
                                 [](const auto& f) { return !partner_of(f).empty(); });
    for (const auto& file : files_) {
      if (any && partner_of(file).empty()) {
        throw Error(file + ": the file " + without_ending(file) +
                    ".txt.xz with its systems, frames and reference energies is missing; get it "
                    "from the data set, or move the file elsewhere");
      }
    }
    has_references_ = any;
    name_format();
    if (!any) {
      return;
    }
    if (!source.target.is_energy()) {
      throw Error(source.path + ": S2EF data have energies, not the target " + source.target.name +
                  "; leave data.target out");
    }
    if (!source.reference.empty()) {
      throw Error(source.path +
                  ": S2EF data have reference energies of their own; leave `reference` out");
    }
    record.reference = "txt";
  }

  bool next(Frame& frame) override {
    while (true) {
      if (!frames_) {
        if (file_ == files_.size()) {
          return false;
        }
        open_file();
      }
      if (frames_->next(frame)) {
        ++count_;
        if (has_references_) {
          reference(frame);
        } else if (frame.system.empty()) {
          frame.system = fs::path(without_ending(files_[file_])).filename().string();
        }
        return true;
      }
      close_file();
    }
  }

  void finish() override {
    if (frames_) {
      frames_->finish();
    }
  }
  double fraction() const override {
    return (static_cast<double>(file_) + (frames_ ? frames_->fraction() : 0.0)) /
           static_cast<double>(files_.size());
  }

 private:
  void name_format() { record_.format = has_references_ ? "s2ef" : "folder of extxyz"; }

  void open_file() {
    DataSource one = source_;
    one.path = files_[file_];
    one.slice = Slice();
    frames_ = open_extxyz(one, record_);
    name_format();
    count_ = 0;
    if (has_references_) {
      lines_ = std::make_unique<LineReader>(partner_of(files_[file_]));
    }
  }

  void close_file() {
    std::string_view line;
    std::size_t more = 0;
    while (lines_ && lines_->next(line)) {
      more += line.empty() ? 0 : 1;
    }
    if (more > 0) {
      throw Error(lines_->path() + ": " + std::to_string(count_ + more) + " lines for the " +
                  std::to_string(count_) + " frames of " + files_[file_] +
                  "; one of the two is truncated or of another set: get both again");
    }
    frames_->finish();
    frames_.reset();
    lines_.reset();
    ++file_;
  }

  void reference(Frame& frame) {
    std::string_view line;
    if (!lines_->next(line)) {
      throw Error(lines_->path() + ": " + std::to_string(count_ - 1) + " lines, but " +
                  files_[file_] +
                  " has more frames; one of the two is truncated or of another "
                  "set: get both again");
    }
    const auto fail = [&](const std::string& reason) {
      throw Error(lines_->path() + ":" + std::to_string(lines_->line_number()) + ": '" +
                  printable(line) + "' " + reason);
    };
    std::vector<std::string> fields(1);
    for (const char c : line) {
      if (c == ',') {
        fields.emplace_back();
      } else if (std::isspace(static_cast<unsigned char>(c)) == 0) {
        fields.back() += c;
      }
    }
    if (fields.size() != 3) {
      fail("has " + std::to_string(fields.size()) +
           " fields, not system,frame,reference energy; is this the .txt file of S2EF data?");
    }
    if (fields[1].rfind("frame", 0) == 0) {
      fields[1] = fields[1].substr(5);
    }
    const auto number = parse_integer(fields[1]);
    const auto energy = parse_real(fields[2]);
    if (!number) {
      fail("has no frame number in its second field");
    }
    if (!energy || !std::isfinite(*energy)) {
      fail("has no reference energy in its third field");
    }
    frame.system = fields[0];
    frame.frame_number = *number;
    if (frame.energy) {
      *frame.energy -= *energy;
    }
  }

  const DataSource source_;
  SourceRecord& record_;
  std::vector<std::string> files_;
  bool has_references_ = false;
  std::size_t file_ = 0;   // the present one
  std::size_t count_ = 0;  // its frames so far
  std::unique_ptr<FrameStream> frames_;
  std::unique_ptr<LineReader> lines_;
};

}  // namespace

std::vector<std::string> extxyz_files(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string path = entry.path().string();
    if (entry.is_regular_file() && (path.ends_with(".extxyz") || path.ends_with(".extxyz.xz"))) {
      files.push_back(path);
    }
  }
  if (files.empty()) {
    throw Error(folder + ": no .extxyz or .extxyz.xz file in this folder");
  }
  std::sort(files.begin(), files.end(), natural_less);
  return files;
}

std::unique_ptr<FrameStream> open_folder(const DataSource& source, SourceRecord& record) {
  return std::make_unique<FolderStream>(source, record);
}

}  // namespace spinconv::train
