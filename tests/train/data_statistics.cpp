// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/statistics.hpp"

#include <cmath>

#include "data/dataset.hpp"
#include "train/data_support.hpp"

namespace spinconv::train {
namespace {

using test::error_of;
using test::sample;
using test::source_of;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// Atoms 1.1 apart in a row, without forces.
Frame chain(const std::vector<int>& numbers, std::optional<double> energy) {
  Frame frame;
  frame.source = "chain";
  frame.atomic_numbers = numbers;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    frame.positions.insert(frame.positions.end(), {0.0, 0.0, 1.1 * static_cast<double>(i)});
  }
  frame.energy = energy;
  return frame;
}

TEST(ReferenceEnergiesTest, RecoverTheEnergiesThatMadeTheTotals) {
  const double h = -13.5;
  const double o = -2041.25;
  const std::vector<Frame> frames = {chain({1, 1, 8}, 2 * h + o), chain({8, 8}, 2 * o),
                                     chain({1, 8}, h + o), chain({1, 1}, std::nullopt)};
  const auto reference = fit_reference_energies(MemoryFrames(frames), {"O", "H"});
  EXPECT_NEAR(reference.energies[0], o, 1e-9);
  EXPECT_NEAR(reference.energies[1], h, 1e-9);
  EXPECT_EQ(reference.independent, 2u);
  EXPECT_EQ(reference.n_frames, 3u);
}

TEST(ReferenceEnergiesTest, MinimizeTheSquaredResidual) {
  // H at 1 and 3 eV: the least squares of n e = E over n = 1, 2 is (1*1 + 2*3) / (1 + 4)
  const auto reference =
      fit_reference_energies(MemoryFrames({chain({1}, 1.0), chain({1, 1}, 3.0)}), {"H"});
  EXPECT_NEAR(reference.energies[0], 7.0 / 5.0, 1e-12);
}

TEST(ReferenceEnergiesTest, OfOneCompositionAreTheSolutionOfMinimumNorm) {
  const auto frames = read_frames(source_of(sample("rmd17_ethanol_20.npz")));
  const auto reference = fit_reference_energies(MemoryFrames(frames), {"H", "C", "O"});
  EXPECT_EQ(reference.independent, 1u);
  double mean = 0.0;
  for (const auto& frame : frames) {
    mean += *frame.energy / 20.0;
  }
  // minimum norm: proportional to the composition H6 C2 O1
  const double share = mean / (36.0 + 4.0 + 1.0);
  EXPECT_NEAR(reference.energies[0], 6.0 * share, 1e-7);
  EXPECT_NEAR(reference.energies[1], 2.0 * share, 1e-7);
  EXPECT_NEAR(reference.energies[2], 1.0 * share, 1e-7);
}

// Energies of one composition: the median, which 1000 eV do not move; a missing one counts as none.
TEST(ReferenceEnergiesTest, ByLeastAbsoluteDeviationsAreTheMedian) {
  std::vector<Frame> frames;
  for (const double e : {0.1, 0.2, 0.4, 0.7, 1000.0}) {
    frames.push_back(chain({1, 1}, 5.0 + e));
  }
  frames.push_back(chain({1, 1}, std::nullopt));
  const std::vector<std::size_t> all = {0, 1, 2, 3, 4, 5};
  const std::vector<double> subtract(6, 5.0);
  const MemoryFrames store(frames);
  const auto fit = fit_reference_energies_robustly(store, {"H"}, all, subtract);
  EXPECT_NEAR(2.0 * fit.energies[0], 0.4, 1e-3);
  EXPECT_EQ(fit.n_frames, 5u);
  const std::vector<std::size_t> two = {5, 1};
  const auto of_one =
      fit_reference_energies_robustly(store, {"H"}, two, std::vector<double>{9.0, 4.0});
  EXPECT_NEAR(2.0 * of_one.energies[0], 1.2, 1e-9);
}

TEST(ReferenceEnergiesTest, ByLeastAbsoluteDeviationsFollowThoseThatAgree) {
  const double h = 0.3, o = -0.2;
  const std::vector<Frame> frames = {chain({1, 1, 8}, 2 * h + o), chain({8, 8}, 2 * o),
                                     chain({1, 8}, h + o), chain({1, 1}, 50.0), chain({1}, h)};
  const std::vector<std::size_t> all = {0, 1, 2, 3, 4};
  const auto fit = fit_reference_energies_robustly(MemoryFrames(frames), {"O", "H"}, all,
                                                   std::vector<double>(5, 0.0));
  EXPECT_NEAR(fit.energies[0], o, 1e-2);
  EXPECT_NEAR(fit.energies[1], h, 1e-2);
}

// 70,000 frames go through several reductions to a triangle; one composition is missing from
// rank 3.
TEST(ReferenceEnergiesTest, OfManyFramesAreThoseOfTheSameFramesOnce) {
  const std::vector<std::vector<double>> rows = {{2, 1, 0}, {4, 2, 0}, {2, 1, 3}, {6, 3, 1}};
  const std::vector<double> energies = {-7.0, -14.5, -100.25, -53.0};
  ReferenceFit few(3), many(3);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    few.add(rows[i], energies[i]);
  }
  for (std::size_t i = 0; i < 70000; ++i) {
    many.add(rows[i % 4], energies[i % 4]);
  }
  const auto a = few.solve(), b = many.solve();
  EXPECT_EQ(a.independent, 2u);
  EXPECT_EQ(b.independent, 2u);
  EXPECT_EQ(b.n_frames, 70000u);
  for (std::size_t e = 0; e < 3; ++e) {
    EXPECT_NEAR(a.energies[e], b.energies[e], 1e-10);
  }
}

