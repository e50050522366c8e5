// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "spinconv/target.hpp"

namespace spinconv::train {

// Python's start:stop:step over the frames of a file; negative start and stop count from the end.
struct Slice {
  std::optional<long> start;
  std::optional<long> stop;
  long step = 1;  // > 0

  // ":100", "100:200", "::10", "-50:", "7" (that frame only). Throws spinconv::Error.
  static Slice parse(const std::string& text);

  // The frames chosen out of n, in ascending order.
  std::vector<std::size_t> indices(std::size_t n) const;

  // Number of leading frames of the file that have to be read; no value: all of them.
  std::optional<std::size_t> frames_to_read() const;
};

// Names of the labels in the file; empty: the reader's usual names (see md17.hpp, extxyz.hpp).
// A name given here has to be in the file.
struct LabelKeys {
  std::string energy;
  std::string forces;
  std::string stress;  // extxyz only
  std::string virial;  // extxyz only
};

// One data file, or a folder of them, and how to read it.
struct DataSource {
  std::string path;         // .npz, .extxyz, .xyz, .extxyz.xz, .xyz.xz, or a folder (s2ef.hpp)
  std::string energy_unit;  // see units.hpp; empty: what the file states or its format prescribes
  std::string length_unit;
  LabelKeys keys;
  // What is read into Frame::energy. Of another target than the energy, forces and stresses are not
  // read: they belong to the energy.
  Target target;
  // What is subtracted from the energy of a frame: empty (nothing), "last" (the energy of the last
  // frame of its system, so that relaxed structures have 0), or the path of a CSV file with the
  // lines system,energy in eV.
  std::string reference;
  // Frames with a larger |energy| (eV, after the reference) or with a larger force on any atom
  // (eV/Angstrom) are left out; 0: none. OC20 itself uses 10 and 50.
  double max_energy = 0.0;
  double max_force = 0.0;
  Slice slice;  // of what is left
};

// What was found in a data file, for the log and for the metadata of the potential.
struct SourceRecord {
  std::string path;
  std::string format;        // "npz", "extxyz", "s2ef" or "folder of extxyz"
  std::string hash;          // "fnv1a64:<16 hex digits>" of the bytes of the file
  std::size_t n_frames = 0;  // after the slice
  std::string target;        // "alpha (bohr^3)"; empty: the energy
  std::string energy_key;    // as found; empty: this label is not in the file
  std::string forces_key;
  std::string stress_key;
  std::string energy_unit;
  std::string length_unit;
  std::string units_from;  // "file", "configuration", "format", or a mixture "file, configuration"
  std::string reference;   // as in DataSource; "txt" for S2EF folders
  std::size_t n_dropped_energy = 0;   // by max_energy
  std::size_t n_dropped_force = 0;    // by max_force
  std::vector<std::string> not_read;  // arrays, columns and keys of the file that have no use here

  // A few lines for the log.
  std::string text() const;
};

}  // namespace spinconv::train
