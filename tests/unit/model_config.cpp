// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/model_config.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

#include "support/error_text.hpp"
#include "support/test_models.hpp"

namespace spinconv::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(ModelConfig, RefusesEveryValueOutsideItsRangeAndNamesTheKey) {
  using Change = std::function<void(ModelConfig&)>;
  const std::vector<std::pair<std::string, Change>> bad = {
      {"elements", [](ModelConfig& c) { c.elements.clear(); }},
      {"elements",
       [](ModelConfig& c) {
         c.elements = {"H", "C", "H"};
       }},
      {"cutoff", [](ModelConfig& c) { c.cutoff = 0.0; }},
      {"cutoff", [](ModelConfig& c) { c.cutoff = -3.0; }},
      {"cutoff", [](ModelConfig& c) { c.cutoff = NAN; }},
      {"cutoff", [](ModelConfig& c) { c.cutoff = INFINITY; }},
      {"layers", [](ModelConfig& c) { c.layers = 0; }},
      {"layers", [](ModelConfig& c) { c.layers = 17; }},
      {"message_channels", [](ModelConfig& c) { c.message_channels = 0; }},
      {"hidden_channels", [](ModelConfig& c) { c.hidden_channels = 3; }},
      {"l_max", [](ModelConfig& c) { c.l_max = 0; }},
      {"l_max", [](ModelConfig& c) { c.l_max = 11; }},
      {"m_max", [](ModelConfig& c) { c.m_max = c.l_max + 1; }},
      {"m_max", [](ModelConfig& c) { c.m_max = -1; }},
      {"channel_groups", [](ModelConfig& c) { c.channel_groups = 3; }},
      {"channel_groups", [](ModelConfig& c) { c.channel_groups = 0; }},
      {"experts", [](ModelConfig& c) { c.experts = 0; }},
      {"embedding_channels", [](ModelConfig& c) { c.embedding_channels = 0; }},
      {"gaussians", [](ModelConfig& c) { c.gaussians = 1; }},
      {"gaussian_width", [](ModelConfig& c) { c.gaussian_width = 0.0; }},
      {"envelope_exponent", [](ModelConfig& c) { c.envelope_exponent = 2; }},
      {"roll_activation", [](ModelConfig& c) { c.roll_activation = "relu"; }},
      {"roll_samples", [](ModelConfig& c) { c.roll_samples = 0; }},
      {"normalization", [](ModelConfig& c) { c.normalization = "layer"; }},
      {"hidden_channels",
       [](ModelConfig& c) {
         c.normalization = "group";
         c.hidden_channels = 18;
       }},
      {"average_neighbors", [](ModelConfig& c) { c.average_neighbors = 0.0; }},
      {"energy_scale", [](ModelConfig& c) { c.energy_scale = -1.0; }},
      {"reference_energies", [](ModelConfig& c) { c.reference_energies.pop_back(); }},
      {"reference_energies", [](ModelConfig& c) { c.reference_energies[1] = NAN; }},
  };
  EXPECT_NO_THROW(small_config().validate());
  for (std::size_t i = 0; i < bad.size(); ++i) {
    auto config = small_config();
    bad[i].second(config);
    EXPECT_THAT(error_of([&] { config.validate(); }), HasSubstr(bad[i].first)) << "case " << i;
  }
}

TEST(ModelConfig, SuggestsTheNearestChoice) {
  auto config = small_config();
  config.roll_activation = "gatd";
  EXPECT_THAT(error_of([&] { config.validate(); }), HasSubstr("did you mean 'gated'?"));
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
  const auto defaults = ModelConfig().to_json(), changed = c.to_json();
  for (const auto& [key, value] : changed.items()) {
    EXPECT_NE(defaults.at(key), value) << key;
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
  double largest = 0.0;
  for (const auto& name : ModelConfig::preset_names()) {
    auto config = ModelConfig::preset(name);
    config.elements = {"H"};
    config.reference_energies = {0.0};
    EXPECT_NO_THROW(config.validate()) << name;
    const double size = double(config.message_channels) * config.hidden_channels;
    if (!config.is_grid()) {
      EXPECT_GT(size, largest) << name;
    }
    largest = size;
  }
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
}  // namespace spinconv::testing