TEST(ReferenceEnergiesTest, AreZeroForElementsAndLabelsThatAreMissing) {
  const auto unused = fit_reference_energies(MemoryFrames({chain({1}, -2.0)}), {"H", "Au"});
  EXPECT_NEAR(unused.energies[0], -2.0, 1e-12);
  EXPECT_NEAR(unused.energies[1], 0.0, 1e-12);
  const auto none = fit_reference_energies(MemoryFrames({chain({1}, std::nullopt)}), {"H"});
  EXPECT_EQ(none.energies[0], 0.0);
  EXPECT_EQ(none.independent, 0u);
}

TEST(ReferenceEnergiesTest, RefuseAnElementThatTheModelDoesNotHave) {
  EXPECT_THAT(error_of([] {
                fit_reference_energies(MemoryFrames({chain({1, 9}, -2.0)}), {"H"});
              }),
              AllOf(HasSubstr("chain"), HasSubstr("element F"), HasSubstr("elements")));
}

TEST(StatisticsTest, CountNeighborsForcesAndEnergySpread) {
  auto first = chain({1, 1, 1}, -3.0);  // 4 edges within 1.5
  first.forces = {1, 2, 2, 0, 0, 0, -1, -2, -2};
  const auto second = chain({1}, -1.4);  // none
  const auto statistics = compute_statistics(MemoryFrames({first, second}), {"H"}, 1.5);
  EXPECT_DOUBLE_EQ(statistics.average_neighbors, 4.0 / 4.0);
  EXPECT_DOUBLE_EQ(statistics.force_rms, std::sqrt(18.0 / 9.0));
  // -1 and -1.4 eV/atom before any common reference energy is taken off
  EXPECT_NEAR(statistics.energy_std_per_atom, 0.2, 1e-12);
}

TEST(StatisticsTest, LeaveForcesOutThatAreNoNumbers) {
  auto frame = chain({1, 1}, -2.0);
  frame.forces = {1, 2, 2, std::nan(""), 0, 0};
  EXPECT_DOUBLE_EQ(compute_statistics(MemoryFrames({frame}), {"H"}, 1.5).force_rms,
                   std::sqrt(9.0 / 5.0));
}

TEST(StatisticsTest, OfRealEthanolAreThoseOfAMolecule) {
  const auto frames = read_frames(source_of(sample("rmd17_ethanol_20.npz")));
  const auto statistics =
      compute_statistics(MemoryFrames(frames), summarize(frames).elements(), 5.0);
  EXPECT_NEAR(statistics.average_neighbors, 8.0, 0.05);  // all of the others
  EXPECT_NEAR(statistics.force_rms, 1.19, 0.1);          // of the whole set: 1.195
  EXPECT_NEAR(statistics.energy_std_per_atom, 0.02, 0.006);
  EXPECT_THAT(statistics.text(), AllOf(HasSubstr("arbitrary"), HasSubstr("neighbors per atom")));
}

TEST(StatisticsTest, SayThatTheSplitIsArbitraryOnlyWhereItIs) {
  const auto statistics =
      compute_statistics(MemoryFrames({chain({1}, -1.0), chain({8}, -2.0)}), {"H", "O"}, 5.0);
  EXPECT_THAT(statistics.text(), Not(HasSubstr("arbitrary")));
  EXPECT_THAT(compute_statistics(MemoryFrames({chain({1}, std::nullopt)}), {"H"}, 5.0).text(),
              HasSubstr("no frame has an energy"));
  EXPECT_NE(error_of([] { compute_statistics(MemoryFrames(std::vector<Frame>()), {"H"}, 5.0); }),
            "");
}

}  // namespace
}  // namespace spinconv::train
