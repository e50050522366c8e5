// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "report/csv.hpp"
#include "train/fit_support.hpp"
#include "train/labelled_frames.hpp"
#include "train/trainer_support.hpp"
#include "trainer/loss.hpp"

namespace spinconv::train::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
namespace core = spinconv::test;

// Molecules of the groups a and b and of none, in turn.
class GroupsOfFrames : public FitProgram {
 protected:
  void SetUp() override {
    FitProgram::SetUp();
    std::string all, a, b, none;
    for (int k = 0; k < 24; ++k) {
      std::string& group = k % 3 == 0 ? a : k % 3 == 1 ? b : none;
      const std::string frame = molecule(3 + k % 4, k, k % 3 == 0 ? "a" : k % 3 == 1 ? "b" : "");
      all += frame;
      group += frame;
    }
    core::write_bytes(data_, all);
    core::write_bytes(folder_ / "a.extxyz", a);
    core::write_bytes(folder_ / "b.extxyz", b);
    core::write_bytes(folder_ / "none.extxyz", none);
  }
  core::CommandResult train(const std::string& file, const std::string& into,
                            std::vector<std::string> settings) const {
    config("  file: " + file + "\n  split: {train: 16, validation: 8}");
    if (!settings.empty()) {
      settings.insert(settings.begin(), "--set");
    }
    return fit_into(into, settings);
  }
  std::vector<EpochRecord> log(const std::string& of) const {
    return EpochLog::read(folder_ / (of + "/log.csv"));
  }

  const std::string data_ = folder_ / "frames.extxyz";
};

TEST_F(GroupsOfFrames, OfWeightOneAreTheTrainingWithoutWeights) {
  for (const std::string implementation : {"graph", "auto"}) {
    const std::string by = "training.implementation=" + implementation;
    ASSERT_EQ(train(data_, implementation + "0", {by}).exit_code, 0);
    const auto ones =
        train(data_, implementation + "1", {by, "training.loss.group_weights={a: 1, b: 1.0}"});
    ASSERT_EQ(ones.exit_code, 0) << ones.output;
    expect_same_weights(folder_ / (implementation + "0/p.pt"),
                        folder_ / (implementation + "1/p.pt"));
  }
}

TEST_F(GroupsOfFrames, AreWeighedAlikeByKernelsAndGraph) {
  const std::string weights = "training.loss.group_weights={a: 3, b: 0.25}";
  ASSERT_EQ(train(data_, "graph", {weights, "training.implementation=graph"}).exit_code, 0);
  ASSERT_EQ(train(data_, "auto", {weights}).exit_code, 0);
  ASSERT_EQ(train(data_, "plain", {}).exit_code, 0);
  const auto graph = log("graph"), kernels = log("auto"), plain = log("plain");
  EXPECT_NEAR(graph.back().train_loss, kernels.back().train_loss, 1e-8 * graph.back().train_loss);
  EXPECT_NEAR(graph.back().validation_loss, kernels.back().validation_loss,
              1e-8 * graph.back().validation_loss);
  EXPECT_GT(std::abs(graph.back().train_loss - plain.back().train_loss),
            1e-2 * plain.back().train_loss);
}

TEST_F(GroupsOfFrames, OfACacheAreThoseOfItsSource) {
  const std::string weights = "training.loss.group_weights={a: 3, b: 0}";
  ASSERT_EQ(run({"prepare", data_, folder_ / "cache", "--cutoff", "3"}).exit_code, 0);
  ASSERT_EQ(train(data_, "source", {weights}).exit_code, 0);
  const auto cached = train(folder_ / "cache", "cached", {weights});
  ASSERT_EQ(cached.exit_code, 0) << cached.output;
  expect_same_weights(folder_ / "source/p.pt", folder_ / "cached/p.pt");
}

TEST_F(GroupsOfFrames, HaveTheWeightsOfOneRankOnTwo) {
  const std::string weights = "training.loss.group_weights={a: 3, b: 0.25}";
  ASSERT_EQ(train(data_, "one", {weights}).exit_code, 0);
  const auto two = fit_into("two", {"--set", weights}, 2);
  ASSERT_EQ(two.exit_code, 0) << two.output;
  const auto x = log("one"), y = log("two");
  for (std::size_t k = 0; k < x.size(); ++k) {
    EXPECT_NEAR(x[k].train_loss, y[k].train_loss, 1e-8 * x[k].train_loss);
    EXPECT_NEAR(x[k].validation_loss, y[k].validation_loss, 1e-8 * x[k].validation_loss);
  }
}

