// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "report/csv.hpp"
#include "train/fit_support.hpp"
#include "trainer/checkpoint.hpp"

namespace spinconv::train::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
namespace core = spinconv::testing;

class Export : public FitProgram {
 protected:
  core::CommandResult to(const std::string& output) const {
    return run({"export", in_run("checkpoint.pt"), output});
  }
};

TEST_F(Export, OfAFinishedTrainingIsItsPotential) {
  ethanol(", learning_rate: 0.05, epochs: 6, ema_decay: 0");
  core::write_bytes(folder_ / "fit.yaml", [&] {
    auto text = core::read_bytes(folder_ / "fit.yaml");
    text.replace(text.find("epochs: 2, "), 11, "");
    return text;
  }());
  ASSERT_EQ(fit({"--set", "output.license=CC0-1.0"}).exit_code, 0);
  const auto result = to(folder_ / "x.pt");
  ASSERT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr(folder_ / "x.pt"));
  expect_same_weights(in_run("p.pt"), folder_ / "x.pt");
  const auto fitted = Potential::load(in_run("p.pt")), exported = Potential::load(folder_ / "x.pt");
  EXPECT_EQ(exported.model.config().to_json(), fitted.model.config().to_json());
  auto a = fitted.metadata, b = exported.metadata;
  // of the errors it has what the best epoch measured
  EXPECT_NEAR(a.at("errors").at("validation").at("force_mae_ev_a").get<double>(),
              b.at("errors").at("validation").at("force_mae_ev_a").get<double>(), 1e-10);
  a.erase("errors");
  b.erase("errors");
  for (auto* m : {&a, &b}) {
    (*m)["training"].erase("seconds");
  }
  EXPECT_EQ(a, b);
}

TEST_F(Export, OfAnUnfinishedTrainingHasTheBestWeightsSoFarAndSaysSo) {
  ethanol();
  ASSERT_EQ(fit_until(3, {"--set", "training.epochs=4000"}).exit_code, 130);
  ASSERT_EQ(to(folder_ / "x.pt").exit_code, 0);
  expect_same_weights(in_run("p.pt"), folder_ / "x.pt");
  EXPECT_THAT(run({"info", folder_ / "x.pt"}).output, HasSubstr("not finished"));
}

TEST_F(Export, BeforeTheFirstEpochsEndHasTheAveragedWeightsAndSaysSo) {
  ethanol();
  ASSERT_EQ(fit({"--set", "training.epochs=1"}).exit_code, 0);
  auto checkpoint = Checkpoint::load(in_run("checkpoint.pt"));
  checkpoint.state["epoch"] = checkpoint.state["best_epoch"] = 0;
  checkpoint.state["step"] = 1;
  checkpoint.state["finished"] = false;
  checkpoint.save(in_run("checkpoint.pt"));
  const auto result = to(folder_ / "x.pt");
  ASSERT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, AllOf(HasSubstr("no epoch has been completed"), HasSubstr("step 1")));
  const auto exported = Potential::load(folder_ / "x.pt");
  EXPECT_FALSE(exported.metadata.contains("errors"));
  const auto weights = exported.model.parameters();
  for (std::size_t i = 0; i < weights.size(); ++i) {
    EXPECT_TRUE(torch::equal(weights[i], checkpoint.averaged[i]));
  }
}

TEST_F(Export, OfAnotherTargetOnTheGridKeepsItsTables) {
  config("  file: " + sample("qm9_16.npz") +
         "\n  target: alpha\n  split: {train: 8, validation: 3}");
  // degrees of harmonics have no effect on a grid: as they are by default
  const auto fitted = fit(
      {"--set", "model.sphere=grid", "model.message_channels=8", "model.l_max=3", "model.m_max=3"});
  ASSERT_EQ(fitted.exit_code, 0) << fitted.output;
  const auto result = to(folder_ / "x.pt");
  ASSERT_EQ(result.exit_code, 0) << result.output;
  expect_same_weights(in_run("p.pt"), folder_ / "x.pt");
  const auto a = Potential::load(in_run("p.pt")), b = Potential::load(folder_ / "x.pt");
  for (const std::string table : {"longitude_map", "latitude_map"}) {
    EXPECT_TRUE(torch::equal(a.model.module().attr(table).toTensor(),
                             b.model.module().attr(table).toTensor()));
  }
  EXPECT_EQ(b.target().name, "alpha");
  EXPECT_NEAR(a.metadata.at("errors").at("validation").at("target_mae").get<double>(),
              b.metadata.at("errors").at("validation").at("target_mae").get<double>(), 1e-6);
}

TEST_F(Export, RefusesWhatIsNoCheckpointAndToReplaceIt) {
  ethanol();
  ASSERT_EQ(fit().exit_code, 0);
  const auto before = core::read_bytes(in_run("checkpoint.pt"));
  const auto onto_itself = to(in_run("./checkpoint.pt"));
  EXPECT_EQ(onto_itself.exit_code, 1);
  EXPECT_THAT(onto_itself.output, HasSubstr("is the checkpoint itself"));
  EXPECT_EQ(core::read_bytes(in_run("checkpoint.pt")), before);
  const auto refused = [&](const std::string& path, const std::string& text) {
    const auto result = run({"export", path, folder_ / "x.pt"});
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_THAT(result.output, AllOf(HasSubstr(path), HasSubstr(text)));
  };
  refused(in_run("none.pt"), "does not exist");
  refused(folder_ / "run", "is a folder");
  refused(in_run("p.pt"), "not a checkpoint");
  core::write_bytes(folder_ / "cut.pt", before.substr(0, before.size() / 2));
  refused(folder_ / "cut.pt", "damaged");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "x.pt"));
  EXPECT_THAT(run({"info", in_run("checkpoint.pt")}).output, HasSubstr("spinconv-train export"));
}

}  // namespace
}  // namespace spinconv::train::testing
