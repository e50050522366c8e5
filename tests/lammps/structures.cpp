// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "lammps/structures.hpp"

#include <gmock/gmock.h>

#include <iomanip>
#include <sstream>
#include <stdexcept>

#include "support/test_models.hpp"

namespace spinconv::test {
std::string LammpsBox::data_file(const std::vector<std::array<int, 2>>& bonds) const {
  std::ostringstream text;
  text << std::setprecision(17) << "structure of a test\n\n"
       << types.size() << " atoms\n3 atom types\n";
  if (!bonds.empty()) {
    text << bonds.size() << " bonds\n1 bond types\n";
  }
  text << "0 " << lx << " xlo xhi\n0 " << ly << " ylo yhi\n0 " << lz << " zlo zhi\n";
  if (xy != 0 || xz != 0 || yz != 0) {
    text << xy << " " << xz << " " << yz << " xy xz yz\n";
  }
  text << "\nMasses\n\n1 1.008\n2 12.011\n3 15.999\n\nAtoms # "
       << (bonds.empty() ? "atomic" : "bond") << "\n\n";
  for (std::size_t i = 0; i < types.size(); ++i) {
    text << (ids.empty() ? static_cast<long>(i) + 1 : ids[i]) << (bonds.empty() ? " " : " 1 ")
         << types[i];
    for (const double x : positions[i]) {
      text << " " << x;
    }
    text << "\n";
  }
  if (!bonds.empty()) {
    text << "\nBonds\n\n";
  }
  for (std::size_t i = 0; i < bonds.size(); ++i) {
    text << i + 1 << " 1 " << bonds[i][0] << " " << bonds[i][1] << "\n";
  }
  return text.str();
}

LammpsBox ethanol() {
  LammpsBox s;
  s.lx = s.ly = s.lz = 12.0;
  s.types = {2, 2, 3, 1, 1, 1, 1, 1, 1};
  s.positions = {{6.012, 5.567, 6.0},   {4.712, 6.339, 6.031}, {7.110, 6.469, 5.974},
                 {6.062, 4.916, 5.117}, {6.085, 4.937, 6.896}, {4.651, 6.977, 5.143},
                 {4.654, 6.976, 6.922}, {3.851, 5.665, 6.039}, {7.916, 5.945, 5.951}};
  return s;
}

LammpsBox triclinic_cell() {
  LammpsBox s;
  s.lx = 6.1;
  s.ly = 5.7;
  s.lz = 6.4;
  s.xy = 1.3;
  s.xz = -0.9;
  s.yz = 0.7;
  s.types = {2, 3, 1, 1, 2, 3};
  s.positions = {{1.0, 1.0, 1.0}, {2.1, 1.6, 1.3},   {0.4, 1.7, 1.6},
                 {3.9, 3.0, 2.2}, {3.43, 2.6, 4.11}, {4.1, 4.4, 4.6}};
  return s;
}

LammpsBox packed_cell() {
  LammpsBox s;
  s.lx = s.ly = 4.6;
  s.lz = 4.8;
  s.xy = 0.4;
  s.yz = -0.3;
  for (int k = 0; k < 8; ++k) {
    const int a = k & 1, b = (k >> 1) & 1, c = k >> 2;
    s.types.push_back(1 + (a + b + 2 * c) % 3);
    s.positions.push_back({2.3 * a + 0.2 * b + 0.10 * c, 2.3 * b - 0.15 * c + 0.05 * a, 2.4 * c});
  }
  return s;
}

LammpsBox thin_cell() {
  LammpsBox s;
  s.lx = 3.3;
  s.ly = 3.6;
  s.lz = 3.1;
  s.types = {2, 3, 1};
  s.positions = {{0.3, 0.4, 0.2}, {1.5, 1.1, 0.4}, {0.7, 2.2, 1.9}};
  return s;
}

void write_potential(const TemporaryFolder& folder, const std::string& name, unsigned long seed) {
  write_random_potential(folder / name, small_spinconv2_config(), seed);
}

std::string pair_commands(const std::string& options, const std::string& elements,
                          const std::string& files) {
  return "pair_style spinconv precision double" + (options.empty() ? "" : " " + options) +
         "\npair_coeff * * " + files + " " + elements + "\n";
}

std::string setup(const TemporaryFolder& folder, const LammpsBox& structure,
                  const InputOptions& options) {
  write_bytes(folder / "structure.data", structure.data_file());
  if (!std::filesystem::exists(folder / "test.pt")) {
    write_potential(folder, "test.pt");
  }
  return "units " + options.units + "\natom_style atomic\nboundary " + options.boundary + "\n" +
         options.before_box + "read_data structure.data\n" + options.pair + "neighbor 0.5 bin\n" +
         thermo("pe") + "timestep 0.0005\n";
}

std::string thermo(const std::string& columns) {
  return "thermo_style custom step " + columns + "\nthermo_modify format float %.17g norm no\n";
}

std::string print_value(const std::string& name, const std::string& expression) {
  return "print \"value " + name + " $(" + expression + ":%.17g)\"\n";
}

std::string write_dump(const std::string& file, const std::string& columns) {
  return "write_dump all custom " + file + " " + columns +
         " modify sort id format float %.17g append yes\n";
}

void expect_refused(const LammpsResult& result, const std::vector<std::string>& texts) {
  EXPECT_FALSE(result.process.timed_out);
  EXPECT_NE(result.process.exit_code, 0);
  for (const auto& text : texts) {
    EXPECT_THAT(result.process.output, ::testing::HasSubstr(text));
  }
}

double largest_difference(const Table& a, const Table& b, const std::vector<std::string>& columns) {
  std::vector<double> all_a, all_b;
  for (const auto& name : columns) {
    const auto column_a = a.column(name);
    const auto column_b = b.column(name);
    if (column_a.size() != column_b.size()) {
      throw std::runtime_error("tables of different lengths");
    }
    all_a.insert(all_a.end(), column_a.begin(), column_a.end());
    all_b.insert(all_b.end(), column_b.begin(), column_b.end());
  }
  return largest_difference(all_a, all_b);
}

double largest_magnitude(const Table& table, const std::vector<std::string>& columns) {
  Table zeros = table;
  for (auto& row : zeros.rows) {
    row.assign(row.size(), 0.0);
  }
  return largest_difference(table, zeros, columns);
}

}  // namespace spinconv::test
