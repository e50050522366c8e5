// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/neighbors.hpp"

#include <vesin.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string>

#include "spinconv/elements.hpp"
#include "spinconv/error.hpp"
#include "spinconv/evaluator.hpp"

namespace spinconv::train {
namespace {

using Vector = std::array<double, 3>;
using Box = std::array<Vector, 3>;

// vesin divides by zero on many more cells along a direction than this
constexpr double max_cutoffs_along = 1e4;

struct NeighborList {
  VesinNeighborList list;
  ~NeighborList() { vesin_free(&list); }
};

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
Box complete_box(const Frame& frame) {
  Box box{};
  std::array<std::size_t, 3> order{0, 1, 2};  // the periodic directions first
  std::stable_partition(order.begin(), order.end(), [&](std::size_t d) { return frame.pbc[d]; });
  const auto n_periodic = std::count(frame.pbc.begin(), frame.pbc.end(), true);
  for (std::size_t d = 0; d < 3; ++d) {
    if (frame.pbc[d]) {
      box[d] = {frame.cell[3 * d], frame.cell[3 * d + 1], frame.cell[3 * d + 2]};
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
    throw Error(frame.source +
                ": the lattice vectors of the periodic directions are zero or not independent; "
                "correct Lattice or pbc");
  }
  return box;
}

void check_extent(const Frame& frame, const Box& box, double cutoff) {
  double extent = 0.0;
  for (const auto& vector : box) {
    extent = std::max(extent, norm(vector));
  }
  for (std::size_t d = 0; d < 3; ++d) {
    double low = frame.positions[d];
    double high = low;
    for (std::size_t i = d; i < frame.positions.size(); i += 3) {
      if (!std::isfinite(frame.positions[i])) {
        throw Error(frame.source + ": the position of atom " + std::to_string(i / 3) +
                    " is not finite; remove the frame");
      }
      low = std::min(low, frame.positions[i]);
      high = std::max(high, frame.positions[i]);
    }
    extent = std::max(extent, high - low);
  }
  if (!(extent <= max_cutoffs_along * cutoff)) {
    throw Error(frame.source + ": atoms or cell extend over " + std::to_string(extent) +
                " Angstrom, more than " + std::to_string(static_cast<int>(max_cutoffs_along)) +
                " times the cutoff; is the length unit right?");
  }
}

std::string atom_name(const Frame& frame, std::size_t atom) {
  return "atom " + std::to_string(atom) + " (" + element_symbol(frame.atomic_numbers[atom]) + ")";
}

}  // namespace

FrameEdges build_edges(const Frame& frame, double cutoff) {
  if (!(cutoff > 0.0 && std::isfinite(cutoff))) {
    throw Error("cutoff: " + std::to_string(cutoff) + " is not a distance in Angstrom above 0");
  }
  FrameEdges edges;
  const std::size_t n_atoms = frame.size();
  if (n_atoms == 0) {
    return edges;
  }
  const Box box = complete_box(frame);
  check_extent(frame, box, cutoff);

  VesinOptions options{};
  options.cutoff = cutoff;
  options.full = true;
  options.algorithm = VesinAutoAlgorithm;
  options.n_threads = 1;
  options.return_vectors = true;
  NeighborList neighbors;
  const char* message = nullptr;
  // vesin's C interface takes arrays of 3
  const auto* const points = reinterpret_cast<const double(*)[3]>(frame.positions.data());
  const auto* const box_rows = reinterpret_cast<const double(*)[3]>(box.data());
  if (vesin_neighbors(points, n_atoms, box_rows, frame.pbc.data(), {VesinCPU, 0}, options,
                      &neighbors.list, &message) != 0) {
    throw Error(frame.source + ": no neighbor list (" + (message == nullptr ? "" : message) + ")");
  }

  const auto& list = neighbors.list;
  std::vector<std::size_t> order;
  order.reserve(list.length);
  for (std::size_t i = 0; i < list.length; ++i) {
    const double* const v = list.vectors[i];
    const double distance = std::hypot(v[0], v[1], v[2]);
    if (!(distance > coincident_distance)) {
      throw Error(frame.source + ": " + atom_name(frame, list.pairs[i][0]) + " and " +
                  atom_name(frame, list.pairs[i][1]) + " (or an image) are " +
                  std::to_string(distance) + " Angstrom apart; remove the frame or correct it" +
                  " (positions, Lattice, length unit)");
    }
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

}  // namespace spinconv::train
