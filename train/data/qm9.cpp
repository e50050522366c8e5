// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/qm9.hpp"

#include <algorithm>
#include <cmath>

#include "data/line_reader.hpp"
#include "data/npz.hpp"
#include "data/target.hpp"
#include "data/text.hpp"
#include "data/units.hpp"
#include "spinconv/elements.hpp"
#include "spinconv/error.hpp"

namespace spinconv::train {
namespace {

// Of the second line of a text file, after "gdb" and the index.
const std::vector<std::string> text_properties = {
    "A", "B", "C", "mu", "alpha", "homo", "lumo", "gap", "r2", "zpve", "U0", "U", "H", "G", "Cv"};

// Which property is read and how: fills the record.
struct Choice {
  std::string key;
  double factor = 1.0;
  double length = 1.0;
};

// `energy_unit`, `length_unit`: as the file says, or the format.
Choice choose(const DataSource& source, SourceRecord& record,
              const std::vector<std::string>& properties, const std::string& length_unit,
              const std::string& energy_unit = "Hartree") {
  Choice choice;
  choice.key = source.keys.energy.empty() ? target_key(source.target) : source.keys.energy;
  if (choice.key.empty()) {
    std::string names;
    for (const auto& name : qm9_target_names()) {
      names += " " + name;
    }
    throw Error(source.path +
                ": properties of molecules, of which one has to be named: data.target "
                "is one of" +
                names + " (for 'evaluate' the potential says it)");
  }
  if (std::find(properties.begin(), properties.end(), choice.key) == properties.end()) {
    throw Error(source.path + ": " + unknown_name_message("property", choice.key, properties));
  }
  record.energy_key = choice.key;
  record.energy_unit = source.energy_unit.empty() ? energy_unit : source.energy_unit;
  record.length_unit = source.length_unit.empty() ? length_unit : source.length_unit;
  const bool given = !source.energy_unit.empty() || !source.length_unit.empty();
  record.units_from = given ? "format, configuration" : "format";
  choice.factor = target_factor(source.target, energy_unit_in_ev(record.energy_unit));
  choice.length = length_unit_in_angstrom(record.length_unit);
  for (const auto& name : properties) {
    if (name != choice.key) {
      record.not_read.push_back(name);
    }
  }
  return choice;
}

void set_label(Frame& frame, double value, double factor, const std::string& where) {
  if (std::isinf(value * factor)) {  // also one that is too large in our unit
    throw Error(where + " is not finite; write nan where there is none");
  }
  if (!std::isnan(value)) {
    frame.energy = value * factor;
  }
}

class TextReader : public FrameStream {
 public:
  TextReader(const DataSource& source, SourceRecord& record) : lines_(source.path) {
    record.format = "QM9 text";
    choice_ = choose(source, record, text_properties, "Angstrom");
    column_ = 2 + static_cast<std::size_t>(
                      std::find(text_properties.begin(), text_properties.end(), choice_.key) -
                      text_properties.begin());
  }

  double fraction() const override { return lines_.fraction(); }

  bool next(Frame& frame) override {
    frame = Frame();
    std::string_view line;
    if (!next_parts(lines_, line, parts_)) {
      return false;
    }
    const auto n = parts_.size() == 1 ? parse_integer(parts_[0]) : std::nullopt;
    if (!n || *n < 1) {
      fail("'" + printable(line, 60) + "' is not the number of atoms that a molecule begins with");
    }
    take("the properties", text_properties.size() + 2);
    if (parts_[0] != "gdb") {
      fail("the line of the properties does not begin with 'gdb'");
    }
    set_label(frame, number(column_), choice_.factor, where());
    for (long atom = 0; atom < *n; ++atom) {
      take("an atom", 5);
      try {
        frame.atomic_numbers.push_back(atomic_number(std::string(parts_[0])));
      } catch (const Error& error) {
        fail(error.what());
      }
      for (std::size_t d = 1; d <= 3; ++d) {
        const double x = number(d);
        if (!std::isfinite(x)) {
          fail("a position is not finite; remove the molecule");
        }
        frame.positions.push_back(x * choice_.length);
      }
    }
    for (const char* what : {"the frequencies", "SMILES", "InChI"}) {
      if (!lines_.next(line)) {
        fail(std::string("the file ends before the line of ") + what + "; it is truncated");
      }
    }
    frame.source = lines_.path() + ":" + std::to_string(count_++);
    return true;
  }

