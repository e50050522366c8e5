// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "spinconv/hyperparameters.hpp"
#include "train/fit_config_file.hpp"
#include "trainer/initial_weights.hpp"

// Keys of `model`, all that the table has, in configurations and in the documentation.
namespace spinconv::train::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Source = Hyperparameter::Source;
namespace core = spinconv::test;

class KeysOfTheModel : public FitConfigFile {
 protected:
  FitConfig read(const std::string& model) const {
    return FitConfigFile::read(minimal + "model:\n" + model);
  }
  std::string refusal(const std::string& model) const {
    return FitConfigFile::refusal(minimal + "model:\n" + model);
  }
};

const ModelConfig small = ModelConfig::preset("small");  // the default

// Numbers and choices: what is read by its type alone.
std::vector<const Hyperparameter*> scalars(Source source) {
  std::vector<const Hyperparameter*> keys;
  for (const Hyperparameter& h : hyperparameters()) {
    if (h.source == source && h.text(small) != "[]") {
      keys.push_back(&h);
    }
  }
  return keys;
}

std::string line(const std::string& key, const std::string& value) {
  return "  " + key + ": " + value + "\n";
}

// A valid value that is not the default.
std::string another(const Hyperparameter& h) {
  const std::string now = h.text(small);
  for (const auto& choice : h.choices) {
    if (choice.name != now) {
      return choice.name;
    }
  }
  const double number = std::stod(now);
  const double other = h.range.contains(number - 1) ? number - 1 : number + 1;
  return std::to_string(static_cast<long>(other));
}

// Adds a key with its value, and the architecture that the value wants.
void add(std::map<std::string, std::string>& keys, const std::string& key,
         const std::string& value) {
  keys.emplace(key, value);
  for (const auto& choice : hyperparameter(key).choices) {
    if (choice.name == value && !choice.architectures.empty()) {
      keys.emplace("sphere", choice.architectures.front());
    }
  }
}

void meet(std::map<std::string, std::string>& keys, const Hyperparameter::Condition& condition) {
  if (!condition.unless) {
    add(keys, condition.key, condition.values.front());
  }
}

std::string lines(const std::map<std::string, std::string>& keys) {
  std::string text;
  for (const auto& [key, value] : keys) {
    text += line(key, value);
  }
  return text;
}

// A value that fails the condition.
std::string failing(const Hyperparameter::Condition& condition) {
  if (condition.unless) {
    return condition.values.front();
  }
  for (const auto& name : hyperparameter(condition.key).choice_names()) {
    if (std::find(condition.values.begin(), condition.values.end(), name) ==
        condition.values.end()) {
      return name;
    }
  }
  return {};
}

TEST_F(KeysOfTheModel, AreReadAndWrittenWhereTheyHaveAnEffect) {
  for (const Hyperparameter* h : scalars(Source::configuration)) {
    std::map<std::string, std::string> keys;
    add(keys, h->key, another(*h));
    for (const auto& condition : h->only_with) {
      meet(keys, condition);
    }
    const std::string text = lines(keys);
    FitConfig config;
    ASSERT_NO_THROW(config = read(text)) << text;
    EXPECT_EQ(h->text(config.model), another(*h)) << h->key;
    EXPECT_THAT(config.to_yaml(), HasSubstr(line(h->key, another(*h)))) << h->key;
    core::write_bytes(folder_ / "config.yaml", config.to_yaml());
    EXPECT_EQ(FitConfig::read(folder_ / "config.yaml", {}).model.to_json(), config.model.to_json());
  }
}

TEST_F(KeysOfTheModel, WithoutAnEffectAreRefusedInEveryArchitecture) {
  int refused = 0;
  for (const Hyperparameter* h : scalars(Source::configuration)) {
    std::map<std::string, std::string> met;
    for (const auto& condition : h->only_with) {
      const std::string value = failing(condition);
      ASSERT_FALSE(value.empty()) << h->key;
      auto keys = met;
      add(keys, condition.key, value);
      EXPECT_THAT(refusal(line(h->key, another(*h)) + lines(keys)),
                  AllOf(HasSubstr("fit.yaml:4: model." + h->key + " has no effect, as model." +
                                  condition.key + " is " + value),
                        HasSubstr("leave it out (it belongs to model." + condition.key + ": " +
                                  condition.needed() + ")")));
      EXPECT_THAT(read(lines(keys)).to_yaml(), Not(HasSubstr("  " + h->key + ":")));
      meet(met, condition);
      ++refused;
    }
  }
  EXPECT_GT(refused, 12);
}

