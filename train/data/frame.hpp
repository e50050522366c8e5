// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace spinconv::train {

// Edges that a file lists: atom s in the cell shifted by `shift` lattice vectors -> atom t.
struct ListedEdges {
  std::vector<std::int32_t> source, target;  // [e]
  std::vector<std::array<int, 3>> shift;     // [e]
};

// One labelled structure. Lengths in Angstrom, energies in eV, forces in eV/Angstrom, whatever the
// units of the file it came from.
struct Frame {
  std::vector<int> atomic_numbers;  // [n]
  std::vector<double> positions;    // [n*3]
  std::array<double, 9> cell{};     // rows are the lattice vectors; all zero: no cell
  std::array<bool, 3> pbc{};        // periodic along each lattice vector
  // total energy, or what DataSource::target says, in its unit; missing label: no value
  std::optional<double> energy;
  std::vector<double> forces;                   // [n*3], or empty: missing label; F = -dE/dx
  std::optional<std::array<double, 6>> stress;  // xx, yy, zz, yz, xz, xy in eV/Angstrom^3,
                                                // stress = (1/V) dE/dstrain (positive: tension)
  // Catalyst data (OC20); empty where the file does not say
  std::vector<int> tags;                     // [n] 0 below the surface, 1 surface, 2 adsorbate
  std::vector<char> fixed;                   // [n] 1: held in relaxations (move_mask F)
  std::string system;                        // the relaxation that the frame belongs to
  std::optional<std::int64_t> frame_number;  // its number there

  // What the data are, for the record of a training; where the file says it
  std::optional<double> temperature;  // K, at which it was sampled
  std::string config_type;            // name of the group of frames; empty: none

  // Reference outputs alone (ocp_reference.hpp): the graph, and the orientations [F,n,3,3] of the
  // force block, that they were made with
  std::optional<ListedEdges> edges;
  std::vector<double> orientations;

  std::string source;  // "file:index", for messages

  std::size_t size() const { return atomic_numbers.size(); }
};

}  // namespace spinconv::train
