// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <cmath>
#include <iomanip>
#include <sstream>

#include "lammps/structures.hpp"

namespace spinconv::test {
namespace {

// weights of the five-point central difference at -2h, -h, h, 2h (times 1/h)
constexpr std::array<int, 4> stencil = {-2, -1, 1, 2};
constexpr std::array<double, 4> stencil_weights = {1.0 / 12, -8.0 / 12, 8.0 / 12, -1.0 / 12};
constexpr std::array<double, 3> steps = {2e-2, 5e-3, 1e-3};

std::string number(double value) {
  std::ostringstream text;
  text << std::setprecision(17) << value;
  return text.str();
}

const std::string stress_computes =
    "compute energy all pe/atom\n"
    "compute sum_energy all reduce sum c_energy\n"
    "compute pressure all pressure NULL virial\n"
    "compute stress all stress/atom NULL virial\n"
    "compute sum_stress all reduce sum c_stress[*]\n"
    "compute centroid all centroid/stress/atom NULL virial\n"
    "compute sum_centroid all reduce sum c_centroid[*]\n" +
    thermo("pe c_sum_energy c_pressure[*] c_sum_stress[*] c_sum_centroid[*]");

TEST(PairSpinconv, ForcesAreMinusTheFiniteDifferenceOfTheEnergy) {
  const TemporaryFolder folder;
  const auto structure = triclinic_cell();
  const std::size_t n = structure.types.size();
  std::string input = setup(folder, structure) + "run 0\n" + write_dump("forces.dump");
  for (std::size_t h = 0; h < steps.size(); ++h) {
    for (std::size_t atom = 0; atom < n; ++atom) {
      input += "group moved id " + std::to_string(atom + 1) + "\n";
      for (int axis = 0; axis < 3; ++axis) {
        for (std::size_t s = 0; s < stencil.size(); ++s) {
          const auto move = [&](double by) {
            std::array<double, 3> v{};
            v[axis] = by;
            return "displace_atoms moved move " + number(v[0]) + " " + number(v[1]) + " " +
                   number(v[2]) + " units box\n";
          };
          std::ostringstream name;
          name << h << "_" << atom << "_" << axis << "_" << s;
          input += move(stencil[s] * steps[h]) + "run 0 post no\n" + print_value(name.str(), "pe") +
                   move(-stencil[s] * steps[h]);
        }
      }
      input += "group moved delete\n";
    }
  }
  const auto result = run_lammps_well(folder, input);
  const auto forces = read_dump(folder / "forces.dump").at(0);
  const double scale = largest_magnitude(forces, force_columns);
  ASSERT_GT(scale, 0.1);

  double best = INFINITY;
  for (std::size_t h = 0; h < steps.size(); ++h) {
    std::vector<double> given, differences;
    for (std::size_t atom = 0; atom < n; ++atom) {
      for (int axis = 0; axis < 3; ++axis) {
        double derivative = 0.0;
        for (std::size_t s = 0; s < stencil.size(); ++s) {
          std::ostringstream name;
          name << h << "_" << atom << "_" << axis << "_" << s;
          derivative += stencil_weights[s] * result.value(name.str()) / steps[h];
        }
        differences.push_back(-derivative);
        given.push_back(forces.column(force_columns[axis]).at(atom));
      }
    }
    const double error = largest_difference(given, differences) / scale;
    RecordProperty("relative_error_h_" + number(steps[h]), number(error));
    best = std::min(best, error);
  }
  EXPECT_LT(best, 1e-8);
}

TEST(PairSpinconv, VirialIsMinusTheStrainDerivativeOfTheEnergy) {
  const TemporaryFolder folder;
  const auto s = triclinic_cell();
  // a box with tilt takes strains in upper triangular form; LAMMPS's order xx yy zz xy xz yz
  constexpr std::array<std::array<int, 2>, 6> components = {
      {{0, 0}, {1, 1}, {2, 2}, {0, 1}, {0, 2}, {1, 2}}};
  const double cell[3][3] = {{s.lx, s.xy, s.xz}, {0, s.ly, s.yz}, {0, 0, s.lz}};

  std::string input = setup(folder, s) + "box tilt large\n" + stress_computes + "run 0\n";
  const auto change_box = [](const double h[3][3]) {
    return "change_box all x final 0 " + number(h[0][0]) + " y final 0 " + number(h[1][1]) +
           " z final 0 " + number(h[2][2]) + " xy final " + number(h[0][1]) + " xz final " +
           number(h[0][2]) + " yz final " + number(h[1][2]) + " remap units box\n";
  };
  for (std::size_t h = 0; h < steps.size(); ++h) {
    for (std::size_t c = 0; c < components.size(); ++c) {
      for (std::size_t k = 0; k < stencil.size(); ++k) {
        double strained[3][3];
        const auto [a, b] = components[c];
        for (int i = 0; i < 3; ++i) {
          for (int j = 0; j < 3; ++j) {
            strained[i][j] = cell[i][j] + (i == a ? stencil[k] * steps[h] * cell[b][j] : 0.0);
          }
        }
        std::ostringstream name;
        name << h << "_" << c << "_" << k;
        input += change_box(strained) + "run 0 post no\n" + print_value(name.str(), "pe");
      }
    }
  }
  const auto result = run_lammps_well(folder, input);

  std::vector<double> virial;
  for (int c = 1; c <= 6; ++c) {
    virial.push_back(result.thermo.at(0).first("c_pressure[" + std::to_string(c) + "]") *
                     s.volume() / nktv2p);
  }
  const double scale = largest_difference(virial, std::vector<double>(6));
  ASSERT_GT(scale, 0.1);
  double best = INFINITY;
  for (std::size_t h = 0; h < steps.size(); ++h) {
    std::vector<double> differences;
    for (std::size_t c = 0; c < 6; ++c) {
      double derivative = 0.0;
      for (std::size_t k = 0; k < stencil.size(); ++k) {
        std::ostringstream name;
        name << h << "_" << c << "_" << k;
        derivative += stencil_weights[k] * result.value(name.str()) / steps[h];
      }
      differences.push_back(-derivative);
    }
    best = std::min(best, largest_difference(virial, differences) / scale);
  }
  // LAMMPS's nktv2p has 8 digits, and it is the same on both sides
  EXPECT_LT(best, 1e-8);
}

TEST(PairSpinconv, AtomicEnergiesAndStressesSumToTheTotals) {
  const TemporaryFolder folder;
  const auto result =
      run_lammps_well(folder, setup(folder, triclinic_cell()) + stress_computes + "run 0\n");
  const auto& thermo = result.thermo.at(0);
  EXPECT_NEAR(thermo.first("c_sum_energy"), thermo.first("PotEng"), 1e-12);
  const double volume = triclinic_cell().volume();
  const std::array<int, 9> transposed = {1, 2, 3, 4, 5, 6, 4, 5, 6};
  for (int c = 1; c <= 9; ++c) {
    const double pressure =
        thermo.first("c_pressure[" + std::to_string(transposed[c - 1]) + "]") * volume;
    ASSERT_GT(std::abs(pressure), 1.0);
    if (c <= 6) {
      EXPECT_NEAR(thermo.first("c_sum_stress[" + std::to_string(c) + "]"), -pressure,
                  1e-10 * nktv2p)
          << c;
    }
    EXPECT_NEAR(thermo.first("c_sum_centroid[" + std::to_string(c) + "]"), -pressure,
                1e-10 * nktv2p)
        << c;
  }
}

TEST(PairSpinconv, ABoxThinnerThanTheCutoffEqualsItsReplica) {
  for (const auto& structure : {thin_cell(), triclinic_cell()}) {
    const TemporaryFolder folder;
    const auto run = [&](const std::string& change, const std::string& name) {
      const auto result =
          run_lammps_well(folder, setup(folder, structure) + change + stress_computes + "run 0\n" +
                                      write_dump(name, "id x y z fx fy fz c_energy"));
      return std::make_pair(result.thermo.at(0), read_dump(folder / name).at(0));
    };
    const auto [thermo, atoms] = run("", "cell.dump");
    const auto [thermo_big, atoms_big] = run("replicate 3 3 3\n", "replica.dump");
    const std::size_t n = structure.types.size();
    ASSERT_EQ(atoms_big.rows.size(), 27 * n);
    ASSERT_GT(largest_magnitude(atoms, force_columns), 0.1);

    EXPECT_NEAR(thermo_big.first("PotEng") / 27, thermo.first("PotEng"), 1e-11);
    for (int c = 1; c <= 6; ++c) {
      const auto name = "c_pressure[" + std::to_string(c) + "]";
      EXPECT_NEAR(thermo_big.first(name), thermo.first(name), 1e-6) << name;  // bar
    }
    for (const auto& column : {"fx", "fy", "fz", "c_energy"}) {
      const auto small = atoms.column(column);
      const auto big = atoms_big.column(column);
      for (std::size_t i = 0; i < big.size(); ++i) {
        EXPECT_NEAR(big[i], small[i % n], 1e-11) << column << " of atom " << i;
      }
    }
  }
}

TEST(PairSpinconv, AnotherCellOfTheSameCrystalHasTheSameEnergyAndForces) {
  const TemporaryFolder folder;
  auto structure = thin_cell();
  const std::string commands = "run 0\n";
  const auto straight =
      run_lammps_well(folder, setup(folder, structure) + commands + write_dump("straight.dump"));
  structure.xy = structure.lx;   // b -> b + a
  structure.yz = -structure.ly;  // c -> c - b
  structure.xz = -structure.lx;
  const auto tilted =
      run_lammps_well(folder, setup(folder, structure, {.before_box = "box tilt large\n"}) +
                                  commands + write_dump("tilted.dump"));
  EXPECT_NEAR(tilted.thermo.at(0).first("PotEng"), straight.thermo.at(0).first("PotEng"), 1e-11);
  const auto forces = read_dump(folder / "straight.dump").at(0);
  EXPECT_GT(largest_magnitude(forces, force_columns), 0.1);
  EXPECT_LT(largest_difference(read_dump(folder / "tilted.dump").at(0), forces, force_columns),
            1e-11);
}

TEST(PairSpinconv, AnIsolatedAtomHasItsOwnEnergyAndNoForce) {
  const TemporaryFolder folder;
  auto far = ethanol();
  far.types = {1, 3};
  far.positions = {{2.0, 2.0, 2.0}, {8.0, 8.0, 8.0}};
  const auto both = run_lammps_well(folder, setup(folder, far) + "compute e all pe/atom\nrun 0\n" +
                                                write_dump("both.dump", "id type fx fy fz c_e"));
  far.types.resize(1);
  far.positions.resize(1);
  const auto one = run_lammps_well(folder, setup(folder, far) + "run 0\n");
  const auto atoms = read_dump(folder / "both.dump").at(0);
  EXPECT_EQ(largest_magnitude(atoms, force_columns), 0.0);
  EXPECT_EQ(atoms.column("c_e").at(0), one.thermo.at(0).first("PotEng"));
  EXPECT_THAT(both.process.output, ::testing::HasSubstr("2 atoms, 0 edges"));
}

TEST(PairSpinconv, ABoxWithoutAtomsHasNoEnergy) {
  const TemporaryFolder folder;
  auto structure = ethanol();
  const auto result =
      run_lammps_well(folder, setup(folder, structure) + "delete_atoms group all\nrun 0\n");
  EXPECT_EQ(result.thermo.at(0).first("PotEng"), 0.0);
}

TEST(PairSpinconv, NonPeriodicBoundariesGiveTheForcesOfTheLoneMolecule) {
  const TemporaryFolder folder;
  for (const std::string boundary : {"p p p", "f f f", "s p m"}) {
    run_lammps_well(folder, setup(folder, ethanol(), {.boundary = boundary}) + "run 0\n" +
                                write_dump("ethanol.dump"));
  }
  const auto snapshots = read_dump(folder / "ethanol.dump");
  ASSERT_EQ(snapshots.size(), 3u);
  ASSERT_GT(largest_magnitude(snapshots[0], force_columns), 0.1);
  EXPECT_LT(largest_difference(snapshots[0], snapshots[1], force_columns), 1e-12);
  EXPECT_LT(largest_difference(snapshots[0], snapshots[2], force_columns), 1e-12);
}

TEST(PairSpinconv, UnitsRealAreUnitsMetalConverted) {
  const TemporaryFolder folder;
  const auto run = [&](const std::string& units) {
    return run_lammps_well(folder, setup(folder, triclinic_cell(), {.units = units}) +
                                       stress_computes + "run 0\n" + write_dump(units + ".dump"));
  };
  const auto metal = run("metal").thermo.at(0);
  const auto real = run("real").thermo.at(0);
  // 1 eV = e N_A / 4184 kcal/mol (CODATA 2018); LAMMPS rounds it to 23.060549
  const double kcal = 1.602176634e-19 * 6.02214076e23 / 4184.0;
  EXPECT_NEAR(real.first("PotEng") / metal.first("PotEng") / kcal, 1.0, 1e-7);
  EXPECT_NEAR(real.first("c_sum_energy") / metal.first("PotEng") / kcal, 1.0, 1e-7);
  const auto forces = read_dump(folder / "metal.dump").at(0);
  const auto forces_real = read_dump(folder / "real.dump").at(0);
  for (const auto& name : force_columns) {
    const auto a = forces.column(name);
    const auto b = forces_real.column(name);
    for (std::size_t i = 0; i < a.size(); ++i) {
      EXPECT_NEAR(b[i], kcal * a[i], 1e-6);
    }
  }
  // pressure: bar in metal, atmospheres in real
  EXPECT_NEAR(real.first("c_pressure[1]") * 1.01325 / metal.first("c_pressure[1]"), 1.0, 1e-6);
}

TEST(PairSpinconv, HybridOverlayAddsItsForcesToThoseOfOtherStyles) {
  const TemporaryFolder folder;
  const std::string lj = "pair_coeff * * lj/cut 0.02 2.0\n";
  const auto run = [&](const std::string& pair, const std::string& name) {
    return run_lammps_well(folder, setup(folder, triclinic_cell(), {.pair = pair}) +
                                       stress_computes + "run 0\n" + write_dump(name))
        .thermo.at(0);
  };
  const auto both =
      run("pair_style hybrid/overlay lj/cut 5.0 spinconv precision double\n"
          "pair_coeff * * spinconv test.pt H C O\n" +
              lj,
          "both.dump");
  const auto other = run("pair_style hybrid/overlay lj/cut 5.0\n" + lj, "lj.dump");
  const auto alone = run(InputOptions{}.pair, "alone.dump");
  for (const auto& column : both.names) {
    EXPECT_NEAR(both.first(column), alone.first(column) + other.first(column),
                1e-11 * (1.0 + std::abs(both.first(column))))
        << column;
  }
  const auto sum = read_dump(folder / "both.dump").at(0);
  const auto a = read_dump(folder / "alone.dump").at(0);
  const auto b = read_dump(folder / "lj.dump").at(0);
  ASSERT_GT(largest_magnitude(b, force_columns), 0.01);
  for (const auto& name : force_columns) {
    for (std::size_t i = 0; i < sum.rows.size(); ++i) {
      EXPECT_NEAR(sum.column(name)[i], a.column(name)[i] + b.column(name)[i], 1e-11);
    }
  }
}

TEST(PairSpinconv, NewtonOffAndAnyOrderOfAtomIdsGiveTheSameForces) {
  const TemporaryFolder folder;
  auto structure = triclinic_cell();
  run_lammps_well(folder, setup(folder, structure) + "run 0\n" + write_dump("forces.dump"));
  run_lammps_well(folder, setup(folder, structure, {.before_box = "newton off\n"}) + "run 0\n" +
                              write_dump("forces.dump"));
  structure.ids = {5, 17, 1000003, 2000000000, 2000000001, 2000000002};
  run_lammps_well(folder, setup(folder, structure) + "run 0\n" + write_dump("forces.dump"));
  const auto snapshots = read_dump(folder / "forces.dump");
  ASSERT_EQ(snapshots.size(), 3u);
  EXPECT_LT(largest_difference(snapshots[0], snapshots[1], force_columns), 1e-12);
  EXPECT_LT(largest_difference(snapshots[0], snapshots[2], force_columns), 1e-12);
}

TEST(PairSpinconv, SinglePrecisionFollowsDoublePrecision) {
  const TemporaryFolder folder;
  for (const std::string precision : {"double", "single"}) {
    const auto result =
        run_lammps_well(folder, setup(folder, triclinic_cell(),
                                      {.pair = "pair_style spinconv precision " + precision +
                                               " device cpu\npair_coeff * * test.pt H C O\n"}) +
                                    "run 0\n" + write_dump("forces.dump"));
    EXPECT_THAT(result.process.output, ::testing::HasSubstr(precision + " precision"));
  }
  const auto snapshots = read_dump(folder / "forces.dump");
  const double difference = largest_difference(snapshots.at(0), snapshots.at(1), force_columns);
  EXPECT_LT(difference, 1e-4);
  EXPECT_GT(difference, 1e-12) << "precision single ran in double";
}

TEST(PairSpinconv, TwoRunsGiveTheSameBits) {
  const TemporaryFolder folder;
  for (const std::string name : {"first.dump", "second.dump"}) {
    run_lammps_well(folder, setup(folder, triclinic_cell()) +
                                "velocity all create 300 11 loop geom\nfix nve all nve\nrun 20\n" +
                                write_dump(name));
  }
  EXPECT_EQ(read_bytes(folder / "first.dump"), read_bytes(folder / "second.dump"));
}

}  // namespace
}  // namespace spinconv::test
