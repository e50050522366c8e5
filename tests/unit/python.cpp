// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include "support/python_test.hpp"
#include "support/structures.hpp"
#include "support/test_models.hpp"

namespace spinconv::test {
namespace {

class Python : public PythonTest {
 protected:
  Python() : PythonTest("evaluate_potential.py") {}

  // The exit status of the script for what the evaluator says, after `change`.
  CommandResult compare(const std::function<void(nlohmann::json&)>& change) {
    write_random_potential(folder_ / "random.pt", small_config());
    Evaluator evaluator(folder_ / "random.pt");
    const auto s = random_triclinic(6, 3, 71);
    const auto edges = brute_force_edges(s, evaluator.cutoff());
    const auto result = calculate(evaluator, s);
    nlohmann::json json = {{"n_atoms", s.size()},      {"types", s.types},
                           {"source", edges.source},   {"target", edges.target},
                           {"vectors", edges.vectors}, {"atomic_energies", result.atomic_energies},
                           {"forces", result.forces}};
    change(json);
    write_bytes(folder_ / "expected.json", json.dump());
    return run({folder_ / "random.pt", folder_ / "expected.json"});
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
