// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include "lammps/ranges.hpp"
#include "lammps/systems.hpp"

// Warnings of structures that are not like those a potential was trained on.
namespace spinconv::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string output_of_approach(const TrainingRanges& ranges, const std::string& pair,
                               const std::string& commands, int ranks = 0) {
  const TemporaryFolder folder;
  write_ranges(folder, ranges);
  return run_lammps_well(folder, approach(folder, pair) + commands, {.ranks = ranks})
      .process.output;
}

TEST(PairSpinconvRanges, ShortDistancesAndPairsThatNeverMetAreToldOnceWithTheirStep) {
  for (const int ranks : {0, 1, 2}) {
    for (const std::string options : {"", "halo deep"}) {
      SCOPED_TRACE(std::to_string(ranks) + options);
      const auto output = output_of_approach(ranges_of_approach(), pair_commands(options),
                                             "run 30\nrun 5\nrun 5 pre no post no\nrun 0\n", ranks);
      EXPECT_EQ(occurrences(output, "WARNING: Pair style spinconv " + near_warning), 1) << output;
      EXPECT_EQ(occurrences(output, "WARNING: Pair style spinconv " + meet_warning), 1) << output;
      EXPECT_EQ(range_warnings(output), 2) << output;
    }
  }
}

TEST(PairSpinconvRanges, TheLastStepOfARunIsToldAtItsEnd) {
  for (const int ranks : {0, 2}) {
    EXPECT_EQ(range_warnings(output_of_approach(ranges_of_approach(), pair_commands(),
                                                "run 15\nprint ok\n", ranks)),
              0);
    EXPECT_THAT(output_of_approach(ranges_of_approach(), pair_commands(), "run 16\n", ranks),
                HasSubstr(meet_warning));
  }
}

TEST(PairSpinconvRanges, NothingIsToldWithinThem) {
  for (const int ranks : {0, 2}) {
    EXPECT_EQ(range_warnings(output_of_approach(wide_ranges(), pair_commands(), "run 30\n", ranks)),
              0);
    // 1.895 Angstrom is within 5 % of 1.99
    auto ranges = wide_ranges();
    set_nearest(ranges, 0, 2, 1.99);
    EXPECT_EQ(range_warnings(output_of_approach(ranges, pair_commands(), "run 21\n", ranks)), 0);
    EXPECT_EQ(range_warnings(output_of_approach(ranges, pair_commands(), "run 22\n", ranks)), 1);
  }
}

TEST(PairSpinconvRanges, WarnNoTellsNothingAndChangesNoResult) {
  const auto run = [](const std::string& options) {
    const TemporaryFolder folder;
    auto ranges = ranges_of_approach();
    ranges.stress = {0, false};
    write_ranges(folder, ranges);
    return run_lammps_well(folder, approach(folder, pair_commands(options)) +
                                       "fix box all press/berendsen iso 0 0 10.0\nrun 30\n" +
                                       print_value("energy", "pe") + write_dump("atoms.dump"));
  };
  const auto with = run("warn yes"), without = run("warn no");
  EXPECT_EQ(range_warnings(with.process.output), 3);
  EXPECT_EQ(range_warnings(without.process.output), 0);
  EXPECT_EQ(with.value("energy"), without.value("energy"));
  const TemporaryFolder folder;
  const auto refused = run_lammps(
      folder, setup(folder, ethanol(), {.pair = pair_commands("warn maybe")}) + "run 0\n");
  EXPECT_NE(refused.process.exit_code, 0);
  EXPECT_THAT(refused.process.output, HasSubstr("unknown warn 'maybe'"));
}

TEST(PairSpinconvRanges, PotentialsWithoutThemGiveNoWarning) {
  const TemporaryFolder folder;
  const auto output =
      run_lammps_well(folder, approach(folder, pair_commands()) +
                                  "fix box all press/berendsen iso 0 0 10.0\nrun 30\n")
          .process.output;
  EXPECT_THAT(output, Not(HasSubstr("trained")));
}

TEST(PairSpinconvRanges, OfACommitteeTheStrictestCounts) {
  const TemporaryFolder folder;
  write_ranges(folder, wide_ranges(), "wide.pt");
  write_potential(folder, "old.pt");
  write_ranges(folder, ranges_of_approach());
  const auto output =
      run_lammps_well(
          folder, approach(folder, pair_commands("out_freq 0", "H C O", "old.pt wide.pt test.pt")) +
                      "run 30\n")
          .process.output;
  EXPECT_THAT(output, HasSubstr(near_warning));
  EXPECT_THAT(output, HasSubstr(meet_warning));
  EXPECT_EQ(range_warnings(output), 2);
}