TEST_F(GroupsOfFrames, ThatAreNotThereAreRefusedWithTheNearestOne) {
  const auto refusal = [&](const std::string& weights) {
    const auto result = train(data_, "run", {"training.loss.group_weights=" + weights});
    EXPECT_EQ(result.exit_code, 1) << result.output;
    return result.output;
  };
  EXPECT_THAT(refusal("{a: 1, bb: 2}"),
              AllOf(HasSubstr("'bb'"), HasSubstr("did you mean 'b'?"), HasSubstr("Valid: a, b")));
  EXPECT_THAT(refusal("{a: -1}"), HasSubstr("must not be negative"));
  EXPECT_THAT(refusal("{a: heavy}"), AllOf(HasSubstr("group_weights.a"), HasSubstr("a number")));
  EXPECT_THAT(refusal("3"), HasSubstr("must be a section"));
  const auto nothing =
      train(folder_ / "a.extxyz", "run",
            {"data.split={train: 6, validation: 2}", "training.loss.group_weights={a: 0}"});
  EXPECT_EQ(nothing.exit_code, 1);
  EXPECT_THAT(nothing.output, HasSubstr("groups of weight 0"));
  const auto unnamed =
      train(sample("rmd17_ethanol_20.npz"), "run",
            {"data.split={train: 6, validation: 2}", "training.loss.group_weights={a: 2}"});
  EXPECT_EQ(unnamed.exit_code, 1);
  EXPECT_THAT(unnamed.output, HasSubstr("config_type=NAME"));
}

TEST_F(GroupsOfFrames, HaveTheErrorsOfTheirFramesAlone) {
  ASSERT_EQ(train(data_, "run", {}).exit_code, 0);
  const auto evaluate = [&](const std::string& file) {
    const auto result = run({"evaluate", folder_ / "run/p.pt", file, "--json", folder_ / "e.json",
                             "--report", folder_ / "e.html"});
    EXPECT_EQ(result.exit_code, 0) << result.output;
    return std::pair(result.output, nlohmann::json::parse(core::read_bytes(folder_ / "e.json")));
  };
  ASSERT_EQ(run({"prepare", data_, folder_ / "cache", "--cutoff", "3"}).exit_code, 0);
  for (const std::string& file : {data_, std::string(folder_ / "cache")}) {
    const auto [output, all] = evaluate(file);
    EXPECT_THAT(output, AllOf(HasSubstr("MAE by group"), HasSubstr("(no config_type)")));
    EXPECT_THAT(core::read_bytes(folder_ / "e.html"), HasSubstr("Errors by group"));
    for (const auto& [group, of_group] :
         {std::pair{"a", "a.extxyz"}, {"b", "b.extxyz"}, {"", "none.extxyz"}}) {
      const auto alone = evaluate(folder_ / of_group).second;
      const auto& found = all.at("per_group").at(group);
      EXPECT_EQ(found.at("n_frames"), 8);
      for (const char* key : {"energy_mae_per_atom_ev", "force_mae_ev_a", "force_rmse_ev_a"}) {
        const double expected = alone.at(key).get<double>();
        EXPECT_NEAR(found.at(key).get<double>(), expected, 1e-10 * expected) << group << key;
      }
    }
  }
  const auto [output, none] = evaluate(folder_ / "none.extxyz");
  EXPECT_THAT(output, Not(HasSubstr("MAE by group")));
  EXPECT_FALSE(none.contains("per_group"));
  EXPECT_THAT(core::read_bytes(folder_ / "e.html"), Not(HasSubstr("Errors by group")));
}

