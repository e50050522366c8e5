// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/extxyz.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <optional>
#include <set>
#include <string_view>

#include "data/comment_faults.hpp"
#include "data/general_cell.hpp"
#include "data/label_names.hpp"
#include "data/line_reader.hpp"
#include "data/target.hpp"
#include "data/text.hpp"
#include "data/units.hpp"
#include "spinconv/elements.hpp"
#include "spinconv/error.hpp"

namespace spinconv::train {
namespace {

constexpr std::size_t no_column = static_cast<std::size_t>(-1);

// Where in the line of an atom its values are.
struct Columns {
  std::size_t species = no_column;
  std::size_t number = no_column;
  std::size_t position = no_column;
  std::size_t forces = no_column;
  std::size_t tags = no_column;
  std::size_t move_mask = no_column;
  std::size_t move_width = 0;
  std::size_t count = 0;
};

// The names looked for, in order: the one the user gave, or the usual ones.
std::vector<std::string> candidates(const std::string& given, std::vector<std::string> usual) {
  return given.empty() ? std::move(usual) : std::vector<std::string>{given};
}

class Reader : public FrameStream {
 public:
  Reader(const DataSource& source, SourceRecord& record);
  bool next(Frame& frame) override;
  void finish() override;
  double fraction() const override { return lines_.fraction(); }

 private:
  bool read_frame(Frame& frame);
  void read_origin(const std::vector<CommentEntry>& entries, std::set<const CommentEntry*>& used,
                   Frame& frame);
  static void read_conditions(const std::vector<CommentEntry>& entries,
                              std::set<const CommentEntry*>& used, Frame& frame);
  void read_comment(std::string_view line, Frame& frame);
  void read_cell(const std::string* lattice, const std::string* pbc, Frame& frame);
  void require_cell(const Frame& frame) const;
  void read_stress(const CommentEntry& entry, bool is_virial, Frame& frame);
  void read_atom(std::string_view line, Frame& frame);
  void finish_labels(Frame& frame);
  void set_columns(const std::string& properties);
  int read_element(std::string_view symbol);
  double read_coordinate(std::size_t column, const char* what);
  // The entry of the first of `names` that is there.
  static const CommentEntry* find(const std::vector<CommentEntry>& entries,
                                  const std::vector<std::string>& names);
  [[noreturn]] void fail(const std::string& reason) const;

  const DataSource source_;
  SourceRecord& record_;
  std::size_t count_ = 0;  // frames read
  LineReader lines_;
  UnitScale scale_;
  std::string energy_name_;  // that was asked for; empty: the usual ones
  std::vector<std::string> energy_names_;
  std::vector<std::string> forces_names_;
  std::vector<std::string> stress_names_;
  std::vector<std::string> virial_names_;

