// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <sstream>

#include "kokkos/kokkos_runs.hpp"
#include "support/test_models.hpp"

// What a step of pair_style spinconv/kk does, and what it tells.
namespace spinconv::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Counts {
  long copies = 0, between = 0, kernels = 0, of_pair = 0, read = 0, waits = 0;
};

// Copies and kernels of a whole run, by the tool of hooks/count_copies.cpp.
Counts count(int steps, const std::string& package, const std::string& output,
             const LammpsBox& structure = packed_cell()) {
  const TemporaryFolder folder;
  const auto result = run_kokkos_well(
      folder,
      setup(folder, structure) + "neigh_modify every 1000 delay 0 check no\n" +
          "compute energy all pe/atom\ncompute total all reduce sum c_energy\n" +
          "velocity all create 10 11 loop all\nfix nve all nve\nthermo 1000\n" + output + "run " +
          std::to_string(steps) + "\n",
      {.package = package,
       .variables = {{"KOKKOS_TOOLS_LIBS", required_environment("SPINCONV_KOKKOS_COUNTER")}}});
  Counts counts;
  const std::string& text = result.process.output;
  std::istringstream words(text.substr(text.rfind("\ncopies ") + 1));
  std::string name;
  words >> name >> counts.copies >> name >> counts.between >> name >> counts.kernels >> name >>
      counts.of_pair >> name >> counts.read >> name >> counts.waits;
  EXPECT_TRUE(words) << text;
  return counts;
}

TEST(KokkosStep, CopiesNothingBetweenSpaces) {
  for (const std::string package : {"comm device", "comm no"}) {
    if (on_a_gpu() && package == "comm no") {
      continue;  // positions pass through the host
    }
    SCOPED_TRACE(package);
    const auto few = count(5, package, ""), many = count(25, package, "");
    EXPECT_GT(few.copies, 0);                       // those of the set-up: the tool counts
    EXPECT_GE(many.of_pair, few.of_pair + 20 * 4);  // the kernels of 20 steps
    EXPECT_EQ(many.copies, few.copies);
    EXPECT_EQ(many.between, few.between);
  }
}

// Four atoms that all see each other, with room to move.
LammpsBox small_molecule() {
  LammpsBox s;
  s.lx = s.ly = s.lz = 12.0;
  s.types = {1, 2, 3, 1};
  for (int k = 0; k < 4; ++k) {
    s.positions.push_back({5.0 + 0.9 * (k & 1), 5.0 + 0.9 * (k >> 1), 5.0 + 0.3 * k});
  }
  return s;
}

// What the host waits for in a step. The tool counts it on a host too, where it costs nothing.
TEST(KokkosStep, ReadsBackInOneCopy) {
  const auto per_step = [](const LammpsBox& structure, const std::string& output) {
    const auto few = count(5, "", output, structure), many = count(25, "", output, structure);
    EXPECT_GT(few.read, 0);
    return std::vector<long>{many.read - few.read, many.waits - few.waits};
  };
  using ::testing::ElementsAre;
  // edges that change: their numbers
  EXPECT_THAT(per_step(packed_cell(), ""), ElementsAre(20, 0));
  // edges that stay: flags, with the energy and the virial where they are asked for
  EXPECT_THAT(per_step(small_molecule(), ""), ElementsAre(20, 0));
  // "pe" and "press" of a fix that takes them in each step, in the same copy
  const std::string each_step = "fix ave all ave/time 1 1 1 c_thermo_pe\n";
  EXPECT_EQ(per_step(small_molecule(), each_step).at(0), 20);
  // edges of this cell change on a host; on a GPU its list is taken as it is
  EXPECT_EQ(per_step(packed_cell(), each_step).at(0), on_a_gpu() ? 20 : 40);
}

TEST(KokkosStep, WithEdgesThatStayIsThatOfThePlainStyle) {
  const TemporaryFolder folder;
  const std::string input =
      setup(folder, small_molecule()) + thermo("pe press etotal") +
      "neigh_modify every 1000 delay 0 check no\nvelocity all create 300 11 loop all\n"
      "fix nve all nve\nthermo 1\nrun 30\n" +
      // an element that changes between two lists; a GPU learns of it when a run is set up
      "set type 1 type 2\nrun 5" + (on_a_gpu() ? "" : " pre no") + "\n" + write_dump("atoms.dump");
  const auto plain = outputs_of(folder, run_lammps_well(folder, input));
  expect_same(outputs_of(folder, run_kokkos_well(folder, input)), plain);
}

