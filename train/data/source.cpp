// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/source.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "data/label_names.hpp"
#include "spinconv/error.hpp"

namespace spinconv::train {
namespace {

// far above any file, far below overflow
constexpr long largest_index = 1'000'000'000'000L;

std::string or_none(const std::string& key) {
  return key.empty() ? "none" : key;
}

}  // namespace

Slice Slice::parse(const std::string& text) {
  std::vector<std::optional<long>> parts;
  std::size_t begin = 0;
  while (true) {
    const std::size_t colon = std::min(text.find(':', begin), text.size());
    std::optional<long> part;
    if (colon > begin) {
      long number = 0;
      const char* const end = text.data() + colon;
      const auto result = std::from_chars(text.data() + begin, end, number);
      if (result.ec != std::errc() || result.ptr != end || std::labs(number) > largest_index) {
        throw Error("frames: '" + text +
                    "' is not a slice start:stop:step of whole numbers, such as ':100' or '::10'");
      }
      part = number;
    }
    parts.push_back(part);
    if (colon == text.size()) {
      break;
    }
    begin = colon + 1;
  }
  Slice slice;
  if (parts.size() == 1 && parts[0]) {
    slice.start = parts[0];
    if (*parts[0] != -1) {
      slice.stop = *parts[0] + 1;
    }
    return slice;
  }
  if (parts.size() < 2 || parts.size() > 3) {
    throw Error("frames: '" + text + "' is not a slice start:stop:step, such as ':100' or '::10'");
  }
  slice.start = parts[0];
  slice.stop = parts[1];
  if (parts.size() == 3 && parts[2]) {
    slice.step = *parts[2];
  }
  if (slice.step < 1) {
    throw Error("frames: the step of '" + text + "' has to be 1 or more");
  }
  return slice;
}

std::vector<std::size_t> Slice::indices(std::size_t n) const {
  const long count = static_cast<long>(n);
  const auto clamp = [count](long index) {
    return std::clamp(index < 0 ? index + count : index, 0L, count);
  };
  const long first = clamp(start.value_or(0));
  const long last = stop ? clamp(*stop) : count;
  std::vector<std::size_t> chosen;
  for (long index = first; index < last; index += step) {
    chosen.push_back(static_cast<std::size_t>(index));
  }
  return chosen;
}

std::optional<std::size_t> Slice::frames_to_read() const {
  if (start.value_or(0) < 0 || !stop || *stop < 0) {
    return std::nullopt;
  }
  return static_cast<std::size_t>(*stop);
}

std::string SourceRecord::text() const {
  std::string out = path + ": " + std::to_string(n_frames) +
                    (n_frames == 1 ? " frame" : " frames") + " (" + format + ", " + hash + ")\n";
  out += "  units: " + energy_unit + ", " + length_unit + " (from the " + units_from + ")\n";
  out += target.empty() ? "  labels: energy from " + or_none(energy_key) + ", forces from " +
                              or_none(forces_key) + ", stress from " + or_none(stress_key) + "\n"
                        : "  target: " + target + " from " + or_none(energy_key) + "\n";
  if (!reference.empty()) {
    out += "  energies relative to: " +
           (reference == "last"  ? "the last frame of the system"
            : reference == "txt" ? "the reference energies of the .txt files"
                                 : reference) +
           "\n";
  }
  if (n_dropped_energy + n_dropped_force > 0) {
    out += "  left out: " + std::to_string(n_dropped_energy) + " frames by max_energy, " +
           std::to_string(n_dropped_force) + " by max_force\n";
  }
  if (!not_read.empty()) {
    out += "  not read:";
    for (const auto& name : not_read) {
      out += " " + name;
    }
    out += "\n";
    if (const auto suggestion = label_suggestion(*this); !suggestion.empty()) {
      out += "  note: " + suggestion + "\n";
    } else if (energy_key.empty()) {
      out += "  no energy was read; where one of these holds it, name it: keys: {energy: NAME}\n";
    }
  }
  return out;
}

}  // namespace spinconv::train
