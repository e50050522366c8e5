// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/evaluator.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "support/error_text.hpp"
#include "support/structures.hpp"
#include "support/test_models.hpp"

namespace spinconv::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

EvaluatorOptions with_elements(const std::vector<std::string>& elements) {
  EvaluatorOptions options;
  options.elements = elements;
  return options;
}

TEST(EvaluatorTest, GivesTheSameBitsAgain) {
  const auto s = random_triclinic(9, 3, 61);
  for (const auto precision : {Precision::single_, Precision::double_}) {
    EvaluatorOptions options;
    options.precision = precision;
    auto first = random_evaluator(small_config(), options);
    auto second = random_evaluator(small_config(), options);
    const auto a = calculate(first, s);
    calculate(first, random_molecule(4, 3, 62));  // what came before leaves no trace
    const auto b = calculate(first, s), c = calculate(second, s);
    EXPECT_EQ(a.atomic_energies, b.atomic_energies);
    EXPECT_EQ(a.forces, b.forces);
    EXPECT_EQ(a.atomic_energies, c.atomic_energies);
    EXPECT_EQ(a.forces, c.forces);
  }
}

TEST(EvaluatorTest, EnergiesAreTheSameWithAndWithoutGradients) {
  auto evaluator = random_evaluator(small_config());
  const auto edges = brute_force_edges(random_triclinic(6, 3, 63), evaluator.cutoff());
  Evaluation with, without;
  evaluator.evaluate(edges.graph(), true, with);
  evaluator.evaluate(edges.graph(), false, without);
  EXPECT_EQ(with.atomic_energies, without.atomic_energies);
  EXPECT_EQ(with.edge_gradients.size(), 3 * edges.size());
  EXPECT_TRUE(without.edge_gradients.empty());
  double sum = 0.0;
  for (const double e : with.atomic_energies) {
    sum += e;
  }
  EXPECT_NEAR(with.energy, sum, 1e-12);
}

// The device is the CPU here: the route is that of a GPU.
TEST(EvaluatorTest, EdgesOnTheDeviceGiveWhatEdgesOnTheHostGive) {
  for (const auto& variant : decomposed_variants()) {
    SCOPED_TRACE(variant.name);
    auto evaluator = random_evaluator(variant.config);
    auto structure = random_triclinic(6, 3, 63);
    for (auto& type : structure.types) {
      type %= static_cast<int>(variant.config.elements.size());
    }
    const auto edges = brute_force_edges(structure, evaluator.cutoff());
    const Graph graph = edges.graph();
    Evaluation expected;
    evaluator.evaluate(graph, true, expected);

    DeviceEvaluation found;
    evaluator.evaluate(graph, true, found);
    EXPECT_EQ(*found.energy, expected.energy);
    const auto values = [](const double* data, std::size_t n) {
      return data ? std::vector<double>(data, data + n) : std::vector<double>();
    };
    EXPECT_EQ(values(found.atomic_energies, graph.n_owned), expected.atomic_energies);
    EXPECT_EQ(values(found.atomic_forces, 3 * graph.n_owned), expected.atomic_forces);
    EXPECT_EQ(values(found.edge_gradients, 3 * graph.n_edges), expected.edge_gradients);

    evaluator.evaluate(graph, false, found);
    EXPECT_EQ(*found.energy, expected.energy);
    EXPECT_EQ(found.edge_gradients, nullptr);
    EXPECT_EQ(values(found.atomic_energies, graph.n_owned), expected.atomic_energies);
  }
}

TEST(EvaluatorTest, StreamsAndTf32NeedACudaDevice) {
  int anything = 0;
  EvaluatorOptions options;
  options.stream = &anything;
  EXPECT_THAT(error_of([&] { random_evaluator(small_config(), options); }),
              HasSubstr("a CUDA stream was given for device 'cpu'"));
  options.stream = nullptr;
  options.tf32 = true;
  EXPECT_THAT(error_of([&] { random_evaluator(small_config(), options); }),
              HasSubstr("option tf32 is for CUDA devices"));
}

TEST(EvaluatorTest, ForSomeElementsEqualsTheOneForAll) {
  auto full = random_evaluator(small_config());
  auto s = random_triclinic(6, 2, 64);  // H and C only
  const auto expected = calculate(full, s);
  auto two = random_evaluator(small_config(), with_elements({"H", "C"}));
  const auto a = calculate(two, s);
  EXPECT_LT(largest_difference(a.atomic_energies, expected.atomic_energies), 1e-12);
  EXPECT_LT(largest_difference(a.forces, expected.forces), 1e-12);
  // another order of the engine's types
  auto turned = random_evaluator(small_config(), with_elements({"O", "C", "H"}));
  for (auto& t : s.types) {
    t = 2 - t;
  }
  const auto b = calculate(turned, s);
  EXPECT_LT(largest_difference(b.atomic_energies, expected.atomic_energies), 1e-12);
  EXPECT_LT(largest_difference(b.forces, expected.forces), 1e-12);
}