  std::string properties_;  // which columns_ belong to
  Columns columns_;
  std::string species_;  // which element_ belongs to
  int element_ = 0;
  std::vector<std::string_view> parts_;  // of the present atom's line
  std::set<std::string> not_read_;
};

Reader::Reader(const DataSource& source, SourceRecord& record)
    : source_(source), record_(record), lines_(source.path) {
  record_.format = "extxyz";
  const bool given = !source.energy_unit.empty() || !source.length_unit.empty();
  const bool both = !source.energy_unit.empty() && !source.length_unit.empty();
  record_.energy_unit = source.energy_unit.empty() ? "eV" : source.energy_unit;
  record_.length_unit = source.length_unit.empty() ? "Angstrom" : source.length_unit;
  record_.units_from = both ? "configuration" : given ? "format, configuration" : "format";
  scale_ = {energy_unit_in_ev(record_.energy_unit), length_unit_in_angstrom(record_.length_unit)};
  if (!source.keys.stress.empty() && !source.keys.virial.empty()) {
    throw Error(source.path + ": keys: give 'stress' or 'virial', not both");
  }
  energy_name_ = source.keys.energy.empty() ? target_key(source.target) : source.keys.energy;
  energy_names_ = candidates(energy_name_, {"energy", "Energy"});
  if (!source.target.is_energy()) {
    if (source.target.unit == "eV" && source.energy_unit.empty() &&
        qm9_target(source.target.name)) {
      throw Error(source.path + ": target " + source.target.name +
                  ": QM9 has energies in Hartree, extended XYZ in eV; say which is in this file: "
                  "units: {energy: Hartree}, or for 'evaluate' --energy-unit Hartree");
    }
    return;
  }
  forces_names_ = candidates(source.keys.forces, {"forces", "force"});
  if (source.keys.virial.empty()) {
    stress_names_ = candidates(source.keys.stress, {"stress"});
  }
  if (source.keys.stress.empty()) {
    virial_names_ = candidates(source.keys.virial, {"virial"});
  }
}

void Reader::fail(const std::string& reason) const {
  throw Error(lines_.path() + ":" + std::to_string(lines_.line_number()) + ": " + reason);
}

bool Reader::next(Frame& frame) {
  frame = Frame();
  if (!read_frame(frame)) {
    return false;
  }
  frame.source = source_.path + ":" + std::to_string(count_++);
  return true;
}

void Reader::finish() {
  not_read_.insert(record_.not_read.begin(), record_.not_read.end());  // of other files
  record_.not_read.assign(not_read_.begin(), not_read_.end());
  const auto require = [&](const std::string& key, const std::string& found, const char* label) {
    if (key.empty() || !found.empty() || count_ == 0) {
      return;
    }
    const std::string where = source_.path + ": keys: " + label + ": ";
    if (not_read_.count(key) > 0) {
      const bool is_forces = std::string_view(label) == "forces";
      throw Error(where + "'" + printable(key) + "' is " +
                  (is_forces ? "in the comment line, not a column (Properties) of the atoms"
                             : "a column of the atoms, not a key of the comment line"));
    }
    const std::string suggestion = label_suggestion(record_);
    throw Error(where + unknown_name_message("name", key, record_.not_read) +
                " (what the file has and is not read otherwise)" +
                (suggestion.empty() ? "" : "; " + suggestion));
  };
  require(energy_name_, record_.energy_key, "energy");
  require(source_.keys.forces, record_.forces_key, "forces");
  require(source_.keys.stress, record_.stress_key, "stress");
  require(source_.keys.virial, record_.stress_key, "virial");
}

bool Reader::read_frame(Frame& frame) {
  std::string_view line;
  // blank lines between frames and at the end do no harm
  if (!next_parts(lines_, line, parts_)) {
    return false;
  }
  const auto n_atoms = parts_.size() == 1 ? parse_integer(parts_[0]) : std::nullopt;
  if (!n_atoms || *n_atoms < 1) {
    fail("'" + printable(line, 60) +
         "' is not the number of atoms that a frame begins with; does the number of the frame "
         "before "
         "fit its lines?");
  }
  if (!lines_.next(line)) {
    fail(
        "the file ends after the number of atoms; it is truncated, or the last frame is "
        "incomplete");
  }
  read_comment(line, frame);
  for (long atom = 0; atom < *n_atoms; ++atom) {
    if (!lines_.next(line)) {
      fail("the file ends after " + std::to_string(atom) + " of the " + std::to_string(*n_atoms) +
           " atoms of its last frame; it is truncated, or the number of atoms is wrong");
    }
    read_atom(line, frame);
  }
  finish_labels(frame);
  return true;
}

const CommentEntry* Reader::find(const std::vector<CommentEntry>& entries,
                                 const std::vector<std::string>& names) {
  for (const auto& name : names) {
    for (const auto& entry : entries) {
      if (entry.key == name) {
        return &entry;
      }
    }
  }
  return nullptr;
}

void Reader::read_comment(std::string_view line, Frame& frame) {
  std::vector<CommentEntry> entries;
  try {
    // the comment of a plain XYZ file is any text
    if (line.find('=') != std::string_view::npos) {
      entries = parse_comment_line(line);
    }
  } catch (const Error& error) {
    fail(error.what());
  }
  const std::string* lattice = nullptr;
  const std::string* pbc = nullptr;
  std::string properties = "species:S:1:pos:R:3";
  std::set<const CommentEntry*> used;
  for (const auto& entry : entries) {
    const std::string key = lower_case(entry.key);
    if (key == "properties") {
      properties = entry.value;
    } else if (key == "lattice") {
      lattice = &entry.value;
    } else if (key == "pbc") {
      pbc = &entry.value;
    } else {
      continue;
    }
    used.insert(&entry);
  }
  if (properties != properties_) {
    set_columns(properties);
    properties_ = properties;
  }
  read_cell(lattice, pbc, frame);

  if (const auto* const entry = find(entries, energy_names_)) {
    const auto value = parse_real(entry->value);
    if (!value || std::isinf(*value * target_factor(source_.target, scale_.energy))) {
      fail("energy: '" + printable(entry->key + "=" + entry->value) +
           "' is not a number; write nan where there is none");
    }
    if (!std::isnan(*value)) {
      frame.energy = *value * target_factor(source_.target, scale_.energy);
    }
    record_.energy_key = entry->key;
    used.insert(entry);
  }
  if (const auto* const stress = find(entries, stress_names_)) {
    read_stress(*stress, false, frame);
    used.insert(stress);
  } else if (const auto* const virial = find(entries, virial_names_)) {
    read_stress(*virial, true, frame);
    used.insert(virial);
  }
  read_origin(entries, used, frame);
  read_conditions(entries, used, frame);
  const bool has_labels = frame.energy || frame.stress || columns_.forces != no_column;
  const auto fault = comment_fault(entries, {record_.energy_unit, record_.length_unit},
                                   has_labels && source_.energy_unit.empty());
  if (!fault.empty()) {
    fail(fault);
  }
  for (const auto& entry : entries) {
    if (!entry.bare && used.count(&entry) == 0) {
      not_read_.insert(entry.key);
    }
  }
}

void Reader::read_origin(const std::vector<CommentEntry>& entries,
                         std::set<const CommentEntry*>& used, Frame& frame) {
  if (const auto* const entry = find(entries, {"sid", "system_id"})) {
    frame.system = entry->value;
    used.insert(entry);
  }
  if (const auto* const entry = find(entries, {"fid", "frame_number"})) {
    const auto number = parse_integer(entry->value);
    if (!number) {
      fail("'" + printable(entry->key + "=" + entry->value) + "' is not the number of a frame");
    }
    frame.frame_number = *number;
    used.insert(entry);
  }
}

// Nothing that is learned depends on them: what is no temperature is passed by, as other keys are.
void Reader::read_conditions(const std::vector<CommentEntry>& entries,
                             std::set<const CommentEntry*>& used, Frame& frame) {
  if (const auto* const entry = find(entries, {"temperature", "Temperature"})) {
    const auto value = parse_real(entry->value);
    if (value && std::isfinite(*value) && *value >= 0.0) {
      frame.temperature = *value;
      used.insert(entry);
    }
  }
  if (const auto* const entry = find(entries, {"config_type"}); entry && !entry->value.empty()) {
    frame.config_type = entry->value;
    used.insert(entry);
  }
}

void Reader::read_cell(const std::string* lattice, const std::string* pbc, Frame& frame) {
  if (lattice != nullptr) {
    const auto numbers = parse_reals(*lattice);
    if (!numbers || numbers->size() != 9 ||
        !std::all_of(numbers->begin(), numbers->end(), [](double x) { return std::isfinite(x); })) {
      fail("Lattice=\"" + printable(*lattice, 200) +
           "\" is not the 9 numbers of three lattice vectors, a_x a_y a_z b_x ... c_z");
    }
    std::transform(numbers->begin(), numbers->end(), frame.cell.begin(),
                   [this](double x) { return x * scale_.length; });
    frame.pbc = {true, true, true};
  }
  if (pbc == nullptr) {
    require_cell(frame);
    return;
  }
  std::string plain = lower_case(*pbc);
  std::replace_if(
      plain.begin(), plain.end(), [](char c) { return c == ',' || c == '[' || c == ']'; }, ' ');
  std::vector<std::string_view> parts;
  split_blanks(plain, parts);
  for (std::size_t d = 0; d < parts.size() && parts.size() == 3; ++d) {
    const bool yes = parts[d] == "t" || parts[d] == "true" || parts[d] == "1";
    const bool no = parts[d] == "f" || parts[d] == "false" || parts[d] == "0";
    if (!yes && !no) {
      parts.clear();
      break;
    }
    frame.pbc[d] = yes;
  }
  if (parts.size() != 3) {
    fail("pbc=\"" + printable(*pbc) + "\" is not three of T and F, such as pbc=\"T T F\"");
  }
  if (lattice == nullptr && (frame.pbc[0] || frame.pbc[1] || frame.pbc[2])) {
    fail("pbc=\"" + printable(*pbc) +
         "\" without a Lattice; give Lattice=\"...\" or pbc=\"F F F\"");
  }
  require_cell(frame);
}

void Reader::require_cell(const Frame& frame) const {
  if (const auto fault = cell_fault(frame.cell, frame.pbc); !fault.empty()) {
    fail("Lattice: " + fault);
  }
}

void Reader::read_stress(const CommentEntry& entry, bool is_virial, Frame& frame) {
  const std::string what = std::string(is_virial ? "virial" : "stress") + ": '" + entry.key + "'";
  const auto numbers = parse_reals(entry.value);
  if (!numbers || (numbers->size() != 9 && numbers->size() != 6)) {
    fail(what + " is not 9 numbers (the tensor by rows) or 6 (xx yy zz yz xz xy)");
  }
  record_.stress_key = entry.key;
  const auto& s = *numbers;
  if (std::any_of(s.begin(), s.end(), [](double x) { return std::isnan(x); })) {
    return;
  }
  if (std::any_of(s.begin(), s.end(), [](double x) { return std::isinf(x); })) {
    fail(what + " is not finite; write nan where there is none");
  }
  std::array<double, 6> voigt{};
  if (s.size() == 6) {
    std::copy(s.begin(), s.end(), voigt.begin());
  } else {
    const double largest = std::abs(*std::max_element(
        s.begin(), s.end(), [](double x, double y) { return std::abs(x) < std::abs(y); }));
    const double asymmetry =
        std::max({std::abs(s[1] - s[3]), std::abs(s[2] - s[6]), std::abs(s[5] - s[7])});
    // rounding in the file is allowed, a tensor that is no stress is not
    if (asymmetry > 1e-3 * largest + 1e-6) {
      fail(what + " is not symmetric; check that it is the tensor by rows");
    }
    voigt = {s[0], s[4], s[8], 0.5 * (s[5] + s[7]), 0.5 * (s[2] + s[6]), 0.5 * (s[1] + s[3])};
  }
  const double cell_volume = std::abs(determinant(frame.cell));
  if (cell_volume == 0.0) {
    fail(what + " needs a cell with a volume; give Lattice=\"...\" or leave the label out");
  }
  const double factor = is_virial ? -scale_.energy / cell_volume : scale_.stress();
  for (double& component : voigt) {
    component *= factor;
  }
  frame.stress = voigt;
}

void Reader::set_columns(const std::string& properties) {
  std::vector<std::string> fields;
  std::size_t begin = 0;
  while (begin <= properties.size()) {
    const std::size_t colon = std::min(properties.find(':', begin), properties.size());
    fields.push_back(properties.substr(begin, colon - begin));
    begin = colon + 1;
  }
  if (fields.size() % 3 != 0) {
    fail("Properties=" + printable(properties, 200) +
         " is not a list of name:type:count, such as species:S:1:pos:R:3");
  }
  Columns columns;
  std::vector<std::pair<std::string, std::size_t>> forces;  // names and columns that qualify
  for (std::size_t i = 0; i < fields.size(); i += 3) {
    const std::string& name = fields[i];
    const auto width = parse_integer(fields[i + 2]);
    if (!width || *width < 1 || *width > 10000 || fields[i + 1].size() != 1 ||
        std::string("SRIL").find(fields[i + 1]) == std::string::npos) {
      fail("Properties: '" + printable(name + ":" + fields[i + 1] + ":" + fields[i + 2]) +
           "' is not name:type:count with a type of S, R, I or L");
    }
    const std::size_t at = columns.count;
    const auto take = [&](std::size_t& column, long expected) {
      if (*width != expected) {
        fail("Properties: '" + name + "' has " + fields[i + 2] + " columns, not " +
             std::to_string(expected));
      }
      if (column != no_column) {
        fail("Properties: '" + name + "' is a second list of what an earlier column holds already");
      }
      column = at;
    };
    if (name == "species") {
      take(columns.species, 1);
    } else if (name == "Z" || name == "numbers") {
      take(columns.number, 1);
    } else if (name == "pos") {
      take(columns.position, 3);
    } else if (name == "tags") {
      take(columns.tags, 1);
    } else if (name == "move_mask") {
      take(columns.move_mask, *width == 3 ? 3 : 1);
      columns.move_width = static_cast<std::size_t>(*width);
    } else if (contains(forces_names_, name)) {
      std::size_t column = no_column;
      take(column, 3);
      forces.emplace_back(name, column);
    } else {
      not_read_.insert(name);
    }
    columns.count += static_cast<std::size_t>(*width);
  }
  if (columns.position == no_column) {
    fail("Properties=" + printable(properties, 200) + " has no positions; add pos:R:3");
  }
  if (columns.species == no_column && columns.number == no_column) {
    fail("Properties=" + printable(properties, 200) + " has no elements; add species:S:1 or Z:I:1");
  }
  for (const auto& name : forces_names_) {
    for (const auto& [found, column] : forces) {
      if (found == name && columns.forces == no_column) {
        columns.forces = column;
        record_.forces_key = name;
      } else if (found == name) {
        not_read_.insert(name);
      }
    }
  }
  columns_ = columns;
}

int Reader::read_element(std::string_view symbol) {
  // atoms of an element come in runs
  if (symbol != species_ || element_ == 0) {
    species_ = std::string(symbol);
    try {
      element_ = atomic_number(species_);
    } catch (const Error& error) {
      fail(error.what());
    }
  }
  return element_;
}

double Reader::read_coordinate(std::size_t column, const char* what) {
  const auto value = parse_real(parts_[column]);
  if (!value) {
    fail(std::string(what) + ": '" + printable(parts_[column]) + "' in column " +
         std::to_string(column + 1) + " is not a number");
  }
  return *value;
}

void Reader::read_atom(std::string_view line, Frame& frame) {
  split_blanks(line, parts_);
  if (parts_.size() != columns_.count) {
    fail("the line of an atom has " + std::to_string(parts_.size()) +
         " columns, Properties=" + properties_ + " has " + std::to_string(columns_.count) +
         "; correct Properties or the number of atoms");
  }
  if (columns_.species != no_column) {
    frame.atomic_numbers.push_back(read_element(parts_[columns_.species]));
  } else {
    const auto number = parse_integer(parts_[columns_.number]);
    if (!number || *number < 1 || *number > max_atomic_number) {
      fail("'" + printable(parts_[columns_.number]) + "' is not an atomic number (1 to " +
           std::to_string(max_atomic_number) + ")");
    }
    frame.atomic_numbers.push_back(static_cast<int>(*number));
  }
  for (std::size_t d = 0; d < 3; ++d) {
    const double x = read_coordinate(columns_.position + d, "position");
    if (!std::isfinite(x)) {
      fail("position: '" + printable(parts_[columns_.position + d]) +
           "' is not finite; remove the frame");
    }
    frame.positions.push_back(x * scale_.length);
  }
  if (columns_.forces != no_column) {
    for (std::size_t d = 0; d < 3; ++d) {
      const double f = read_coordinate(columns_.forces + d, "force");
      if (std::isinf(f)) {
        fail("force: not finite; write nan for all forces of the frame to leave them out");
      }
      frame.forces.push_back(f * scale_.force());
    }
  }
  if (columns_.tags != no_column) {
    const auto tag = parse_integer(parts_[columns_.tags]);
    if (!tag) {
      fail("tags: '" + printable(parts_[columns_.tags]) + "' is not a whole number");
    }
    frame.tags.push_back(static_cast<int>(*tag));
  }
  if (columns_.move_mask != no_column) {
    bool free = false;
    for (std::size_t d = 0; d < columns_.move_width; ++d) {
      const auto word = lower_case(std::string(parts_[columns_.move_mask + d]));
      const bool yes = word == "t" || word == "true" || word == "1";
      if (!yes && word != "f" && word != "false" && word != "0") {
        fail("move_mask: '" + printable(word) + "' is neither T nor F");
      }
      free = free || yes;
    }
    frame.fixed.push_back(free ? 0 : 1);
  }
}

void Reader::finish_labels(Frame& frame) {
  const auto missing = std::count_if(frame.forces.begin(), frame.forces.end(),
                                     [](double f) { return std::isnan(f); });
  if (missing == static_cast<std::ptrdiff_t>(frame.forces.size())) {
    frame.forces.clear();
  } else if (missing > 0) {
    fail("the frame that ends here has " + std::to_string(missing) +
         " force components that are nan and others that are not; write nan for all of them to "
         "leave its forces out");
  }
}

}  // namespace

std::unique_ptr<FrameStream> open_extxyz(const DataSource& source, SourceRecord& record) {
  return std::make_unique<Reader>(source, record);
}

std::vector<Frame> read_extxyz(const DataSource& source, SourceRecord& record) {
  const std::size_t limit = source.slice.frames_to_read().value_or(no_column);
  Reader reader(source, record);
  std::vector<Frame> frames;
  Frame frame;
  while (frames.size() < limit && reader.next(frame)) {
    frames.push_back(std::move(frame));
  }
  reader.finish();
  return frames;
}

}  // namespace spinconv::train
