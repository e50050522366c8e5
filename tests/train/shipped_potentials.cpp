// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
// The potentials that the project ships do what their cards say, on a few frames that they were not
// trained on.
#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "spinconv/potential.hpp"
#include "support/command.hpp"
#include "support/temporary_folder.hpp"
#include "train/data_support.hpp"

namespace spinconv::train::test {
namespace {

namespace core = spinconv::test;

const std::filesystem::path kFolder = core::environment("SPINCONV_SOURCE_DIR") + "/potentials";

nlohmann::json metadata_of(const std::string& name) {
  const auto metadata = Potential::load((kFolder / (name + ".pt")).string()).metadata;
  EXPECT_NE(metadata.at("license").get<std::string>(), "");
  // where it was trained is nobody's business
  const std::string origin = metadata.at("training").dump();
  EXPECT_EQ(origin.find(": /"), std::string::npos) << origin;
  EXPECT_EQ(origin.find("\"/"), std::string::npos) << origin;
  return metadata;
}

nlohmann::json errors_of(const std::string& name, const std::string& data,
                         const std::vector<std::string>& options = {}) {
  core::TemporaryFolder folder;
  const std::string json = folder / "errors.json";
  std::vector<std::string> command = {
      core::environment("SPINCONV_TRAIN_EXE"), "--threads",  "1",      "evaluate",
      (kFolder / (name + ".pt")).string(),     sample(data), "--json", json};
  command.insert(command.end(), options.begin(), options.end());
  const auto result = core::run_command(command);
  EXPECT_EQ(result.exit_code, 0) << result.output;
  return nlohmann::json::parse(core::read_bytes(json));
}

const std::vector<const char*> kMolecules = {
    "aspirin",     "azobenzene",  "benzene",   "ethanol", "malonaldehyde",
    "naphthalene", "paracetamol", "salicylic", "toluene", "uracil"};

nlohmann::json errors_of_molecule(const std::string& potential, const std::string& molecule) {
  return errors_of(potential, "rmd17/rmd17_" + molecule + "_test_20.npz");
}

class ShippedPotential : public ::testing::TestWithParam<const char*> {};

TEST_P(ShippedPotential, HasTheErrorsOfItsCard) {
  const std::string molecule = GetParam(), name = "rmd17-" + molecule;
  const auto stated = metadata_of(name).at("errors").at("test");
  const auto found = errors_of_molecule(name, molecule);
  for (const char* key : {"force_mae_ev_a", "energy_mae_ev"}) {
    // means over 20 frames scatter
    EXPECT_LT(found.at(key).get<double>(), 2.0 * stated.at(key).get<double>()) << key;
    EXPECT_GT(found.at(key).get<double>(), 0.3 * stated.at(key).get<double>()) << key;
  }
}

INSTANTIATE_TEST_SUITE_P(Rmd17, ShippedPotential, ::testing::ValuesIn(kMolecules),
                         [](const auto& info) { return info.param; });

TEST(ShippedPotentials, OfTenMoleculesHasTheErrorsOfItsValidation) {
  const auto stated = metadata_of("rmd17-ten").at("errors").at("validation");
  double force = 0.0;
  for (const char* molecule : kMolecules) {
    force += errors_of_molecule("rmd17-ten", molecule).at("force_mae_ev_a").get<double>() /
             static_cast<double>(kMolecules.size());
  }
  // the validation set is of all ten, the larger ones with more atoms
  EXPECT_LT(force, 1.5 * stated.at("force_mae_ev_a").get<double>());
  EXPECT_GT(force, 0.6 * stated.at("force_mae_ev_a").get<double>());
}

TEST(ShippedPotentials, WaterHasTheErrorsOfItsValidation) {
  const auto stated = metadata_of("water-sample").at("errors").at("validation");
  const auto found = errors_of("water-sample", "water_2.extxyz.xz");
  for (const char* key : {"force_mae_ev_a", "energy_mae_per_atom_ev"}) {
    EXPECT_LT(found.at(key).get<double>(), 2.0 * stated.at(key).get<double>()) << key;
    EXPECT_GT(found.at(key).get<double>(), 0.3 * stated.at(key).get<double>()) << key;
  }
}

TEST(ShippedPotentials, SiliconHasTheErrorsOfItsTest) {
  for (const std::string name : {"silicon-1", "silicon-2", "silicon-3", "silicon-4"}) {
    const auto stated = metadata_of(name).at("errors").at("test");
    const auto found = errors_of(name, "silicon_4.extxyz.xz");
    for (const char* key : {"force_mae_ev_a", "energy_mae_per_atom_ev", "stress_mae_ev_a3"}) {
      // one frame of each of four groups, which differ more than frames do
      EXPECT_LT(found.at(key).get<double>(), 3.0 * stated.at(key).get<double>()) << name << key;
      EXPECT_GT(found.at(key).get<double>(), 0.2 * stated.at(key).get<double>()) << name << key;
    }
  }
}

TEST(ShippedPotentials, Oc20HasTheErrorsOfItsValidation) {
  const auto stated = metadata_of("oc20-sample").at("errors").at("validation");
  const auto found = errors_of("oc20-sample", "oc20_12.extxyz.xz", {"--reference", "last"});
  // four of 23 systems
  EXPECT_LT(found.at("force_mae_ev_a").get<double>(),
            3.0 * stated.at("force_mae_ev_a").get<double>());
  EXPECT_GT(found.at("force_mae_ev_a").get<double>(),
            0.2 * stated.at("force_mae_ev_a").get<double>());
}

TEST(ShippedPotentials, AreSmallAndHaveCards) {
  int potentials = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().extension() == ".pt") {
      ++potentials;
      EXPECT_LT(entry.file_size(), 5'000'000U) << entry.path();
      // members of a committee, silicon-1 to silicon-4, have one card
      std::string card = entry.path().stem().string();
      if (card.rfind("silicon-", 0) == 0) {
        card = "silicon";
      }
      EXPECT_TRUE(std::filesystem::exists(kFolder / (card + ".md"))) << entry.path();
    }
  }
  EXPECT_GE(potentials, 17);
}

}  // namespace
}  // namespace spinconv::train::test
