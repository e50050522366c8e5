// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/lammps_dump.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "data/lammps_units.hpp"
#include "data/number_text.hpp"
#include "data/text.hpp"
#include "spinconv/elements.hpp"
#include "spinconv/error.hpp"

namespace spinconv::train {
namespace {

constexpr std::size_t no_dump_column = static_cast<std::size_t>(-1);
using ThreeColumns = std::optional<std::array<std::size_t, 3>>;

std::size_t column(const DumpSnapshot& s, const std::string& name) {
  const auto found = std::find(s.columns.begin(), s.columns.end(), name);
  return found == s.columns.end() ? no_dump_column
                                  : static_cast<std::size_t>(found - s.columns.begin());
}

ThreeColumns columns_of(const DumpSnapshot& s, const char* x, const char* y, const char* z) {
  const auto a = column(s, x), b = column(s, y), c = column(s, z);
  const bool all = a != no_dump_column && b != no_dump_column && c != no_dump_column;
  return all ? ThreeColumns({a, b, c}) : std::nullopt;
}

Vector3 three(const std::vector<double>& row, const std::array<std::size_t, 3>& columns) {
  return {row[columns[0]], row[columns[1]], row[columns[2]]};
}

bool is_periodic(const std::array<bool, 3>& pbc) {
  return pbc[0] || pbc[1] || pbc[2];
}

std::string boundary_text(const std::array<bool, 3>& pbc, const char* periodic, const char* not_p) {
  std::string text;
  for (const bool p : pbc) {
    text += (text.empty() ? "" : " ") + std::string(p ? periodic : not_p);
  }
  return text;
}

// pp, ff, fs, ... of one direction
bool is_boundary_flag(std::string_view word) {
  return word.size() == 2 && std::string_view("pfsm").find(word[0]) != std::string_view::npos &&
         std::string_view("pfsm").find(word[1]) != std::string_view::npos;
}

}  // namespace

LammpsDump::LammpsDump(const std::string& path, DumpOptions options)
    : lines_(path), options_(std::move(options)) {}

void LammpsDump::fail(const std::string& reason) const {
  throw Error(lines_.path() + ":" + std::to_string(lines_.line_number()) + ": " + reason);
}

std::string_view LammpsDump::take() {
  std::string_view line;
  if (!lines_.next(line)) {
    fail("the dump ends within a snapshot; it is truncated");
  }
  return line;
}

long LammpsDump::whole(std::string_view line) {
  split_blanks(line, parts_);
  const auto value = parts_.size() == 1 ? parse_integer(parts_[0]) : std::nullopt;
  if (!value) {
    fail("'" + printable(line) + "' is not a whole number");
  }
  return *value;
}

bool LammpsDump::next(Frame& frame) {
  DumpSnapshot s;
  if (!read_snapshot(s)) {
    if (count_ == 0) {
      throw Error(lines_.path() + ": no snapshot in this dump");
    }
    return false;
  }
  set_units();
  frame = to_frame(s);
  frame.source = lines_.path() + ":" + std::to_string(count_++);
  return true;
}

bool LammpsDump::read_snapshot(DumpSnapshot& s) {
  std::string_view line;
  if (!next_parts(lines_, line, parts_)) {
    return false;
  }
  long atoms = -1;
  bool has_box = false;
  while (true) {
    if (line.starts_with("ITEM: TIMESTEP")) {
      s.step = whole(take());
    } else if (line.starts_with("ITEM: NUMBER OF ATOMS")) {
      atoms = whole(take());
    } else if (line.starts_with("ITEM: BOX BOUNDS")) {
      read_box(line, s);
      has_box = true;
    } else if (line.starts_with("ITEM: UNITS")) {
      split_blanks(take(), parts_);
      const std::string name = parts_.empty() ? "" : std::string(parts_[0]);
      if (!dump_units_.empty() && dump_units_ != name) {
        fail("ITEM: UNITS " + printable(name) + ", but the snapshots before are in units " +
             dump_units_ + "; convert them apart");
      }
      dump_units_ = name;
    } else if (line.starts_with("ITEM: ATOMS")) {
      if (atoms < 0 || !has_box) {
        fail("ITEM: ATOMS comes before ITEM: NUMBER OF ATOMS or ITEM: BOX BOUNDS");
      }
      read_atoms(line, atoms, s);
      return true;
    } else if (line.starts_with("ITEM: ")) {
      take();  // TIME
    } else {
      fail("'" + printable(line, 60) +
           "' is not a line of a LAMMPS text dump (dump ... custom ...; a packed or binary one has "
           "to be turned into text first)");
    }
    line = take();
  }
}

void LammpsDump::read_box(std::string_view line, DumpSnapshot& s) {
  split_blanks(line, parts_);
  s.general = line.find("abc origin") != std::string_view::npos;
  const bool tilted = !s.general && line.find("xy xz yz") != std::string_view::npos;
  if (parts_.size() >= 6 && std::all_of(parts_.end() - 3, parts_.end(), is_boundary_flag)) {
    s.pbc.emplace();
    for (std::size_t d = 0; d < 3; ++d) {
      (*s.pbc)[d] = parts_[parts_.size() - 3 + d] == "pp";
    }
  }
  std::array<std::vector<double>, 3> rows;
  for (auto& row : rows) {
    const std::string text(take());
    const auto numbers = parse_reals(text);
    if (!numbers ||
        numbers->size() != (s.general ? 4u
                            : tilted  ? 3u
                                      : 2u) ||
        !std::all_of(numbers->begin(), numbers->end(), [](double x) { return std::isfinite(x); })) {
      fail("'" + printable(text) + "' is not a line of the box");
    }
    row = *numbers;
  }
  if (s.general) {
    for (std::size_t d = 0; d < 3; ++d) {
      std::copy_n(rows[d].begin(), 3, s.cell.begin() + static_cast<std::ptrdiff_t>(3 * d));
      s.origin[d] = rows[d][3];
    }
    return;
  }
  double low[3], high[3];
  for (std::size_t d = 0; d < 3; ++d) {
    low[d] = rows[d][0];
    high[d] = rows[d][1];
  }
  // the lines give the bounding box of a tilted one; xy xz yz
  const double xy = tilted ? rows[0][2] : 0.0;
  const double xz = tilted ? rows[1][2] : 0.0;
  const double yz = tilted ? rows[2][2] : 0.0;
  low[0] -= std::min({0.0, xy, xz, xy + xz});
  high[0] -= std::max({0.0, xy, xz, xy + xz});
  low[1] -= std::min(0.0, yz);
  high[1] -= std::max(0.0, yz);
  s.origin = {low[0], low[1], low[2]};
  s.cell = {high[0] - low[0], 0, 0, xy, high[1] - low[1], 0, xz, yz, high[2] - low[2]};
}

void LammpsDump::read_atoms(std::string_view line, long atoms, DumpSnapshot& s) {
  split_blanks(line.substr(std::string_view("ITEM: ATOMS").size()), parts_);
  for (const auto part : parts_) {
    s.columns.emplace_back(part);
  }
  for (long i = 0; i < atoms; ++i) {
    split_blanks(take(), parts_);
    if (parts_.size() != s.columns.size()) {
      fail("an atom has " + std::to_string(parts_.size()) + " columns, ITEM: ATOMS names " +
           std::to_string(s.columns.size()));
    }
    auto& row = s.values.emplace_back();
    row.reserve(parts_.size());
    for (std::size_t k = 0; k < parts_.size(); ++k) {
      if (s.columns[k] == "element" || s.columns[k] == "typelabel") {
        row.push_back(find_atomic_number(parts_[k]).value_or(0));
        continue;
      }
      const auto value = parse_real(parts_[k]);
      if (!value) {
        // a column of text that is not read, such as typelabel
        const std::string_view name = s.columns[k];
        if (name == "id" || name == "type" || name.find_first_of("xyzf") == 0) {
          fail("'" + printable(parts_[k]) + "' in column " + s.columns[k] + " is not a number");
        }
      }
      if (s.columns[k] == "id" && !std::isfinite(*value)) {
        fail("an atom's id is " + printable(parts_[k]));
      }
      row.push_back(value.value_or(NAN));
    }
  }
}

void LammpsDump::set_units() {
  struct Source {
    std::string units, text;
  };
  const std::vector<Source> sources = {{dump_units_, "the dump (ITEM: UNITS)"},
                                       {options_.log != nullptr ? options_.log->units() : "",
                                        options_.log != nullptr ? options_.log->path() : ""},
                                       {options_.units, "--units"}};
  const Source* first = nullptr;
  for (const auto& source : sources) {
    if (source.units.empty()) {
      continue;
    }
    if (first != nullptr && first->units != source.units) {
      throw Error(lines_.path() + ": units: " + first->text + " says " + printable(first->units) +
                  ", " + source.text + " says " + printable(source.units) +
                  "; one of them belongs to another run or is wrong");
    }
    first = first == nullptr ? &source : first;
  }
  if (first == nullptr) {
    throw Error(
        lines_.path() + ": in which units? " +
        (options_.log == nullptr
             ? "The dump does not say (dump_modify ID units yes); give the log of the run by "
               "--log, or its unit style"
             : "Neither the dump (dump_modify ID units yes) nor " + options_.log->path() +
                   " (command 'units', without which LAMMPS runs in units lj) says; give "
                   "the unit style of the run") +
        " by --units metal, --units real, ...");
  }
  if (units_ == first->units) {
    return;
  }
  try {
    scale_ = lammps_unit_scale(first->units);
  } catch (const Error& error) {
    throw Error(lines_.path() + ": units of " + first->text + ": " + error.what());
  }
  units_ = first->units;
}

std::vector<int> LammpsDump::numbers_of_types(const DumpSnapshot& s, std::size_t type,
                                              const std::vector<std::string>& elements,
                                              const std::string& where) const {
  std::vector<int> numbers;
  for (const auto& row : s.values) {
    const double t = row[type];
    if (!(t >= 1.0 && t <= static_cast<double>(elements.size()))) {
      std::string names;
      for (const auto& element : elements) {
        names += " " + element;
      }
      fail("an atom of type " + number_text(t) + ", but " + where + " has " +
           std::to_string(elements.size()) + " types:" + names);
    }
    numbers.push_back(spinconv::atomic_number(elements[static_cast<std::size_t>(t) - 1]));
  }
  return numbers;
}

std::vector<int> LammpsDump::atomic_numbers(const DumpSnapshot& s) const {
  const std::size_t type = column(s, "type");
  const bool has_labels = column(s, "element") == no_dump_column;
  const std::size_t element = column(s, has_labels ? "typelabel" : "element");
  std::vector<int> from_types, from_column;
  if (!options_.elements.empty()) {
    if (type == no_dump_column) {
      fail(
          "--elements names the atom types, and the dump has no column type; dump custom ... type, "
          "or leave --elements out");
    }
    from_types = numbers_of_types(s, type, options_.elements, "--elements");
  } else if (options_.original != nullptr && type != no_dump_column) {
    from_types = numbers_of_types(s, type, options_.original->elements, "the structure of --cell");
  }
  if (element != no_dump_column) {
    for (const auto& row : s.values) {
      from_column.push_back(static_cast<int>(row[element]));
    }
  }
  // what LAMMPS writes where dump_modify does not name the elements
  const bool all_carbon = !has_labels && std::all_of(from_column.begin(), from_column.end(),
                                                     [](int z) { return z == 6; });
  if (!from_types.empty()) {
    for (std::size_t i = 0; i < from_column.size() && !all_carbon; ++i) {
      if (from_column[i] != from_types[i]) {
        fail("atom " + number_text(s.values[i][column(s, "id")]) + " of type " +
             number_text(s.values[i][type]) + " is " +
             (from_column[i] == 0 ? "no element" : element_symbol(from_column[i])) +
             " in the column " + s.columns[element] + ", but " + element_symbol(from_types[i]) +
             " by " + (options_.elements.empty() ? "the types of --cell" : "--elements"));
      }
    }
    return from_types;
  }
  if (from_column.empty()) {
    return {};
  }
  if (std::find(from_column.begin(), from_column.end(), 0) != from_column.end()) {
    fail(
        "a name in the column " + s.columns[element] +
        " is no chemical symbol (H, C, Cl); dump_modify element names them, or --elements those of "
        "the types");
  }
  if (all_carbon && type != no_dump_column &&
      std::any_of(s.values.begin(), s.values.end(),
                  [&](const auto& row) { return row[type] != s.values[0][type]; })) {
    fail(
        "all atoms are C in the column element, whatever their type: LAMMPS writes this where "
        "dump_modify does not name the elements; name those of the types by --elements \"H C "
        "...\"");
  }
  return from_column;
}

// With a structure the atoms have to be its own.
void LammpsDump::compare(const DumpSnapshot& s, const std::vector<int>& numbers) const {
  const Frame& frame = options_.original->frame;
  if (frame.size() != s.values.size()) {
    fail("the dump has " + std::to_string(s.values.size()) + " atoms, the structure " +
         std::to_string(frame.size()));
  }
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (numbers[i] != frame.atomic_numbers[i]) {
      fail("atom " + number_text(s.values[i][column(s, "id")]) + " is " +
           element_symbol(numbers[i]) + " in the dump and " +
           element_symbol(frame.atomic_numbers[i]) +
           " in the structure of --cell, which is that of another run; where the run changed types "
           "(fix atom/swap, set), leave --cell out and give --elements");
    }
  }
  if (s.general) {
    fail("a box of general triclinic form is not one that 'convert' has written; leave --cell out");
  }
  if (s.pbc && *s.pbc != frame.pbc) {
    fail("the boundary of the dump is " + boundary_text(*s.pbc, "p", "f") +
         ", but the structure of --cell is periodic as pbc=\"" +
         boundary_text(frame.pbc, "T", "F") + "\": run with boundary " +
         boundary_text(frame.pbc, "p", "s") + ", or leave --cell out");
  }
}

