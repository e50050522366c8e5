// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <iomanip>
#include <sstream>

#include "lammps/predictions.hpp"
#include "lammps/structures.hpp"

namespace spinconv::test {
namespace {

// The structure as spinconv-train reads it.
std::string extended_xyz(const LammpsBox& s, bool periodic) {
  std::ostringstream text;
  text << std::setprecision(17) << s.types.size() << "\n";
  if (periodic) {
    text << "Lattice=\"" << s.lx << " 0 0 " << s.xy << " " << s.ly << " 0 " << s.xz << " " << s.yz
         << " " << s.lz << "\" pbc=\"T T T\" ";
  } else {
    text << "pbc=\"F F F\" ";
  }
  text << "Properties=species:S:1:pos:R:3 energy=0.0\n";
  for (std::size_t i = 0; i < s.types.size(); ++i) {
    text << "-HCO"[s.types[i]];
    for (const double x : s.positions[i]) {
      text << " " << x;
    }
    text << "\n";
  }
  return text.str();
}

TEST(PairSpinconv, LammpsAndSpinconvTrainAgreeOnEveryStructure) {
  const TemporaryFolder folder;
  write_potential(folder, "test.pt");
  const std::vector<LammpsBox> structures = {ethanol(), triclinic_cell(), thin_cell(),
                                             packed_cell()};
  std::string data;
  for (std::size_t i = 0; i < structures.size(); ++i) {
    data += extended_xyz(structures[i], i > 0);
  }
  write_bytes(folder / "structures.extxyz", data);
  const auto trainer = run_process(
      {required_environment("SPINCONV_TRAIN_EXE"), "evaluate", "--potential", "test.pt", "--data",
       "structures.extxyz", "--predictions", "predictions.extxyz", "--precision", "double"},
      folder.path());
  ASSERT_EQ(trainer.exit_code, 0) << trainer.output;
  const auto predictions = read_predictions(folder / "predictions.extxyz");
  ASSERT_EQ(predictions.size(), structures.size());

  for (std::size_t i = 0; i < structures.size(); ++i) {
    const auto lammps = run_lammps_well(
        folder, setup(folder, structures[i]) + "compute pressure all pressure NULL virial\n" +
                    thermo("pe c_pressure[*]") + "run 0\n" + write_dump("forces.dump"));
    const auto forces = read_dump(folder / "forces.dump").back();
    ASSERT_GT(largest_magnitude(forces, force_columns), 0.01);
    EXPECT_NEAR(lammps.thermo.at(0).first("PotEng"), predictions[i].energy, 1e-11);
    for (int axis = 0; axis < 3; ++axis) {
      EXPECT_LT(largest_difference(forces.column(force_columns[axis]), predictions[i].forces[axis]),
                1e-10)
          << "structure " << i << ", axis " << axis;
    }
    if (i == 0) {
      EXPECT_TRUE(predictions[i].stress.empty());
      continue;
    }
    ASSERT_EQ(predictions[i].stress.size(), 9u);
    const std::array<int, 9> component = {1, 4, 5, 4, 2, 6, 5, 6, 3};  // xx yy zz xy xz yz
    for (int k = 0; k < 9; ++k) {
      const auto name = "c_pressure[" + std::to_string(component[k]) + "]";
      const double pressure = lammps.thermo.at(0).first(name) / nktv2p;
      EXPECT_NEAR(pressure, -predictions[i].stress[k], 1e-12) << "structure " << i << " " << name;
    }
  }
}

}  // namespace
}  // namespace spinconv::test