 private:
  std::string where() const {
    return lines_.path() + ":" + std::to_string(lines_.line_number()) + ": " + choice_.key;
  }
  [[noreturn]] void fail(const std::string& reason) const {
    throw Error(lines_.path() + ":" + std::to_string(lines_.line_number()) + ": " + reason);
  }
  void take(const std::string& what, std::size_t columns) {
    std::string_view line;
    if (!lines_.next(line)) {
      fail("the file ends before the line of " + what + "; it is truncated");
    }
    split_blanks(line, parts_);
    if (parts_.size() != columns) {
      fail("the line of " + what + " has " + std::to_string(parts_.size()) + " columns, not " +
           std::to_string(columns));
    }
  }
  double number(std::size_t column) const {
    std::string text(parts_[column]);
    if (const auto power = text.find("*^"); power != std::string::npos) {
      text.replace(power, 2, "e");
    }
    const auto value = parse_real(text);
    if (!value) {
      fail("'" + printable(parts_[column]) + "' in column " + std::to_string(column + 1) +
           " is not a number");
    }
    return *value;
  }

  LineReader lines_;
  Choice choice_;
  std::size_t column_ = 0;
  std::size_t count_ = 0;
  std::vector<std::string_view> parts_;
};

// Of a text such as "mu D; homo,lumo,U0 Hartree" or "Hartree": the unit of `key`; empty: not said.
std::string unit_of_property(const std::string& text, const std::string& key) {
  std::string plain = text;
  std::replace(plain.begin(), plain.end(), ',', ' ');
  if (plain.find(';') == std::string::npos && plain.find(' ') == std::string::npos) {
    return plain;
  }
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0; begin <= plain.size();) {
    const std::size_t end = std::min(plain.find(';', begin), plain.size());
    split_blanks(std::string_view(plain).substr(begin, end - begin), parts);
    if (parts.size() > 1 && std::find(parts.begin(), parts.end() - 1, key) != parts.end() - 1) {
      return std::string(parts.back());
    }
    begin = end + 1;
  }
  return "";
}

// The unit that array `name` says, `given` where it agrees, or `usual` where neither says one.
// Throws spinconv::Error: it is not known; the given one is another.
std::string choose_unit(const NpzFile& file, const std::string& name, const std::string& said,
                        const std::string& kind, const std::string& given, const std::string& usual,
                        double (*factor)(const std::string&)) {
  if (said.empty()) {
    return usual;
  }
  const std::string where = file.path() + ": array '" + name + "'";
  double factor_said = 0.0;
  try {
    factor_said = factor(said);
  } catch (const Error& error) {
    if (!given.empty()) {
      return usual;
    }
    throw Error(where + ": " + error.what() + "; say it: units: {" + kind + ": ...}");
  }
  if (!given.empty() && factor_said != factor(given)) {
    throw Error(where + " says " + printable(said) + ", the configuration units: " + kind + ": '" +
                given + "'; remove the one that is wrong");
  }
  return said;
}

}  // namespace

bool is_qm9_npz(const std::string& path) {
  const NpzFile file(path);
  return file.contains("n_atoms") && file.contains("z") && file.contains("R");
}

