// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/ocp_reference.hpp"

#include <cmath>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "data/files.hpp"
#include "data/general_cell.hpp"
#include "spinconv/elements.hpp"
#include "spinconv/error.hpp"
#include "spinconv/json_text.hpp"

namespace spinconv::train {
namespace {

using Json = nlohmann::json;
// The published code's: three Euler angles, then quarter turns that bring y and z to row 0.
std::vector<double> orientations_of(const Json& random, std::size_t atoms) {
  const auto u_a = random.at("u_a").get<std::vector<double>>();
  const auto u_b = random.at("u_b").get<std::vector<double>>();
  const auto u_c = random.at("u_c").get<std::vector<double>>();
  const std::size_t rotations = u_a.size() / atoms;
  std::vector<double> result(rotations * 3 * atoms * 9);
  for (std::size_t r = 0; r < rotations; ++r) {
    for (std::size_t i = 0; i < atoms; ++i) {
      const std::size_t index = r * atoms + i;
      const double a = 2 * M_PI * u_a[index], b = 2 * M_PI * u_b.at(index),
                   c = 2 * M_PI * u_c.at(index);
      const Matrix3 ra = {1, 0, 0, 0, std::cos(a), std::sin(a), 0, -std::sin(a), std::cos(a)};
      const Matrix3 rb = {std::cos(b), 0, -std::sin(b), 0, 1, 0, std::sin(b), 0, std::cos(b)};
      const Matrix3 rc = {std::cos(c), std::sin(c), 0, -std::sin(c), std::cos(c), 0, 0, 0, 1};
      const Matrix3 x = product_of(product_of(ra, rb), rc);
      const Matrix3 y = product_of({0, 1, 0, -1, 0, 0, 0, 0, 1}, x);
      const Matrix3 z = product_of({0, 0, 1, 0, 1, 0, -1, 0, 0}, x);
      std::size_t axis = 0;
      for (const Matrix3& m : {x, y, z}) {
        std::copy(m.begin(), m.end(),
                  result.begin() + static_cast<std::ptrdiff_t>(((3 * r + axis++) * atoms + i) * 9));
      }
    }
  }
  return result;
}

std::vector<double> flat(const Json& rows) {
  std::vector<double> values;
  for (const auto& row : rows) {
    for (const auto& value : row) {
      values.push_back(value.get<double>());
    }
  }
  return values;
}

}  // namespace

Frame read_ocp_reference(const DataSource& source, SourceRecord& record) {
  require_data_file(source.path);
  record.format = "reference outputs";
  record.energy_unit = "eV";
  record.length_unit = "Angstrom";
  record.units_from = "format";
  Frame frame;
  try {
    std::ifstream in(source.path);
    const Json json = parse_json({std::istreambuf_iterator<char>(in), {}}, source.path);
    const Json& system = json.at("system");
    system.at("atomic_numbers").get_to(frame.atomic_numbers);
    frame.positions = flat(system.at("positions"));
    const auto cell = flat(system.at("cell"));
    std::copy_n(cell.begin(), std::min<std::size_t>(cell.size(), 9), frame.cell.begin());
    const Json& pbc = system.at("pbc");
    for (std::size_t d = 0; d < 3; ++d) {
      frame.pbc[d] = pbc.is_array() ? pbc.at(d).get<bool>() : pbc.get<bool>();
    }
    if (frame.positions.size() != 3 * frame.size() || frame.size() == 0) {
      throw Error(source.path + ": system.positions has not 3 numbers for each of the " +
                  std::to_string(frame.size()) + " atomic_numbers");
    }
    for (const int z : frame.atomic_numbers) {
      if (z < 1 || z > max_atomic_number) {
        throw Error(source.path + ": system.atomic_numbers: " + std::to_string(z) +
                    " is not an element");
      }
    }
    if (system.contains("tags")) {
      system["tags"].get_to(frame.tags);
      if (frame.tags.size() != frame.size()) {
        throw Error(source.path + ": system.tags are not those of its " +
                    std::to_string(frame.size()) + " atoms");
      }
    }
    if (json.contains("graph") && json["graph"].contains("edges")) {
      frame.edges.emplace();
      for (const auto& e : json["graph"]["edges"]) {
        frame.edges->source.push_back(e.at(0).get<std::int32_t>());
        frame.edges->target.push_back(e.at(1).get<std::int32_t>());
        frame.edges->shift.push_back({e.at(2).get<int>(), e.at(3).get<int>(), e.at(4).get<int>()});
        const auto n = static_cast<std::int32_t>(frame.size());
        if (frame.edges->source.back() < 0 || frame.edges->source.back() >= n ||
            frame.edges->target.back() < 0 || frame.edges->target.back() >= n) {
          throw Error(source.path + ": graph.edges: " + e.dump() + " names an atom outside 0.." +
                      std::to_string(n - 1));
        }
      }
    }
    if (json.contains("random_rotations") && json["random_rotations"].contains("u_a")) {
      frame.orientations = orientations_of(json["random_rotations"], frame.size());
    }
    const std::string key = source.keys.energy.empty() ? "float64_pole0" : source.keys.energy;
    const Json& output = json.at("outputs").at(key);
    record.energy_key = key;
    frame.energy = output.at("energy_denormalised").get<double>();
    if (output.contains("forces_denormalised") && !output["forces_denormalised"].is_null()) {
      frame.forces = flat(output["forces_denormalised"]);
      record.forces_key = key;
      if (frame.forces.size() != frame.positions.size()) {
        throw Error(source.path + ": outputs." + key +
                    ".forces_denormalised has not 3 numbers for each atom");
      }
    }
    frame.system = system.value("name", "");
  } catch (const Json::exception& e) {
    throw Error(source.path + ": not a file of reference outputs: " + e.what());
  } catch (const std::out_of_range&) {
    throw Error(source.path + ": random_rotations: u_a, u_b and u_c are not of one length");
  }
  frame.source = source.path + ":0";
  return frame;
}

}  // namespace spinconv::train
