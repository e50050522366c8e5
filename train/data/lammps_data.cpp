// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/lammps_data.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <stdexcept>

#include "data/number_text.hpp"
#include "spinconv/elements.hpp"
#include "spinconv/error.hpp"

namespace spinconv::train {
namespace {

constexpr double margin = 10.0;  // Angstrom around a structure without a cell

bool is_periodic(const Frame& frame) {
  return frame.pbc[0] || frame.pbc[1] || frame.pbc[2];
}

bool has_length(const double* v) {
  return v[0] != 0.0 || v[1] != 0.0 || v[2] != 0.0;
}

// `v` less its parts along the orthonormal `axes`; zero where hardly anything is left of it.
Vector3 across(const double* v, const std::vector<Vector3>& axes) {
  Vector3 rest = {v[0], v[1], v[2]};
  for (int pass = 0; pass < 2; ++pass) {  // the second takes away the rounding of the first
    for (const auto& axis : axes) {
      const double along = rest[0] * axis[0] + rest[1] * axis[1] + rest[2] * axis[2];
      for (std::size_t d = 0; d < 3; ++d) {
        rest[d] -= along * axis[d];
      }
    }
  }
  const double length = std::hypot(rest[0], rest[1], rest[2]);
  return length > 1e-6 * std::hypot(v[0], v[1], v[2]) ? rest : Vector3{};
}

Vector3 unit(const Vector3& v) {
  const double length = std::hypot(v[0], v[1], v[2]);
  return {v[0] / length, v[1] / length, v[2] / length};
}

// The cell with a vector at a right angle to the others along each direction that is not periodic.
// `missing`: those whose length has to be that of the atoms.
Matrix3 complete_cell(const Frame& frame, std::array<bool, 3>& missing) {
  Matrix3 cell = frame.cell;
  std::vector<Vector3> axes;
  for (std::size_t d = 0; d < 3; ++d) {
    if (frame.pbc[d]) {
      axes.push_back(unit(across(&cell[3 * d], axes)));
    }
  }
  for (std::size_t d = 0; d < 3; ++d) {
    if (frame.pbc[d]) {
      continue;
    }
    Vector3 v = has_length(&cell[3 * d]) ? across(&cell[3 * d], axes) : Vector3{};
    missing[d] = !has_length(v.data());
    for (std::size_t axis = 0; axis < 3 && missing[d]; ++axis) {
      // of the directions x, y, z the one farthest from the others
      Vector3 candidate{};
      candidate[axis] = 1.0;
      candidate = across(candidate.data(), axes);
      if (std::hypot(candidate[0], candidate[1], candidate[2]) > std::hypot(v[0], v[1], v[2])) {
        v = candidate;
      }
    }
    v = missing[d] ? unit(v) : v;
    std::copy(v.begin(), v.end(), cell.begin() + static_cast<std::ptrdiff_t>(3 * d));
    axes.push_back(unit(v));
  }
  return cell;
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
  if (const auto fault = cell_fault(frame.cell, frame.pbc); !fault.empty()) {
    throw Error(frame.source + ": " + fault);
  }
  std::array<bool, 3> missing{};
  if (is_periodic(frame)) {
    try {
      s.box = to_lammps_cell(complete_cell(frame, missing));
    } catch (const std::invalid_argument& e) {
      throw Error(frame.source + ": " + e.what() +
                  "; give Lattice=\"...\" three independent vectors");
    }
  } else {
    const Matrix3 identity = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    s.box = {{}, identity, identity};
    missing = {true, true, true};
  }
  for (std::size_t d = 0; d < 3; ++d) {
    if (frame.pbc[d]) {
      continue;
    }
    double low = INFINITY, high = -INFINITY;
    for (std::size_t i = 0; i < frame.size(); ++i) {
      const double x = row_times(
          {frame.positions[3 * i], frame.positions[3 * i + 1], frame.positions[3 * i + 2]},
          s.box.rotation)[d];
      low = std::min(low, x);
      high = std::max(high, x);
    }
    const double length = missing[d] ? 0.0 : s.box.cell[4 * d];
    const double begin = missing[d] || low < 0.0 ? low - margin : 0.0;
    const double end = missing[d] || high > length ? std::max(length, high + margin) : length;
    s.origin[d] = begin;
    s.box.cell[4 * d] = end - begin;
  }
  // the rounding of right angles is no tilt, which LAMMPS has in periodic directions alone
  const std::array<std::array<std::size_t, 3>, 3> tilts = {{{3, 0, 1}, {6, 0, 2}, {7, 1, 2}}};
  for (const auto& [at, row, other] : tilts) {
    s.box.cell[at] = frame.pbc[row] && frame.pbc[other] ? s.box.cell[at] : 0.0;
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
      << number_text(o[0]) << " " << number_text(o[0] + c[0]) << " xlo xhi\n"
      << number_text(o[1]) << " " << number_text(o[1] + c[4]) << " ylo yhi\n"
      << number_text(o[2]) << " " << number_text(o[2] + c[8]) << " zlo zhi\n";
  if (c[3] != 0.0 || c[6] != 0.0 || c[7] != 0.0) {
    out << number_text(c[3]) << " " << number_text(c[6]) << " " << number_text(c[7])
        << " xy xz yz\n";
  }
  out << "\nMasses\n\n";
  for (std::size_t t = 0; t < elements.size(); ++t) {
    out << t + 1 << " " << number_text(atomic_mass(atomic_number(elements[t]))) << "  # "
        << elements[t] << "\n";
  }
  out << "\nAtoms  # atomic\n\n";
  for (std::size_t i = 0; i < frame.size(); ++i) {
    const auto symbol = element_symbol(frame.atomic_numbers[i]);
    const auto type = std::find(elements.begin(), elements.end(), symbol) - elements.begin() + 1;
    const Vector3 x =
        row_times({frame.positions[3 * i], frame.positions[3 * i + 1], frame.positions[3 * i + 2]},
                  box.rotation);
    out << i + 1 << " " << type << " " << number_text(x[0]) << " " << number_text(x[1]) << " "
        << number_text(x[2]) << "\n";
  }
  return out.str();
}

std::string LammpsStructure::include_file() const {
  std::string text =
      "# Written by spinconv-train convert, to include after read_data\nvariable elements string "
      "\"";
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
  nlohmann::json json = {
      {"atomic_numbers", frame.atomic_numbers},
      {"positions", frame.positions},
      {"cell", frame.cell},
      {"pbc", frame.pbc},
      {"box",
       {{"cell", box.cell}, {"rotation", box.rotation}, {"basis", box.basis}, {"origin", origin}}},
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
    throw Error(e.what() +
                std::string(std::string(e.what()).find(where) == 0 ? "" : " in " + where));
  } catch (const nlohmann::json::exception& e) {
    throw Error(
        where +
        ": not the .json that 'spinconv-train convert' writes beside a data file: " + e.what());
  }
  return s;
}

}  // namespace spinconv::train
