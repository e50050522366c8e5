// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include "kokkos/kokkos_runs.hpp"
#include "lammps/ranges.hpp"

// spinconv/kk tells of structures that are not like the training data what spinconv tells.
namespace spinconv::test {
namespace {

using ::testing::HasSubstr;

TEST(KokkosRanges, WarningsAreThoseOfThePlainStyle) {
  for (const auto& way : all_ways()) {
    SCOPED_TRACE(way.name());
    const TemporaryFolder folder;
    write_ranges(folder, ranges_of_approach());
    const auto run = [&](const std::string& options, bool with_carbon) {
      return run_kokkos_well(
                 folder, approach(folder, pair_commands(options), with_carbon) + "run 30\nrun 5\n",
                 way)
          .process.output;
    };
    const auto output = run("", true);
    EXPECT_EQ(occurrences(output, near_warning), 1) << output;
    EXPECT_EQ(occurrences(output, meet_warning), 1) << output;
    EXPECT_EQ(range_warnings(output), 2);
    // edges that stay while their list does
    const auto steady = run("", false);
    EXPECT_EQ(occurrences(steady, near_warning), 1) << steady;
    EXPECT_EQ(range_warnings(steady), 1);
    EXPECT_EQ(range_warnings(run("warn no", true)), 0);
    EXPECT_EQ(range_warnings(run("warn no", false)), 0);
  }
}

TEST(KokkosRanges, NothingIsToldWithinThem) {
  for (const auto& way : one_and_two_ranks()) {
    for (const bool with_carbon : {true, false}) {
      const TemporaryFolder folder;
      write_ranges(folder, wide_ranges());
      EXPECT_EQ(range_warnings(
                    run_kokkos_well(
                        folder, approach(folder, pair_commands(), with_carbon) + "run 30\n", way)
                        .process.output),
                0);
    }
  }
}

TEST(KokkosRanges, OfACommitteeTheStrictestCounts) {
  const TemporaryFolder folder;
  write_ranges(folder, wide_ranges(), "wide.pt");
  write_ranges(folder, ranges_of_approach());
  for (const bool with_carbon : {true, false}) {
    const auto output =
        run_kokkos_well(
            folder,
            approach(folder, pair_commands("out_freq 0", "H C O", "test.pt wide.pt"), with_carbon) +
                "run 30\n")
            .process.output;
    EXPECT_THAT(output, HasSubstr(near_warning));
    EXPECT_EQ(range_warnings(output), with_carbon ? 2 : 1) << output;
  }
}

}  // namespace
}  // namespace spinconv::test
