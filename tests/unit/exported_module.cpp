// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
// The modules that `spinconv-train export P OUT.ts` writes, in C++ and in plain Python.
#include "spinconv/exported_module.hpp"

#include <gmock/gmock.h>

#include "spinconv/elements.hpp"
#include "support/counting_device.hpp"
#include "support/error_text.hpp"
#include "support/python_test.hpp"
#include "support/random_model.hpp"
#include "support/structures.hpp"
#include "support/variants.hpp"

namespace spinconv::test {
namespace {

using torch::Tensor;

// Molecule, crystals whose atoms see their own images, slab and chain.
std::vector<Structure> structures(int elements) {
  std::vector<Structure> all = {random_molecule(6, elements, 21), random_triclinic(6, elements, 22),
                                random_triclinic(2, elements, 23),
                                random_triclinic(5, elements, 24),
                                random_triclinic(4, elements, 25)};
  all[0].cell = {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
  all[3].pbc = {true, false, true};
  all[4].pbc = {false, false, true};
  return all;
}

std::vector<int> numbers_of(const Structure& s, const std::vector<std::string>& elements) {
  std::vector<int> numbers;
  for (const int type : s.types) {
    numbers.push_back(atomic_number(elements.at(type)));
  }
  return numbers;
}

template <class Rows>
Tensor rows(const Rows& values) {
  std::vector<double> flat;
  for (const auto& row : values) {
    flat.insert(flat.end(), row.begin(), row.end());
  }
  return torch::tensor(flat, torch::kFloat64).view({-1, 3});
}

// What the library says of a structure, the offset of the energy included.
struct Expected {
  Edges edges;
  Result result;
};

Expected expected_of(Evaluator& evaluator, const Structure& s) {
  Expected expected{brute_force_edges(s, evaluator.cutoff()), calculate(evaluator, s)};
  expected.result.energy += evaluator.energy_offset();
  return expected;
}

// In place of Module::to(), which does not go from one backend to any other.
void move(torch::jit::Module module, const torch::Device& device) {
  const auto take = [&](const auto& list) {
    for (const auto& entry : list) {
      module.setattr(entry.name, entry.value.to(device));
    }
  };
  take(module.named_parameters(false));
  take(module.named_buffers(false));
  for (const auto& child : module.children()) {
    move(child, device);
  }
}

double module_difference(const Tensor& a, const Tensor& b) {
  return a.sizes() == b.sizes() && a.scalar_type() == b.scalar_type()
             ? (a.cpu() - b).abs().sum().item<double>()
             : std::nan("");
}

std::string written_module(const TemporaryFolder& folder, const ModelConfig& config) {
  write_random_potential(folder / "random.pt", config);
  save_exported_module(Potential::load(folder / "random.pt"), folder / "random.ts", "double");
  return folder / "random.ts";
}

void expect_agreement(const c10::IValue& given, const Expected& expected, bool direct,
                      const std::string& where) {
  const auto result = c10::impl::toTypedDict<std::string, Tensor>(given.toGenericDict());
  const auto& r = expected.result;
  EXPECT_NEAR(result.at("energy").item<double>(), r.energy, 1e-10) << where;
  EXPECT_LT(
      module_difference(result.at("energies"), torch::tensor(r.atomic_energies, torch::kFloat64)),
      1e-10)
      << where;
  EXPECT_LT(module_difference(result.at("forces"), rows(r.forces)), 1e-10) << where;
  EXPECT_EQ(result.contains("virial"), !direct) << where;
  if (!direct) {
    EXPECT_LT(module_difference(result.at("virial"), rows(r.virial)), 1e-10) << where;
  }
}

class ExportedModule : public ::testing::TestWithParam<Variant> {};

TEST_P(ExportedModule, InCppGivesWhatTheEvaluatorGives) {
  const TemporaryFolder folder;
  auto config = GetParam().config;
  config.energy_offset = 12.5;
  auto module = torch::jit::load(written_module(folder, config));
  EvaluatorOptions options;
  options.precision = Precision::double_;
  Evaluator evaluator(folder / "random.pt", options);
  int number = 0;
  for (const auto& s : structures(3)) {
    const auto expected = expected_of(evaluator, s);
    const Tensor numbers = torch::tensor(numbers_of(s, config.elements));
    const Tensor pbc = torch::tensor(std::vector<int>(s.pbc.begin(), s.pbc.end()));
    expect_agreement(module.forward({rows(s.positions), numbers, rows(s.cell), pbc}), expected,
                     config.has_direct_forces(), "structure " + std::to_string(number++));
  }
}

// Where tensors of the CPU among its own are an error, as on a GPU.
TEST_P(ExportedModule, HasEverythingOnTheDeviceToWhichItWasMoved) {
  const TemporaryFolder folder;
  const auto& config = GetParam().config;
  auto module = torch::jit::load(written_module(folder, config));
  Evaluator evaluator(folder / "random.pt");
  const auto device = CountingDevice::device();
  move(module, device);
  const auto s = structures(3)[1];
  const auto expected = expected_of(evaluator, s);
  const Tensor numbers = torch::tensor(numbers_of(s, config.elements)).to(device);
  const auto forward = module.forward({rows(s.positions).to(device), numbers,
                                       rows(s.cell).to(device), torch::ones({3}).to(device)});
  expect_agreement(forward, expected, config.has_direct_forces(), "structure");
  const auto& e = expected.edges;
  const auto index = [&](const auto& values) {
    return torch::tensor(std::vector<std::int64_t>(values.begin(), values.end())).to(device);
  };
  const auto edges = module.get_method("from_edges")(
      {torch::tensor(e.vectors, torch::kFloat64).view({-1, 3}).to(device), index(e.source),
       index(e.target), numbers});
  expect_agreement(edges, expected, config.has_direct_forces(), "edges");
}

INSTANTIATE_TEST_SUITE_P(Of, ExportedModule, ::testing::ValuesIn(all_variants()),
                         [](const auto& info) { return info.param.name; });

TEST(ExportedModuleFile, IsNoPotentialFileAndSaysSo) {
  const TemporaryFolder folder;
  const auto path = written_module(folder, small_config());
  EXPECT_THAT(error_of([&] { Evaluator evaluator(path); }),
              ::testing::AllOf(::testing::HasSubstr(path),
                               ::testing::HasSubstr("name the potential file it was made of")));
}

TEST(ExportedModuleFile, OfPrecisionSingleIsRoundedOnce) {
  const TemporaryFolder folder;
  write_random_potential(folder / "random.pt", small_config(), 1, "single");
  save_exported_module(Potential::load(folder / "random.pt"), folder / "random.ts", "single");
  auto module = torch::jit::load(folder / "random.ts");
  for (const auto& parameter : module.named_parameters()) {
    EXPECT_FALSE(parameter.value.requires_grad()) << parameter.name;
    EXPECT_EQ(parameter.value.scalar_type(), torch::kFloat32) << parameter.name;
  }
  Evaluator evaluator(folder / "random.pt");
  ASSERT_EQ(evaluator.precision(), "single");
  const auto s = structures(3)[1];
  const auto expected = expected_of(evaluator, s);
  const auto result = c10::impl::toTypedDict<std::string, Tensor>(
      module
          .forward({rows(s.positions), torch::tensor(numbers_of(s, {"H", "C", "O"})), rows(s.cell)})
          .toGenericDict());
  EXPECT_NEAR(result.at("energy").item<double>(), expected.result.energy, 1e-5);
  EXPECT_LT(module_difference(result.at("forces"), rows(expected.result.forces)), 1e-4);
}

class ExportedModuleInPython : public PythonTest {
 protected:
  ExportedModuleInPython() : PythonTest("exported_module.py") {}

  void add(const std::string& name, const Potential& potential, const std::string& file,
           const std::vector<Structure>& list) {
    const auto& config = potential.model.config();
    const std::string module = folder_ / (name + ".ts");
    save_exported_module(potential, module, "double");
    nlohmann::json json = {{"module", module}, {"kind", "gradient"}};
    if (!potential.target().is_energy()) {
      json["kind"] = "value";
    } else if (config.has_direct_forces()) {
      json["kind"] = "direct";
    } else if (config.forces == "distance") {
      json["kind"] = "estimate";
    }
    EvaluatorOptions options;
    options.precision = Precision::double_;
    Evaluator evaluator(file, options);
    for (const auto& s : list) {
      const auto [edges, result] = expected_of(evaluator, s);
      json["structures"].push_back({{"positions", s.positions},
                                    {"numbers", numbers_of(s, config.elements)},
                                    {"cell", s.cell},
                                    {"pbc", s.pbc},
                                    {"source", edges.source},
                                    {"target", edges.target},
                                    {"vectors", edges.vectors},
                                    {"energy", result.energy},
                                    {"energies", result.atomic_energies},
                                    {"forces", result.forces},
                                    {"virial", result.virial}});
    }
    cases_.push_back(std::move(json));
  }

  // `target`: what the model is said to give, in place of an energy.
  void add_random(const std::string& name, const ModelConfig& config,
                  const nlohmann::json& target) {
    const std::string file = folder_ / (name + ".pt");
    write_random_potential(file, config);
    auto potential = Potential::load(file);
    if (!target.is_null()) {
      potential.metadata["targets"] = target;
    }
    auto list = structures(3);
    if (config.max_neighbors > 0) {
      // images on both sides are equally near: which one counts is a matter of order
      list.pop_back();
    }
    add(name, potential, file, list);
  }
};

TEST_F(ExportedModuleInPython, GivesEnergiesForcesAndStressOfAllKindsOfModels) {
  auto config = small_config();
  config.energy_offset = -3.25;
  add_random("harmonics", config, {});
  add_random("alpha", config, Target{"alpha", "bohr^3", "polarizability"}.to_json());
  config.forces = "direct";
  config.force_rotations = 2;
  add_random("harmonics-direct", config, {});
  config = small_grid_config();
  add_random("grid", config, {});
  config.forces = "distance";
  config.max_neighbors = 5;
  add_random("grid-distance", config, {});
  config.forces = "direct";
  add_random("grid-direct", config, {});
  const auto result = run_cases();
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, ::testing::HasSubstr("grid-direct.ts H C O 4 structures"));
}

TEST_F(ExportedModuleInPython, OfShippedPotentialsGivesWhatTheEvaluatorGives) {
  for (const std::string name : {"rmd17-ethanol", "oc20-sample", "water-sample"}) {
    const std::string file = environment("SPINCONV_SOURCE_DIR") + "/potentials/" + name + ".pt";
    const auto potential = Potential::load(file);
    auto crystal = random_triclinic(4, 2, 31), molecule = random_molecule(7, 2, 32);
    molecule.cell = crystal.cell;
    add(name, potential, file, {molecule, crystal});
  }
  const auto result = run_cases();
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, ::testing::HasSubstr("water-sample.ts"));
}

TEST_F(ExportedModuleInPython, SeesANumberThatIsWrong) {
  add_random("harmonics", small_config(), {});
  double& wrong = *cases_[0]["structures"][1]["virial"][2][1].get_ptr<double*>();
  wrong += 1e-7;
  const auto result = run_cases();
  EXPECT_EQ(result.exit_code, 1) << result.output;
  EXPECT_THAT(result.output, ::testing::AllOf(::testing::HasSubstr("structure 1, virial"),
                                              ::testing::HasSubstr("structure 1, edges, virial"),
                                              ::testing::HasSubstr("structure 1, stress"),
                                              ::testing::Not(::testing::HasSubstr("structure 0"))));
}

}  // namespace
}  // namespace spinconv::test
