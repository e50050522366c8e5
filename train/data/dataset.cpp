// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/dataset.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "data/files.hpp"
#include "data/frame_stream.hpp"
#include "data/number_text.hpp"
#include "spinconv/elements.hpp"
#include "spinconv/error.hpp"

namespace spinconv::train {
namespace {

std::string of_all(std::size_t n, std::size_t n_frames) {
  if (n == n_frames) {
    return "all";
  }
  return n == 0 ? "none" : std::to_string(n) + " (missing in " + std::to_string(n_frames - n) + ")";
}

}  // namespace

std::vector<Frame> read_frames(const DataSource& source, SourceRecord* record) {
  SourceRecord found;
  const auto stream = open_frames(source, found);
  std::vector<Frame> chosen;
  Frame frame;
  while (stream->next(frame)) {
    chosen.push_back(std::move(frame));
  }
  if (chosen.empty()) {
    DataSource all = source;
    all.slice = Slice();
    all.max_energy = all.max_force = 0.0;
    SourceRecord counted;
    std::size_t count = 0;
    for (const auto whole = open_frames(all, counted); whole->next(frame);) {
      ++count;
    }
    throw Error(source.path + (count == 0
                                   ? ": the file has no frames"
                                   : ": the chosen slice is empty (" + std::to_string(count) +
                                         " frames were read); correct `frames`, max_energy "
                                         "or max_force"));
  }
  if (record != nullptr) {
    found.hash = file_hash(source.path);
    *record = std::move(found);
  }
  return chosen;
}

std::shared_ptr<const FrameStore> open_store(const DataSource& source, SourceRecord& record) {
  if (const FrameReader* reader = prepared_reader(source.path)) {
    return reader->open_store(source, record);
  }
  return std::make_shared<const MemoryFrames>(read_frames(source, &record));
}

std::vector<std::string> DataSummary::elements() const {
  std::vector<std::string> symbols;
  for (const auto& [number, count] : atoms_of_element) {
    symbols.push_back(element_symbol(number));
  }
  return symbols;
}

DataSummary summarize(const std::vector<Frame>& frames) {
  DataSummary summary;
  summary.add(frames);
  return summary;
}

DataSummary summarize(const FrameStore& frames) {
  DataSummary summary;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    summary.add(frames.figures(i));
  }
  return summary;
}

void DataSummary::add(const std::vector<Frame>& frames) {
  for (const auto& frame : frames) {
    add(figures_of(frame));
  }
}

void DataSummary::add(const FrameStatistics& frame) {
  const auto size = static_cast<std::size_t>(frame.atoms);
  min_atoms = n_frames == 0 ? size : std::min(min_atoms, size);
  max_atoms = std::max(max_atoms, size);
  ++n_frames;
  n_atoms += size;
  for (const auto& [number, count] : frame.composition) {
    atoms_of_element[number] += static_cast<std::size_t>(count);
  }
  n_periodic += frame.periodic ? 1 : 0;
  n_stress += frame.has_stress ? 1 : 0;
  if (frame.energy) {
    const double per_atom = *frame.energy / static_cast<double>(size);
    const bool first = n_energy++ == 0;
    min_energy = first ? *frame.energy : std::min(min_energy, *frame.energy);
    max_energy = first ? *frame.energy : std::max(max_energy, *frame.energy);
    min_energy_per_atom = first ? per_atom : std::min(min_energy_per_atom, per_atom);
    max_energy_per_atom = first ? per_atom : std::max(max_energy_per_atom, per_atom);
  }
  if (frame.has_forces) {
    ++n_forces;
    max_force = std::max(max_force, frame.max_force);
  }
}

std::string DataSummary::text(const Target& target) const {
  const std::string sizes = min_atoms == max_atoms
                                ? std::to_string(min_atoms)
                                : std::to_string(min_atoms) + " to " + std::to_string(max_atoms);
  std::string out = std::to_string(n_frames) + (n_frames == 1 ? " frame of " : " frames of ") +
                    sizes + " atoms, " + std::to_string(n_atoms) + " atoms together:";
  for (const auto& [number, count] : atoms_of_element) {
    out += " " + element_symbol(number) + " " + std::to_string(count);
  }
  out += "\n  periodic: " + of_all(n_periodic, n_frames);
  if (!target.is_energy()) {
    out += "; " + target.name + ": " + of_all(n_energy, n_frames) + "\n";
    if (n_energy > 0) {
      out += "  " + target.name + format(" %.4f to %.4f ", min_energy, max_energy) + target.unit +
             "\n";
    }
    return out;
  }
  out += "; energies: " + of_all(n_energy, n_frames) + ", forces: " + of_all(n_forces, n_frames) +
         ", stresses: " + of_all(n_stress, n_frames) + "\n";
  if (n_energy > 0) {
    out += format("  energy %.4f to %.4f eV/atom\n", min_energy_per_atom, max_energy_per_atom);
  }
  if (n_forces > 0) {
    out += format("  largest force on an atom %.3f eV/Angstrom\n", max_force);
  }
  return out;
}

}  // namespace spinconv::train
