// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/lammps_data.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <stdexcept>

#include "data/elements.hpp"
#include "data/line_reader.hpp"
#include "data/text.hpp"
#include "spinconv/error.hpp"

namespace spinconv::train {
namespace {

constexpr double margin = 10.0;  // Angstrom around a structure without a cell

// The shortest text that reads back as the same number.
std::string shortest(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value);
  return {text, end.ptr};
}

bool is_periodic(const Frame& frame) {
  return frame.pbc[0] || frame.pbc[1] || frame.pbc[2];
}

// One snapshot of a dump as it stands in the file.
struct Snapshot {
  long step = 0;
  Vector3 origin{};
  Matrix3 cell{};
  std::vector<std::string> columns;
  std::vector<std::vector<double>> values;   // of each atom; the column element holds its number
};

class DumpReader {
 public:
  explicit DumpReader(const std::string& path) : lines_(path) {}

  bool next(Snapshot& s) {
    std::string_view line;
    if (!lines_.next(line)) {
      return false;
    }
    s = Snapshot();
    long atoms = -1;
    bool has_box = false;
    while (true) {
      if (line.rfind("ITEM: TIMESTEP", 0) == 0) {
        s.step = whole(take());
      } else if (line.rfind("ITEM: NUMBER OF ATOMS", 0) == 0) {
        atoms = whole(take());
      } else if (line.rfind("ITEM: BOX BOUNDS", 0) == 0) {
        read_box(line, s);
        has_box = true;
      } else if (line.rfind("ITEM: ATOMS", 0) == 0) {
        if (atoms < 0 || !has_box) {
          fail("ITEM: ATOMS comes before ITEM: NUMBER OF ATOMS or ITEM: BOX BOUNDS");
        }
        read_atoms(line, atoms, s);
        return true;
      } else if (line.rfind("ITEM: ", 0) == 0) {
        take();  // UNITS, TIME
      } else {
        fail("'" + std::string(line.substr(0, 60)) + "' is not a line of a LAMMPS text dump");
      }
      line = take();
    }
  }

  [[noreturn]] void fail(const std::string& reason) const {
    throw Error(lines_.path() + ":" + std::to_string(lines_.line_number()) + ": " + reason);
  }

 private:
  std::string_view take() {
    std::string_view line;
    if (!lines_.next(line)) {
      fail("the dump ends within a snapshot; it is truncated");
    }
    return line;
  }

  long whole(std::string_view line) {
    split_blanks(line, parts_);
    const auto value = parts_.size() == 1 ? parse_integer(parts_[0]) : std::nullopt;
    if (!value) {
      fail("'" + std::string(line.substr(0, 60)) + "' is not a whole number");
    }
    return *value;
  }

  void read_box(std::string_view line, Snapshot& s) {
    if (line.find("abc origin") != std::string_view::npos) {
      fail("boxes of general triclinic form are not read; dump without triclinic/general");
    }
    const bool tilted = line.find("xy xz yz") != std::string_view::npos;
    double low[3], high[3], tilt[3] = {};
    for (int d = 0; d < 3; ++d) {
      const std::string text(take());
      const auto numbers = parse_reals(text);
      if (!numbers || numbers->size() != (tilted ? 3u : 2u) ||
          !std::all_of(numbers->begin(), numbers->end(), [](double x) { return std::isfinite(x); })) {
        fail("'" + text + "' is not a line of the box");  // nor are numbers that are not finite
      }
      low[d] = (*numbers)[0];
      high[d] = (*numbers)[1];
      tilt[d] = tilted ? (*numbers)[2] : 0.0;
    }
    // the lines give the bounding box of a tilted one; xy xz yz
    const double xy = tilt[0], xz = tilt[1], yz = tilt[2];
    low[0] -= std::min({0.0, xy, xz, xy + xz});
    high[0] -= std::max({0.0, xy, xz, xy + xz});
    low[1] -= std::min(0.0, yz);
    high[1] -= std::max(0.0, yz);
    s.origin = {low[0], low[1], low[2]};
    s.cell = {high[0] - low[0], 0, 0, xy, high[1] - low[1], 0, xz, yz, high[2] - low[2]};
  }

