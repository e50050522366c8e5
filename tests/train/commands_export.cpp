// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "report/csv.hpp"
#include "spinconv/version.hpp"
#include "train/fit_support.hpp"
#include "trainer/checkpoint.hpp"

namespace spinconv::train::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
namespace core = spinconv::test;

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
  const auto fitted = fit({"--set", "model.sphere=grid", "model.message_channels=8",
                           "model.l_max=3", "model.m_max=2", "model.product_channels=16"});
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
  core::write_bytes(folder_ / "text.pt", "no archive");
  refused(folder_ / "text.pt", "a checkpoint of 'spinconv-train fit'");
  core::write_bytes(folder_ / "cut.pt", before.substr(0, before.size() / 2));
  refused(folder_ / "cut.pt", "damaged");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "x.pt"));
  EXPECT_THAT(run({"info", in_run("checkpoint.pt")}).output, HasSubstr("spinconv-train export"));
}

TEST_F(Export, OfAPotentialIsThatPotentialWrittenAnew) {
  const std::string shipped = core::environment("SPINCONV_SOURCE_DIR") + "/potentials/";
  for (const std::string& file :
       {shipped + "oc20-sample.pt", sample("grid_0.1.0.pt"), sample("alpha_0.1.0.pt")}) {
    const auto result = run({"export", file, folder_ / "x.pt"});
    ASSERT_EQ(result.exit_code, 0) << result.output;
    EXPECT_THAT(result.output, HasSubstr("potential: " + folder_ / "x.pt"));
    expect_same_weights(file, folder_ / "x.pt");
    auto a = Potential::read_metadata(file), b = Potential::read_metadata(folder_ / "x.pt");
    EXPECT_EQ(ModelConfig::from_json(a.at("model"), "a").to_json(), b.at("model"));
    EXPECT_EQ(b.at("library_version"), SPINCONV_VERSION);
    // of all hyperparameters, those too that the older file had not; of the version that wrote it
    for (auto* m : {&a, &b}) {
      m->erase("model");
      m->erase("crc32");
      m->erase("library_version");
    }
    EXPECT_EQ(a, b);
    // in place, and in another precision
    const auto again = run({"export", folder_ / "x.pt", folder_ / "x.pt", "--precision", "double"});
    ASSERT_EQ(again.exit_code, 0) << again.output;
    EXPECT_EQ(Potential::read_metadata(folder_ / "x.pt").at("precision"), "double");
    expect_same_weights(file, folder_ / "x.pt");
  }
}

TEST_F(Export, AsAModulePredictsInPythonWhatEvaluatePredicts) {
  if (core::environment("SPINCONV_PYTHON").empty()) {
    GTEST_SKIP() << "no Python was configured (SPINCONV_PYTHON)";
  }
  const std::string source = core::environment("SPINCONV_SOURCE_DIR");
  for (const auto& [potential, data] :
       {std::pair("rmd17-ethanol", "rmd17_ethanol_20.npz"),
        std::pair("oc20-sample", "oc20_random1000100_3.extxyz.xz")}) {
    const std::string file = source + "/potentials/" + potential + ".pt";
    const auto exported = run({"export", file, folder_ / "x.ts", "--precision", "double"});
    ASSERT_EQ(exported.exit_code, 0) << exported.output;
    EXPECT_THAT(exported.output,
                HasSubstr("TorchScript module, double precision: " + folder_ / "x.ts"));
    const auto evaluated = run({"evaluate", file, sample(data), "--frames", "0:2", "--precision",
                                "double", "--predictions", folder_ / "x.extxyz"});
    ASSERT_EQ(evaluated.exit_code, 0) << evaluated.output;
    const auto compared = core::run_command({core::environment("SPINCONV_PYTHON"),
                                             source + "/tests/programs/module_predictions.py",
                                             folder_ / "x.ts", folder_ / "x.extxyz"});
    EXPECT_EQ(compared.exit_code, 0) << compared.output;
    EXPECT_THAT(compared.output, HasSubstr("2 frames"));
  }
}

TEST_F(Export, OfACheckpointAsAModuleAndOnlyToAnotherFile) {
  ethanol();
  ASSERT_EQ(fit().exit_code, 0);
  const auto result = to(folder_ / "x.ts");
  ASSERT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, AllOf(HasSubstr("TorchScript module"), HasSubstr("best epoch")));
  const auto info = run({"info", folder_ / "x.ts"});
  EXPECT_EQ(info.exit_code, 1);
  EXPECT_THAT(info.output, HasSubstr("name the potential file it was made of"));
  EXPECT_EQ(run({"export", folder_ / "x.ts", folder_ / "y.pt"}).exit_code, 1);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "y.pt"));
  std::filesystem::rename(in_run("p.pt"), folder_ / "p.ts");
  const auto onto_itself = run({"export", folder_ / "p.ts", folder_ / "p.ts"});
  EXPECT_EQ(onto_itself.exit_code, 1);
  EXPECT_THAT(onto_itself.output, HasSubstr("is the potential file itself"));
  EXPECT_NO_THROW(Potential::load(folder_ / "p.ts"));
}

}  // namespace
}  // namespace spinconv::train::test
