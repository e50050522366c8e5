// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <nlohmann/json.hpp>

#include "support/test_models.hpp"
#include "train/fit_support.hpp"

// `fit` with a repulsion of pairs.
namespace spinconv::train::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class FitRepulsion : public FitProgram {
 protected:
  Potential potential() const { return Potential::load(in_run("p.pt")); }
};

// It ends where the training frames begin, so that these are learned as without it.
TEST_F(FitRepulsion, BeginsBelowTheDistancesOfTheTrainingFramesAndLeavesTheTrainingAsItIs) {
  ethanol();
  ASSERT_EQ(fit().exit_code, 0);
  std::filesystem::copy(in_run("p.pt"), folder_ / "without.pt");
  const auto result = fit({"--overwrite", "--set", "model.repulsion=zbl"});
  ASSERT_EQ(result.exit_code, 0) << result.output;
  const auto with = potential();
  EXPECT_EQ(with.model.config().repulsion, "zbl");
  const auto& nearest = with.metadata.at("trained_on").at("nearest_distance");
  std::vector<double> expected;
  for (const char* pair : {"H-H", "H-C", "H-O", "C-C", "C-O", "O-O"}) {
    expected.push_back(nearest.at(pair).is_null() ? 0.0 : nearest.at(pair).get<double>());
  }
  EXPECT_EQ(with.model.config().repulsion_radii, expected);
  EXPECT_EQ(expected.back(), 0.0);  // there is one oxygen atom
  expect_same_weights(in_run("p.pt"), folder_ / "without.pt");
}

TEST_F(FitRepulsion, HasTheRadiiOfItsOwnFramesWhereItBeginsWithAPotential) {
  ethanol();
  ASSERT_EQ(fit({"--set", "model.repulsion=zbl"}).exit_code, 0);
  std::filesystem::copy(in_run("p.pt"), folder_ / "first.pt");
  // other elements in another order
  const auto result =
      fit({"--overwrite", "--init", folder_ / "first.pt", "--set", "model.repulsion=zbl",
           "model.elements=[O, N, C, H]", "data.split.train=3"});
  ASSERT_EQ(result.exit_code, 0) << result.output;
  const auto radii = potential().model.config().repulsion_radii;
  const auto nearest = potential().metadata.at("trained_on").at("nearest_distance");
  ASSERT_EQ(radii.size(), 10U);
  EXPECT_EQ(radii.back(), nearest.at("H-H").get<double>());
  EXPECT_EQ(radii[1], 0.0);  // O-N
  EXPECT_NE(radii.back(), Potential::load(folder_ / "first.pt").model.config().repulsion_radii[0]);
}

TEST_F(FitRepulsion, GoesOnWithTheRadiiItBeganWith) {
  ethanol();
  ASSERT_EQ(fit({"--set", "model.repulsion=zbl"}).exit_code, 0);
  const auto radii = potential().model.config().repulsion_radii;
  const auto resumed = fit({"--resume", "--set", "model.repulsion=zbl", "training.epochs=3"});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.output;
  EXPECT_EQ(potential().model.config().repulsion_radii, radii);
}

// It has no part in a training, and can be added to what was trained without.
TEST_F(FitRepulsion, OfAnExportedPotentialIsThatOfATrainingWithIt) {
  ethanol();
  ASSERT_EQ(fit().exit_code, 0);
  const auto with = folder_ / "with.pt", without = folder_ / "without.pt";
  ASSERT_EQ(run({"export", in_run("p.pt"), with, "--repulsion", "zbl"}).exit_code, 0);
  ASSERT_EQ(run({"export", with, without, "--repulsion", "none"}).exit_code, 0);
  EXPECT_EQ(Potential::load(without).model.config().to_json(),
            potential().model.config().to_json());
  expect_same_weights(in_run("p.pt"), without);
  ASSERT_EQ(fit({"--overwrite", "--set", "model.repulsion=zbl"}).exit_code, 0);
  const auto trained = potential(), exported = Potential::load(with);
  EXPECT_EQ(exported.model.config().to_json(), trained.model.config().to_json());
  expect_same_weights(in_run("p.pt"), with);

  spinconv::test::write_random_potential(folder_ / "unknown.pt",
                                         spinconv::test::small_spinconv2_config());
  EXPECT_THAT(run({"export", folder_ / "unknown.pt", with, "--repulsion", "zbl"}).output,
              AllOf(HasSubstr("unknown.pt"), HasSubstr("trained_on"), HasSubstr("--resume")));
  spinconv::test::write_random_potential(folder_ / "paper.pt", spinconv::test::small_config());
  EXPECT_THAT(run({"export", folder_ / "paper.pt", with, "--repulsion", "zbl"}).output,
              AllOf(HasSubstr("paper.pt"), HasSubstr("sphere harmonics")));
}

TEST_F(FitRepulsion, IsRefusedForATargetThatIsNoEnergy) {
  config("  file: " + sample("qm9_16.npz") +
         "\n  target: gap\n  split: {train: 8, validation: 4, test: 4}");
  const auto result = fit({"--set", "model.repulsion=zbl"});
  EXPECT_NE(result.exit_code, 0);
  EXPECT_THAT(result.output, AllOf(HasSubstr("model.repulsion is zbl"), HasSubstr("gap"),
                                   HasSubstr("leave it out")));
}

}  // namespace
}  // namespace spinconv::train::test
