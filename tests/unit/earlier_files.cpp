// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
// Files of earlier versions keep their numbers: what the operator graph of this version gives with
// their weights is what the code gives that they were saved with.
#include <gmock/gmock.h>

#include <torch/types.h>

#include <filesystem>
#include <map>

#include "spinconv/potential.hpp"
#include "support/python_test.hpp"
#include "support/structures.hpp"

namespace spinconv::test {
namespace {

class EarlierFiles : public PythonTest {
 protected:
  EarlierFiles() : PythonTest("stored_graph.py") {}

  static std::string source(const std::string& path) {
    return environment("SPINCONV_SOURCE_DIR") + "/" + path;
  }

  void add(const std::string& file) {
    const auto potential = Potential::load(file);
    const std::string today = folder_ / (std::to_string(cases_.size()) + ".pt");
    potential.save(today, "double");
    nlohmann::json json = {{"file", file}, {"today", today}};
    const int elements = static_cast<int>(potential.model.config().elements.size());
    for (const auto& s : {random_molecule(7, elements, 41), random_triclinic(5, elements, 42)}) {
      json["structures"].push_back(calculated(potential, s));
    }
    cases_.push_back(std::move(json));
  }

  // Through the evaluator; of another target than the energy, which it refuses, as if it were one.
  // Energies of free atoms are left out: beside them a difference of the others would not be seen.
  nlohmann::json calculated(const Potential& potential, const Structure& s) const {
    ModelConfig config = potential.model.config();
    config.reference_energies.assign(config.elements.size(), 0.0);
    std::map<std::string, torch::Tensor> weights;
    for (const auto& entry : potential.model.module().named_parameters()) {
      weights[entry.name] = entry.value;
    }
    for (const auto& entry : potential.model.module().named_buffers()) {
      weights[entry.name] = entry.value;
    }
    Potential{Model::with_weights(config, weights, "test"), {}}.save(folder_ / "energy.pt",
                                                                     "double");
    Evaluator evaluator(folder_ / "energy.pt");
    const auto edges = brute_force_edges(s, evaluator.cutoff());
    const auto result = calculate(evaluator, s);
    return {{"types", s.types},        {"source", edges.source},
            {"target", edges.target},  {"vectors", edges.vectors},
            {"forces", result.forces}, {"energies", result.atomic_energies}};
  }
};

TEST_F(EarlierFiles, ThatAreShippedKeepTheirNumbers) {
  for (const auto& entry : std::filesystem::directory_iterator(source("potentials"))) {
    if (entry.path().extension() == ".pt") {
      add(entry.path());
    }
  }
  ASSERT_GE(cases_.size(), 12u);
  const auto result = run_cases();
  EXPECT_EQ(result.exit_code, 0) << result.output;
}

TEST_F(EarlierFiles, OfBothFormatsKeepTheirNumbers) {
  EXPECT_EQ(Potential::load(source("tests/data/grid_0.1.0.pt")).metadata.at("format_version"), 1);
  EXPECT_EQ(Potential::load(source("tests/data/alpha_0.1.0.pt")).metadata.at("format_version"), 2);
  for (const char* file : {"grid_0.1.0.pt", "alpha_0.1.0.pt"}) {
    add(source(std::string("tests/data/") + file));
  }
  const auto result = run_cases();
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, ::testing::HasSubstr("alpha_0.1.0.pt: energies to"));
}

TEST_F(EarlierFiles, WouldNotPassWithAnotherWeight) {
  add(source("tests/data/grid_0.1.0.pt"));
  auto potential = Potential::load(source("tests/data/grid_0.1.0.pt"));
  {
    torch::NoGradGuard no_grad;
    potential.model.module().attr("energy_out").toTensor().mul_(1.0 + 1e-10);
  }
  const Structure s = random_molecule(7, 3, 41);
  cases_[0]["structures"] = nlohmann::json::array({calculated(potential, s)});
  const auto result = run_cases();
  EXPECT_EQ(result.exit_code, 1) << result.output;
  EXPECT_THAT(result.output, ::testing::HasSubstr("grid_0.1.0.pt, energies: differ by"));
}

}  // namespace
}  // namespace spinconv::test