TEST(PairSpinconvRanges, OnlyElementsThatTheRunHasAreLookedAt) {
  const TemporaryFolder folder;
  write_ranges(folder, ranges_of_approach());
  // C is of another potential here
  const auto output =
      run_lammps_well(folder, approach(folder,
                                       "pair_style hybrid/overlay spinconv precision double zero "
                                       "5.0\npair_coeff * * spinconv test.pt H NULL O\n"
                                       "pair_coeff * * zero\n") +
                                  "run 30\n")
          .process.output;
  EXPECT_EQ(range_warnings(output), 1);
  EXPECT_THAT(output, HasSubstr(near_warning));
}

TEST(PairSpinconvRanges, AMinimizationTellsWhatItBeginsWith) {
  for (const int ranks : {0, 2}) {
    const TemporaryFolder folder;
    auto ranges = wide_ranges();
    set_nearest(ranges, 1, 2, 1.6);  // 1.425 Angstrom in the structure
    write_ranges(folder, ranges);
    const auto output = run_lammps_well(folder,
                                        setup(folder, ethanol(), {.pair = pair_commands()}) +
                                            "min_style fire\nminimize 0 0 3 30\n",
                                        {.ranks = ranks})
                            .process.output;
    EXPECT_EQ(occurrences(output, "at step 0: the atoms with IDs 1 and 3 (C and O)"), 1) << output;
    EXPECT_EQ(range_warnings(output), 1);
  }
}

// Trials are evaluated, but no part of the run: insertions come as near as chance will have it.
TEST(PairSpinconvRanges, TrialsOfMonteCarloMovesDoNotCount) {
  const TemporaryFolder folder;
  auto ranges = wide_ranges();
  set_nearest(ranges, 0, 0, 3.0);
  write_ranges(folder, ranges);
  LammpsBox s;
  s.lx = s.ly = s.lz = 8.0;
  s.types = {1, 1};
  s.positions = {{2.0, 2.0, 2.0}, {5.5, 2.0, 2.0}};
  const std::string start = setup(folder, s, {.pair = pair_commands()});
  const auto output = run_lammps_well(folder, start +
                                                  "fix widom all widom 1 200 1 4711 300 "
                                                  "full_energy\nrun 3\n")
                          .process.output;
  EXPECT_EQ(range_warnings(output), 0) << output;
  EXPECT_EQ(range_warnings(
                run_lammps_well(folder, start + "displace_atoms all move 0 0 0\nset atom 2 x 4.5\n"
                                                "run 0\n")
                    .process.output),
            1);
}

// The box of 12 Angstrom shrinks by 0.1 in x, y and z after each step. 3 atoms: 541.5 Angstrom^3,
// 5 % below 570 for each of them, are passed between edges of 11.8 and 11.7 Angstrom.
std::string shrinking(const TrainingRanges& ranges, const std::string& boundary, int ranks = 0,
                      const std::string& elements = "H C O") {
  const TemporaryFolder folder;
  write_ranges(folder, ranges);
  LammpsBox s;
  s.lx = s.ly = s.lz = 12.0;
  s.types = {1, 2, 3};
  s.positions = {{2.0, 6.0, 6.0}, {6.0, 6.0, 6.0}, {10.0, 6.0, 6.0}};
  std::string input =
      setup(folder, s,
            {.pair = "pair_style hybrid/overlay spinconv precision double zero 5.0\n"
                     "pair_coeff * * spinconv test.pt " +
                     elements + "\npair_coeff * * zero\n",
             .boundary = boundary}) +
      "fix shrink all deform 1 x vel -200 y vel -200";
  input += boundary == "p p p" ? " z vel -200 remap x\n" : " remap x\n";
  return run_lammps_well(folder, input + "run 10\nrun 5\n", {.ranks = ranks}).process.output;
}

TrainingRanges dense_ranges(double min, double max) {
  auto ranges = wide_ranges();
  ranges.not_periodic = 0;
  ranges.fully_periodic = ranges.frames;
  ranges.volume_per_atom = {min, max};
  return ranges;
}

