// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <string>
#include <vector>

#include "lammps/lammps_runner.hpp"
#include "support/structures.hpp"

// Structures, potentials and pieces of input that the tests of the pair style share.
namespace spinconv::test {

// A LAMMPS box with its origin at 0 and its atoms. Types are 1 = H, 2 = C, 3 = O.
struct LammpsBox {
  double lx = 0, ly = 0, lz = 0, xy = 0, xz = 0, yz = 0;
  std::vector<int> types;
  std::vector<Vector> positions;
  std::vector<long> ids;  // empty: 1, 2, ...

  double volume() const { return lx * ly * lz; }
  // for read_data, atom_style atomic; with bonds between IDs: atom_style bond
  std::string data_file(const std::vector<std::array<int, 2>>& bonds = {}) const;
};

LammpsBox ethanol();         // one molecule in a box of 12 Angstrom
LammpsBox triclinic_cell();  // 6 atoms, tilted, all three directions shorter than two cutoffs
LammpsBox packed_cell();     // 8 atoms, tilted, about 2.3 Angstrom from each other
LammpsBox thin_cell();       // 3 atoms, all three directions shorter than the cutoff

// A potential with random weights for the elements H, C and O, cutoff 4 Angstrom, in double
// precision.
void write_potential(const TemporaryFolder& folder, const std::string& name,
                     unsigned long seed = 1);

// Commands of the pair style in double precision, with more of its options.
std::string pair_commands(const std::string& options = "", const std::string& elements = "H C O",
                          const std::string& files = "test.pt");

struct InputOptions {
  std::string units = "metal";
  std::string before_box = {};  // commands before read_data
  std::string pair = pair_commands();
  std::string boundary = "p p p";
};

// Write the structure as NAME.data and the potential test.pt (where it is not there yet) and give
// the commands up to the pair style, with numbers printed to the last digit.
std::string setup(const TemporaryFolder& folder, const LammpsBox& structure,
                  const InputOptions& options = {});

// Commands that choose the thermodynamic columns (after the step), printed to the last digit.
std::string thermo(const std::string& columns);

// Command that prints an expression of equal-style variables for LammpsResult::value().
std::string print_value(const std::string& name, const std::string& expression);

// Command that appends the snapshot of the last step to `file`, sorted by ID.
std::string write_dump(const std::string& file,
                       const std::string& columns = "id type x y z fx fy fz");

// lmp has to have ended by itself, with a code that says so and with each of the texts.
void expect_refused(const LammpsResult& result, const std::vector<std::string>& texts);

// Over several columns, in the order of the rows; NaN where a table has one.
double largest_difference(const Table& a, const Table& b, const std::vector<std::string>& columns);
double largest_magnitude(const Table& table, const std::vector<std::string>& columns);

// bar in one eV/Angstrom^3, as LAMMPS has it in units metal (force->nktv2p)
inline constexpr double nktv2p = 1.6021765e6;

inline const std::vector<std::string> force_columns = {"fx", "fy", "fz"};

}  // namespace spinconv::test
