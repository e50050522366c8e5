// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "spinconv/atoms_view.hpp"
#include "spinconv/evaluator.hpp"

// Positions in, energy, forces and stress out: for programs that have no neighbor list of their own
// to give to the Evaluator. No LibTorch type appears here.
namespace spinconv {

struct CalculatorOptions {
  // arithmetic of the model; not set: the one recorded in the potential file
  std::optional<Precision> precision;
  Implementation implementation = Implementation::automatic;  // as EvaluatorOptions::implementation
  std::string device = "cpu";                                 // as EvaluatorOptions::device
  int threads = 0;         // of LibTorch in this process; 0: as they are
  std::int64_t chunk = 0;  // as EvaluatorOptions::chunk
  // Angstrom, >= 0. Pairs of atoms up to cutoff + skin are kept, and found anew when an atom has
  // moved by more than half of it. Results do not depend on it.
  double skin = 1.0;
  // Symbols of the elements that structures will hold; empty: all that the potentials know. Each
  // pair of them takes memory, which is to be saved with a potential of half the periodic table.
  std::vector<std::string> elements;
};

// With several potentials, the means over them.
struct Calculation {
  double energy = 0.0;           // eV, energy_offset() of the potential included
  std::vector<double> energies;  // [n_atoms] eV, whose sum is energy less the offset
  // [n_atoms*3] eV/Angstrom, F = -dE/dr (or direct ones); empty where not asked for
  std::vector<double> forces;
  // xx, yy, zz, yz, xz, xy in eV: W = -dE/dstrain, positive for atoms that push outwards. Absent
  // where forces were not asked for, and with direct forces, which have none.
  std::optional<std::array<double, 6>> virial;
  // The same components in eV/Angstrom^3: stress = dE/dstrain / V = -W / V, positive for tension.
  // Absent where the virial is, and where not all three directions are periodic.
  std::optional<std::array<double, 6>> stress;
  // [n_atoms] eV/Angstrom, with several potentials: sqrt(<|F - <F>|^2>) of each atom, < > the mean
  // over the potentials
  std::vector<double> force_deviations;
  double energy_deviation = 0.0;  // eV, with several potentials: sqrt(<(E - <E>)^2>)
};

// One potential of a calculator.
struct PotentialInfo {
  std::string path;
  std::vector<std::string> elements;              // of the file
  double cutoff = 0.0;                            // Angstrom
  std::string precision, device, implementation;  // as Evaluator says them
  bool has_direct_forces = false;
  bool is_smooth = false;
  std::string summary;        // Evaluator::summary()
  std::string metadata_json;  // the file's spinconv.json
};

// One or several potentials (a committee). For one thread at a time; threads may have one each.
class Calculator {
 public:
  // Load potential files. Throws spinconv::Error as Evaluator does, and for a skin that is none.
  explicit Calculator(const std::string& potential, const CalculatorOptions& options = {});
  explicit Calculator(const std::vector<std::string>& potentials,
                      const CalculatorOptions& options = {});
  ~Calculator();
  Calculator(Calculator&&) noexcept;
  Calculator& operator=(Calculator&&) noexcept;

  // The result is good until the next call. Its forces, virial and stress are left out, and not
  // worked out, without `forces`. Successive calls for atoms that moved little share their neighbor
  // list; any other structure may follow. There may be no atoms. Throws spinconv::Error: an element
  // that a potential does not know, coincident atoms, positions that are not finite, a cell that
  // does not span its periodic directions, out of memory; the calculator can be used further.
  const Calculation& evaluate(const AtomsView& atoms, bool forces = true);

  std::size_t size() const;             // potentials
  double cutoff() const;                // Angstrom, the longest of the potentials
  bool knows(int atomic_number) const;  // whether structures may hold the element
  bool has_direct_forces() const;       // of any: no virial and no stress
  std::string summary() const;  // of each: Evaluator::summary(), precision, device, implementation
  std::vector<PotentialInfo> potentials() const;  // in the order of construction
  std::int64_t neighbor_list_builds() const;      // since construction

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace spinconv