std::vector<Frame> read_qm9_npz(const DataSource& source, SourceRecord& record) {
  record.format = "npz of molecules";
  const NpzFile file(source.path);
  const NpyArray sizes = file.read("n_atoms"), elements = file.read("z"), places = file.read("R");
  const auto n_atoms = sizes.integers(), numbers = elements.integers();
  const auto positions = places.doubles();
  // what is no property
  const std::vector<std::string> others = {"n_atoms", "z",     "R",     "r_unit",
                                           "e_unit",  "units", "index", "offset"};
  std::vector<std::string> properties;
  for (const auto& name : file.keys()) {
    if (std::find(others.begin(), others.end(), name) == others.end()) {
      properties.push_back(name);
    }
  }
  const std::string key =
      source.keys.energy.empty() ? target_key(source.target) : source.keys.energy;
  const std::string length =
      choose_unit(file, "r_unit", file.contains("r_unit") ? file.read("r_unit").text() : "",
                  "length", source.length_unit, "Angstrom", length_unit_in_angstrom);
  std::string energy = "Hartree";
  const std::string unit_array = file.contains("e_unit") ? "e_unit" : "units";
  if (source.target.unit == "eV" && file.contains(unit_array)) {
    energy = choose_unit(file, unit_array, unit_of_property(file.read(unit_array).text(), key),
                         "energy", source.energy_unit, energy, energy_unit_in_ev);
  }
  const Choice choice = choose(source, record, properties, length, energy);
  const NpyArray labels = file.read(choice.key);
  const auto values = labels.doubles();
  const auto fail = [](const NpyArray& array, const std::string& expected) {
    throw Error(array.where() + " has shape " + array.shape_text() + ", expected " + expected);
  };
  std::int64_t total = 0;
  for (const std::int64_t n : n_atoms) {
    if (n < 1) {
      throw Error(sizes.where() + ": a molecule of " + std::to_string(n) + " atoms");
    }
    total += n;
  }
  if (elements.shape() != std::vector{total}) {
    fail(elements, "(" + std::to_string(total) + ",), the sum of n_atoms");
  }
  if (places.shape() != std::vector<std::int64_t>{total, 3}) {
    fail(places, "(" + std::to_string(total) + ", 3), the sum of n_atoms");
  }
  if (labels.shape() != sizes.shape()) {
    fail(labels, sizes.shape_text() + ", one number for each molecule");
  }
  std::vector<Frame> frames(n_atoms.size());
  std::size_t atom = 0;
  for (std::size_t f = 0; f < frames.size(); ++f) {
    Frame& frame = frames[f];
    frame.source = source.path + ":" + std::to_string(f);
    for (const std::size_t end = atom + static_cast<std::size_t>(n_atoms[f]); atom < end; ++atom) {
      if (numbers[atom] < 1 || numbers[atom] > max_atomic_number) {
        throw Error(elements.where() + ": element " + std::to_string(atom) + " is " +
                    std::to_string(numbers[atom]) + ", not an atomic number (1 to " +
                    std::to_string(max_atomic_number) + ")");
      }
      frame.atomic_numbers.push_back(static_cast<int>(numbers[atom]));
      for (std::size_t d = 0; d < 3; ++d) {
        const double x = positions[3 * atom + d];
        if (!std::isfinite(x)) {
          throw Error(places.where() + ": molecule " + std::to_string(f) +
                      " has a position that is not finite; remove it");
        }
        frame.positions.push_back(x * choice.length);
      }
    }
    set_label(frame, values[f], choice.factor, labels.where() + ": molecule " + std::to_string(f));
  }
  return frames;
}

bool is_qm9_xyz(const std::string& path) {
  LineReader lines(path);
  std::string_view line;
  std::vector<std::string_view> parts;
  if (!next_parts(lines, line, parts) || !lines.next(line)) {
    return false;
  }
  split_blanks(line, parts);
  return parts.size() == text_properties.size() + 2 && parts[0] == "gdb";
}

std::unique_ptr<FrameStream> open_qm9_xyz(const DataSource& source, SourceRecord& record) {
  return std::make_unique<TextReader>(source, record);
}

}  // namespace spinconv::train