void LammpsDump::check_ids(const DumpSnapshot& s, std::size_t id) {
  for (std::size_t i = 0; i < s.values.size(); ++i) {
    if (i > 0 && s.values[i][id] == s.values[i - 1][id]) {
      fail("two atoms of the snapshot of step " + std::to_string(s.step) + " have the id " +
           number_text(s.values[i][id]));
    }
    if (!has_gaps_ && s.values[i][id] != static_cast<double>(i + 1)) {
      has_gaps_ = true;
      warnings_.push_back("ids of step " + std::to_string(s.step) + " are not 1 to " +
                          std::to_string(s.values.size()) +
                          ": where the dump is that of a group, forces (and energies) are those of "
                          "more atoms than the frame has");
    }
  }
  const auto atoms =
      options_.log != nullptr ? options_.log->atoms_of_run(s.step) : std::optional<long>();
  if (!has_fewer_ && atoms && *atoms != static_cast<long>(s.values.size())) {
    has_fewer_ = true;
    warnings_.push_back("step " + std::to_string(s.step) + " has " +
                        std::to_string(s.values.size()) + " atoms in the dump, its run " +
                        std::to_string(*atoms) +
                        " at its end: where the dump is that of a group, its energies are those of "
                        "more atoms");
  }
}

Frame LammpsDump::to_frame(DumpSnapshot& s) {
  const auto id = column(s, "id");
  if (id == no_dump_column) {
    fail("the dump has no column id, so that its atoms cannot be told; dump custom ... id");
  }
  if (s.values.empty()) {
    fail("the snapshot of step " + std::to_string(s.step) + " has no atoms; leave it out");
  }
  std::sort(s.values.begin(), s.values.end(),
            [&](const auto& a, const auto& b) { return a[id] < b[id]; });
  check_ids(s, id);
  const auto forces = columns_of(s, "fx", "fy", "fz");
  bool is_scaled = false;
  auto positions = columns_of(s, "xu", "yu", "zu");
  positions = positions ? positions : columns_of(s, "x", "y", "z");
  if (!positions) {
    positions = columns_of(s, "xsu", "ysu", "zsu");
    positions = positions ? positions : columns_of(s, "xs", "ys", "zs");
    is_scaled = true;
  }
  if (!positions) {
    fail("the dump has no positions; dump custom ... x y z (or xu yu zu, xs ys zs, xsu ysu zsu)");
  }
  const auto numbers = atomic_numbers(s);
  Frame frame;
  const LammpsStructure* const original = options_.original;
  if (original != nullptr) {
    compare(s, numbers);
    frame = original->frame;
    frame.energy.reset();
    frame.stress.reset();
    frame.positions.clear();
    frame.forces.clear();
  } else {
    if (numbers.empty()) {
      fail(
          "the dump does not say the elements; name those of the atom types by --elements \"H C "
          "...\" (with dump custom ... type), or dump element with dump_modify element, or give "
          "the "
          "structure's .json by --cell");
    }
    if (!s.pbc) {
      fail(
          "ITEM: BOX BOUNDS of this snapshot has no boundary flags, so that it may be periodic or "
          "not; write them behind it, such as pp pp pp, or ff where it is not periodic");
    }
    frame.atomic_numbers = numbers;
    frame.pbc = *s.pbc;
  }
  frame.frame_number = s.step;

  const bool periodic = is_periodic(frame.pbc);
  Matrix3 cell = s.cell;
  Matrix3 back = {1, 0, 0, 0, 1, 0, 0, 0, 1};
  if (original != nullptr) {
    back = transposed(original->box.rotation);
    cell = product_of(product_of(inverse_of(original->box.basis), s.cell), back);
  }
  for (std::size_t k = 0; k < 9 && periodic; ++k) {
    // a vector without meaning stays as the structure has it
    if (original == nullptr || frame.pbc[k / 3]) {
      frame.cell[k] = cell[k] * scale_.length;
      if (!std::isfinite(frame.cell[k])) {
        fail("the box is not finite; leave the snapshot out");
      }
    }
  }
  for (const auto& row : s.values) {
    Vector3 x = three(row, *positions);
    if (is_scaled) {
      x = row_times(x, s.cell);
    }
    for (std::size_t d = 0; d < 3; ++d) {
      const double low = is_scaled ? s.origin[d] : 0.0;
      // a periodic box may lie anywhere; where nothing repeats, atoms stay where they are
      const bool moves = s.general ? periodic : frame.pbc[d];
      x[d] = (x[d] + low - (moves ? s.origin[d] : 0.0)) * scale_.length;
      x[d] += moves && original != nullptr ? original->origin[d] : 0.0;
    }
    x = row_times(x, back);
    if (!std::all_of(x.begin(), x.end(), [](double value) { return std::isfinite(value); })) {
      fail("the position of atom " + number_text(row[id]) +
           " is not finite; leave the snapshot out");
    }
    frame.positions.insert(frame.positions.end(), x.begin(), x.end());
    if (forces) {
      const Vector3 f = row_times(three(row, *forces), back);
      for (const double component : f) {
        frame.forces.push_back(component * scale_.force());
        if (!std::isfinite(frame.forces.back())) {
          fail("a force on atom " + number_text(row[id]) +
               " is not finite; leave the snapshot out");
        }
      }
    }
  }
  if (options_.log != nullptr) {
    if (const auto energy = options_.log->energy(s.step, s.values.size())) {
      frame.energy = *energy * scale_.energy;
      if (!std::isfinite(*frame.energy)) {
        fail("the energy of step " + std::to_string(s.step) + " is not finite; leave it out");
      }
    }
  }
  return frame;
}

}  // namespace spinconv::train