  void read_atoms(std::string_view line, long atoms, Snapshot& s) {
    split_blanks(line.substr(std::string_view("ITEM: ATOMS").size()), parts_);
    for (const auto part : parts_) {
      s.columns.emplace_back(part);
    }
    for (long i = 0; i < atoms; ++i) {
      const std::string text(take());
      split_blanks(text, parts_);
      if (parts_.size() != s.columns.size()) {
        fail("an atom has " + std::to_string(parts_.size()) + " columns, ITEM: ATOMS names " +
             std::to_string(s.columns.size()));
      }
      auto& row = s.values.emplace_back();
      for (std::size_t k = 0; k < parts_.size(); ++k) {
        if (s.columns[k] == "element") {
          row.push_back(find_atomic_number(parts_[k]).value_or(0));
          continue;
        }
        const auto value = parse_real(parts_[k]);
        if (!value) {
          fail("'" + std::string(parts_[k]) + "' in column " + s.columns[k] + " is not a number");
        }
        if (!std::isfinite(*value) && s.columns[k] == "id") {
          fail("an atom's id is " + std::string(parts_[k]));
        }
        row.push_back(*value);
      }
    }
  }

  LineReader lines_;
  std::vector<std::string_view> parts_;
};

std::optional<std::size_t> column(const Snapshot& s, const std::string& name) {
  const auto found = std::find(s.columns.begin(), s.columns.end(), name);
  return found == s.columns.end() ? std::nullopt
                                  : std::optional<std::size_t>(found - s.columns.begin());
}

Vector3 three(const std::vector<double>& row, const std::array<std::size_t, 3>& columns) {
  return {row[columns[0]], row[columns[1]], row[columns[2]]};
}

std::optional<std::array<std::size_t, 3>> columns_of(const Snapshot& s, const char* x,
                                                     const char* y, const char* z) {
  const auto a = column(s, x), b = column(s, y), c = column(s, z);
  return a && b && c ? std::optional(std::array<std::size_t, 3>{*a, *b, *c}) : std::nullopt;
}

Frame to_frame(Snapshot s, const LammpsStructure* original, const DumpReader& reader) {
  const auto id = column(s, "id");
  if (!id) {
    reader.fail("the dump has no column id, so that its atoms cannot be told; dump custom ... id");
  }
  std::sort(s.values.begin(), s.values.end(),
            [&](const auto& a, const auto& b) { return a[*id] < b[*id]; });
  const auto forces = columns_of(s, "fx", "fy", "fz");
  const auto scaled = columns_of(s, "xs", "ys", "zs");
  auto positions = columns_of(s, "xu", "yu", "zu");
  positions = positions ? positions : columns_of(s, "x", "y", "z");
  positions = positions ? positions : scaled;
  if (!positions) {
    reader.fail("the dump has no positions; dump custom ... x y z (or xu yu zu, xs ys zs)");
  }
  Frame frame;
  if (original != nullptr) {
    frame = original->frame;
    if (frame.size() != s.values.size()) {
      reader.fail("the dump has " + std::to_string(s.values.size()) + " atoms, the structure " +
                  std::to_string(frame.size()));
    }
    frame.energy.reset();
    frame.stress.reset();
  } else {
    const auto element = column(s, "element");
    if (!element) {
      reader.fail(
          "the dump has no column element; give the structure's .json by --cell, or dump element "
          "with dump_modify element");
    }
    for (const auto& row : s.values) {
      frame.atomic_numbers.push_back(static_cast<int>(row[*element]));
      if (frame.atomic_numbers.back() == 0) {
        reader.fail("an element is no chemical symbol; dump_modify element names them");
      }
    }
    frame.cell = s.cell;
    frame.pbc = {true, true, true};
  }
  frame.positions.clear();
  frame.forces.clear();
  frame.frame_number = s.step;
  Matrix3 back = {1, 0, 0, 0, 1, 0, 0, 0, 1};
  Vector3 origin{};
  if (original != nullptr) {
    back = transposed(original->box.rotation);
    origin = original->origin;
    if (is_periodic(frame)) {
      frame.cell = product_of(product_of(inverse_of(original->box.basis), s.cell), back);
    }
  }
  for (const auto& row : s.values) {
    Vector3 x = three(row, *positions);
    if (positions == scaled) {
      x = row_times(x, s.cell);
    }
    // a box that changed keeps its own origin, the structure's is that of its cell
    for (std::size_t d = 0; d < 3 && positions != scaled; ++d) {
      x[d] -= original != nullptr && is_periodic(frame) ? s.origin[d] : 0.0;
    }
    for (std::size_t d = 0; d < 3 && positions == scaled && !is_periodic(frame); ++d) {
      x[d] += s.origin[d];
    }
    x = row_times(x, back);
    for (std::size_t d = 0; d < 3; ++d) {
      frame.positions.push_back(x[d] + (is_periodic(frame) ? origin[d] : 0.0));
      if (!std::isfinite(frame.positions.back())) {
        reader.fail("a position is not finite; the run has failed before this snapshot");
      }
    }
    if (forces) {
      const Vector3 f = row_times(three(row, *forces), back);
      frame.forces.insert(frame.forces.end(), f.begin(), f.end());
    }
  }
  return frame;
}

}  // namespace

