// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "data/frame_stream.hpp"
#include "data/general_cell.hpp"
#include "data/lammps_data.hpp"
#include "data/lammps_log.hpp"
#include "data/line_reader.hpp"
#include "data/units.hpp"

namespace spinconv::train {

// What a dump is read with besides itself.
struct DumpOptions {
  const LammpsStructure* original = nullptr;  // that was run, to turn the dump back into its cell
  const LammpsLog* log = nullptr;             // gives energies
  std::vector<std::string> elements;  // of the atom types 1, 2, ...; empty: as the dump says
  std::string units;  // unit style of the run, where neither the dump nor the log says it
};

// One snapshot as it stands in the file.
struct DumpSnapshot {
  long step = 0;
  Vector3 origin{};
  Matrix3 cell{};                          // rows are the lattice vectors
  bool general = false;                    // a general triclinic box (abc origin)
  std::optional<std::array<bool, 3>> pbc;  // no value: no boundary flags
  std::vector<std::string> columns;
  std::vector<std::vector<double>> values;  // of each atom; the column element holds its number
};

// Frames of a text dump (dump custom with id, type or element, x y z or xu yu zu or their scaled
// forms, forces if there), one after the other, in eV and Angstrom, atoms in the order of their
// ids.
//
//   pbc     from the boundary flags: p is periodic; all other directions have no images, and where
//           none has any, the frame has no cell
//   units   of ITEM: UNITS, of the log or of the options, of which one has to say them and none may
//           contradict another
//   atoms   from the options' elements and the column type, else the column element, else the
//           structure; with a structure they must be its atoms
//   energy  from the log at the snapshot's step
//
// With a structure, positions, forces and cell are turned back, its tags, fixed atoms and system
// are added, and the boundary has to be that of its pbc. Throws spinconv::Error naming file and
// line.
class LammpsDump : public FrameStream {
 public:
  LammpsDump(const std::string& path, DumpOptions options);

  bool next(Frame& frame) override;
  double fraction() const override { return lines_.fraction(); }

  const std::string& units() const { return units_; }  // known after the first frame
  // What a user should look at: fewer atoms in the dump than in the run, or ids with gaps.
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  bool read_snapshot(DumpSnapshot& s);
  void read_box(std::string_view line, DumpSnapshot& s);
  void read_atoms(std::string_view line, long atoms, DumpSnapshot& s);
  std::string_view take();
  long whole(std::string_view line);
  void set_units();
  Frame to_frame(DumpSnapshot& s);
  std::vector<int> atomic_numbers(const DumpSnapshot& s) const;
  std::vector<int> numbers_of_types(const DumpSnapshot& s, std::size_t type,
                                    const std::vector<std::string>& elements,
                                    const std::string& where) const;
  void compare(const DumpSnapshot& s, const std::vector<int>& numbers) const;
  void check_ids(const DumpSnapshot& s, std::size_t id);
  [[noreturn]] void fail(const std::string& reason) const;

  LineReader lines_;
  const DumpOptions options_;
  std::vector<std::string_view> parts_;
  std::string dump_units_;  // of ITEM: UNITS
  std::string units_;       // what was settled on
  UnitScale scale_;
  bool has_gaps_ = false, has_fewer_ = false;
  std::size_t count_ = 0;
  std::vector<std::string> warnings_;
};

}  // namespace spinconv::train
