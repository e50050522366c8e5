// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/frame_stream.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "data/files.hpp"
#include "data/line_reader.hpp"
#include "data/text.hpp"
#include "spinconv/error.hpp"

namespace spinconv::train {
namespace {

class VectorStream : public FrameStream {
 public:
  explicit VectorStream(std::vector<Frame> frames) : frames_(std::move(frames)) {}
  bool next(Frame& frame) override {
    if (next_ == frames_.size()) {
      return false;
    }
    frame = std::move(frames_[next_++]);
    return true;
  }
  double fraction() const override {
    return static_cast<double>(next_) /
           static_cast<double>(std::max<std::size_t>(1, frames_.size()));
  }

 private:
  std::vector<Frame> frames_;
  std::size_t next_ = 0;
};

bool has_ending_of(const FrameReader& reader, const std::string& path) {
  return std::ranges::any_of(reader.endings,
                             [&](const auto& ending) { return path.ends_with(ending); });
}

bool is_for(const FrameReader& reader, const std::string& path) {
  return (reader.endings.empty() || has_ending_of(reader, path)) &&
         (reader.recognizes == nullptr || reader.recognizes(path));
}

const FrameReader& reader_of(const std::string& path) {
  std::vector<std::string> valid;
  for (const FrameReader& reader : readers()) {
    if (is_for(reader, path)) {
      return reader;
    }
    if (reader.recognizes == nullptr) {
      valid.push_back(joined(reader.endings, ", ") + reader.remark);
    }
  }
  require_data_file(path);
  throw Error(path +
              ": the kind of file is told by its name, and this ending is not known. Valid: " +
              joined(valid, ", "));
}

// As in the files, without slice.
std::unique_ptr<FrameStream> open_raw(DataSource source, SourceRecord& record) {
  record = SourceRecord();
  record.path = source.path;
  record.reference = source.reference;
  if (!source.target.is_energy()) {
    record.target = source.target.name + " (" + source.target.unit + ")";
  }
  source.slice = Slice();
  return reader_of(source.path).open(source, record);
}

using Energies = std::map<std::string, double>;

// Energy of the last frame of every system.
Energies last_energies(const DataSource& source) {
  SourceRecord record;
  const auto stream = open_raw(source, record);
  Energies last;
  Frame frame;
  while (stream->next(frame)) {
    if (!frame.energy) {
      throw Error(frame.source + ": reference: last needs an energy of every frame");
    }
    last[frame.system] = *frame.energy;
  }
  return last;
}

Energies read_references(const std::string& path) {
  require_data_file(path);
  LineReader lines(path);
  Energies energies;
  std::string_view line;
  while (lines.next(line)) {
    if (line.empty() || line.front() == '#') {
      continue;
    }
    const std::size_t comma = line.rfind(',');
    const auto value = comma == std::string_view::npos
                           ? std::nullopt
                           : parse_real(trimmed(line.substr(comma + 1)));
    if (!value || !std::isfinite(*value)) {
      if (energies.empty() && lines.line_number() == 1) {
        continue;  // a header
      }
      throw Error(path + ":" + std::to_string(lines.line_number()) + ": '" + printable(line) +
                  "' is not a line system,energy (eV)");
    }
    const std::string system(trimmed(line.substr(0, comma)));
    const auto [entry, is_new] = energies.emplace(system, *value);
    if (!is_new && entry->second != *value) {
      throw Error(path + ":" + std::to_string(lines.line_number()) + ": system '" +
                  printable(system) +
                  "' has another energy in an earlier line; remove one of the two");
    }
  }
  return energies;
}

class ChosenFrames : public FrameStream {
 public:
  ChosenFrames(const DataSource& source, SourceRecord& record) : source_(source), record_(record) {
    if (source.reference == "last") {
      references_ = last_energies(source);
    } else if (!source.reference.empty()) {
      references_ = read_references(source.reference);
    }
    const Slice& slice = source.slice;
    if (slice.start.value_or(0) < 0 || slice.stop.value_or(0) < 0) {
      frames_ = open_raw(source, record_);
      Frame frame;
      while (next_kept(frame)) {
        ++total_;
      }
      const auto chosen = slice.indices(total_);
      first_ = chosen.empty() ? 0 : chosen.front();
      end_ = chosen.empty() ? 0 : chosen.back() + 1;
    } else {
      first_ = static_cast<std::size_t>(slice.start.value_or(0));
      end_ = slice.stop ? static_cast<std::size_t>(*slice.stop) : SIZE_MAX;
    }
    frames_ = open_raw(source, record_);
  }

  bool next(Frame& frame) override {
    while (index_ < end_ && next_kept(frame)) {
      const std::size_t index = index_++;
      if (index >= first_ && (index - first_) % static_cast<std::size_t>(source_.slice.step) == 0) {
        ++record_.n_frames;
        return true;
      }
    }
    finish();
    return false;
  }

  void finish() override { frames_->finish(); }
  double fraction() const override { return frames_->fraction(); }

 private:
  // The next frame that the filters let through, its energy referenced.
  bool next_kept(Frame& frame) {
    while (frames_->next(frame)) {
      if (!references_.empty() && frame.energy) {
        const auto found = references_.find(frame.system);
        if (found == references_.end()) {
          throw Error(frame.source + ": system '" + frame.system + "' has no energy in '" +
                      source_.reference + "'" +
                      (frame.system.empty() ? "; the frame names no system (sid=...)" : ""));
        }
        *frame.energy -= found->second;
      }
      if (source_.max_energy > 0 && frame.energy && std::abs(*frame.energy) > source_.max_energy) {
        ++record_.n_dropped_energy;
        continue;
      }
      if (source_.max_force > 0 && largest_force(frame) > source_.max_force) {
        ++record_.n_dropped_force;
        continue;
      }
      return true;
    }
    return false;
  }

  static double largest_force(const Frame& frame) {
    double largest = 0.0;
    for (std::size_t i = 0; i < frame.forces.size(); i += 3) {
      largest =
          std::max(largest, std::hypot(frame.forces[i], frame.forces[i + 1], frame.forces[i + 2]));
    }
    return largest;
  }

  const DataSource source_;
  SourceRecord& record_;
  Energies references_;
  std::unique_ptr<FrameStream> frames_;
  std::size_t total_ = 0, index_ = 0, first_ = 0, end_ = 0;
};

}  // namespace

std::unique_ptr<FrameStream> stream_of(std::vector<Frame> frames) {
  return std::make_unique<VectorStream>(std::move(frames));
}

const FrameReader* prepared_reader(const std::string& path) {
  const auto all = readers();
  const auto found = std::ranges::find_if(
      all, [&](const auto& reader) { return reader.open_store && is_for(reader, path); });
  return found == all.end() ? nullptr : &*found;
}

bool has_known_ending(const std::string& path) {
  return std::ranges::any_of(readers(),
                             [&](const auto& reader) { return has_ending_of(reader, path); });
}

std::unique_ptr<FrameStream> open_frames(const DataSource& source, SourceRecord& record) {
  return std::make_unique<ChosenFrames>(source, record);
}

}  // namespace spinconv::train
