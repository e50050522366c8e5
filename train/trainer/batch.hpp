// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "data/frame.hpp"
#include "data/neighbors.hpp"
#include "spinconv/model.hpp"

namespace spinconv::train {

// A frame as the model sees it: edges for one cutoff, element indices, labels.
struct PreparedFrame {
  torch::Tensor source, target;  // [e] int64
  torch::Tensor vectors;         // [e,3] float64, r_target - r_source
  torch::Tensor types;           // [n] int64, index into the model's elements
  torch::Tensor forces;          // [n,3] float64; NaN where there is no label
  double energy = 0.0;           // eV; NaN where there is no label
  torch::Tensor stress;          // [6] float64, as Frame::stress; NaN where there is no label
  double volume = 0.0;           // Angstrom^3 of a frame that is periodic in all directions; else 0
  double weight = 1.0;           // of its loss
  // [F,n,3,3] of the force block in place of the model's own (reference outputs); else undefined
  torch::Tensor orientations;

  std::int64_t atoms() const { return types.size(0); }
  std::int64_t edge_count() const { return source.size(0); }
};

struct PrepareOptions {
  bool free_atoms_only = false;                 // forces on fixed atoms are no labels
  std::map<std::string, double> group_weights;  // of the loss, by Frame::config_type; others: 1
  OcpGraph graph = OcpGraph::last;              // which neighbors where the model has max_neighbors
};

// Edges inside the model's cutoff, no more than its max_neighbors for an atom, or those that the
// frame lists. `known`, where given, are those of build_edges() for the model's cutoff. Throws
// spinconv::Error naming the frame when it holds an element that the model lacks.
PreparedFrame prepare_frame(const Frame& frame, const ModelConfig& model,
                            const PrepareOptions& options = {},
                            const NeighborEdges* known = nullptr);

// Frames laid end to end.
struct Batch {
  GraphTensors graph;      // its edges in the order that Model::evaluate() wants
  torch::Tensor frame_of;  // [N] int64 frame of an atom
  torch::Tensor atoms;     // [F] float64 atoms of each frame
  torch::Tensor energies;  // [F] float64 labels
  torch::Tensor forces;    // [N,3] float64 labels
  torch::Tensor stresses;  // [F,6] float64 labels
  torch::Tensor volumes;   // [F] float64 Angstrom^3; 1 where a frame has none
  torch::Tensor weights;   // [F] float64 of the loss; undefined: all are 1

  std::int64_t frame_count() const { return atoms.size(0); }
};

// Indices of the elements of these frames in the model's, ascending: what Model::prepare() is to be
// given. Every pair of them costs a matrix for each block, in each step: of a data set with many
// elements a batch needs few.
std::vector<std::int64_t> elements_of(std::span<const PreparedFrame* const> frames);

// `weights` are prepared for the elements of these frames, or for more.
Batch make_batch(std::span<const PreparedFrame* const> frames, const Model& model,
                 const Model::Weights& weights);

struct BatchPrediction {
  torch::Tensor energies;  // [F] eV
  torch::Tensor forces;    // [N,3] eV/Angstrom, F = -dE/dx or direct; undefined where not asked for
  torch::Tensor virials;   // [F,3,3] eV, W_ab = -dE/dstrain_ab; undefined where not
                           // asked for or forces are direct
};

// Energies and forces, by fused kernels where the weights have them; with `differentiable` all of
// it can be differentiated in the weights (by fused kernels once). Forces and virials are one
// gradient of the energies; where neither is asked for it is not made, which is most of the work.
BatchPrediction predict(const Model& model, const Model::Weights& weights, const Batch& batch,
                        bool differentiable, bool with_virials = false, bool with_forces = true);

// stress = -W / V as Frame::stress, [F,6] eV/Angstrom^3, of virials [F,3,3] (eV) and volumes [F]
// (Angstrom^3).
torch::Tensor stresses_of(const torch::Tensor& virials, const torch::Tensor& volumes);

}  // namespace spinconv::train