LammpsStructure to_lammps(const Frame& frame, const std::vector<std::string>& elements) {
  LammpsStructure s;
  s.frame = frame;
  s.elements = elements;
  std::set<int> numbers(frame.atomic_numbers.begin(), frame.atomic_numbers.end());
  if (s.elements.empty()) {
    for (const int z : numbers) {
      s.elements.push_back(element_symbol(z));
    }
  }
  for (const int z : numbers) {
    if (std::find(s.elements.begin(), s.elements.end(), element_symbol(z)) == s.elements.end()) {
      throw Error(frame.source + ": element " + element_symbol(z) + " is not among --elements");
    }
  }
  if (is_periodic(frame)) {
    try {
      s.box = to_lammps_cell(frame.cell);
    } catch (const std::invalid_argument& e) {
      throw Error(frame.source + ": " + e.what() + "; give Lattice=\"...\" three independent vectors");
    }
    return s;
  }
  const Matrix3 identity = {1, 0, 0, 0, 1, 0, 0, 0, 1};
  s.box = {{}, identity, identity};
  for (std::size_t d = 0; d < 3; ++d) {
    double low = frame.positions[d], high = low;
    for (std::size_t i = 0; i < frame.size(); ++i) {
      low = std::min(low, frame.positions[3 * i + d]);
      high = std::max(high, frame.positions[3 * i + d]);
    }
    s.origin[d] = low - margin;
    s.box.cell[4 * d] = high - low + 2.0 * margin;
  }
  return s;
}

std::string LammpsStructure::data_file() const {
  std::ostringstream out;
  const auto& c = box.cell;
  const auto& o = origin;
  out << "Written by spinconv-train convert; boundary";
  for (const bool periodic : frame.pbc) {
    out << (periodic ? " p" : " s");
  }
  out << "; from " << frame.source.substr(frame.source.rfind('/') + 1) << "\n\n"
      << frame.size() << " atoms\n"
      << elements.size() << " atom types\n\n"
      << shortest(o[0]) << " " << shortest(o[0] + c[0]) << " xlo xhi\n"
      << shortest(o[1]) << " " << shortest(o[1] + c[4]) << " ylo yhi\n"
      << shortest(o[2]) << " " << shortest(o[2] + c[8]) << " zlo zhi\n";
  if (c[3] != 0.0 || c[6] != 0.0 || c[7] != 0.0) {
    out << shortest(c[3]) << " " << shortest(c[6]) << " " << shortest(c[7]) << " xy xz yz\n";
  }
  out << "\nMasses\n\n";
  for (std::size_t t = 0; t < elements.size(); ++t) {
    out << t + 1 << " " << shortest(atomic_mass(atomic_number(elements[t]))) << "  # " << elements[t] << "\n";
  }
  out << "\nAtoms  # atomic\n\n";
  for (std::size_t i = 0; i < frame.size(); ++i) {
    const auto symbol = element_symbol(frame.atomic_numbers[i]);
    const auto type = std::find(elements.begin(), elements.end(), symbol) - elements.begin() + 1;
    const Vector3 x = row_times(
        {frame.positions[3 * i], frame.positions[3 * i + 1], frame.positions[3 * i + 2]},
        box.rotation);
    out << i + 1 << " " << type << " " << shortest(x[0]) << " " << shortest(x[1]) << " "
        << shortest(x[2]) << "\n";
  }
  return out.str();
}

