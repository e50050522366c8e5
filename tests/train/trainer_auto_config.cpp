// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "trainer/auto_config.hpp"

#include <gmock/gmock.h>

#include "data/dataset.hpp"
#include "support/error_text.hpp"
#include "train/data_support.hpp"
#include "train/labelled_frames.hpp"

namespace spinconv::train::test {
namespace {

using ::testing::HasSubstr;

class ConfigChosenForData : public DataTest {
 protected:
  static FitConfig chosen(const std::string& file, std::optional<double> counted = std::nullopt) {
    DataConfig data;
    data.train = source_of(file);
    SourceRecord record;
    const auto frames = open_store(data.train, record);
    return FitConfig::parse(choose_config(data, *frames, profile_of(*frames, counted)).yaml,
                            "chosen", {});
  }
  // `frame` of 0, 1, ... in a file.
  template <class F>
  FitConfig chosen_of(int frames, F&& frame, const std::string& more = "") const {
    std::string text = more;
    for (int k = 0; k < frames; ++k) {
      text += frame(k);
    }
    return chosen(write("frames.extxyz", text));
  }
  static std::int64_t steps(const FitConfig& c, int frames) {
    const int training = frames - static_cast<int>(c.data.split.validation.resolve(frames));
    return (training + c.training.batch_size - 1) / c.training.batch_size * c.training.epochs;
  }
};

TEST_F(ConfigChosenForData, OfEthanolHasTwoFramesAStepAndThreeLayers) {
  const FitConfig c = chosen(sample("rmd17_ethanol_20.npz"));
  EXPECT_EQ(c.data.split.validation.text(), "2");
  EXPECT_EQ(c.training.batch_size, 2);
  EXPECT_EQ(c.model.layers, 3);
  EXPECT_EQ(c.model.cutoff, 5.0);
  EXPECT_EQ(c.training.loss.type, "norm");
  EXPECT_EQ(c.training.loss.energy_weight, 1.0);
  EXPECT_FALSE(c.training.loss.energy_per_atom);
  EXPECT_EQ(c.training.loss.stress_weight, 0.0);
  EXPECT_EQ(c.training.schedule.warmup_steps, 90);
  EXPECT_FALSE(c.training.isolated_atoms.any());
  EXPECT_EQ(c.output.folder, "runs/rmd17_ethanol_20");
  EXPECT_EQ(c.output.name, "rmd17_ethanol_20");
  EXPECT_EQ(c.training.epochs, 500);
}

TEST_F(ConfigChosenForData, OfADenseLiquidHasFewLayersAndAShortCutoff) {
  const FitConfig c = chosen(sample("water_2.extxyz.xz"));
  EXPECT_EQ(c.data.split.validation.text(), "0");
  EXPECT_EQ(c.training.batch_size, 1);
  EXPECT_EQ(c.model.layers, 2);
  EXPECT_EQ(c.model.cutoff, 4.5);
  EXPECT_EQ(c.output.name, "water_2");
}

TEST_F(ConfigChosenForData, OfACacheHasTheCutoffThatWasCounted) {
  EXPECT_EQ(chosen(sample("water_2.extxyz.xz"), 4.2).model.cutoff, 4.2);
}

TEST_F(ConfigChosenForData, OfASparseCrystalHasALongCutoff) {
  const FitConfig c = chosen_of(20, [](int k) { return crystal("Cs", 2, 6.1, k); });
  EXPECT_GT(c.model.cutoff, 6.0);
  EXPECT_EQ(chosen_of(20, [](int k) { return crystal("Si", 2, 3.5, k); }).model.cutoff, 5.0);
}

TEST_F(ConfigChosenForData, HasMoreStepsForMoreFramesAndLargerOnesFewer) {
  const auto steps_for = [&](int frames, int atoms) {
    return static_cast<double>(
        steps(chosen_of(frames, [&](int k) { return molecule(atoms, k); }), frames));
  };
  EXPECT_NEAR(steps_for(50, 20), 20000.0, 25.0);
  EXPECT_NEAR(steps_for(500, 20), 20000.0, 250.0);
  EXPECT_NEAR(steps_for(4210, 20), 40000.0, 2000.0);  // 4000 to train
  EXPECT_NEAR(steps_for(100, 80), 10000.0, 50.0);
  // 20000 steps of 20 atoms, and some more of 18
  EXPECT_NEAR(steps_for(400, 9), 21082.0, 200.0);
  EXPECT_EQ(chosen_of(50, [](int k) { return molecule(4, k); }).training.batch_size, 5);
}

TEST_F(ConfigChosenForData, WeighsEnergiesByTheAtomWhereFramesDifferInSize) {
  const FitConfig c = chosen_of(60, [](int k) { return molecule(k % 2 == 0 ? 4 : 20, k); });
  EXPECT_TRUE(c.training.loss.energy_per_atom);
  EXPECT_EQ(c.training.loss.energy_weight, 12.0);
  // a few that are smaller are no reason
  EXPECT_FALSE(chosen_of(60, [](int k) {
                 return molecule(k < 5 ? 4 : 20, k);
               }).training.loss.energy_per_atom);
}

TEST_F(ConfigChosenForData, LearnsStressWhereThereIsOneAndHasThreeLayersOfManyFrames) {
  FitConfig c = chosen_of(40, [](int k) { return crystal("Si", 4, 5.0, k, k == 3); });
  EXPECT_EQ(c.training.loss.stress_weight, 1000.0);
  EXPECT_EQ(c.model.layers, 2);
  c = chosen_of(120, [](int k) { return crystal("Si", 4, 5.0, k); });
  EXPECT_EQ(c.training.loss.stress_weight, 0.0);
  EXPECT_EQ(c.model.layers, 3);
}

TEST_F(ConfigChosenForData, TakesIsolatedAtomsWhereEveryElementHasOne) {
  const auto frame = [](int k) { return molecule(5, k); };
  const std::string h = single_atom("H", -13.6), c = single_atom("C", -37.2);
  EXPECT_TRUE(chosen_of(30, frame, h + c).training.isolated_atoms.from_frames);
  EXPECT_EQ(chosen_of(30, frame, h + c).training.batch_size, 4);  // of the molecules alone
  EXPECT_FALSE(chosen_of(30, frame, h).training.isolated_atoms.any());
  EXPECT_FALSE(chosen_of(30, frame, h + c + single_atom("C", -37.1)).training.isolated_atoms.any());
  // an atom whose images are its neighbors is a crystal
  EXPECT_FALSE(
      chosen_of(30, frame, h + single_atom("C", -37.2, 3.0)).training.isolated_atoms.any());
}

TEST_F(ConfigChosenForData, LeavesEveryElementInTheTrainingPart) {
  const std::string rare =
      "2\nProperties=species:S:1:pos:R:3:forces:R:3 energy=-3\nO 0 0 0 0 0 0\n"
      "H 1 0 0 0 0 0\n";
  for (int before = 0; before < 20; ++before) {
    std::string text;
    for (int k = 0; k < 20; ++k) {
      text += k == before ? rare : molecule(5, k);
    }
    const FitConfig c = chosen(write("frames.extxyz", text));
    const auto split = split_frames(20, c.data.split);
    EXPECT_THAT(split.train, ::testing::Contains(static_cast<std::size_t>(before)));
  }
}

TEST_F(ConfigChosenForData, NamesGroupsForTheirWeightsInAComment) {
  const std::string file =
      write("frames.extxyz", molecule(4, 0, "gas") + molecule(4, 1, "\"a b\"") + molecule(4, 2));
  DataConfig data;
  data.train = source_of(file);
  SourceRecord record;
  const auto frames = open_store(data.train, record);
  const auto config = choose_config(data, *frames, profile_of(*frames, std::nullopt));
  EXPECT_THAT(config.yaml, HasSubstr("# group_weights: {\"a b\": 1, \"gas\": 1}"));
}

TEST_F(ConfigChosenForData, IsForEnergiesAlone) {
  DataConfig data;
  data.train = source_of(sample("rmd17_ethanol_20.npz"));
  SourceRecord record;
  const auto frames = open_store(data.train, record);
  data.train.target = {"mu", "D", ""};
  EXPECT_THAT(spinconv::test::error_of(
                  [&] { choose_config(data, *frames, profile_of(*frames, std::nullopt)); }),
              HasSubstr("data.target is mu"));
}

}  // namespace
}  // namespace spinconv::train::test
