// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <cmath>
#include <iterator>
#include <sstream>

#include "lammps/structures.hpp"
#include "lammps/systems.hpp"
#include "support/test_models.hpp"

// Commands of LAMMPS that use a pair style, on one rank and on two.
namespace spinconv::test {
namespace {

using ::testing::HasSubstr;

const std::string velocities = "velocity all create 200 11 loop all\n";

double spread(const std::vector<double>& values) {
  return largest_difference(values, std::vector<double>(values.size(), values.front()));
}

TEST(PairSpinconvOn2Ranks, MinimizersConvergeToTheForceTolerance) {
  double minimum = 0.0;
  for (const std::string style : {"cg", "sd", "fire", "quickmin", "hftn"}) {
    SCOPED_TRACE(style);
    const TemporaryFolder folder;
    // from where these begin, every minimizer finds the same minimum of this one
    write_random_potential(folder / "test.pt", small_config());
    const auto result = run_lammps_well(
        folder,
        setup(folder, packed_cell(), repulsive) + thermo("pe fnorm") +
            "timestep 0.001\nmin_style " + style +
            "\ndisplace_atoms all random 0.1 0.1 0.1 5 units box\nminimize 0 3e-3 4000 20000\n",
        {.ranks = 2});
    EXPECT_THAT(result.process.output, HasSubstr("Stopping criterion = force tolerance"));
    const auto& thermo = result.thermo.at(0);
    EXPECT_GT(thermo.first("Fnorm"), 1.0);
    EXPECT_LT(thermo.last("Fnorm"), 3e-3);
    if (style == "cg") {
      minimum = thermo.last("PotEng");
    }
    EXPECT_NEAR(thermo.last("PotEng"), minimum, 1e-3);
  }
}

TEST(PairSpinconvOn2Ranks, BoxesRelaxToThePressure) {
  // fix box/relax scales tilts with the box, for which its own gradient has no term; and it takes
  // the box of its start as reference: it is given again until it is there
  auto structure = packed_cell();
  structure.xy = structure.yz = 0.0;
  for (const std::string shape : {"iso", "aniso"}) {
    SCOPED_TRACE(shape);
    std::string minimize;
    for (int k = 0; k < 3; ++k) {
      minimize += "fix relax all box/relax " + shape +
                  " 0.0 vmax 0.002\nminimize 0 1e-4 1000 10000\nunfix relax\n";
    }
    const TemporaryFolder folder;
    const auto result = run_lammps_well(
        folder, setup(folder, structure, repulsive) + thermo("pe press pxx pyy pzz") + minimize,
        {.ranks = 2});
    const auto& thermo = result.thermo.back();
    EXPECT_LT(thermo.last("PotEng"), result.thermo.at(0).first("PotEng") - 0.3);
    EXPECT_NEAR(thermo.last("Press"), 0.0, 50.0);
    if (shape == "aniso") {
      for (const std::string name : {"Pxx", "Pyy", "Pzz"}) {
        EXPECT_NEAR(thermo.last(name), 0.0, 50.0) << name;
      }
    }
  }
}

TEST(PairSpinconvOn2Ranks, ThermostatsAndBarostatsKeepTheirConservedQuantity) {
  for (const std::string fix : {"npt temp 200 200 0.05 iso 0 0 0.5", "nvt temp 200 200 0.05"}) {
    const TemporaryFolder folder;
    const auto result =
        run_lammps_well(folder,
                        setup(folder, packed_cell(), repulsive) + thermo("etotal econserve press") +
                            velocities + "fix md all " + fix + "\nthermo 10\nrun 200\n",
                        {.ranks = 2});
    const auto& thermo = result.thermo.at(0);
    const double energy_change = spread(thermo.column("TotEng"));
    EXPECT_GT(energy_change, 0.05) << fix;
    EXPECT_LT(spread(thermo.column("Econserve")), 1e-2 * energy_change) << fix;
  }
}

TEST(PairSpinconvOn2Ranks, ARestartContinuesOnAnotherNumberOfRanks) {
  const TemporaryFolder folder;
  run_lammps_well(folder,
                  setup(folder, packed_cell(), repulsive) + velocities +
                      "fix nve all nve\nrun 20\nwrite_restart half.restart\nrun 20\n" +
                      write_dump("whole.dump", unwrapped),
                  {.ranks = 2});
  run_lammps_well(folder,
                  "read_restart half.restart\n" + repulsive.pair +
                      "neighbor 0.5 bin\nfix nve all nve\nrun 20\nwrite_data end.data nocoeff\n" +
                      write_dump("rest.dump", unwrapped));
  EXPECT_LT(largest_difference(read_dump(folder / "whole.dump").at(0),
                               read_dump(folder / "rest.dump").at(0), state_columns),
            1e-9);
  // and the data file that it wrote is the same system
  run_lammps_well(folder, "units metal\nread_data end.data\n" + repulsive.pair +
                              "neighbor 0.5 bin\nrun 0\n" + write_dump("data.dump"));
  EXPECT_LT(largest_difference(read_dump(folder / "rest.dump").at(0),
                               read_dump(folder / "data.dump").at(0), force_columns),
            1e-9);
}

TEST(PairSpinconvOn2Ranks, FixAdaptScalesEnergyAndForces) {
  const TemporaryFolder folder;
  const auto result = run_lammps_well(
      folder,
      setup(folder, triclinic_cell()) + "run 0 post no\n" + print_value("full", "pe") +
          write_dump("atoms.dump") + "variable half equal 0.5\n" +
          "fix scale all adapt 1 pair spinconv scale * * v_half\nrun 0 post no\n" +
          print_value("half", "pe") + write_dump("atoms.dump"),
      {.ranks = 2});
  EXPECT_NEAR(result.value("half"), 0.5 * result.value("full"), 1e-10);
  const auto atoms = read_dump(folder / "atoms.dump");
  for (const auto& name : force_columns) {
    for (std::size_t i = 0; i < 6; ++i) {
      EXPECT_NEAR(atoms[1].column(name)[i], 0.5 * atoms[0].column(name)[i], 1e-11);
    }
  }
}

// With one inner step the outer level is velocity Verlet, with two it is a multiple time step.
TEST(PairSpinconv, RrespaRunsItAtTheLevelOfPair) {
  const auto run = [](const std::string& style, const std::string& timestep, int steps) {
    const TemporaryFolder folder;
    return run_lammps_well(folder, setup(folder, packed_cell(), repulsive) + thermo("pe etotal") +
                                       velocities + style + "timestep " + timestep +
                                       "\nfix nve all nve\nthermo 10\nrun " +
                                       std::to_string(steps) + "\n")
        .thermo.at(0);
  };
  const auto verlet = run("", "0.0005", 40);
  const auto same = run("run_style respa 2 1 bond 1 pair 2\n", "0.0005", 40);
  EXPECT_LT(largest_difference(same.column("TotEng"), verlet.column("TotEng")), 1e-10);
  const auto inner = run("run_style respa 2 2 bond 1 pair 2\n", "0.0005", 40);
  EXPECT_LT(spread(inner.column("TotEng")), 2e-2);
  EXPECT_LT(largest_difference(inner.column("PotEng"), verlet.column("PotEng")), 2e-2);
}

// Energy, pressure and forces of a pair style on the water-like mixture of the tests.
struct Sum {
  Table thermo, atoms;
};

Sum evaluate(const LammpsBox& structure, const std::string& pair, int ranks = 0) {
  const TemporaryFolder folder;
  write_random_potential(folder / "other.pt", small_config(), 7);
  const auto result =
      run_lammps_well(folder,
                      setup(folder, structure, {.pair = pair}) +
                          "compute pressure all pressure NULL virial\n"
                          "compute energy all pe/atom\n"
                          "compute stress all stress/atom NULL virial\n" +
                          thermo("pe c_pressure[*]") + "run 0\n" +
                          write_dump("atoms.dump", "id fx fy fz c_energy c_stress[*]"),
                      {.ranks = ranks});
  return {result.thermo.at(0), read_dump(folder / "atoms.dump").at(0)};
}

void expect_weighted_sum(const Sum& sum, const std::vector<std::pair<double, Sum>>& parts) {
  for (const auto& name : sum.thermo.names) {
    if (name == "Step") {
      continue;
    }
    double expected = 0.0;
    for (const auto& [weight, part] : parts) {
      expected += weight * part.thermo.first(name);
    }
    EXPECT_NEAR(sum.thermo.first(name), expected, 1e-10 * (1.0 + std::abs(expected))) << name;
  }
  for (const auto& name : sum.atoms.names) {
    if (name == "id") {
      continue;
    }
    const auto values = sum.atoms.column(name);
    for (std::size_t i = 0; i < values.size(); ++i) {
      double expected = 0.0;
      for (const auto& [weight, part] : parts) {
        expected += weight * part.atoms.column(name).at(i);
      }
      EXPECT_NEAR(values[i], expected, 1e-10 * (1.0 + std::abs(expected))) << name;
    }
  }
}

const std::string alone = pair_commands();

TEST(PairSpinconvHybrid, ScaledIsTheWeightedSum) {
  const std::string lj = "pair_coeff * * lj/cut 0.02 2.0\n";
  for (const int ranks : {0, 2}) {
    const auto scaled = evaluate(triclinic_cell(),
                                 "pair_style hybrid/scaled 0.5 spinconv precision double 0.25 "
                                 "lj/cut 5.0\npair_coeff * * spinconv test.pt H C O\n" +
                                     lj,
                                 ranks);
    expect_weighted_sum(scaled, {{0.5, evaluate(triclinic_cell(), alone)},
                                 {0.25, evaluate(triclinic_cell(),
                                                 "pair_style hybrid/overlay "
                                                 "lj/cut 5.0\n" +
                                                     lj)}});
  }
}

TEST(PairSpinconvHybrid, OverlayAddsZblAndCoulomb) {
  const std::string charges =
      "fix charges all property/atom q ghost yes\nset type 1 charge 0.4\nset type 2 charge 0.1\n"
      "set type 3 charge -0.6\n";
  const std::string others =
      "pair_coeff 1 1 zbl 1 1\npair_coeff 1 2 zbl 1 6\npair_coeff 1 3 zbl 1 8\n"
      "pair_coeff 2 2 zbl 6 6\npair_coeff 2 3 zbl 6 8\npair_coeff 3 3 zbl 8 8\n"
      "pair_coeff * * coul/cut\n";
  for (const int ranks : {0, 2}) {
    const auto both = evaluate(triclinic_cell(),
                               charges +
                                   "pair_style hybrid/overlay spinconv precision double "
                                   "zbl 1.5 2.0 coul/cut 4.5\n"
                                   "pair_coeff * * spinconv test.pt H C O\n" +
                                   others,
                               ranks);
    expect_weighted_sum(
        both, {{1.0, evaluate(triclinic_cell(), alone)},
               {1.0, evaluate(triclinic_cell(),
                              charges + "pair_style hybrid/overlay zbl 1.5 2.0 coul/cut 4.5\n" +
                                  others)}});
  }
}

TEST(PairSpinconvHybrid, OverlayTakesTheStyleTwice) {
  for (const int ranks : {0, 2}) {
    const auto both = evaluate(triclinic_cell(),
                               "pair_style hybrid/overlay spinconv precision double spinconv "
                               "precision double\npair_coeff * * spinconv 1 test.pt H C O\n"
                               "pair_coeff * * spinconv 2 other.pt H C O\n",
                               ranks);
    expect_weighted_sum(both, {{1.0, evaluate(triclinic_cell(), alone)},
                               {1.0, evaluate(triclinic_cell(),
                                              "pair_style spinconv precision double\n"
                                              "pair_coeff * * other.pt H C O\n")}});
  }
}

// Types that the potential does not know belong to another style altogether.
TEST(PairSpinconvHybrid, PlainHybridTakesTypesMappedToNull) {
  auto structure = triclinic_cell();
  structure.types = {1, 2, 3, 2, 1, 3};
  const std::string lj = "pair_coeff 3 3 lj/cut 0.02 2.0\npair_coeff 1*2 3 lj/cut 0.01 2.2\n";
  auto known = structure;
  known.types = {1, 2, 2, 1};
  known.positions = {structure.positions[0], structure.positions[1], structure.positions[3],
                     structure.positions[4]};
  const double other =
      evaluate(structure, "pair_style hybrid lj/cut 5.0 zero 5.0\npair_coeff 1*2 1*2 zero\n" + lj)
          .thermo.first("PotEng");
  const double own = evaluate(known, alone).thermo.first("PotEng");
  for (const int ranks : {0, 2}) {
    const auto both = evaluate(structure,
                               "pair_style hybrid lj/cut 5.0 spinconv precision double\n"
                               "pair_coeff * * spinconv test.pt H C NULL\n" +
                                   lj,
                               ranks);
    EXPECT_NEAR(both.thermo.first("PotEng"), own + other, 1e-10);
  }
}

TEST(PairSpinconv, EnergiesOfTheStepsThatPrintThemAreThoseOfEveryStep) {
  const auto run = [](const std::string& every) {
    const TemporaryFolder folder;
    return run_lammps_well(folder, setup(folder, packed_cell(), repulsive) +
                                       "compute energy all pe/atom\ncompute total all reduce sum "
                                       "c_energy\n" +
                                       thermo("pe press c_total") + velocities +
                                       "fix nve all nve\nthermo " + every + "\nrun 20\n")
        .thermo.at(0);
  };
  const auto often = run("1"), seldom = run("10");
  ASSERT_EQ(seldom.rows.size(), 3u);
  for (std::size_t k = 0; k < 3; ++k) {
    for (const std::string name : {"PotEng", "Press", "c_total"}) {
      EXPECT_NEAR(seldom.column(name)[k], often.column(name)[10 * k],
                  1e-10 * (1 + std::abs(often.column(name)[10 * k])));
    }
  }
}

// The last line of LAMMPS's log: step, largest force of a replica, ..., barriers forwards and
// backwards (7th, 8th), then position and energy of each replica.
std::vector<double> elastic_band(const std::string& partition, int ranks, const std::string& neb) {
  const TemporaryFolder folder;
  run_lammps_well(folder, elastic_band_input(partition[0] - '0', neb),
                  {.arguments = {"-partition", partition}, .ranks = ranks});
  const auto log = read_bytes(folder / "log.lammps");
  std::istringstream words(log.substr(log.rfind('\n', log.size() - 2) + 1));
  return {std::istream_iterator<double>(words), std::istream_iterator<double>()};
}

TEST(PairSpinconv, NudgedElasticBandFindsTheBarrier) {
  const auto end = elastic_band("4x1", 4, "0 0.05 400 400 20");
  ASSERT_EQ(end.size(), 17u);
  EXPECT_LT(end[1], 0.05);  // converged, not at the end of its steps
  EXPECT_GT(end[6], 0.02);
  EXPECT_LT(end[6], 0.08);
  EXPECT_LT(end[7], end[6]);  // trans is the higher one
}

TEST(PairSpinconv, ReplicasOnTwoRanksEachMoveAsOnOne) {
  const auto one = elastic_band("2x1", 2, "0 1e-9 20 10 10");
  const auto two = elastic_band("2x2", 4, "0 1e-9 20 10 10");
  ASSERT_EQ(one.size(), 13u);
  ASSERT_EQ(two.size(), 13u);
  for (std::size_t k = 0; k < one.size(); ++k) {
    EXPECT_NEAR(two[k], one[k], 1e-6 * (1.0 + std::abs(one[k]))) << k;
  }
}

}  // namespace
}  // namespace spinconv::test
