// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include "lammps/changing_types.hpp"

// Energies and forces follow the types at once, whatever the age of the neighbor list.
namespace spinconv::test {
namespace {

using ::testing::HasSubstr;

struct Way {
  std::string name, options;
  int ranks;

  friend void PrintTo(const Way& w, std::ostream* out) { *out << w.name; }
};

class PairSpinconvChangingTypes : public ::testing::TestWithParam<Way> {};

INSTANTIATE_TEST_SUITE_P(Ways, PairSpinconvChangingTypes,
                         ::testing::Values(Way{"Fold", "", 0}, Way{"Exchange", "halo exchange", 0},
                                           Way{"TwoRanks", "", 2}, Way{"Deep", "halo deep", 2}),
                         [](const auto& info) { return info.param.name; });

TEST_P(PairSpinconvChangingTypes, EnergiesAndForcesAreThoseOfAFreshSetUp) {
  for (const auto& change : type_changes) {
    if (change.one_rank && GetParam().ranks > 1) {
      continue;
    }
    SCOPED_TRACE(change.name);
    const TemporaryFolder folder;
    const auto result =
        run_lammps_well(folder,
                        changing_input(folder, GetParam().options) + "run 0 post no\n" +
                            print_value("start", "pe") + change.commands + fresh_energy,
                        {.ranks = GetParam().ranks});
    EXPECT_GT(std::abs(result.value("now") - result.value("start")), 0.01);
    EXPECT_NEAR(result.value("now"), result.value("fresh"), 1e-9);
    EXPECT_NEAR(result.value("fnow"), result.value("ffresh"), 1e-9);
    if (result.values.count("flips")) {
      EXPECT_GT(result.value("flips"), 0.0);
    }
  }
}

TEST(PairSpinconvChangingTypes, AnElementThatTheListOfHybridLacksIsRefused) {
  for (const int ranks : {0, 2}) {
    const TemporaryFolder folder;
    const InputOptions options = {
        .pair =
            "pair_style hybrid/overlay lj/cut 4.0 spinconv precision double\n"
            "pair_coeff * * lj/cut 0.01 2.0\npair_coeff * * spinconv test.pt H NULL O\n"};
    const auto result = run_lammps_to_message(
        folder,
        setup(folder, triclinic_cell(), options) + "run 0\nset atom 1 type 3\nrun 1 pre no\n",
        {.ranks = ranks}, "atom ID 1 has got type 3");
    EXPECT_FALSE(result.process.timed_out);
    EXPECT_NE(result.process.exit_code, 0);
    EXPECT_THAT(result.process.output, HasSubstr("atom ID 1 has got type 3"));
    // the other way is a matter of leaving out
    const auto left_out = run_lammps_well(
        folder,
        setup(folder, triclinic_cell(), options) + "run 0\nset atom 2 type 2\nrun 1 pre no\n" +
            print_value("now", "pe") + "run 0\n" + print_value("fresh", "pe"),
        {.ranks = ranks});
    EXPECT_NEAR(left_out.value("now"), left_out.value("fresh"), 1e-10);
  }
}

TEST(PairSpinconvChangingTypes, ElementsThatPairCoeffGivesAnewNeedASetUp) {
  const TemporaryFolder folder;
  const std::string start = setup(folder, triclinic_cell(),
                                  {.pair = "pair_style spinconv precision double isotopes yes\n"
                                           "pair_coeff * * test.pt H C O\n"}) +
                            "run 0\npair_coeff * * test.pt H O C\n";
  const auto refused = run_lammps(folder, start + "run 1 pre no\n");
  EXPECT_NE(refused.process.exit_code, 0);
  EXPECT_THAT(refused.process.output, HasSubstr("run without pre no"));
  EXPECT_TRUE(run_lammps(folder, start + "run 1\n").succeeded());
}

}  // namespace
}  // namespace spinconv::test
