// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "spinconv/model_config.hpp"

namespace spinconv {

// The repulsion of the screened nuclei of a pair of elements,
//   V(d) = s/d phi(d/a) f(d/r) eV, d in Angstrom,
// with s = Z_i Z_j e^2/(4 pi eps_0), a = 0.4685/(Z_i^0.23 + Z_j^0.23) and phi the universal
// screening function of Ziegler, Biersack and Littmark (The Stopping and Range of Ions in Matter,
// 1985), as LAMMPS's pair_style zbl has them. f(u) = 1 - 28 u^6 + 48 u^7 - 21 u^8 takes it to zero,
// with two derivatives, at r, that of ModelConfig::repulsion_radii: the shortest distance of the
// pair in the training frames, so that the network learns what it would have learned without. Where
// the pair has none, r is the sum of the covalent radii (Cordero et al., Dalton Trans. 2008, 2832).
// r is no longer than the cutoff.
struct PairRepulsion {
  double strength = 0.0;        // s, eV Angstrom
  double inverse_length = 0.0;  // 1/a, 1/Angstrom
  double radius = 0.0;          // r, Angstrom; V = 0 from there on

  struct Value {
    double energy;      // eV
    double derivative;  // dV/dd, eV/Angstrom
  };
  Value at(double distance) const;
};

// Of elements a and b (indices into config.elements), as ModelConfig::repulsion_radii has it,
// Angstrom; 0: it has none.
double stated_repulsion_radius(const ModelConfig& config, std::size_t a, std::size_t b);

// [U*U], of each ordered pair of the elements `used` (indices into config.elements); none where
// config.repulsion is none.
std::vector<PairRepulsion> repulsion_of_pairs(const ModelConfig& config,
                                              const std::vector<std::int64_t>& used);

// Throws ModelError for an element that has no covalent radius (beyond curium), and for radii of
// another number than there are pairs.
void check_repulsion(const ModelConfig& config);

}  // namespace spinconv
