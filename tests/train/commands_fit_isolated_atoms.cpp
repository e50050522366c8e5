// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "data/dataset.hpp"
#include "train/fit_support.hpp"
#include "train/labelled_frames.hpp"
#include "train/trainer_support.hpp"
#include "trainer/isolated_atom_frames.hpp"
#include "trainer/predictor.hpp"

namespace spinconv::train::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
namespace core = spinconv::test;

constexpr double h_energy = -13.587, c_energy = -37.412;

class FitWithIsolatedAtoms : public FitProgram {
 protected:
  void SetUp() override {
    FitProgram::SetUp();
    std::string molecules;
    for (int k = 0; k < 14; ++k) {
      molecules += molecule(3 + k % 4, k);
    }
    core::write_bytes(folder_ / "molecules.extxyz", molecules);
    atoms_ = single_atom("H", h_energy) + single_atom("C", c_energy, 12.0);
    core::write_bytes(folder_ / "frames.extxyz", molecules + atoms_);
    core::write_bytes(folder_ / "atoms.extxyz", atoms_);
  }
  void configure(const std::string& file = "frames.extxyz") const {
    config("  file: " + (folder_ / file) + "\n  split: {train: rest, validation: 4}");
  }
  // The largest error (eV) that `evaluate` finds of the two atoms.
  double error_of_atoms(const std::string& potential,
                        const std::string& implementation = "auto") const {
    const auto result = run({"evaluate", potential, folder_ / "atoms.extxyz", "--implementation",
                             implementation, "--json", folder_ / "e.json"});
    EXPECT_EQ(result.exit_code, 0) << result.output;
    const auto json = nlohmann::json::parse(core::read_bytes(folder_ / "e.json"));
    EXPECT_EQ(json.at("n_frames"), 2);
    return 2.0 * json.at("energy_mae_ev").get<double>();
  }

  std::string atoms_;
};

TEST_F(FitWithIsolatedAtoms, GivesThemTheirEnergies) {
  configure();
  for (const std::string precision : {"double", "single"}) {
    for (const std::string implementation : {"graph", "auto"}) {
      const auto result =
          fit({"--overwrite", "--set", "training.isolated_atoms=frames",
               "training.precision=" + precision, "training.implementation=" + implementation});
      ASSERT_EQ(result.exit_code, 0) << result.output;
      EXPECT_THAT(result.output, AllOf(HasSubstr("H -13.587000 C -37.412000"),
                                       Not(HasSubstr("reference energies changed"))));
      EXPECT_LT(error_of_atoms(in_run("p.pt")), 1e-6);
      EXPECT_LT(error_of_atoms(in_run("p.pt"), "graph"), 1e-6);
      ASSERT_EQ(run({"export", in_run("checkpoint.pt"), folder_ / "best.pt"}).exit_code, 0);
      EXPECT_LT(error_of_atoms(folder_ / "best.pt"), 1e-6);
    }
  }
  EXPECT_THAT(run({"info", in_run("p.pt")}).output,
              HasSubstr("reference energies: those of isolated atoms in the data"));
  // what it is without
  ASSERT_EQ(fit({"--overwrite"}).exit_code, 0);
  EXPECT_GT(error_of_atoms(in_run("p.pt")), 1e-3);
  EXPECT_THAT(run({"info", in_run("p.pt")}).output,
              HasSubstr("reference energies: least squares of the training energies"));
}

TEST_F(FitWithIsolatedAtoms, TakesEnergiesThatAreGiven) {
  configure("molecules.extxyz");
  const auto result = fit({"--set", "training.isolated_atoms={C: -37.412, H: -13.587}"});
  ASSERT_EQ(result.exit_code, 0) << result.output;
  EXPECT_LT(error_of_atoms(in_run("p.pt")), 1e-6);
  EXPECT_THAT(run({"info", in_run("p.pt")}).output,
              HasSubstr("reference energies: those of isolated atoms, given"));
}

TEST_F(FitWithIsolatedAtoms, ToldErrorsAreThoseOfThePotential) {
  configure();
  ASSERT_EQ(fit({"--set", "training.isolated_atoms=frames", "data.split.validation=0"}).exit_code,
            0);
  ASSERT_EQ(
      run({"evaluate", in_run("p.pt"), folder_ / "frames.extxyz", "--json", folder_ / "e.json"})
          .exit_code,
      0);
  const auto json = nlohmann::json::parse(core::read_bytes(folder_ / "e.json"));
  const auto told = Potential::load(in_run("p.pt")).metadata.at("errors").at("training");
  for (const char* key : {"energy_mae_ev", "force_mae_ev_a"}) {
    EXPECT_NEAR(told.at(key).get<double>(), json.at(key).get<double>(), 1e-8) << key;
  }
}

