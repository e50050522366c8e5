// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "spinconv/atoms_view.hpp"
#include "spinconv/edge_list.hpp"

namespace spinconv {

// Directed edges s -> t with |r_t - r_s| < cutoff, every periodic image counted, images folded onto
// their owners (s == t for an atom that sees its own image).
struct NeighborEdges {
  std::vector<std::int32_t> source;  // [n_edges] s
  std::vector<std::int32_t> target;  // [n_edges] t, ascending
  std::vector<double> vectors;       // [n_edges*3] r_t - r_s of the image meant, Angstrom

  std::size_t size() const { return target.size(); }
};

// All edges of a structure, sorted by target, source and vector, so that the same structure gives
// the same list; none without neighbors. `cutoff` in Angstrom, > 0. Throws spinconv::Error, whose
// text begins with what is wrong: coincident atoms (coincident_distance of evaluator.hpp), a
// position that is not finite, a cell that does not span its periodic directions, atoms or a cell
// that are 10000 cutoffs wide.
NeighborEdges find_edges(const AtomsView& atoms, double cutoff);

// The edges of a structure that changes little from call to call. Pairs up to cutoff + skin are
// kept until an atom has moved by more than half the skin, or the cell, its periodicity or the
// number of atoms has changed.
class NeighborList {
 public:
  // Angstrom; `skin` >= 0. Throws spinconv::Error where they are no such distances.
  NeighborList(double cutoff, double skin);

  // Finds the pairs anew where those that are kept do not serve these atoms. Throws as find_edges()
  // does but for coincident atoms; nothing is kept then.
  void update(const AtomsView& atoms);

  // The edges shorter than `cutoff`, which is at most that of the constructor, of the atoms of the
  // last update(): in the same order whenever the pairs were found. Throws spinconv::Error that
  // names coincident atoms.
  void collect(const AtomsView& atoms, double cutoff, EdgeList& edges) const;

  std::int64_t builds() const { return builds_; }  // how often pairs were found anew

 private:
  struct Pair {
    std::int32_t source, target;
    std::array<double, 3> shift;  // of the target's image: r_t + shift - r_s
  };

  bool serves(const AtomsView& atoms) const;

  double cutoff_, skin_;
  bool built_ = false;
  std::vector<double> positions_;  // when the pairs were found
  std::array<double, 9> cell_{};
  std::array<bool, 3> pbc_{};
  std::vector<Pair> pairs_;
  std::int64_t builds_ = 0;
};

}  // namespace spinconv
