// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "support/command.hpp"
#include "support/structures.hpp"
#include "support/test_models.hpp"

namespace spinconv::test {
namespace {

class Python : public ::testing::Test {
 protected:
  void SetUp() override {
    if (environment("SPINCONV_PYTHON").empty()) {
      GTEST_SKIP() << "no Python was configured (SPINCONV_PYTHON)";
    }
  }

  // The exit status of the script for what the evaluator says, after `change`.
  CommandResult compare(const std::function<void(nlohmann::json&)>& change) {
    const TemporaryFolder folder;
    write_random_potential(folder / "random.pt", small_config());
    Evaluator evaluator(folder / "random.pt");
    const auto s = random_triclinic(6, 3, 71);
    const auto edges = brute_force_edges(s, evaluator.cutoff());
    const auto result = calculate(evaluator, s);
    nlohmann::json json = {{"n_atoms", s.size()},      {"types", s.types},
                           {"source", edges.source},   {"target", edges.target},
                           {"vectors", edges.vectors}, {"atomic_energies", result.atomic_energies},
                           {"forces", result.forces}};
    change(json);
    write_bytes(folder / "expected.json", json.dump());
    return run_command(
        {environment("SPINCONV_PYTHON"),
         environment("SPINCONV_SOURCE_DIR") + "/tests/programs/evaluate_potential.py",
         folder / "random.pt", folder / "expected.json"});
  }
};

TEST_F(Python, OpensTheFileAndGetsTheSameEnergiesAndForces) {
  const auto same = compare([](auto&) {});
  EXPECT_EQ(same.exit_code, 0) << same.output;
  EXPECT_THAT(same.output, ::testing::HasSubstr("elements H C O"));
}

TEST_F(Python, SeesAForceThatIsWrong) {
  const auto other = compare([](auto& json) {
    json["forces"][3][1] = json["forces"][3][1].template get<double>() + 1e-9;
  });
  EXPECT_EQ(other.exit_code, 1) << other.output;
  EXPECT_THAT(other.output, ::testing::HasSubstr("forces by"));
}

}  // namespace
}  // namespace spinconv::test
