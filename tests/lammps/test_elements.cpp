// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include "lammps/structures.hpp"

// Elements of pair_coeff against the masses and the labels of the types.
namespace spinconv::test {
namespace {

const std::string isotopes_cure = "isotopes yes";

LammpsResult run(const std::string& commands, const std::string& before_box = "") {
  const TemporaryFolder folder;
  return run_lammps(folder,
                    setup(folder, triclinic_cell(), {.before_box = before_box, .pair = commands}) +
                        "run 0\n" + print_value("energy", "pe"));
}

TEST(PairSpinconvElements, InAnotherOrderThanTheMassesAreRefused) {
  expect_refused(run(pair_commands("", "H O C")),
                 {"type 2 is O, whose mass is 15.999, but mass 2 is 12.011", "as of C",
                  "in the order of the types", isotopes_cure});
  expect_refused(run(pair_commands("", "C H O")), {"type 1 is C", isotopes_cure});
}

TEST(PairSpinconvElements, OfIsotopesAreSaidToBeMeant) {
  expect_refused(run(pair_commands() + "mass 1 2.014\n"),
                 {"type 1 is H", "mass 1 is 2.014:", isotopes_cure});
  const auto heavy = run(pair_commands("isotopes yes") + "mass 1 2.014\n");
  ASSERT_TRUE(heavy.succeeded()) << heavy.process.output;
  const auto light = run(pair_commands("isotopes no") + "mass 1 1\nmass 2 12\nmass 3 16\n");
  ASSERT_TRUE(light.succeeded()) << light.process.output;
  EXPECT_EQ(heavy.value("energy"), light.value("energy"));
}

TEST(PairSpinconvElements, AreThoseOfTheLabels) {
  const std::string labels = "labelmap atom 1 H 2 C 3 OW\n";
  EXPECT_TRUE(run(labels + pair_commands()).succeeded());
  expect_refused(run(labels + pair_commands("", "H O C") + "mass 2 15.999\nmass 3 12.011\n"),
                 {"type 2 is O, but its label is C", isotopes_cure});
  EXPECT_TRUE(run(labels + pair_commands("isotopes yes", "H O C")).succeeded());
}

}  // namespace
}  // namespace spinconv::test