TEST(KokkosStep, GivesEnergiesOfTheStepsThatPrintThem) {
  const auto run = [](const std::string& every) {
    const TemporaryFolder folder;
    return run_kokkos_well(folder, setup(folder, packed_cell()) +
                                       "compute energy all pe/atom\ncompute total all reduce sum "
                                       "c_energy\n" +
                                       thermo("pe press c_total") +
                                       "velocity all create 100 11 loop all\nfix nve all nve\n"
                                       "thermo " +
                                       every + "\nrun 20\n")
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

TEST(KokkosStep, RepeatsToTheLastDigitOnOneThread) {
  const auto run = [] {
    const TemporaryFolder folder;
    return run_kokkos_well(folder, setup(folder, packed_cell()) + thermo("pe press") +
                                       "velocity all create 100 11 loop all\nfix nve all nve\n"
                                       "thermo 1\nrun 20\n")
        .thermo.at(0)
        .rows;
  };
  if (on_a_gpu()) {
    GTEST_SKIP() << "atomic sums on a GPU have no order";
  }
  EXPECT_EQ(run(), run());
}

TEST(KokkosStep, HasTheTimesAndTheGraphInItsLog) {
  const TemporaryFolder folder;
  const auto result = run_kokkos_well(folder, setup(folder, packed_cell()) + "run 2\n");
  EXPECT_THAT(result.process.output, HasSubstr("SpinConv graph: 8 atoms"));
  EXPECT_THAT(result.process.output, HasSubstr("SpinConv timing breakdown: 3 evaluations"));
}

std::string failure(const std::string& input, const KokkosOptions& options = {}) {
  const TemporaryFolder folder;
  const auto result = run_kokkos(folder, setup(folder, packed_cell()) + input, options);
  EXPECT_NE(result.process.exit_code, 0) << result.process.output;
  EXPECT_FALSE(result.process.timed_out);
  return result.process.output;
}

TEST(KokkosFailures, OverlappingAtomsAreNamed) {
  auto structure = packed_cell();
  structure.positions[1] = structure.positions[0];
  structure.positions[1][0] += 1e-4;
  for (const int ranks : {0, 2}) {
    const TemporaryFolder folder;
    const auto result =
        run_kokkos_to_message(folder, setup(folder, structure) + "run 0\n", {.ranks = ranks},
                              "A apart; remove overlapping atoms");
    EXPECT_NE(result.process.exit_code, 0);
    EXPECT_FALSE(result.process.timed_out);
    EXPECT_THAT(result.process.output, HasSubstr("A apart; remove overlapping atoms"));
    EXPECT_THAT(result.process.output, HasSubstr("Look at the atoms with IDs"));
  }
}

// Atoms that meet between two lists, whose edges are not looked at before the evaluation.
TEST(KokkosFailures, AtomsThatMeetAreNamed) {
  if (on_a_gpu()) {
    GTEST_SKIP() << "the places of `set` are taken to a GPU when a run is set up, by LAMMPS";
  }
  const TemporaryFolder folder;
  const auto result =
      run_kokkos(folder, setup(folder, small_molecule()) +
                             "neigh_modify every 1000 delay 0 check no\nrun 0\n"
                             "fix nve all nve\nvelocity all set 0 0 0\n"
                             "set atom 2 x 5.0 y 5.0 z 5.0\nset atom 1 x 5.0 y 5.0 z 5.0001\n"
                             "run 1 pre no\n");
  EXPECT_NE(result.process.exit_code, 0) << result.process.output;
  EXPECT_THAT(result.process.output, HasSubstr("A apart; remove overlapping atoms"));
  EXPECT_THAT(result.process.output, HasSubstr("Look at the atoms with IDs"));
}

TEST(KokkosFailures, TheDeviceIsThatOfKokkos) {
  const std::string other = on_a_gpu() ? "cpu" : "cuda";
  EXPECT_THAT(failure("pair_style spinconv device " + other + "\n"),
              HasSubstr("runs where Kokkos runs, on "));
}

TEST(KokkosFailures, ACudaGraphNeedsAGpu) {
  if (on_a_gpu()) {
    GTEST_SKIP();
  }
  EXPECT_THAT(failure("pair_style spinconv cuda_graph yes\n"),
              HasSubstr("CUDA graphs (cuda_graph) are for CUDA devices, but the device is 'cpu'"));
  EXPECT_THAT(failure("pair_style spinconv cuda_graph yes halo exchange\n"),
              HasSubstr("option cuda_graph records a step as a whole, which halo exchange cuts"));
}

TEST(KokkosFailures, Tf32NeedsAGpu) {
  if (on_a_gpu()) {
    GTEST_SKIP();
  }
  EXPECT_THAT(failure("pair_style spinconv tf32 yes\n"),
              HasSubstr("option tf32 is for CUDA devices, but the device is 'cpu'"));
  EXPECT_THAT(failure("pair_style spinconv tf32 on\n"), HasSubstr("tf32"));
}

TEST(KokkosFailures, WithoutKokkosTheStyleSaysHowToStartIt) {
  const TemporaryFolder folder;
  const std::string input =
      setup(folder, packed_cell(),
            {.pair = "pair_style spinconv/kk precision double\npair_coeff * * test.pt H C O\n"});
  const auto result = run_lammps(folder, input + "run 0\n");
  EXPECT_NE(result.process.exit_code, 0);
  EXPECT_THAT(result.process.output, HasSubstr("start lmp with -k on t 1"));
}

TEST(KokkosFailures, ThePluginIsForALammpsWithKokkos) {
  // the other lmp of this build, which has another version too: that it is not loaded is said first
  const char* other = std::getenv("SPINCONV_OTHER_LMP");
  if (!other || !*other) {
    GTEST_SKIP() << "one LAMMPS in this build";
  }
  const TemporaryFolder folder;
  const auto result =
      run_process({other, "-in", "none", "-nocite"}, folder.path(),
                  {{"LAMMPS_PLUGIN_PATH", required_environment("LAMMPS_PLUGIN_PATH")}});
  EXPECT_THAT(result.output,
              HasSubstr("is for a LAMMPS with the KOKKOS package in double precision"));
}

// What a run says when Kokkos tells `configuration` of itself.
std::string with_kokkos(const std::string& configuration) {
  const TemporaryFolder folder;
  const auto result =
      run_kokkos(folder, setup(folder, packed_cell()) + "run 0\n",
                 {.variables = {{"LD_PRELOAD", required_environment("SPINCONV_OTHER_KOKKOS")},
                                {"SPINCONV_KOKKOS_CONFIGURATION", configuration}}});
  // the plain style is there all the same, and -sf kk falls back on it
  EXPECT_EQ(result.process.exit_code, 0) << result.process.output;
  EXPECT_THAT(result.process.output, Not(HasSubstr("pair spinconv/kk")));
  return result.process.output;
}

TEST(KokkosFailures, AnotherKokkosIsNotUsed) {
  EXPECT_THAT(with_kokkos("Kokkos Version: 4.2.0\n"),
              AllOf(HasSubstr("pair style spinconv/kk cannot be used: it was compiled with Kokkos"),
                    HasSubstr("but this lmp has Kokkos 4.2.0")));
  EXPECT_THAT(with_kokkos(""), HasSubstr("but this lmp has Kokkos unknown"));
}

TEST(KokkosPlugin, HasAllItsStylesAndThePlainOne) {
  const TemporaryFolder folder;
  for (const std::string style :
       {"spinconv", "spinconv/kk", "spinconv/kk/device", "spinconv/kk/host"}) {
    const auto result = run_kokkos_well(
        folder, setup(folder, packed_cell(),
                      {.pair = "suffix off\npair_style " + style +
                               " precision double\npair_coeff * * test.pt H C O\n"}) +
                    "run 0\n" + write_dump("atoms.dump"));
    EXPECT_THAT(result.process.output, Not(HasSubstr("WARNING: Using /kk")));
  }
  const auto atoms = read_dump(folder / "atoms.dump");
  ASSERT_EQ(atoms.size(), 4u);
  for (const auto& snapshot : atoms) {
    EXPECT_LT(largest_difference(snapshot, atoms.at(0), force_columns), 1e-11);
  }
}

TEST(KokkosPlugin, IsUnloadedAndClearedWithoutHarm) {
  const TemporaryFolder folder;
  const std::string once = setup(folder, packed_cell()) + "run 0\n";
  const auto result = run_kokkos_well(folder, once + "clear\n" + once);
  ASSERT_EQ(result.thermo.size(), 2u);
  EXPECT_EQ(result.thermo[0].first("PotEng"), result.thermo[1].first("PotEng"));
}

}  // namespace
}  // namespace spinconv::test
