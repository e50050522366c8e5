// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/hyperparameters.hpp"

#include <gmock/gmock.h>

#include <cctype>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "spinconv/model_error.hpp"
#include "support/error_text.hpp"
#include "support/structures.hpp"
#include "support/test_models.hpp"

namespace spinconv::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Source = Hyperparameter::Source;

template <class T>
T& member(const Hyperparameter& h, ModelConfig& config) {
  return config.*std::get<T ModelConfig::*>(h.member);
}

template <class T>
bool is(const Hyperparameter& h) {
  return std::holds_alternative<T ModelConfig::*>(h.member);
}

bool is_number(const Hyperparameter& h) {
  return is<int>(h) || is<double>(h) || is<std::uint64_t>(h);
}

void set_number(const Hyperparameter& h, ModelConfig& config, double value) {
  if (is<int>(h)) {
    member<int>(h, config) = static_cast<int>(value);
  } else if (is<double>(h)) {
    member<double>(h, config) = value;
  } else {
    member<std::uint64_t>(h, config) = static_cast<std::uint64_t>(value);
  }
}

// "" where the value is valid.
std::string refusal(const Hyperparameter& h, const ModelConfig& config) {
  try {
    h.check(config);
  } catch (const ModelError& e) {
    EXPECT_EQ(e.key(), h.key);
    return e.what();
  }
  return "";
}

// A new member does not compile here before it is named, and is not found before it has a row.
TEST(Hyperparameters, AreTheMembersOfModelConfigEachOnce) {
  ModelConfig c;
  const auto& [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17, m18,
               m19, m20, m21, m22, m23, m24, m25, m26, m27, m28, m29, m30, m31, m32, m33, m34,
               m35] = c;
  const std::multiset<const void*> members = {&m0,  &m1,  &m2,  &m3,  &m4,  &m5,  &m6,  &m7,  &m8,
                                              &m9,  &m10, &m11, &m12, &m13, &m14, &m15, &m16, &m17,
                                              &m18, &m19, &m20, &m21, &m22, &m23, &m24, &m25, &m26,
                                              &m27, &m28, &m29, &m30, &m31, &m32, &m33, &m34, &m35};
  std::multiset<const void*> in_table;
  std::set<std::string> keys;
  for (const Hyperparameter& h : hyperparameters()) {
    in_table.insert(std::visit([&](auto m) -> const void* { return &(c.*m); }, h.member));
    EXPECT_TRUE(keys.insert(h.key).second) << h.key << " is there twice";
    EXPECT_EQ(&hyperparameter(h.key), &h);
  }
  EXPECT_EQ(in_table, members);
  EXPECT_THROW(hyperparameter("l_maxx"), std::invalid_argument);
}

TEST(Hyperparameters, AreDescribedAndNameOthersAsTheyAre) {
  const ModelConfig defaults = small_config();
  for (const Hyperparameter& h : hyperparameters()) {
    ASSERT_FALSE(h.help.empty()) << h.key;
    EXPECT_EQ(h.help.find('\n'), std::string::npos) << h.key;
    EXPECT_NE(h.help.back(), '.') << h.key;
    EXPECT_EQ(is<std::string>(h), !h.choices.empty()) << h.key;
    EXPECT_NO_THROW(h.check(defaults)) << h.key;
    for (const auto& choice : h.choices) {
      EXPECT_FALSE(choice.help.empty()) << h.key << " " << choice.name;
      for (const auto& architecture : choice.architectures) {
        EXPECT_THAT(hyperparameter("sphere").choice_names(), ::testing::Contains(architecture));
      }
    }
    for (const auto& condition : h.only_with) {
      const Hyperparameter& other = hyperparameter(condition.key);
      EXPECT_NE(other.key, h.key);
      for (const auto& value : condition.values) {
        if (is<std::string>(other)) {
          EXPECT_THAT(other.choice_names(), ::testing::Contains(value)) << h.key;
        }
      }
    }
  }
}

TEST(Hyperparameters, AreRefusedBeyondEachBound) {
  int bounds = 0;
  for (const Hyperparameter& h : hyperparameters()) {
    if (!is_number(h)) {
      continue;
    }
    const auto expect = [&](double value, bool valid) {
      ModelConfig config = small_config();
      set_number(h, config, value);
      const std::string text = refusal(h, config);
      if (valid) {
        EXPECT_EQ(text, "") << h.key << " " << value;
      } else {
        EXPECT_THAT(text, AllOf(HasSubstr(h.key + " is "), HasSubstr(h.range.text())));
        EXPECT_THAT(error_of([&] { config.validate(); }), HasSubstr(h.key));
      }
      ++bounds;
    };
    const auto step = [&](double from, double to) {
      return is<double>(h) ? std::nextafter(from, to) : from + (to > from ? 1.0 : -1.0);
    };
    const auto& r = h.range;
    if (std::isfinite(r.low)) {
      expect(r.low, !r.above_low);
      expect(step(r.low, r.high), true);
      if (!is<std::uint64_t>(h)) {
        expect(step(r.low, -INFINITY), r.also && *r.also == r.low - 1);
      }
    }
    if (std::isfinite(r.high)) {
      expect(r.high, true);
      expect(step(r.high, INFINITY), false);
    }
    if (r.also) {
      expect(*r.also, true);
      expect(step(*r.also, r.low), r.contains(step(*r.also, r.low)));
      expect(step(*r.also, -INFINITY), false);
    }
    if (is<double>(h)) {
      expect(NAN, false);
      expect(INFINITY, false);
      expect(-INFINITY, false);
    }
  }
  EXPECT_GT(bounds, 60);
}

