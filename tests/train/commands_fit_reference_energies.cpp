// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "train/fit_support.hpp"
#include "train/trainer_support.hpp"
#include "trainer/initial_weights.hpp"

namespace spinconv::train::testing {
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
    auto left = predicted_energies(model, HeldFrames(data.pointers()), all);
    for (std::size_t i = 0; i < left.size(); ++i) {
      left[i] = *data.frames[i].energy - left[i];
    }
    std::sort(left.begin(), left.end());
    return left;
  }
  spinconv::testing::CommandResult fit_seven(std::vector<std::string> more = {}) const {
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

TEST_F(ReferenceEnergiesAfterAFit, StayWhereTheyAreGiven) {
  const auto result = fit_seven(
      {"--set", "model.elements=[H, C, O]", "model.reference_energies=[-616.0, -205.0, -102.5]"});
  ASSERT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, Not(HasSubstr("reference energies changed")));
  EXPECT_EQ(Potential::load(folder_ / "run/p.pt").model.config().reference_energies,
            (std::vector<double>{-616.0, -205.0, -102.5}));
}

}  // namespace
}  // namespace spinconv::train::testing