std::string LammpsStructure::include_file() const {
  std::string text = "# Written by spinconv-train convert, to include after read_data\nvariable elements string \"";
  for (std::size_t t = 0; t < elements.size(); ++t) {
    text += (t > 0 ? " " : "") + elements[t];
  }
  text += "\"\n";
  std::vector<std::string> ranges;
  for (std::size_t i = 0; i < frame.fixed.size(); ++i) {
    if (!frame.fixed[i]) {
      continue;
    }
    std::size_t last = i;
    while (last + 1 < frame.fixed.size() && frame.fixed[last + 1]) {
      ++last;
    }
    ranges.push_back(std::to_string(i + 1) +
                     (last > i ? ":" + std::to_string(last + 1) : std::string()));
    i = last;
  }
  for (std::size_t k = 0; k < ranges.size(); ++k) {
    // a group command adds to a group of the same name
    text += k % 20 == 0 ? (k > 0 ? "\ngroup fixed id" : "group fixed id") : "";
    text += " " + ranges[k];
  }
  return text + (ranges.empty() ? "group fixed empty\n" : "\n");
}

nlohmann::json LammpsStructure::to_json() const {
  nlohmann::json json = {{"atomic_numbers", frame.atomic_numbers},
                         {"positions", frame.positions},
                         {"cell", frame.cell},
                         {"pbc", frame.pbc},
                         {"box", {{"cell", box.cell}, {"rotation", box.rotation},
                                  {"basis", box.basis}, {"origin", origin}}},
                         {"elements", elements}};
  if (!frame.tags.empty()) {
    json["tags"] = frame.tags;
  }
  if (!frame.fixed.empty()) {
    json["fixed"] = std::vector<int>(frame.fixed.begin(), frame.fixed.end());
  }
  if (!frame.system.empty()) {
    json["system"] = frame.system;
  }
  return json;
}

LammpsStructure LammpsStructure::from_json(const nlohmann::json& json, const std::string& where) {
  LammpsStructure s;
  try {
    json.at("atomic_numbers").get_to(s.frame.atomic_numbers);
    json.at("positions").get_to(s.frame.positions);
    json.at("cell").get_to(s.frame.cell);
    json.at("pbc").get_to(s.frame.pbc);
    json.at("elements").get_to(s.elements);
    const auto& box = json.at("box");
    box.at("cell").get_to(s.box.cell);
    box.at("rotation").get_to(s.box.rotation);
    box.at("basis").get_to(s.box.basis);
    box.at("origin").get_to(s.origin);
    s.frame.tags = json.value("tags", std::vector<int>());
    const auto fixed = json.value("fixed", std::vector<int>());
    s.frame.fixed.assign(fixed.begin(), fixed.end());
    s.frame.system = json.value("system", "");
    const std::size_t n = s.frame.size();
    const auto fits = [n](std::size_t size) { return size == 0 || size == n; };
    if (n == 0 || s.frame.positions.size() != 3 * n || !fits(s.frame.tags.size()) ||
        !fits(s.frame.fixed.size())) {
      throw Error(where + ": positions, tags or fixed are not those of its " + std::to_string(n) +
                  " atoms; write it again by 'spinconv-train convert'");
    }
    for (const int z : s.frame.atomic_numbers) {
      element_symbol(z);  // throws where it is none
    }
    for (const auto& symbol : s.elements) {
      atomic_number(symbol);
    }
    inverse_of(s.box.basis);
  } catch (const std::invalid_argument&) {
    throw Error(where + ": its box has no volume; write it again by 'spinconv-train convert'");
  } catch (const Error& e) {
    throw Error(e.what() + std::string(std::string(e.what()).find(where) == 0 ? "" : " in " + where));
  } catch (const nlohmann::json::exception& e) {
    throw Error(where + ": not the .json that 'spinconv-train convert' writes beside a data file: " +
                e.what());
  }
  return s;
}