TEST(Hyperparameters, TakeTheirChoicesAloneAndThoseOfTheArchitecture) {
  for (const Hyperparameter& h : hyperparameters()) {
    for (const auto& choice : h.choices) {
      for (const auto& architecture : hyperparameter("sphere").choice_names()) {
        ModelConfig config = small_config();
        config.sphere = architecture;
        member<std::string>(h, config) = choice.name;
        const auto& valid = choice.architectures;
        if (h.key == "sphere" || valid.empty() ||
            std::find(valid.begin(), valid.end(), architecture) != valid.end()) {
          EXPECT_EQ(refusal(h, config), "") << h.key << " " << choice.name;
        } else {
          EXPECT_THAT(refusal(h, config), AllOf(HasSubstr(h.key + " is " + choice.name),
                                                HasSubstr("with sphere " + architecture)));
        }
      }
      ModelConfig config = small_config();
      member<std::string>(h, config) = choice.name + "x";
      EXPECT_THAT(refusal(h, config), HasSubstr("did you mean '" + choice.name + "'?"));
    }
  }
}

TEST(Hyperparameters, WithoutAnEffectAreNotWrittenAndAreReadFromFilesThatHaveThem) {
  for (const auto& config : {small_config(), small_grid_config()}) {
    const auto json = config.to_json();
    nlohmann::json everything;
    std::size_t left_out = 0;
    for (const Hyperparameter& h : hyperparameters()) {
      EXPECT_EQ(json.contains(h.key), h.has_effect(config) || !h.same(config, ModelConfig()))
          << h.key;
      left_out += json.contains(h.key) ? 0 : 1;
      std::visit([&](auto m) { everything[h.key] = config.*m; }, h.member);
    }
    EXPECT_GT(left_out, 2u);
    for (const auto& text : {json, everything}) {
      const auto back = ModelConfig::from_json(text, "test");
      for (const Hyperparameter& h : hyperparameters()) {
        EXPECT_TRUE(h.same(back, config)) << h.key;
      }
    }
  }
  // a constant of the module may be as large as they say
  ModelConfig grid = small_grid_config();
  grid.l_max = 1;
  EXPECT_EQ(ModelConfig::from_json(grid.to_json(), "test").l_max, 1);
}

TEST(Hyperparameters, AreSummedUpBySizesAndWhatIsNotTheDefault) {
  ModelConfig config = small_config();
  EXPECT_THAT(hyperparameter_summary(config),
              AllOf(HasSubstr("layers 2"), HasSubstr("l_max 3"), Not(HasSubstr("latitudes")),
                    Not(HasSubstr("energy_scale")), Not(HasSubstr("roll"))));
  config.roll_activation = "swish";
  config.forces = "direct";
  config.force_rotations = 24;
  EXPECT_THAT(hyperparameter_summary(config),
              AllOf(HasSubstr("forces direct, force_rotations 24"),
                    HasSubstr("roll_activation swish"), Not(HasSubstr("roll_samples"))));
  config.roll = "none";
  EXPECT_THAT(hyperparameter_summary(config),
              AllOf(HasSubstr("roll none"), Not(HasSubstr("roll_activation"))));
  EXPECT_THAT(hyperparameter_summary(small_grid_config()),
              AllOf(HasSubstr("sphere grid"), HasSubstr("latitudes 6"), Not(HasSubstr("l_max"))));
}

// One that the module does not know would be computed as another.
TEST(Hyperparameters, NameActivationsThatTheGraphTellsApart) {
  const Structure s = random_molecule(7, 3, 5);
  std::vector<double> energies;
  for (const auto& activation : hyperparameter("roll_activation").choice_names()) {
    ModelConfig config = small_config();
    config.roll_activation = activation;
    auto evaluator = random_evaluator(config);
    const auto result = calculate(evaluator, s);
    for (const double other : energies) {
      EXPECT_GT(std::abs(result.energy - other), 1e-6) << activation;
    }
    energies.push_back(result.energy);
    const auto expected = finite_difference_forces(evaluator, s, 5e-4);
    EXPECT_LT(largest_difference(result.forces, expected), 1e-7 * root_mean_square(expected))
        << activation;
  }
}

}  // namespace
}  // namespace spinconv::test
