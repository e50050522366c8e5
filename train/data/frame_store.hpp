// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "data/frame.hpp"
#include "data/neighbors.hpp"

namespace spinconv::train {

// What statistics, summaries and the dealing of batches need to know of a frame.
struct FrameStatistics {
  std::vector<std::pair<int, std::int64_t>> composition;  // atomic number, its atoms; ascending
  std::int64_t atoms = 0;
  std::optional<double> energy;        // eV; missing label: no value
  double force_squares = 0.0;          // sum over components, (eV/Angstrom)^2
  double max_force = 0.0;              // eV/Angstrom, largest norm of the force on an atom
  std::int64_t force_components = 0;   // that are labels
  std::int64_t free_components = 0;    // of these, on atoms that the data do not hold fixed
  std::int64_t force_atoms = 0;        // atoms whose three components are labels
  std::int64_t free_atoms = 0;         // of these, that the data do not hold fixed
  std::int64_t stress_components = 0;  // that are labels; 0 unless periodic along all directions
  bool periodic = false;               // along any direction
  bool has_forces = false;
  bool has_stress = false;
};
FrameStatistics figures_of(const Frame& frame);

// Frames by number, wherever they are: in memory, or in a cache (cache/frame_cache.hpp), which
// reads them when they are asked for. May be used by several threads at once.
class FrameStore {
 public:
  virtual ~FrameStore() = default;

  virtual std::size_t size() const = 0;
  bool empty() const { return size() == 0; }
  // Throws spinconv::Error: what it is read from is damaged.
  virtual std::shared_ptr<const Frame> frame(std::size_t index) const = 0;
  // Without reading the frame.
  virtual FrameStatistics figures(std::size_t index) const = 0;
  // Edges inside `cutoff` (Angstrom), as build_edges() finds them: their number, and they
  // themselves, where they were stored for this very cutoff.
  virtual std::optional<std::int64_t> edge_count(std::size_t, double /*cutoff*/) const {
    return std::nullopt;
  }
  virtual std::optional<NeighborEdges> edges(std::size_t, double /*cutoff*/) const {
    return std::nullopt;
  }
  // Whether frames can be held, prepared, in memory: they are there anyway.
  virtual bool in_memory() const = 0;
  // These frames alone, in this order.
  virtual std::shared_ptr<const FrameStore> select(
      const std::vector<std::size_t>& indices) const = 0;
};

class MemoryFrames : public FrameStore {
 public:
  explicit MemoryFrames(std::vector<Frame> frames);

  std::size_t size() const override { return frames_.size(); }
  std::shared_ptr<const Frame> frame(std::size_t index) const override { return frames_[index]; }
  FrameStatistics figures(std::size_t index) const override { return figures_of(*frames_[index]); }
  bool in_memory() const override { return true; }
  // Frames that no part has chosen are freed with the whole.
  std::shared_ptr<const FrameStore> select(const std::vector<std::size_t>& indices) const override;

 private:
  MemoryFrames() = default;
  std::vector<std::shared_ptr<const Frame>> frames_;
};

// Whether a frame is one atom without neighbors within `cutoff` (Angstrom). In a small periodic
// cell an atom has its images as neighbors.
bool is_isolated_atom(const FrameStore& frames, std::size_t index, double cutoff);

// Energies of one atom that differ by more are not those of one state of it, eV.
inline constexpr double same_atom_energy = 1e-6;

}  // namespace spinconv::train