TEST_F(KeysOfTheModel, ThatComeWithTheWeightsAreNoKeysOfAConfiguration) {
  for (const Source source : {Source::data, Source::import}) {
    for (const Hyperparameter* h : scalars(source)) {
      EXPECT_THAT(refusal(line(h->key, another(*h))), HasSubstr("unknown key 'model." + h->key))
          << h->key;
    }
  }
}

TEST_F(KeysOfTheModel, ThatComeWithTheWeightsAreTakenFromThePotentialThatIsBegunWith) {
  for (const auto& architecture : hyperparameter("sphere").choice_names()) {
    ModelConfig model = ModelConfig::preset("small");
    model.sphere = architecture;
    model.forces = "direct";
    model.elements = {"H"};
    model.reference_energies = {0.0};
    for (const Source source : {Source::data, Source::import}) {
      for (const Hyperparameter* h : scalars(source)) {
        nlohmann::json json = model.to_json();
        json[h->key] = h->choices.empty() ? nlohmann::json(std::stod(another(*h)))
                                          : nlohmann::json(another(*h));
        const auto potential = ModelConfig::from_json(json, "test");
        ASSERT_FALSE(h->same(model, potential));
        EXPECT_NO_THROW(require_same_architecture(model, potential, "p.pt")) << h->key;
        ModelConfig begun = model;
        adopt_scales(begun, potential);
        EXPECT_TRUE(h->same(begun, potential)) << h->key;
      }
    }
  }
}

TEST_F(KeysOfTheModel, OfAPotentialThatIsBegunWithAreComparedWhereTheyFixItsWeights) {
  for (const Hyperparameter* h : scalars(Source::configuration)) {
    std::map<std::string, std::string> context, changed;
    add(changed, h->key, another(*h));
    if (changed.count("sphere") > 0 && h->key != "sphere") {
      context["sphere"] = changed["sphere"];
    }
    for (const auto& condition : h->only_with) {
      meet(context, condition);
    }
    changed.insert(context.begin(), context.end());
    const ModelConfig model = read(lines(context)).model;
    const ModelConfig potential = read(lines(changed)).model;
    const auto compare = [&] { require_same_architecture(model, potential, "p.pt"); };
    if (h->fixes_weights) {
      EXPECT_THAT(core::error_of(compare),
                  AllOf(HasSubstr("model." + h->key + " is " + another(*h)),
                        HasSubstr(" model." + h->key + "=" + another(*h))));
    } else {
      EXPECT_NO_THROW(compare()) << h->key;
    }
  }
}

TEST_F(KeysOfTheModel, AreDocumentedAsTheTableHasThem) {
  const std::string reference = hyperparameter_reference(ModelConfig::preset("small"));
  std::ifstream in(core::environment("SPINCONV_SOURCE_DIR") + "/docs/hyperparameters.md");
  std::stringstream text;
  text << in.rdbuf();
  const std::string page = text.str();
  const std::string fence = "```yaml\n";
  const auto begin = page.find(fence), end = page.find("```\n", begin + fence.size());
  ASSERT_NE(begin, std::string::npos);
  ASSERT_NE(end, std::string::npos);
  EXPECT_EQ(page.substr(begin + fence.size(), end - begin - fence.size()), reference)
      << "put the output of 'spinconv-train preset small --keys' into docs/hyperparameters.md";
  const auto printed =
      core::run_command({core::environment("SPINCONV_TRAIN_EXE"), "preset", "small", "--keys"});
  EXPECT_EQ(printed.exit_code, 0);
  EXPECT_EQ(printed.output, reference);
  for (const Hyperparameter& h : hyperparameters()) {
    EXPECT_THAT(reference, HasSubstr("\n" + h.key + ":")) << h.key;
    for (const auto& choice : h.choices) {
      EXPECT_THAT(reference, HasSubstr("\n  " + choice.name + " ")) << h.key;
    }
  }
}

// The table has what 'preset' prints beside a key too.
TEST_F(KeysOfTheModel, AreInThePresetsWithWhatTheyMean) {
  for (const auto& name : ModelConfig::preset_names()) {
    const std::string preset = commented_preset(name);
    const ModelConfig model = ModelConfig::preset(name);
    for (const Hyperparameter& h : hyperparameters()) {
      const bool shown = h.shown != Hyperparameter::Shown::if_changed && h.has_effect(model);
      const std::string text = "\n  " + h.key + ": " + h.text(model) + " ";
      if (!shown) {
        EXPECT_THAT(preset, Not(HasSubstr(text))) << name;
        continue;
      }
      EXPECT_THAT(preset, AllOf(HasSubstr(text), HasSubstr("# " + h.help))) << name;
      for (const auto& choice : h.choices) {
        EXPECT_THAT(preset, HasSubstr(choice.name)) << name << " " << h.key;
      }
    }
  }
}

}  // namespace
}  // namespace spinconv::train::test
