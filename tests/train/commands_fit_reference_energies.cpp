// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "train/fit_support.hpp"
#include "train/trainer_support.hpp"
#include "trainer/initial_weights.hpp"

namespace spinconv::train::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ReferenceEnergiesAfterAFit : public FitProgram {
 protected:
  // Labels less energies of the seven frames, all of them trained on, in ascending order.
  std::vector<double> residuals() const {
    const Model model = Potential::load(folder_ / "run/p.pt").model;
    const Prepared data(ethanol_frames(7), model.config());
    std::vector<std::size_t> all(7);
    std::iota(all.begin(), all.end(), std::size_t{0});
    Predictor predictor(model, nullptr);
    auto left = predicted_energies(predictor, HeldFrames(data.pointers()), all);
    for (std::size_t i = 0; i < left.size(); ++i) {
      left[i] = *data.frames[i].energy - left[i];
    }
    std::sort(left.begin(), left.end());
    return left;
  }
  spinconv::test::CommandResult fit_seven(std::vector<std::string> more = {}) const {
    config("  file: " + sample("rmd17_ethanol_20.npz") +
           "\n  frames: \":7\"\n  split: {train: rest, validation: 0}");
    return fit(std::move(more));
  }
};

TEST_F(ReferenceEnergiesAfterAFit, LeaveTheMedianAtZero) {
  const auto result = fit_seven();
  ASSERT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("reference energies changed by (eV/atom): H "));
  const auto left = residuals();
  EXPECT_GT(std::abs(left.front()), 1e-2);
  EXPECT_NEAR(left[3], 0.0, 1e-3 * (left.back() - left.front()));
}

TEST_F(ReferenceEnergiesAfterAFit, AreThoseOfTheErrorsThatTheFileTells) {
  for (const char* implementation : {"graph", "auto"}) {
    const auto result = fit_seven(
        {"--overwrite", "--set", std::string("training.implementation=") + implementation});
    ASSERT_EQ(result.exit_code, 0) << result.output;
    const auto evaluation =
        run({"evaluate", folder_ / "run/p.pt", sample("rmd17_ethanol_20.npz"), "--frames", ":7",
             "--implementation", "graph", "--json", folder_ / "e.json"});
    ASSERT_EQ(evaluation.exit_code, 0) << evaluation.output;
    const auto json = nlohmann::json::parse(spinconv::test::read_bytes(folder_ / "e.json"));
    const auto told = Potential::load(folder_ / "run/p.pt").metadata.at("errors").at("training");
    for (const char* key : {"energy_mae_ev", "force_mae_ev_a", "force_rmse_ev_a"}) {
      const double expected = json.at(key).get<double>();
      EXPECT_NEAR(told.at(key).get<double>(), expected, 1e-8 * expected) << key;
    }
  }
}

TEST_F(ReferenceEnergiesAfterAFit, StayWhereTheyAreGiven) {
  const auto result = fit_seven(
      {"--set", "model.elements=[H, C, O]", "model.reference_energies=[-616.0, -205.0, -102.5]"});
  ASSERT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, Not(HasSubstr("reference energies changed")));
  EXPECT_EQ(Potential::load(folder_ / "run/p.pt").model.config().reference_energies,
            (std::vector<double>{-616.0, -205.0, -102.5}));
}

}  // namespace
}  // namespace spinconv::train::test