TEST_F(FitWithIsolatedAtoms, GoesOnToTheSameBits) {
  configure();
  const std::vector<std::string> settings = {"--set", "training.isolated_atoms=frames",
                                             "training.epochs=200"};
  const auto stopped = fit_until(3, settings);
  ASSERT_EQ(stopped.exit_code, 130) << stopped.output;
  EXPECT_LT(error_of_atoms(in_run("p.pt")), 1e-6);  // of the best epoch so far
  auto resume = settings;
  resume.insert(resume.begin(), "--resume");
  const auto resumed = fit(resume);
  ASSERT_EQ(resumed.exit_code, 0) << resumed.output;
  std::filesystem::rename(in_run("p.pt"), folder_ / "resumed.pt");
  auto anew = settings;
  anew.insert(anew.begin(), "--overwrite");
  ASSERT_EQ(fit(anew).exit_code, 0);
  expect_same_weights(folder_ / "resumed.pt", in_run("p.pt"));
}

TEST_F(FitWithIsolatedAtoms, OnTwoRanksIsTheTrainingOfOne) {
  configure();
  ASSERT_EQ(fit({"--set", "training.isolated_atoms=frames"}).exit_code, 0);
  const auto one = Potential::load(in_run("p.pt"));
  const auto two = fit_into("run", {"--overwrite", "--set", "training.isolated_atoms=frames"}, 2);
  ASSERT_EQ(two.exit_code, 0) << two.output;
  const auto other = Potential::load(in_run("p.pt"));
  const auto p = one.model.parameters(), q = other.model.parameters();
  for (std::size_t i = 0; i < p.size(); ++i) {
    EXPECT_TRUE(torch::allclose(p[i], q[i], 0.0, 1e-10)) << i;
  }
  EXPECT_LT(error_of_atoms(in_run("p.pt")), 1e-6);
}

TEST_F(FitWithIsolatedAtoms, RefusesElementsWithoutOneAndTwoThatDiffer) {
  const auto refusal = [&](const std::string& file, const std::string& setting) {
    configure(file);
    const auto result = fit({"--set", setting});
    EXPECT_EQ(result.exit_code, 1) << result.output;
    return result.output;
  };
  const std::string frames = "training.isolated_atoms=frames";
  EXPECT_THAT(refusal("molecules.extxyz", frames),
              AllOf(HasSubstr("no frame of"), HasSubstr("isolated atom of H, C"),
                    HasSubstr("training.isolated_atoms: {H: ENERGY_IN_EV")));
  const std::string molecules = core::read_bytes(folder_ / "molecules.extxyz");
  core::write_bytes(folder_ / "crystal.extxyz",
                    molecules + single_atom("H", h_energy) + single_atom("C", c_energy, 2.5));
  EXPECT_THAT(refusal("crystal.extxyz", frames), HasSubstr("isolated atom of C (one atom"));
  core::write_bytes(folder_ / "two.extxyz", molecules + atoms_ + single_atom("C", c_energy + 0.1));
  EXPECT_THAT(refusal("two.extxyz", frames),
              AllOf(HasSubstr("two isolated atoms of C"), HasSubstr("-37.312000")));
  EXPECT_THAT(refusal("molecules.extxyz", "training.isolated_atoms={C: -37.4}"),
              HasSubstr("training.isolated_atoms lacks H"));
  EXPECT_THAT(refusal("molecules.extxyz", "training.isolated_atoms={C: -37.4, H: -13, Co: 1}"),
              HasSubstr("did you mean 'C'"));
  EXPECT_THAT(refusal("molecules.extxyz", "training.isolated_atoms={C: -37.4, Xx: -13}"),
              HasSubstr("'Xx'"));
  EXPECT_THAT(refusal("molecules.extxyz", "training.isolated_atoms=frame"),
              HasSubstr("did you mean 'frames'"));
  configure();
  const auto both =
      fit({"--set", frames, "model.elements=[H, C]", "model.reference_energies=[-13, -37]"});
  EXPECT_EQ(both.exit_code, 1);
  EXPECT_THAT(both.output, HasSubstr("both given"));
}

// The predictions that a training compares with labels are those of the model that it makes.
TEST(IsolatedAtomsOfAModel, AreTakenOffEveryPrediction) {
  const ModelConfig config = tiny_model();
  Model model = core::random_model(config, 3);
  const Prepared data(ethanol_frames(3), model.config());
  const IsolatedAtomFrames isolated(model.config());
  const auto frames = data.pointers();
  const auto weights = all_weights(model);
  const auto relative = isolated.predict_relative(model, weights, frames, false, true, true);
  const auto plain = predict(model, weights, make_batch(frames, model, weights), false, true, true);
  EXPECT_TRUE(torch::allclose(relative.forces, plain.forces, 0.0, 1e-12));
  EXPECT_TRUE(torch::allclose(relative.virials, plain.virials, 0.0, 1e-12));
  EXPECT_GT((relative.energies - plain.energies).abs().max().item<double>(), 1e-6);
  const auto references = model.config().reference_energies;
  make_isolated_atoms_exact(model, nullptr);
  const auto after = all_weights(model);
  const auto exact = predict(model, after, make_batch(frames, model, after), false);
  EXPECT_TRUE(torch::allclose(relative.energies, exact.energies, 0.0, 1e-9));
  const auto alone = isolated.energies(model, nullptr);
  for (std::size_t e = 0; e < alone.size(); ++e) {
    EXPECT_NEAR(alone[e], references[e], 1e-10);
  }
}

}  // namespace
}  // namespace spinconv::train::test