TEST(EvaluatorTest, TwoTypesMayBeOneElement) {
  auto plain = random_evaluator(small_config());
  auto s = random_molecule(7, 3, 65);
  const auto expected = calculate(plain, s);
  auto doubled = random_evaluator(small_config(), with_elements({"H", "C", "O", "H"}));
  s.types[0] = 3;  // an H by another name
  const auto result = calculate(doubled, s);
  EXPECT_LT(largest_difference(result.atomic_energies, expected.atomic_energies), 1e-12);
  EXPECT_LT(largest_difference(result.forces, expected.forces), 1e-12);
}

TEST(EvaluatorTest, ReferenceEnergiesShiftTheAtomsOfTheirElement) {
  auto config = small_config();
  auto before = random_evaluator(config);
  config.reference_energies[1] -= 1000.0;
  auto after = random_evaluator(config);
  const auto s = random_molecule(7, 3, 66);
  const auto a = calculate(before, s), b = calculate(after, s);
  for (std::size_t i = 0; i < s.size(); ++i) {
    EXPECT_NEAR(b.atomic_energies[i] - a.atomic_energies[i], s.types[i] == 1 ? -1000.0 : 0.0,
                1e-12);
  }
  EXPECT_EQ(a.forces, b.forces);
}

TEST(EvaluatorTest, SinglePrecisionKeepsTheDigitsOfLargeReferenceEnergies) {
  auto config = small_config();
  config.reference_energies = {-13.6, -1030.5, -2043.25};
  EvaluatorOptions options;
  options.precision = Precision::single_;
  auto single = random_evaluator(config, options);
  auto full = random_evaluator(config);
  const auto s = random_molecule(9, 3, 67);
  // float32 alone would lose 1e-4 of 2043
  EXPECT_LT(
      largest_difference(calculate(single, s).atomic_energies, calculate(full, s).atomic_energies),
      1e-5);
}

TEST(EvaluatorTest, AnElementThatTheModelDoesNotKnowIsNamed) {
  EXPECT_THAT(error_of([] {
                random_evaluator(small_config(), with_elements({"H", "Xe"}));
              }),
              AllOf(HasSubstr("'Xe'"), HasSubstr("H C O"), HasSubstr("random.pt")));
  EXPECT_THAT(error_of([] { random_evaluator(small_config(), with_elements({"h"})); }),
              HasSubstr("'h'"));
}

TEST(EvaluatorTest, DevicesThatAreNotThereOrMisspeltAreRefused) {
  const auto with_device = [](const std::string& device) {
    EvaluatorOptions options;
    options.device = device;
    return options;
  };
  EXPECT_THAT(error_of([&] { random_evaluator(small_config(), with_device("cudda")); }),
              AllOf(HasSubstr("'cudda'"), HasSubstr("'cuda'")));
  if (random_evaluator(small_config(), with_device("auto")).device() == "cpu") {
    for (const char* device : {"cuda", "cuda:0"}) {
      EXPECT_THAT(error_of([&] { random_evaluator(small_config(), with_device(device)); }),
                  AllOf(HasSubstr(device), HasSubstr("no CUDA device"), HasSubstr("'cpu'")));
    }
  } else {
    EXPECT_EQ(random_evaluator(small_config(), with_device("cuda")).device().substr(0, 4), "cuda");
  }
}

TEST(EvaluatorTest, CoincidentAtomsAreNamed) {
  auto evaluator = random_evaluator(small_config());
  auto s = random_molecule(6, 3, 68);
  s.positions[4] = s.positions[2] + Vector{0, 0, 1e-6};
  EXPECT_THAT(error_of([&] { calculate(evaluator, s); }),
              AllOf(HasSubstr("atoms"), HasSubstr("4"), HasSubstr("2"), HasSubstr("overlap")));
  s.positions[4] = s.positions[2];
  EXPECT_THAT(error_of([&] { calculate(evaluator, s); }), HasSubstr("overlap"));
}

TEST(EvaluatorTest, VectorsThatAreNotNumbersAreRefused) {
  auto evaluator = random_evaluator(small_config());
  const auto good = brute_force_edges(random_molecule(5, 3, 69), evaluator.cutoff());
  Evaluation result;
  for (const double value : {std::nan(""), double(INFINITY), -double(INFINITY), 1e200}) {
    auto edges = good;
    edges.vectors[3 * 4 + 1] = value;
    EXPECT_THAT(error_of([&] { evaluator.evaluate(edges.graph(), true, result); }),
                AllOf(HasSubstr("not a number"), HasSubstr("timestep")));
  }
  EXPECT_NO_THROW(evaluator.evaluate(good.graph(), true, result));
}

TEST(EvaluatorTest, SaysWhatItIs) {
  const auto config = small_config();
  auto evaluator = random_evaluator(config);
  EXPECT_EQ(evaluator.cutoff(), config.cutoff);
  EXPECT_EQ(evaluator.elements(), config.elements);
  EXPECT_EQ(evaluator.device(), "cpu");
  EXPECT_EQ(evaluator.exchange_width(), 16 * config.message_channels);
  calculate(evaluator, random_molecule(5, 3, 70));
  const auto& times = evaluator.times();
  EXPECT_GT(times.forward, 0.0);
  EXPECT_GT(times.backward, 0.0);
  EXPECT_EQ(times.exchange, 0.0);
}

}  // namespace
}  // namespace spinconv::test
