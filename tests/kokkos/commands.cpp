// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <sstream>

#include "kokkos/kokkos_runs.hpp"
#include "lammps/systems.hpp"
#include "support/test_models.hpp"

// Commands of LAMMPS give the same with pair_style spinconv/kk as with pair_style spinconv.
namespace spinconv::test {
namespace {

using ::testing::HasSubstr;

// Random weights know no repulsion: it keeps atoms from falling into each other.
const std::string repulsive =
    "pair_style hybrid/overlay lj/cut 6.0 spinconv precision double\n"
    "pair_coeff * * spinconv POTENTIAL H C O\n"
    "pair_coeff * * lj/cut 0.05 2.0\n"
    "pair_modify pair lj/cut shift yes\n";
const std::string velocities = "velocity all create 200 11 loop all\n";

// Commands up to the pair style that name their files by whole paths.
std::string start(const TemporaryFolder& data, const LammpsBox& structure,
                  std::string pair = repulsive) {
  pair.replace(pair.find("POTENTIAL"), 9, data / "test.pt");
  std::string input = setup(data, structure, {.pair = pair});
  return input.replace(input.find("read_data "), 10, "read_data " + (data / ""));
}

const std::vector<KokkosOptions> ways = {
    {}, {.threads = 2}, {.ranks = 2}, {.ranks = 2, .package = "comm device newton off"}};

TEST(KokkosCommands, DynamicsStayTogether) {
  const TemporaryFolder data;
  expect_kokkos_is_plain(start(data, packed_cell()) + thermo("pe etotal press") + velocities +
                             "fix nve all nve\nthermo 5\nrun 40\n" + write_dump("atoms.dump"),
                         ways, 1e-9);
}

TEST(KokkosCommands, ThermostatsAndBarostats) {
  for (const std::string fix : {"npt temp 200 200 0.05 iso 0 0 0.5",
                                "npt temp 200 200 0.05 tri 0 0 0.5", "nvt temp 200 200 0.05"}) {
    SCOPED_TRACE(fix);
    const TemporaryFolder data;
    expect_kokkos_is_plain(start(data, packed_cell()) + thermo("pe etotal press vol") + velocities +
                               "fix md all " + fix + "\nthermo 5\nrun 20\n" +
                               write_dump("atoms.dump"),
                           one_and_two_ranks(), 1e-8);
  }
}

TEST(KokkosCommands, FixesWithoutKokkosTakePart) {
  const TemporaryFolder data;
  expect_kokkos_is_plain(
      start(data, packed_cell()) + thermo("pe etotal press") + velocities +
          "fix nve all nve\nfix push all addforce 0.01 0.0 -0.02\nfix pull all spring/self 1.0\n"
          "fix store all ave/time 1 5 5 c_thermo_pe\nthermo 5\nrun 20\n" +
          write_dump("atoms.dump"),
      one_and_two_ranks(), 1e-9);
}

TEST(KokkosCommands, MinimizationTakesTheSameSteps) {
  const TemporaryFolder data;
  const auto plain = expect_kokkos_is_plain(start(data, packed_cell()) + thermo("pe fnorm") +
                                                "min_style cg\nthermo 1\nminimize 0 0 5 1000\n" +
                                                write_dump("atoms.dump"),
                                            one_and_two_ranks(), 1e-8);
  EXPECT_LT(plain.thermo.at(0).last("PotEng"), plain.thermo.at(0).first("PotEng"));
}

TEST(KokkosCommands, MinimizationConvergesToTheForceTolerance) {
  const TemporaryFolder folder;
  for (const int ranks : {0, 2}) {
    const auto result = run_kokkos_well(
        folder, start(folder, packed_cell()) + thermo("pe fnorm") + "minimize 0 3e-3 4000 20000\n",
        {.ranks = ranks});
    EXPECT_THAT(result.process.output, HasSubstr("Stopping criterion = force tolerance"));
    EXPECT_LT(result.thermo.at(0).last("Fnorm"), 3e-3);
  }
}

TEST(KokkosCommands, OverlayAddsToOtherStyles) {
  // the sum is the sum of the parts, whichever comes first, and with a style that is not of Kokkos
  const TemporaryFolder data;
  const std::string end = "run 0\n" + write_dump("atoms.dump");
  for (const std::string styles :
       {"spinconv precision double lj/cut 5.0", "lj/cut 5.0 spinconv precision double",
        "zbl 1.5 2.0 spinconv precision double lj/cut 5.0",
        "spinconv precision double lj/cut 5.0 spinconv precision double isotopes yes"}) {
    SCOPED_TRACE(styles);
    std::string pair = "pair_style hybrid/overlay " + styles + "\n";
    if (styles.find("double lj/cut 5.0 spinconv") != std::string::npos) {
      pair += "pair_coeff * * spinconv 1 POTENTIAL H C O\npair_coeff * * spinconv 2 " +
              (data / "test.pt") + " C H O\n";
    } else {
      pair += "pair_coeff * * spinconv POTENTIAL H C O\n";
    }
    pair += "pair_coeff * * lj/cut 0.02 2.0\n";
    if (styles.rfind("zbl", 0) == 0) {
      pair +=
          "pair_coeff 1 1 zbl 1 1\npair_coeff 1 2 zbl 1 6\npair_coeff 1 3 zbl 1 8\n"
          "pair_coeff 2 2 zbl 6 6\npair_coeff 2 3 zbl 6 8\npair_coeff 3 3 zbl 8 8\n";
    }
    expect_kokkos_is_plain(start(data, triclinic_cell(), pair) + end, one_and_two_ranks());
  }
}

TEST(KokkosCommands, ScaleOfFixAdapt) {
  const TemporaryFolder data;
  expect_kokkos_is_plain(
      start(data, triclinic_cell(),
            "pair_style spinconv precision double\npair_coeff * * POTENTIAL H C O\n") +
          "run 0 post no\nvariable half equal 0.5\n"
          "fix scale all adapt 1 pair spinconv scale * * v_half\nrun 0\n" +
          write_dump("atoms.dump"),
      one_and_two_ranks());
}

TEST(KokkosCommands, CommitteesAndTheirDeviation) {
  const TemporaryFolder data;
  write_potential(data, "other.pt", 7);
  const std::string input =
      start(data, packed_cell(),
            "pair_style spinconv precision double out_freq 2\npair_coeff * * POTENTIAL " +
                (data / "other.pt") + " H C O\n") +
      "compute energy all pe/atom\ncompute stress all stress/atom NULL virial\n" +
      "compute spread all pair spinconv\n"
      "compute sums all reduce sum c_energy c_stress[1] c_stress[4]\n" +
      thermo("pe press c_spread[*] c_sums[*]") + velocities +
      "fix nve all nve\nfix spread all pair 1 spinconv deviation 1\nthermo 2\nrun 6\n" +
      write_dump("atoms.dump", "id fx fy fz f_spread c_energy c_stress[*]");
  const TemporaryFolder folder;
  const auto plain = outputs_of(folder, run_lammps_well(folder, input));
  const auto deviations = read_bytes(folder / "model_devi.out");
  for (const auto& way : ways) {
    SCOPED_TRACE(way.name());
    std::string kk = input;
    // compute pair and fix pair look for the name with its suffix
    for (std::size_t at = 0; (at = kk.find("pair spinconv\n", at)) != std::string::npos; ++at) {
      kk.replace(at, 13, "pair spinconv/kk");
    }
    kk.replace(kk.find("pair 1 spinconv"), 15, "pair 1 spinconv/kk");
    expect_same(outputs_of(folder, run_kokkos_well(folder, kk, way)), plain, 1e-9);
    EXPECT_EQ(read_bytes(folder / "model_devi.out"), deviations);
  }
}

TEST(KokkosCommands, RerunReadsATrajectory) {
  const TemporaryFolder data;
  const std::string first = start(data, packed_cell()) + velocities;
  const TemporaryFolder folder;
  const auto run = run_lammps_well(
      folder, first + "dump trajectory all custom 5 " + (data / "run.dump") +
                  " id type x y z ix iy iz\ndump_modify trajectory sort id format float %.17g\n"
                  "fix nve all nve\nthermo 5\nrun 20\n");
  const auto rerun = run_kokkos_well(
      folder, first + "thermo 5\nrerun " + (data / "run.dump") + " dump x y z\n", {.ranks = 2});
  EXPECT_LT(
      largest_difference(rerun.thermo.at(0).column("PotEng"), run.thermo.at(0).column("PotEng")),
      1e-10);
}

TEST(KokkosCommands, PartitionsHaveTheirOwnStyle) {
  const TemporaryFolder data;
  const std::string input =
      start(data, packed_cell()) + "variable seed world 11 12\n" +
      "velocity all create 200 ${seed} loop all\nfix nve all nve\nthermo 5\n" +
      "run 10\nvariable e equal pe\nvariable w world 0 1\n" +
      "print \"value e $(pe:%.17g)\" file energy.$w screen no\n";
  const TemporaryFolder folder;
  run_lammps_well(folder, input, {.arguments = {"-partition", "2x1"}, .ranks = 2});
  const auto first = read_bytes(folder / "energy.0"), second = read_bytes(folder / "energy.1");
  ASSERT_NE(first, second);
  run_kokkos_well(folder, input, {.ranks = 4, .arguments = {"-partition", "2x2"}});
  const auto number = [](const std::string& text) {
    return std::stod(text.substr(text.rfind(' ')));
  };
  EXPECT_NEAR(number(read_bytes(folder / "energy.0")), number(first), 1e-9);
  EXPECT_NEAR(number(read_bytes(folder / "energy.1")), number(second), 1e-9);
}

// LAMMPS wants a minimizer of Kokkos where Kokkos runs, and damped dynamics where replicas move: it
// has none that is both. The same lmp and plugin without -k on are the way that the documentation
// gives.
TEST(KokkosCommands, NudgedElasticBandsRunWithoutKokkos) {
  const TemporaryFolder folder;
  const auto kokkos =
      run_kokkos(folder, start(folder, packed_cell()) + "min_style fire\nminimize 0 1e-2 10 10\n");
  EXPECT_NE(kokkos.process.exit_code, 0);
  EXPECT_THAT(kokkos.process.output, HasSubstr("Kokkos-enabled min"));
  run_lammps_well(folder, elastic_band_input(2, "0 1e-9 10 10 10"),
                  {.arguments = {"-partition", "2x1"}, .ranks = 2});
}

// The claim of the documentation: examples/md17 with -sf kk prints the digits of the plain run.
TEST(KokkosCommands, TheEthanolExampleHasTheSameThermoTo10Digits) {
  const std::string root = required_environment("SPINCONV_SOURCE_DIR");
  const TemporaryFolder folder;
  std::string example = read_bytes(root + "/examples/md17/in.nve");
  const std::string minimize = "minimize        0 1e-3 1000 10000";
  ASSERT_NE(example.find(minimize), std::string::npos);
  // a minute less of it
  example.replace(example.find(minimize), minimize.size(), "minimize 0 1e-3 20 100");
  write_bytes(folder / "in.nve", example);
  std::filesystem::copy(root + "/examples/md17/ethanol.data", folder / "ethanol.data");
  const std::vector<std::string> variables = {
      "-var", "potential", root + "/potentials/rmd17-ethanol.pt", "-var", "steps", "100"};
  const std::string input = "include in.nve\n";
  const auto plain = run_lammps_well(folder, input, {.arguments = variables});
  const auto kokkos = run_kokkos_well(folder, input, {.arguments = variables});
  // the second table is that of the dynamics; 10 digits of an energy of 1e4 eV are 1e-6 eV
  const auto& expected = plain.thermo.at(1);
  const auto& found = kokkos.thermo.at(1);
  ASSERT_EQ(found.rows.size(), expected.rows.size());
  for (const std::string name : {"Temp", "PotEng", "KinEng", "TotEng"}) {
    for (std::size_t k = 0; k < expected.rows.size(); ++k) {
      EXPECT_NEAR(found.column(name)[k], expected.column(name)[k],
                  5e-10 * std::abs(expected.column(name)[k]))
          << name;
    }
  }
}

}  // namespace
}  // namespace spinconv::test
