// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/extxyz_writer.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "data/number_text.hpp"
#include "data/target.hpp"
#include "spinconv/elements.hpp"

namespace spinconv::train {
namespace {

// A key or a value of the comment line, in quotes where it needs them.
std::string quoted_value(const std::string& text) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isgraph(static_cast<unsigned char>(c)) != 0 &&
           std::string_view("\"'\\={}[]").find(c) == std::string_view::npos;
  });
  if (plain) {
    return text;
  }
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
    }
    result += c;
  }
  return result + "\"";
}

void add_number(std::string& text, double value) {
  text += number_text(value);
}

void add_numbers(std::string& text, const std::vector<double>& values, std::size_t first) {
  for (std::size_t k = first; k < first + 3; ++k) {
    text += ' ';
    add_number(text, values[k]);
  }
}

}  // namespace

std::string to_extxyz(const Frame& frame, const Target& target) {
  std::string out = std::to_string(frame.size()) + "\n";
  if (std::any_of(frame.cell.begin(), frame.cell.end(), [](double x) { return x != 0.0; })) {
    out += "Lattice=\"";
    for (std::size_t k = 0; k < 9; ++k) {
      out += k > 0 ? " " : "";
      add_number(out, frame.cell[k]);
    }
    out += "\" ";
  }
  out += "Properties=species:S:1:pos:R:3";
  out += frame.fixed.empty() ? "" : ":move_mask:L:1";
  out += frame.tags.empty() ? "" : ":tags:I:1";
  out += frame.forces.empty() ? "" : ":forces:R:3";
  if (!frame.system.empty()) {
    out += " sid=" + quoted_value(frame.system);
  }
  if (frame.frame_number) {
    out += " fid=" + std::to_string(*frame.frame_number);
  }
  if (frame.energy) {
    out += " " + (target.is_energy() ? "energy" : quoted_value(target_key(target))) + "=";
    add_number(out, *frame.energy);
  }
  if (frame.stress) {
    const std::size_t order[9] = {0, 5, 4, 5, 1, 3, 4, 3, 2};
    out += " stress=\"";
    for (std::size_t k = 0; k < 9; ++k) {
      out += k > 0 ? " " : "";
      add_number(out, (*frame.stress)[order[k]]);
    }
    out += "\"";
  }
  out += std::string(" pbc=\"") + (frame.pbc[0] ? "T " : "F ") + (frame.pbc[1] ? "T " : "F ") +
         (frame.pbc[2] ? "T" : "F") + "\"\n";
  for (std::size_t i = 0; i < frame.size(); ++i) {
    out += element_symbol(frame.atomic_numbers[i]);
    add_numbers(out, frame.positions, 3 * i);
    if (!frame.fixed.empty()) {
      out += frame.fixed[i] != 0 ? " F" : " T";
    }
    if (!frame.tags.empty()) {
      out += " " + std::to_string(frame.tags[i]);
    }
    if (!frame.forces.empty()) {
      add_numbers(out, frame.forces, 3 * i);
    }
    out += "\n";
  }
  return out;
}

}  // namespace spinconv::train