TEST(PairSpinconvRanges, ADensityThatNoFrameHadIsToldOnce) {
  for (const int ranks : {0, 2}) {
    const auto output = shrinking(dense_ranges(570.0, 580.0), "p p p", ranks);
    // edges of 11.7 Angstrom, which end_of_step of step 3 has made for step 4
    EXPECT_EQ(
        occurrences(output,
                    "at step 4: the volume is 533.9 Angstrom^3 per atom, but test.pt was trained "
                    "on 570 to 580"),
        1)
        << output;
    EXPECT_EQ(range_warnings(output), 1);
  }
  EXPECT_THAT(shrinking(dense_ranges(300.0, 530.0), "p p p"),
              HasSubstr("at step 0: the volume is 576 Angstrom^3 per atom"));
  EXPECT_EQ(range_warnings(shrinking(dense_ranges(300.0, 580.0), "p p p")), 0);
}

TEST(PairSpinconvRanges, ADensityIsThatOfAPeriodicSystemThatThePotentialKnowsAllOf) {
  const auto narrow = dense_ranges(300.0, 530.0);
  EXPECT_EQ(range_warnings(shrinking(narrow, "p p p")), 1);
  EXPECT_EQ(range_warnings(shrinking(narrow, "p p f")), 0);
  EXPECT_EQ(range_warnings(shrinking(narrow, "p p p", 0, "H C NULL")), 0);
  // frames of molecules are as thin as can be
  auto with_molecules = narrow;
  ++with_molecules.not_periodic;
  ++with_molecules.frames;
  EXPECT_EQ(range_warnings(shrinking(with_molecules, "p p p")), 0);
  EXPECT_EQ(range_warnings(shrinking(wide_ranges(), "p p p")), 0);
}

TEST(PairSpinconvRanges, ABarostatWithoutStressIsToldOnce) {
  const auto run = [](const std::string& commands, std::optional<TrainingRanges::Stress> stress,
                      const std::string& options = "") {
    const TemporaryFolder folder;
    auto ranges = wide_ranges();
    ranges.stress = stress;
    write_ranges(folder, ranges);
    return run_lammps_well(folder, setup(folder, thin_cell(), {.pair = pair_commands(options)}) +
                                       "mass 1 1\n" + commands)
        .process.output;
  };
  const TrainingRanges::Stress none{0, true}, not_learned{12, false}, learned{12, true};
  const std::string npt = "fix md all npt temp 10 10 0.1 iso 0 0 1.0\n";
  const std::string warning =
      "changes the box by the pressure, but test.pt was trained without stress";
  const auto output = run(npt + "run 0\nrun 0\n", none);
  EXPECT_EQ(occurrences(output, "fix npt " + warning), 1) << output;
  EXPECT_THAT(output, HasSubstr("no stress labels"));
  EXPECT_EQ(occurrences(run(npt + "run 0\n", not_learned), "fix npt " + warning), 1);
  EXPECT_EQ(range_warnings(run(npt + "run 0\n", learned)), 0);
  EXPECT_EQ(range_warnings(run(npt + "run 0\n", none, "warn no")), 0);
  EXPECT_EQ(range_warnings(run("fix md all nvt temp 10 10 0.1\nrun 0\n", none)), 0);
  EXPECT_EQ(range_warnings(run("fix d all deform 1 x scale 0.99\nrun 0\n", none)), 0);
  EXPECT_EQ(occurrences(run("fix relax all box/relax aniso 0\nminimize 0 0 1 1\n", none),
                        "fix box/relax " + warning),
            1);
  EXPECT_EQ(occurrences(run("fix p all press/berendsen iso 0 0 1.0\nfix md all nve\nrun 0\n", none),
                        "fix press/berendsen " + warning),
            1);
}

// Each replica tells what it meets, in its own log.
TEST(PairSpinconvRanges, ReplicasOfABandTellTheirOwn) {
  const TemporaryFolder folder;
  const std::string root = required_environment("SPINCONV_SOURCE_DIR");
  auto ranges = wide_ranges();
  set_nearest(ranges, 0, 2, 1.3);  // the O-H bond is 0.97 Angstrom
  write_with_ranges(root + "/potentials/rmd17-ethanol.pt", folder / "ethanol.pt", ranges);
  std::string input = elastic_band_input(2, "0 1e-9 4 2 2");
  const std::string shipped = root + "/potentials/rmd17-ethanol.pt";
  input.replace(input.find(shipped), shipped.size(), "ethanol.pt");
  run_lammps_well(folder, input, {.arguments = {"-partition", "2x1"}, .ranks = 2});
  for (const std::string log : {"log.lammps.0", "log.lammps.1"}) {
    const auto text = read_bytes(folder / log);
    EXPECT_EQ(occurrences(text, "at step 0: the atoms with IDs 3 and 9 (H and O)"), 1) << text;
    EXPECT_EQ(range_warnings(text), 1);
  }
}

}  // namespace
}  // namespace spinconv::test
