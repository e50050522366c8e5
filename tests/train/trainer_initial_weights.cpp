// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "trainer/initial_weights.hpp"

#include <gtest/gtest.h>

#include <map>

#include "spinconv/module_definition.hpp"
#include "support/variants.hpp"
#include "train/trainer_support.hpp"

namespace spinconv::train::test {
namespace {

namespace core = spinconv::test;
using Rows = ModuleDefinition::Axis::Rows;

const std::map<std::string, int> numbers = {{"H", 1}, {"C", 6}, {"O", 8}, {"N", 7}, {"Fe", 26}};

class InitialWeightsOf : public ::testing::TestWithParam<core::Variant> {
 protected:
  static ModelConfig with_elements(ModelConfig config, const std::vector<std::string>& elements) {
    config.elements = elements;
    config.reference_energies.assign(elements.size(), 0.25);
    config.repulsion_radii.clear();
    return config;
  }

  // Energies of frames of H, C and O; the first is of a molecule and the second of a crystal.
  static std::vector<double> energies(const Model& model) {
    std::vector<int> types;
    for (const char* element : {"H", "C", "O"}) {
      types.push_back(numbers.at(element));
    }
    const Prepared data({frame_of(core::random_molecule(7, 3, 3), types),
                         frame_of(core::random_triclinic(6, 3, 4), types)},
                        model.config());
    const HeldFrames frames(data.pointers());
    const std::vector<std::size_t> all = {0, 1};
    Predictor by_graph(model, nullptr);
    return predicted_energies(by_graph, frames, all);
  }

  // A model of these elements with the weights of `from`, and other random ones elsewhere.
  static Model adopted(const Model& from, const std::vector<std::string>& elements) {
    auto config = with_elements(from.config(), elements);
    adopt_scales(config, from.config());
    Model model = core::random_model(config, 99);
    adopt_weights(model, from);
    return model;
  }
};

INSTANTIATE_TEST_SUITE_P(Models, InitialWeightsOf, ::testing::ValuesIn(core::all_variants()),
                         [](const auto& info) { return info.param.name; });

TEST_P(InitialWeightsOf, ElementsAreMatchedByNameInEveryParameter) {
  const Model from = core::random_model(GetParam().config, 7);
  const auto expected = energies(from);
  EXPECT_GT(core::largest_difference(energies(core::random_model(GetParam().config, 99)), expected),
            1e-3);
  for (const std::vector<std::string>& elements :
       {std::vector<std::string>{"O", "H", "C"}, {"C", "O", "H"}, {"N", "O", "C", "Fe", "H"}}) {
    const Model to = adopted(from, elements);
    EXPECT_LT(core::largest_difference(energies(to), expected), 1e-12);
    EXPECT_LT(core::largest_difference(energies(adopted(to, {"H", "C", "O"})), expected), 1e-12);
  }
}

// A size that grows with the number of elements and is not marked would be copied in the order of
// the file.
TEST_P(InitialWeightsOf, SizesThatFollowTheElementsAreMarked) {
  const auto& config = GetParam().config;
  const auto few = module_definition(config);
  const auto more = module_definition(with_elements(config, {"H", "C", "O", "N", "Fe"}));
  ASSERT_EQ(few.parameters.size(), more.parameters.size());
  int marked = 0;
  for (std::size_t p = 0; p < few.parameters.size(); ++p) {
    const auto &a = few.parameters[p], &b = more.parameters[p];
    ASSERT_EQ(a.axes.size(), b.axes.size()) << a.name;
    int of_this = 0;
    for (std::size_t d = 0; d < a.axes.size(); ++d) {
      EXPECT_EQ(a.axes[d].rows == Rows::numbered, a.axes[d].size == b.axes[d].size) << a.name;
      EXPECT_EQ(a.axes[d].size, a.axes[d].rows == Rows::of_elements ? 3
                                : a.axes[d].rows == Rows::of_pairs  ? 9
                                                                    : a.axes[d].size)
          << a.name;
      of_this += a.axes[d].rows != Rows::numbered;
    }
    EXPECT_LE(of_this, 1) << a.name << ": adopt_weights() takes one axis of elements";
    marked += of_this;
  }
  EXPECT_EQ(marked, config.sphere == "spinconv2" ? 5 : 4);
}

}  // namespace
}  // namespace spinconv::train::test
