// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace spinconv {

// Hyperparameters of a SpinConv model. Everything here is data in the potential file. Shuaibi et
// al. 2021 in brackets.
struct ModelConfig {
  // spinconv2: harmonics of both atoms of an edge in its frame, and messages with a direction;
  // smooth and invariant. harmonics: those of the source alone, the paper's blocks; the same.
  // grid: latitudes x longitudes of each edge's source (3.2), in the published architecture; its
  // frames have singular directions and its energy is only piecewise smooth.
  std::string sphere = "harmonics";
  // convolution: filters over the roll of the frame, pooled. none: one orientation, that of the
  // target's distance-weighted mean neighbor (Table 3, "no conv").
  std::string roll = "convolution";
  // gradient: F = -dE/dx (energy-centric). direct: from a block on the sphere of the atom (force-
  // centric, 3.3), not the gradient of any energy. distance: grid only, -dE/dx with directions held
  // fixed, the published energy-centric estimate, not the gradient of the energy either.
  std::string forces = "gradient";
  int force_rotations = 1;  // orientations of the force block that are averaged: 1 or more drawn
                            // by force_seed, or 24: the rotations of the cube
  std::uint64_t force_seed = 1;
  double force_scale = 1.0;  // eV/Angstrom, of direct forces

  std::vector<std::string> elements;      // symbols; the order is the model's element index
  double cutoff = 5.0;                    // Angstrom
  int layers = 3;                         // K, message updates
  int message_channels = 16;              // M, width of an edge message h_st
  int hidden_channels = 64;               // D, width inside the blocks
  int l_max = 3;                          // L, degree of the harmonics
  int m_max = 3;                          // orders kept in the edge frame, <= l_max
  int channel_groups = 1;                 // grouped spin convolution (the published code: M/8)
  int experts = 8;                        // B, embedding block
  int embedding_channels = 32;            // width of the element embeddings that mix the experts
  int product_channels = 16;              // C, products of each order (spinconv2)
  int directed_channels = 16;             // Ce, of messages with a direction (spinconv2)
  int gaussians = 32;                     // distance block
  double gaussian_width = 1.0;            // sigma in spacings of the centers
  int envelope_exponent = 6;              // p of the polynomial cutoff envelope; 0: none (grid)
  std::string roll_activation = "gated";  // gated | quadratic | swish (sampled, see roll_samples)
  int roll_samples = 24;                  // R, used by swish only
  std::string normalization = "none";     // none | group (4 groups of channels)
  std::string repulsion = "none";         // none | zbl: PairRepulsion is part of the energy
  // Angstrom, of the pairs (a, b >= a) of `elements` in their order; 0: the sum of covalent radii.
  // Empty: all of them
  std::vector<double> repulsion_radii;
  double average_neighbors = 1.0;          // n_avg, mean edges per atom of the training set
  double energy_scale = 1.0;               // eV
  std::vector<double> reference_energies;  // eV per element, order of `elements`
  double energy_offset = 0.0;              // eV of a structure, whatever its size (published)

  // of the grid
  int latitudes = 8;
  int longitudes = 12;
  int max_neighbors = 0;                 // nearest neighbors kept for each atom; 0: all
  double distance_scale_max = 2.0;       // largest factor on distances of a pair of elements
  std::string message_filters = "grid";  // grid | harmonics (of degree l_max; imported only)
  std::string force_filters = "grid";    // the same, of the force block

  bool has_direct_forces() const { return forces == "direct"; }
  // Throws spinconv::Error naming the key, its value and what is valid.
  void validate() const;

  std::int64_t harmonics_size() const { return static_cast<std::int64_t>(l_max + 1) * (l_max + 1); }

  nlohmann::json to_json() const;
  // Unknown keys are refused with the nearest valid name; `where` names the file for messages.
  static ModelConfig from_json(const nlohmann::json& json, const std::string& where);

  // Architecture and sizes of preset_names(); elements and statistics are the data set's.
  static ModelConfig preset(const std::string& name);
  static const std::vector<std::string>& preset_names();
};

}  // namespace spinconv
