// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace spinconv {

// Hyperparameters of the harmonic, energy-centric SpinConv. Everything here is data in the
// potential file; one graph source serves every choice. Section numbers: Shuaibi et al. 2021.
struct ModelConfig {
  std::vector<std::string> elements;       // symbols; the order is the model's element index
  double cutoff = 5.0;                     // Angstrom
  int layers = 3;                          // K, message updates
  int message_channels = 16;               // M, width of an edge message h_st
  int hidden_channels = 64;                // D, width inside the blocks
  int l_max = 3;                           // L, degree of the harmonics
  int m_max = 3;                           // orders kept in the edge frame, <= l_max
  int channel_groups = 1;                  // grouped spin convolution (the published code: M/8)
  int experts = 8;                         // B, embedding block
  int embedding_channels = 32;             // width of the element embeddings that mix the experts
  int gaussians = 32;                      // distance block
  double gaussian_width = 1.0;             // sigma in spacings of the centers
  int envelope_exponent = 6;               // p of the polynomial cutoff envelope
  std::string roll_activation = "gated";   // gated | quadratic | swish (sampled, see roll_samples)
  int roll_samples = 24;                   // R, used by swish only
  std::string normalization = "none";      // none | group (4 groups of channels)
  double average_neighbors = 1.0;          // n_avg, mean edges per atom of the training set
  double energy_scale = 1.0;               // eV
  std::vector<double> reference_energies;  // eV per element, order of `elements`

  // Throws spinconv::Error naming the key, its value and what is valid.
  void validate() const;

  std::int64_t harmonics_size() const { return static_cast<std::int64_t>(l_max + 1) * (l_max + 1); }

  nlohmann::json to_json() const;
  // Unknown keys are refused with the nearest valid name; `where` names the file for messages.
  static ModelConfig from_json(const nlohmann::json& json, const std::string& where);

  // "small", "medium" or "paper": sizes only; elements, statistics are the data set's.
  static ModelConfig preset(const std::string& name);
  static const std::vector<std::string>& preset_names();
};

}  // namespace spinconv
