// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/neighbor_list.hpp"

#include <vesin.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numeric>
#include <string>
#include <tuple>

#include "spinconv/elements.hpp"
#include "spinconv/error.hpp"
#include "spinconv/evaluator.hpp"

namespace spinconv {
namespace {

using Vector = std::array<double, 3>;
using Box = std::array<Vector, 3>;

// vesin divides by zero on many more cells along a direction than this
constexpr double max_cutoffs_along = 1e4;
// images of a cell within reach; there are some thousand where a cell of an Angstrom meets a cutoff
// of 10, and no one waits for a million
constexpr double max_images = 1e6;
constexpr double max_skin = 100.0;  // Angstrom

Vector cross(const Vector& a, const Vector& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

double dot(const Vector& a, const Vector& b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

double norm(const Vector& a) {
  return std::hypot(a[0], a[1], a[2]);
}

Vector unit(const Vector& a) {
  const double length = norm(a);
  return {a[0] / length, a[1] / length, a[2] / length};
}

// The cell with a unit vector across the others for each direction that is not periodic, whose
// lattice vector has no meaning and may be missing.
Box complete_box(const AtomsView& atoms) {
  Box box{};
  std::array<std::size_t, 3> order{0, 1, 2};  // the periodic directions first
  std::stable_partition(order.begin(), order.end(), [&](std::size_t d) { return atoms.pbc[d]; });
  const auto n_periodic = std::count(atoms.pbc.begin(), atoms.pbc.end(), true);
  for (std::size_t d = 0; d < 3; ++d) {
    if (atoms.pbc[d]) {
      box[d] = {atoms.cell[3 * d], atoms.cell[3 * d + 1], atoms.cell[3 * d + 2]};
    }
  }
  Vector& first = box[order[0]];
  Vector& second = box[order[1]];
  Vector& third = box[order[2]];
  if (n_periodic == 0) {
    first = {1.0, 0.0, 0.0};
  }
  if (n_periodic <= 1) {
    // the axis least along the first vector
    std::size_t axis = 0;
    for (std::size_t d = 1; d < 3; ++d) {
      axis = std::abs(first[d]) < std::abs(first[axis]) ? d : axis;
    }
    Vector other{};
    other[axis] = 1.0;
    second = unit(cross(first, other));
  }
  const Vector normal = cross(first, second);
  if (n_periodic <= 2) {
    third = unit(normal);
  }
  const double volume = std::abs(dot(normal, third));
  // written so that a zero vector, whose unit vectors are nan, is caught too
  if (!(volume > 1e-6 * norm(first) * norm(second) * norm(third))) {
    throw Error(
        "the lattice vectors of the periodic directions are zero, not finite or not independent; "
        "correct the cell or pbc");
  }
  return box;
}

// "atom 3 (H)"; a number of no element is left to those who look elements up
std::string atom_name(const AtomsView& atoms, std::size_t atom) {
  const int number = atoms.numbers[atom];
  return "atom " + std::to_string(atom) +
         (number >= 1 && number <= max_atomic_number ? " (" + element_symbol(number) + ")" : "");
}

void check_extent(const AtomsView& atoms, const Box& box, double cutoff) {
  double extent = 0.0;
  for (const auto& vector : box) {
    extent = std::max(extent, norm(vector));
  }
  for (std::size_t d = 0; d < 3; ++d) {
    double low = atoms.positions[d];
    double high = low;
    for (std::size_t i = 0; i < atoms.n_atoms; ++i) {
      const double x = atoms.positions[3 * i + d];
      if (!std::isfinite(x)) {
        throw Error("the position of " + atom_name(atoms, i) + " is not finite; correct it");
      }
      low = std::min(low, x);
      high = std::max(high, x);
    }
    extent = std::max(extent, high - low);
  }
  char text[200];
  if (!(extent <= max_cutoffs_along * cutoff)) {
    std::snprintf(text, sizeof text,
                  "atoms or cell extend over %.6g Angstrom, more than %g times the cutoff; correct "
                  "the positions, the cell or the length unit",
                  extent, max_cutoffs_along);
    throw Error(text);
  }
  double images = 1.0;
  for (std::size_t d = 0; d < 3; ++d) {
    if (atoms.pbc[d]) {
      const Vector normal = unit(cross(box[(d + 1) % 3], box[(d + 2) % 3]));
      images *= 2.0 * std::ceil(cutoff / std::abs(dot(normal, box[d]))) + 1.0;
    }
  }
  if (!(images <= max_images)) {
    std::snprintf(
        text, sizeof text,
        "%.3g images of the cell lie within %g Angstrom, the cutoff and the skin; correct "
        "the cell or the length unit",
        images, cutoff);
    throw Error(text);
  }
}

// Throws where the two ends of an edge are no farther apart than a mistake.
void check_distance(const AtomsView& atoms, std::size_t source, std::size_t target,
                    double distance) {
  if (!(distance > coincident_distance)) {
    throw Error(atom_name(atoms, source) + " and " + atom_name(atoms, target) +
                " (or an image) are " + std::to_string(distance) +
                " Angstrom apart; correct the positions, the cell or the length unit");
  }
}

void check_length(const char* name, double length, bool positive) {
  if (!std::isfinite(length) || (positive ? length <= 0.0 : length < 0.0)) {
    throw Error(std::string(name) + ": " + std::to_string(length) +
                " is not a distance in Angstrom" + (positive ? " above 0" : ""));
  }
}

// What vesin finds in some structure with at least one atom.
class FoundPairs {
 public:
  FoundPairs(const AtomsView& atoms, const Box& box, double cutoff, bool with_shifts) {
    if (atoms.n_atoms > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
      throw Error(std::to_string(atoms.n_atoms) + " atoms are more than a neighbor list holds");
    }
    VesinOptions options{};
    options.cutoff = cutoff;
    options.full = true;
    options.algorithm = VesinAutoAlgorithm;
    options.n_threads = 1;
    options.return_vectors = !with_shifts;
    options.return_shifts = with_shifts;
    const char* message = nullptr;
    // vesin's C interface takes arrays of 3
    const auto* const points = reinterpret_cast<const double(*)[3]>(atoms.positions);
    const auto* const rows = reinterpret_cast<const double(*)[3]>(box.data());
    if (vesin_neighbors(points, atoms.n_atoms, rows, atoms.pbc.data(), {VesinCPU, 0}, options,
                        &list, &message) != 0) {
      const std::string text = message == nullptr ? "" : message;
      vesin_free(&list);
      throw Error("no neighbor list (" + text + ")");
    }
  }
  ~FoundPairs() { vesin_free(&list); }
  FoundPairs(const FoundPairs&) = delete;
  FoundPairs& operator=(const FoundPairs&) = delete;

  VesinNeighborList list;
};

}  // namespace

NeighborEdges find_edges(const AtomsView& atoms, double cutoff) {
  check_length("cutoff", cutoff, true);
  NeighborEdges edges;
  if (atoms.n_atoms == 0) {
    return edges;
  }
  const Box box = complete_box(atoms);
  check_extent(atoms, box, cutoff);
  const FoundPairs found(atoms, box, cutoff, false);
  const auto& list = found.list;
  std::vector<std::size_t> order;
  order.reserve(list.length);
  for (std::size_t i = 0; i < list.length; ++i) {
    const double* const v = list.vectors[i];
    const double distance = std::hypot(v[0], v[1], v[2]);
    check_distance(atoms, list.pairs[i][0], list.pairs[i][1], distance);
    if (distance < cutoff) {
      order.push_back(i);
    }
  }
  std::sort(order.begin(), order.end(), [&list](std::size_t a, std::size_t b) {
    if (list.pairs[a][1] != list.pairs[b][1]) {
      return list.pairs[a][1] < list.pairs[b][1];
    }
    if (list.pairs[a][0] != list.pairs[b][0]) {
      return list.pairs[a][0] < list.pairs[b][0];
    }
    return std::lexicographical_compare(list.vectors[a], list.vectors[a] + 3, list.vectors[b],
                                        list.vectors[b] + 3);
  });
  edges.source.reserve(order.size());
  edges.target.reserve(order.size());
  edges.vectors.reserve(3 * order.size());
  for (const std::size_t i : order) {
    edges.source.push_back(static_cast<std::int32_t>(list.pairs[i][0]));
    edges.target.push_back(static_cast<std::int32_t>(list.pairs[i][1]));
    edges.vectors.insert(edges.vectors.end(), list.vectors[i], list.vectors[i] + 3);
  }
  return edges;
}

NeighborList::NeighborList(double cutoff, double skin) : cutoff_(cutoff), skin_(skin) {
  check_length("cutoff", cutoff, true);
  check_length("skin", skin, false);
  if (skin > max_skin) {
    throw Error("skin: " + std::to_string(skin) + " Angstrom is more than the " +
                std::to_string(static_cast<int>(max_skin)) +
                " that there may be; a neighbor list is kept longest with 1 or 2");
  }
}

bool NeighborList::serves(const AtomsView& atoms) const {
  if (!built_ || positions_.size() != 3 * atoms.n_atoms || cell_ != atoms.cell ||
      pbc_ != atoms.pbc) {
    return false;
  }
  const double limit = 0.25 * skin_ * skin_;
  for (std::size_t i = 0; i < positions_.size(); i += 3) {
    double squared = 0.0;
    for (std::size_t d = 0; d < 3; ++d) {
      const double moved = atoms.positions[i + d] - positions_[i + d];
      squared += moved * moved;
    }
    // written so that a position that is no number is not served
    if (!(squared <= limit)) {
      return false;
    }
  }
  return true;
}

void NeighborList::update(const AtomsView& atoms) {
  if (serves(atoms)) {
    return;
  }
  built_ = false;
  pairs_.clear();
  const Box box = complete_box(atoms);
  if (atoms.n_atoms > 0) {
    const double reach = cutoff_ + skin_;
    check_extent(atoms, box, reach);
    const FoundPairs found(atoms, box, reach, true);
    const auto& list = found.list;
    std::vector<std::size_t> order(list.length);
    std::iota(order.begin(), order.end(), std::size_t{0});
    // by what stays the same when the pairs are found again
    const auto key = [&list](std::size_t i) {
      const auto* const shift = list.shifts[i];
      return std::tuple(list.pairs[i][1], list.pairs[i][0], shift[0], shift[1], shift[2]);
    };
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
    pairs_.reserve(list.length);
    for (const std::size_t i : order) {
      Pair pair{static_cast<std::int32_t>(list.pairs[i][0]),
                static_cast<std::int32_t>(list.pairs[i][1]),
                {}};
      for (std::size_t d = 0; d < 3; ++d) {
        for (std::size_t k = 0; k < 3; ++k) {
          pair.shift[d] += list.shifts[i][k] * box[k][d];
        }
      }
      pairs_.push_back(pair);
    }
  }
  positions_.assign(atoms.positions, atoms.positions + 3 * atoms.n_atoms);
  cell_ = atoms.cell;
  pbc_ = atoms.pbc;
  built_ = true;
  ++builds_;
}

void NeighborList::collect(const AtomsView& atoms, double cutoff, EdgeList& edges) const {
  const double squared_cutoff = cutoff * cutoff;
  edges.begin();
  for (const Pair& pair : pairs_) {
    const double* const s = atoms.positions + 3 * static_cast<std::size_t>(pair.source);
    const double* const t = atoms.positions + 3 * static_cast<std::size_t>(pair.target);
    const double x = t[0] - s[0] + pair.shift[0];
    const double y = t[1] - s[1] + pair.shift[1];
    const double z = t[2] - s[2] + pair.shift[2];
    const double squared = x * x + y * y + z * z;
    if (squared >= squared_cutoff) {
      continue;
    }
    if (!(squared > coincident_distance * coincident_distance)) {
      check_distance(atoms, static_cast<std::size_t>(pair.source),
                     static_cast<std::size_t>(pair.target), std::sqrt(squared));
    }
    edges.add(pair.source, pair.target, x, y, z);
  }
}

}  // namespace spinconv
