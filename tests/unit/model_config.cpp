// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/model_config.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

#include "spinconv/hyperparameters.hpp"
#include "spinconv/model.hpp"
#include "support/error_text.hpp"
#include "support/test_models.hpp"

namespace spinconv::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// Beside the range of each (hyperparameters.cpp).
TEST(ModelConfig, RefusesValuesThatDoNotGoTogetherAndNamesTheKey) {
  using Change = std::function<void(ModelConfig&)>;
  struct Case {
    std::string text;
    Change change;
  };
  const std::vector<Case> harmonics = {
      {"elements is empty", [](ModelConfig& c) { c.elements.clear(); }},
      {"elements is naming 'H' twice",
       [](ModelConfig& c) {
         c.elements = {"H", "C", "H"};
       }},
      {"m_max is 4; it must be between 0 and 3", [](ModelConfig& c) { c.m_max = c.l_max + 1; }},
      {"channel_groups is 3", [](ModelConfig& c) { c.channel_groups = 3; }},
      {"hidden_channels is 18; it must be a multiple of 4",
       [](ModelConfig& c) {
         c.normalization = "group";
         c.hidden_channels = 18;
       }},
      {"envelope_exponent is 0", [](ModelConfig& c) { c.envelope_exponent = 0; }},
      {"max_neighbors is 4", [](ModelConfig& c) { c.max_neighbors = 4; }},
      {"forces is distance; it must be gradient or direct with sphere harmonics",
       [](ModelConfig& c) { c.forces = "distance"; }},
      {"reference_energies is of length 2",
       [](ModelConfig& c) { c.reference_energies.pop_back(); }},
      {"reference_energies is [-1, nan, -3.5]; it must be a list of numbers",
       [](ModelConfig& c) { c.reference_energies[1] = NAN; }},
  };
  const std::vector<Case> grid = {
      {"message_channels is 12", [](ModelConfig& c) { c.message_channels = 12; }},
      {"message_channels is 16", [](ModelConfig& c) { c.hidden_channels = 9; }},
  };
  for (const auto& [config, cases] :
       {std::pair{small_config(), harmonics}, {small_grid_config(), grid}}) {
    EXPECT_NO_THROW(config.validate());
    for (const auto& [text, change] : cases) {
      auto changed = config;
      change(changed);
      EXPECT_THAT(error_of([&] { changed.validate(); }), HasSubstr(text));
    }
  }
}

// What belongs to the harmonics does not hold a grid back.
TEST(ModelConfig, TakesKeysWithoutAnEffectAsTheyAre) {
  auto config = small_grid_config();
  config.m_max = config.l_max + 1;
  config.channel_groups = 3;
  EXPECT_NO_THROW(config.validate());
}

TEST(ModelConfig, IsTheSameAfterARoundTripThroughJson) {
  ModelConfig c = small_config({"Cu", "O"});
  c.cutoff = 1.0 / 3.0 * 17.0;
  c.layers = 5;
  c.l_max = 4;
  c.channel_groups = 2;
  c.m_max = 1;
  c.gaussian_width = 0.1 + 0.2;
  c.envelope_exponent = 4;
  c.roll_activation = "swish";
  c.roll_samples = 17;
  c.normalization = "group";
  c.average_neighbors = 12.34567890123456;
  c.sphere = "grid";
  c.roll = "none";
  c.forces = "direct";
  c.force_rotations = 5;
  c.force_seed = 0x1fffffffffffff;
  c.force_scale = 0.7;
  c.energy_offset = -0.1;
  c.product_channels = 7;
  c.directed_channels = 3;
  c.repulsion = "zbl";
  c.repulsion_radii = {0.1, 2.0 / 3.0};
  c.latitudes = 9;
  c.longitudes = 7;
  c.max_neighbors = 40;
  c.distance_scale_max = 3.0;
  c.message_filters = c.force_filters = "harmonics";
  const auto text = c.to_json().dump();
  const auto back = ModelConfig::from_json(nlohmann::json::parse(text), "test");
  EXPECT_EQ(back.to_json(), c.to_json());
  EXPECT_EQ(back.cutoff, c.cutoff);
  EXPECT_EQ(back.gaussian_width, c.gaussian_width);
  EXPECT_EQ(back.reference_energies, c.reference_energies);
  // a key that is left out would come back as its default
  for (const Hyperparameter& h : hyperparameters()) {
    EXPECT_FALSE(h.same(ModelConfig(), c)) << h.key;
    EXPECT_TRUE(h.same(back, c)) << h.key;
  }
}

TEST(ModelConfig, RefusesUnknownKeysWithTheNearestOne) {
  auto json = small_config().to_json();
  json["cutof"] = 4.0;
  EXPECT_THAT(error_of([&] { ModelConfig::from_json(json, "file x.pt"); }),
              AllOf(HasSubstr("file x.pt"), HasSubstr("'cutof'"), HasSubstr("'cutoff'")));
}

TEST(ModelConfig, RefusesValuesOfAnotherTypeAndNamesTheKey) {
  auto json = small_config().to_json();
  json["layers"] = "three";
  EXPECT_THAT(error_of([&] { ModelConfig::from_json(json, "file x.pt"); }),
              AllOf(HasSubstr("file x.pt"), HasSubstr("layers")));
}

TEST(ModelConfig, HasPresetsThatAreValidAndGrow) {
  std::int64_t largest = 0;
  for (const auto& name : ModelConfig::preset_names()) {
    auto config = ModelConfig::preset(name);
    config.elements = {"H"};
    config.reference_energies = {0.0};
    EXPECT_NO_THROW(config.validate()) << name;
    if (config.sphere != "spinconv2") {
      continue;
    }
    const auto size = Model::create(config, 1).parameter_count();
    EXPECT_GT(size, largest) << name;
    largest = size;
  }
  EXPECT_GT(largest, 0);
  const auto paper = ModelConfig::preset("paper");
  EXPECT_EQ(paper.message_channels, 32);
  EXPECT_EQ(paper.hidden_channels, 256);
  EXPECT_EQ(paper.layers, 3);
  EXPECT_EQ(paper.l_max, 5);
  EXPECT_EQ(paper.experts, 8);
}

TEST(ModelConfig, RefusesAnUnknownPresetWithTheNearestOne) {
  EXPECT_THAT(error_of([] { ModelConfig::preset("smal"); }), HasSubstr("'small'"));
}

TEST(UnknownName, SuggestsOnlyWhatIsNear) {
  const std::vector<std::string> valid = {"cutoff", "layers"};
  EXPECT_EQ(nearest_name("Cutof", valid), "cutoff");
  EXPECT_EQ(nearest_name("temperature", valid), "");
  EXPECT_THAT(unknown_name_message("key", "temperature", valid),
              AllOf(HasSubstr("unknown key 'temperature'"), HasSubstr("cutoff, layers"),
                    ::testing::Not(HasSubstr("did you mean"))));
}

}  // namespace
}  // namespace spinconv::test
