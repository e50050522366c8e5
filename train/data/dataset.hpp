// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "data/frame.hpp"
#include "data/frame_store.hpp"
#include "data/source.hpp"

namespace spinconv::train {

// All frames of open_frames() (frame_stream.hpp). `record`, if given, says what was found. Throws
// spinconv::Error as it does, and where no frame is left.
std::vector<Frame> read_frames(const DataSource& source, SourceRecord* record = nullptr);

// The same frames by number: of prepared data (frame_stream.hpp) read when they are asked for, of
// anything else in memory. Throws as read_frames().
std::shared_ptr<const FrameStore> open_store(const DataSource& source, SourceRecord& record);

struct DataSummary {
  std::size_t n_frames = 0;
  std::size_t n_atoms = 0;  // of all frames together
  std::size_t min_atoms = 0;
  std::size_t max_atoms = 0;
  std::map<int, std::size_t> atoms_of_element;  // atomic number -> atoms in all frames
  std::size_t n_periodic = 0;                   // frames periodic along any direction
  std::size_t n_energy = 0;                     // frames with this label
  std::size_t n_forces = 0;
  std::size_t n_stress = 0;
  double min_energy_per_atom = 0.0;  // eV, of the frames with an energy
  double max_energy_per_atom = 0.0;
  double min_energy = 0.0;  // eV, or the unit of the target
  double max_energy = 0.0;
  double max_force = 0.0;  // eV/Angstrom, largest norm of the force on an atom

  void add(const FrameStatistics& frame);
  void add(const std::vector<Frame>& frames);
  // Symbols in the order of their atomic numbers.
  std::vector<std::string> elements() const;
  // A few lines for the log; missing labels are named.
  std::string text(const Target& target = {}) const;
};

DataSummary summarize(const std::vector<Frame>& frames);
DataSummary summarize(const FrameStore& frames);

}  // namespace spinconv::train