std::vector<Frame> dump_frames(const std::string& path, const LammpsStructure* original,
                               const std::map<long, double>& energies) {
  DumpReader reader(path);
  std::vector<Frame> frames;
  Snapshot snapshot;
  while (reader.next(snapshot)) {
    const long step = snapshot.step;
    frames.push_back(to_frame(std::move(snapshot), original, reader));
    const auto energy = energies.find(step);
    if (energy != energies.end()) {
      frames.back().energy = energy->second;
    }
  }
  if (frames.empty()) {
    throw Error(path + ": no snapshot in this dump");
  }
  return frames;
}

std::map<long, double> log_energies(const std::string& path) {
  LineReader lines(path);
  std::map<long, double> energies;
  std::string_view line;
  std::vector<std::string_view> parts;
  std::size_t step = SIZE_MAX, energy = SIZE_MAX, width = 0;
  bool found = false;
  while (lines.next(line)) {
    split_blanks(line, parts);
    const auto at = [&](std::string_view name) {
      const auto it = std::find(parts.begin(), parts.end(), name);
      return it == parts.end() ? SIZE_MAX : static_cast<std::size_t>(it - parts.begin());
    };
    if (at("Step") != SIZE_MAX) {
      step = at("Step");
      energy = at("PotEng");
      width = energy == SIZE_MAX ? 0 : parts.size();
      found = found || width > 0;
      continue;
    }
    if (width == 0 || parts.size() != width) {
      continue;
    }
    const auto number = parse_integer(parts[step]);
    const auto value = parse_real(parts[energy]);
    if (number && value) {
      energies[*number] = *value;
    } else {
      width = 0;
    }
  }
  if (!found) {
    throw Error(path + ": no thermo table with the columns Step and PotEng");
  }
  return energies;
}

std::string to_extxyz(const Frame& frame) {
  std::ostringstream out;
  const bool has_cell =
      std::any_of(frame.cell.begin(), frame.cell.end(), [](double x) { return x != 0.0; });
  out << frame.size() << "\n";
  if (has_cell) {
    out << "Lattice=\"";
    for (int k = 0; k < 9; ++k) {
      out << (k ? " " : "") << shortest(frame.cell[k]);
    }
    out << "\" ";
  }
  out << "Properties=species:S:1:pos:R:3";
  out << (frame.fixed.empty() ? "" : ":move_mask:L:1") << (frame.tags.empty() ? "" : ":tags:I:1")
      << (frame.forces.empty() ? "" : ":forces:R:3");
  if (!frame.system.empty()) {
    out << " sid=" << frame.system;
  }
  if (frame.frame_number) {
    out << " fid=" << *frame.frame_number;
  }
  if (frame.energy) {
    out << " energy=" << shortest(*frame.energy);
  }
  out << " pbc=\"" << (frame.pbc[0] ? "T " : "F ") << (frame.pbc[1] ? "T " : "F ")
      << (frame.pbc[2] ? "T" : "F") << "\"\n";
  for (std::size_t i = 0; i < frame.size(); ++i) {
    out << element_symbol(frame.atomic_numbers[i]);
    for (std::size_t d = 3 * i; d < 3 * i + 3; ++d) {
      out << " " << shortest(frame.positions[d]);
    }
    if (!frame.fixed.empty()) {
      out << (frame.fixed[i] ? " F" : " T");
    }
    if (!frame.tags.empty()) {
      out << " " << frame.tags[i];
    }
    for (std::size_t d = 3 * i; d < 3 * i + 3 && !frame.forces.empty(); ++d) {
      out << " " << shortest(frame.forces[d]);
    }
    out << "\n";
  }
  return out.str();
}

}  // namespace spinconv::train