TEST_F(GroupsOfFrames, HaveTheirErrorsAtTheEndOfATraining) {
  const std::string test = "data.test=" + data_;
  const auto one = train(data_, "one", {test});
  ASSERT_EQ(one.exit_code, 0) << one.output;
  EXPECT_THAT(one.output, HasSubstr("MAE by group"));
  EXPECT_THAT(core::read_bytes(folder_ / "one/report.html"), HasSubstr("Errors by group"));
  const auto two = fit_into("two", {"--set", test}, 2);
  ASSERT_EQ(two.exit_code, 0) << two.output;
  for (const std::string training : {"one", "two"}) {
    const std::string potential = folder_ / (training + "/p.pt"), figures = folder_ / "e.json";
    ASSERT_EQ(run({"evaluate", potential, data_, "--json", figures}).exit_code, 0);
    const auto expected = nlohmann::json::parse(core::read_bytes(figures)).at("per_group");
    const auto info = nlohmann::json::parse(run({"info", potential, "--json"}).output);
    const auto& found = info.at("errors").at("test").at("per_group");
    ASSERT_EQ(found.size(), 3U);
    for (const auto& [group, errors] : expected.items()) {
      EXPECT_EQ(found.at(group).at("n_frames"), 8);
      const double force = errors.at("force_mae_ev_a").get<double>();
      EXPECT_NEAR(found.at(group).at("force_mae_ev_a").get<double>(), force, 1e-6 * force);
    }
    EXPECT_LT(info.at("errors").at("validation").at("per_group").at("a").at("n_frames"), 8);
  }
}

// Two frames of 1 and 2 atoms.
struct GroupExample {
  BatchPrediction prediction;
  Batch batch;
  GroupExample() {
    const auto f64 = torch::kFloat64;
    batch.atoms = torch::tensor({1.0, 2.0}, f64);
    batch.frame_of = torch::tensor({0, 1, 1}, torch::kInt64);
    batch.energies = torch::tensor({-5.0, 7.0}, f64);
    batch.forces = torch::zeros({3, 3}, f64);
    batch.stresses = torch::zeros({2, 6}, f64);
    batch.volumes = torch::ones({2}, f64);
    prediction.energies = torch::tensor({-4.7, 6.8}, f64);
    prediction.forces =
        torch::tensor({0.3, 0.0, 0.4, 0.0, 0.5, 0.0, 0.0, 0.0, -0.1}, f64).view({3, 3});
    prediction.virials = torch::full({2, 3, 3}, 0.01, f64);
  }
  double loss(const LossConfig& config) const {
    return compute_loss(config, prediction, batch).value.item<double>();
  }
};

TEST(WeightsOfTheLoss, MultiplyWhatAFrameAddsToEachMean) {
  GroupExample e;
  e.batch.weights = torch::tensor({2.0, 0.5}, torch::kFloat64);
  LossConfig c;
  c.energy_weight = 1.0;
  c.force_weight = c.stress_weight = 0.0;
  EXPECT_NEAR(e.loss(c), (2.0 * 0.3 + 0.5 * 0.2) / 2, 1e-12);
  c.energy_weight = 0.0;
  c.force_weight = 10.0;
  EXPECT_NEAR(e.loss(c), 10.0 * (2.0 * 0.7 + 0.5 * 0.6) / 9, 1e-12);
  c.type = "norm";
  EXPECT_NEAR(e.loss(c), 10.0 * (2.0 * 0.5 + 0.5 * 0.6) / 3, 1e-9);
  c.force_weight = 0.0;
  c.stress_weight = 4.0;
  EXPECT_NEAR(e.loss(c), 4.0 * 0.01 * (2.0 + 0.5) / 2, 1e-12);
  // errors are told as they are
  EXPECT_NEAR(compute_loss(c, e.prediction, e.batch).errors.energy, 0.5, 1e-12);
}

TEST(WeightsOfTheLoss, DivideEnergiesByAtomsWhereThatIsAskedFor) {
  const GroupExample e;
  LossConfig c;
  c.force_weight = 0.0;
  c.energy_per_atom = true;
  EXPECT_NEAR(e.loss(c), (0.3 + 0.1) / 2, 1e-12);
  c.type = "l2";
  EXPECT_NEAR(e.loss(c), (0.09 + 0.01) / 2, 1e-12);
  EXPECT_NEAR(compute_loss(c, e.prediction, e.batch).errors.energy_per_atom, 0.4, 1e-12);
  EXPECT_NEAR(compute_loss(c, e.prediction, e.batch).errors.energy, 0.5, 1e-12);
}

}  // namespace
}  // namespace spinconv::train::test
