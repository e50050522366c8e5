// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/neighbors.hpp"

#include "spinconv/error.hpp"

namespace spinconv::train {

NeighborEdges build_edges(const Frame& frame, double cutoff) {
  AtomsView atoms;
  atoms.n_atoms = frame.size();
  atoms.positions = frame.positions.data();
  atoms.numbers = frame.atomic_numbers.data();
  atoms.cell = frame.cell;
  atoms.pbc = frame.pbc;
  try {
    return find_edges(atoms, cutoff);
  } catch (const Error& error) {
    throw Error(frame.source + ": " + error.what() + ", or remove the frame");
  }
}

}  // namespace spinconv::train
