// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "trainer/fit_config.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "train/fit_config_file.hpp"

namespace spinconv::train::test {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;
namespace core = spinconv::test;

TEST_F(FitConfigFile, UnknownKeysAreRefusedWithTheirLineAndTheNearestName) {
  EXPECT_THAT(refusal(minimal + "trainin:\n  epochs: 3\n"),
              AllOf(HasSubstr(at(3)), HasSubstr("did you mean 'training'")));
  EXPECT_THAT(refusal(minimal + "training:\n  epochs: 3\n  learning_rat: 1\n"),
              AllOf(HasSubstr(at(5)), HasSubstr("'training.learning_rat'"),
                    HasSubstr("did you mean 'training.learning_rate'")));
  EXPECT_THAT(refusal(minimal + "training:\n  loss:\n    force_wieght: 1\n"),
              AllOf(HasSubstr(at(5)), HasSubstr("did you mean 'training.loss.force_weight'")));
  EXPECT_THAT(refusal("data:\n  file: a.extxyz\n  split: {trian: 3}\noutput: {folder: out}\n"),
              AllOf(HasSubstr(at(3)), HasSubstr("did you mean 'data.split.train'")));
  EXPECT_THAT(refusal("data:\n  fille: a.extxyz\noutput: {folder: out}\n"), HasSubstr("data.file"));
  EXPECT_THAT(refusal(minimal + "model:\n  lmax: 3\n"),
              AllOf(HasSubstr(at(4)), HasSubstr("did you mean 'model.l_max'")));
  EXPECT_THAT(refusal(minimal + "data_units: x\n"), HasSubstr(at(3)));
  EXPECT_THAT(refusal("data:\n  file: a.npz\n  test:\n    framse: ':5'\noutput: {folder: out}\n"),
              AllOf(HasSubstr(at(4)), HasSubstr("did you mean 'data.test.frames'")));
}

TEST_F(FitConfigFile, AKeyGivenTwiceIsRefusedWithItsLine) {
  EXPECT_THAT(refusal(minimal + "training:\n  epochs: 3\n  seed: 1\n  epochs: 4\n"),
              AllOf(HasSubstr(at(6)), HasSubstr("training.epochs"), HasSubstr("twice")));
  EXPECT_THAT(refusal(minimal + "training: {epochs: 3}\nmodel:\ntraining: {seed: 4}\n"),
              AllOf(HasSubstr(at(5)), HasSubstr("'training'"), HasSubstr("twice")));
}

TEST_F(FitConfigFile, ValuesOfTheWrongKindAreRefusedWithLineKeyAndWhatIsValid) {
  struct Case {
    std::string line, key, cure;
  };
  const std::vector<Case> cases = {
      {"epochs: many", "training.epochs", "whole number"},
      {"epochs: 2.5", "training.epochs", "whole number"},
      {"epochs: 0", "training.epochs", "at least 1"},
      {"epochs: [1, 2]", "training.epochs", "whole number"},
      {"batch_size: -1", "training.batch_size", "at least 1"},
      {"seed: -3", "training.seed", "whole number"},
      {"learning_rate: fast", "training.learning_rate", "a number"},
      {"learning_rate: -1e-3", "training.learning_rate", "not negative"},
      {"learning_rate: .nan", "training.learning_rate", "not negative"},
      {"learning_rate: .inf", "training.learning_rate", "not negative"},
      {"amsgrad: 7", "training.amsgrad", "true or false"},
      {"optimizer: muo", "training.optimizer", "did you mean 'muon'"},
      {"muon_momentum: 1", "training.muon_momentum", "below 1"},
      {"muon_iterations: 0", "training.muon_iterations", "at least 1"},
      {"muon_decay: -0.1", "training.muon_decay", "not negative"},
      {"ema_decay: 1", "training.ema_decay", "below 1"},
      {"early_stop: -1", "training.early_stop", "negative"},
      {"precision: doubel", "training.precision", "did you mean 'double'"},
      {"device: gpu", "training.device", "cuda"},
      {"loss: {type: l3}", "training.loss.type", "huber"},
      {"loss: 5", "training.loss", "section"},
      {"loss: {energy_per_atom: 7}", "training.loss.energy_per_atom", "true or false"},
      {"loss: {group_weights: {a: -1}}", "training.loss.group_weights.a", "not be negative"},
      {"loss: {group_weights: {a: x}}", "training.loss.group_weights.a", "a number"},
      {"loss: {group_weights: [a, b]}", "training.loss.group_weights", "section"},
      {"isolated_atoms: {H: x}", "training.isolated_atoms.H", "a number"},
      {"isolated_atoms: all", "training.isolated_atoms", "frames"},
      {"loss: {huber_delta: -1}", "training.loss.huber_delta", "not negative"},
      {"loss: {huber_delta: 0}", "training.loss.huber_delta", "positive"},
      {"schedule: {type: cosin}", "training.schedule.type", "did you mean 'cosine'"},
      {"schedule: {type: plateau, plateau_factor: 1.5}", "training.schedule.plateau_factor",
       "below 1"},
      {"schedule: {warmup_steps: -1}", "training.schedule.warmup_steps", "negative"},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(refusal(minimal + "training:\n  " + c.line + "\n"),
                AllOf(HasSubstr(at(4)), HasSubstr(c.key), HasSubstr(c.cure)))
        << c.line;
  }
  EXPECT_THAT(refusal(minimal + "model:\n  cutoff: far\n"),
              AllOf(HasSubstr(at(4)), HasSubstr("model.cutoff"), HasSubstr("a number")));
  EXPECT_THAT(refusal(minimal + "model:\n  elements: H\n"),
              AllOf(HasSubstr(at(4)), HasSubstr("model.elements"), HasSubstr("a list")));
  EXPECT_THAT(refusal(minimal + "model:\n  preset: huge\n"),
              HasSubstr("small, medium, large, paper, grid"));
  EXPECT_THAT(refusal(minimal + "model:\n  elements: [H, O]\n  reference_energies: [-13.6]\n"),
              AllOf(HasSubstr(at(5)), HasSubstr("1 values"), HasSubstr("(2)")));
  EXPECT_THAT(refusal("data: {file: a.extxyz, split: {validation: some}}\noutput: {folder: out}\n"),
              HasSubstr("data.split.validation"));
}

TEST_F(FitConfigFile, NumbersThatProgramsReadDifferentlyAreRefused) {
  struct Case {
    std::string key, value, cure;
  };
  const std::vector<Case> cases = {
      {"training.epochs", "010", "write 10"},
      {"training.epochs", "0100", "write 100"},
      {"training.epochs", "0x10", "write 16"},
      {"training.epochs", "1_000", "write 1000"},
      {"training.epochs", "1e3", "write 1000"},
      {"training.epochs", "3000000000", "-2147483648 to 2147483647"},
      {"training.epochs", ".inf", "a whole number"},
      {"training.seed", "-1", "negative"},
      {"training.seed", "99999999999999999999", "range"},
      {"training.learning_rate", "010", "write 10"},
      {"training.learning_rate", "0,004", "write 0.004"},
      {"training.learning_rate", "1e-999", "range"},
      {"model.cutoff", "05.5", "write 5.5"},
      {"model.cutoff", ".inf", "a number"},
      {"model.cutoff", ".nan", "a number"},
      {"data.max_force", "0x32", "write 50"},
      {"data.split.train", "0100", "write 100"},
      {"data.prefetch", "02", "write 2"},
  };
  for (const auto& [key, value, cure] : cases) {
    EXPECT_THAT(refusal(minimal, {key + "=" + value}),
                AllOf(HasSubstr("--set: " + key), HasSubstr("'" + value + "'"), HasSubstr(cure)))
        << key << " " << value;
    if (key.starts_with("training.")) {
      EXPECT_THAT(refusal(minimal + "training:\n  " + key.substr(9) + ": " + value + "\n"),
                  AllOf(HasSubstr(at(4) + key), HasSubstr(cure)))
          << key << " " << value;
    }
  }
  EXPECT_THAT(
      refusal(minimal + "model:\n  elements: [H, O]\n  reference_energies:\n  - -13.6\n  - 010\n"),
      AllOf(HasSubstr(at(7)), HasSubstr("entry 2 of model.reference_energies"),
            HasSubstr("write 10")));
}

TEST_F(FitConfigFile, TextFormsOfOtherSystemsAreRead) {
  const std::string text = minimal + "training:\n  epochs: 3\n  learning_rate: 0.5\n";
  const auto replaced = [&](const std::string& end) {
    std::string result;
    for (const char c : text) {
      result += c == '\n' ? end : std::string(1, c);
    }
    return result;
  };
  const std::string expected = read(text).to_yaml();
  for (const std::string& other : {replaced("\r\n"), replaced("\r"), "\xEF\xBB\xBF" + text,
                                   "\xEF\xBB\xBF" + replaced("\r\n")}) {
    EXPECT_EQ(read(other).to_yaml(), expected);
  }
  // lines are counted alike
  EXPECT_THAT(refusal(replaced("\r") + "x: 1\r"), HasSubstr(at(6)));
  EXPECT_THAT(refusal(minimal + "training:\n\tepochs: 3\n"),
              AllOf(HasSubstr(at(4)), HasSubstr("spaces")));
  EXPECT_THAT(refusal(minimal + "---\ntraining: {epochs: 3}\n"),
              AllOf(HasSubstr(at(3)), HasSubstr("does not belong")));
  // yaml-cpp finds documents without end here
  EXPECT_THAT(refusal(","), AllOf(HasSubstr(at(1)), HasSubstr("does not belong")));
  EXPECT_THAT(refusal("{data: {file: a.npz}, output: {folder: o}},\n"),
              AllOf(HasSubstr(at(1)), HasSubstr("does not belong")));
  EXPECT_THAT(refusal(minimal + "training:\n  <<: {epochs: 3}\n"),
              AllOf(HasSubstr(at(4)), HasSubstr("merge keys")));
  EXPECT_THAT(refusal(minimal + "training:\n  {a: b}: 3\n"),
              AllOf(HasSubstr(at(4)), HasSubstr("a key is a name")));
  const auto alias = read("data: {file: &file a.extxyz, validation: *file}\noutput: {folder: o}\n");
  EXPECT_EQ(alias.data.validation->path, "a.extxyz");
}

TEST_F(FitConfigFile, ElementsAreSymbolsEachOnce) {
  EXPECT_THAT(refusal(minimal + "model:\n  elements:\n  - H\n  - Xx\n"),
              AllOf(HasSubstr(at(6) + "model.elements"), HasSubstr("'Xx'")));
  EXPECT_THAT(refusal(minimal + "model:\n  elements: [H, C, H]\n"),
              AllOf(HasSubstr(at(4)), HasSubstr("'H' is there twice")));
  EXPECT_THAT(refusal(minimal + "model:\n  elements: H C, O\n"),
              AllOf(HasSubstr(at(4)), HasSubstr("a list, [H, C, O]")));
  EXPECT_THAT(refusal(minimal + "model:\n  elements: [H, [C]]\n"),
              AllOf(HasSubstr(at(4)), HasSubstr("a list of texts")));
  EXPECT_THAT(refusal(minimal + "model:\n  reference_energies: [-13.6]\n"),
              AllOf(HasSubstr(at(4)), HasSubstr("needs model.elements")));
}

TEST_F(FitConfigFile, TheModelIsCheckedBeforeTheDataAreRead) {
  struct Case {
    std::string line, cure;
  };
  for (const auto& [line, cure] : std::vector<Case>{
           {"roll_activation: gatd", "unknown model.roll_activation 'gatd'; did you mean 'gated'"},
           {"normalization: groups", "did you mean 'group'"},
           {"preset: smal", "did you mean 'small'"},
           {"l_max: 11", "model.l_max is 11; it must be between 1 and 10"},
           {"m_max: 5", "model.m_max is 5"},
           {"layers: 0", "model.layers is 0"},
           {"cutoff: 0", "model.cutoff is 0"},
           {"m_max: 0", "between 1 and 3 (l_max) with sphere spinconv2"},
           {"directed_channels: 17", "at most product_channels, 16"},
           {"envelope_exponent: 2", "model.envelope_exponent is 2"},
           {"forces: distance", "model.forces"},
           {"product_channels: 0", "model.product_channels is 0"},
           {"gaussians: 1", "model.gaussians is 1"},
           {"gaussian_width: -1", "model.gaussian_width is -1"}}) {
    EXPECT_THAT(refusal(minimal + "model:\n  " + line + "\n"),
                AllOf(HasSubstr(at(4)), HasSubstr(cure)))
        << line;
  }
  EXPECT_THAT(refusal(minimal, {"model.layers=99"}), HasSubstr("--set: model.layers is 99"));
  EXPECT_THAT(refusal(minimal + "model: {sphere: harmonics, channel_groups: 3}\n"),
              HasSubstr("model.channel_groups is 3"));
  EXPECT_THAT(refusal(minimal + "model: {sphere: harmonics, experts: 0}\n"),
              HasSubstr("model.experts is 0"));
  // of the preset, no line
  EXPECT_THAT(refusal(minimal + "model: {preset: paper, message_channels: 6}\n"),
              HasSubstr(path() + ": model.channel_groups is 4"));
}

TEST_F(FitConfigFile, KeysWithoutAnEffectAreRefusedWithWhatTakesItAway) {
  struct Case {
    std::string line, key, reason, cure;
  };
  const std::string grid = "model.sphere is grid", spinconv2 = "model.sphere is spinconv2";
  const std::vector<Case> cases = {
      {"model: {preset: grid, l_max: 2}", "model.l_max", grid, "model.sphere: harmonics"},
      {"model: {preset: grid, m_max: 1}", "model.m_max", grid, "model.sphere: harmonics"},
      {"model: {preset: grid, channel_groups: 2}", "model.channel_groups", grid, "harmonics"},
      {"model: {preset: grid, roll_activation: swish}", "model.roll_activation", grid, "harmonics"},
      {"model: {preset: grid, normalization: group}", "model.normalization", grid, "harmonics"},
      {"model: {latitudes: 16}", "model.latitudes", spinconv2, "model.sphere: grid"},
      {"model: {longitudes: 16}", "model.longitudes", spinconv2, "model.sphere: grid"},
      {"model: {max_neighbors: 50}", "model.max_neighbors", spinconv2, "model.sphere: grid"},
      {"model: {experts: 4}", "model.experts", spinconv2, "model.sphere: harmonics"},
      {"model: {roll: none}", "model.roll", spinconv2, "model.sphere: harmonics"},
      {"model: {sphere: harmonics, product_channels: 8}", "model.product_channels",
       "model.sphere is harmonics", "model.sphere: spinconv2"},
      {"model: {sphere: harmonics, roll: none, roll_activation: quadratic}",
       "model.roll_activation", "model.roll is none", "model.roll: convolution"},
      {"model: {sphere: harmonics, roll_samples: 8}", "model.roll_samples",
       "model.roll_activation is gated", "swish"},
      {"model: {force_rotations: 5}", "model.force_rotations", "model.forces is gradient",
       "direct"},
      {"model: {sphere: harmonics, forces: direct, force_rotations: 24, force_seed: 2}",
       "model.force_seed", "model.force_rotations is 24", "a number but 24"},
      {"training: {optimizer: muon, amsgrad: false}", "training.amsgrad",
       "training.optimizer is muon", "training.optimizer: adam"},
      {"training: {optimizer: adam, muon_momentum: 0.9}", "training.muon_momentum",
       "training.optimizer is adam", "training.optimizer: muon"},
      {"training: {optimizer: adam, muon_iterations: 3}", "training.muon_iterations",
       "training.optimizer is adam", "training.optimizer: muon"},
      {"training: {optimizer: adam, muon_decay: 0.1}", "training.muon_decay",
       "training.optimizer is adam", "training.optimizer: muon"},
      {"training: {loss: {huber_delta: 0.1}}", "training.loss.huber_delta",
       "training.loss.type is l1", "training.loss.type: huber"},
      {"training: {schedule: {plateau_factor: 0.5}}", "training.schedule.plateau_factor",
       "training.schedule.type is cosine", "plateau"},
      {"training: {schedule: {plateau_patience: 2}}", "training.schedule.plateau_patience",
       "training.schedule.type is cosine", "plateau"},
      {"training: {schedule: {type: constant, minimum: 1e-5}}", "training.schedule.minimum",
       "training.schedule.type is constant", "cosine or plateau"},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(refusal(minimal + c.line + "\n"),
                AllOf(HasSubstr(at(3) + c.key + " has no effect"), HasSubstr(c.reason),
                      HasSubstr("leave it out"), HasSubstr(c.cure)))
        << c.line;
  }
  EXPECT_THAT(refusal(minimal, {"model.latitudes=9"}), HasSubstr("--set: model.latitudes"));
  for (const char* setting : {"training.isolated_atoms=frames", "training.isolated_atoms={H: -1}",
                              "training.loss.energy_per_atom=true"}) {
    EXPECT_THAT(refusal("data: {file: a.extxyz, target: mu}\noutput: {folder: out}\n", {setting}),
                AllOf(HasSubstr("has no effect"), HasSubstr("data.target is mu")));
  }
  EXPECT_THAT(refusal("data: {file: a.extxyz, target: mu}\noutput: {folder: out}\n",
                      {"training.loss.force_weight=3"}),
              AllOf(HasSubstr("force_weight has no effect"), HasSubstr("data.target is mu")));
  // what says no more than the default is no mistake: presets and configurations of before have it
  EXPECT_NO_THROW(read(minimal, {"model.preset=grid", "model.l_max=3", "model.m_max=3",
                                 "training.loss.huber_delta=0.05", "model.roll_samples=24"}));
}

TEST_F(FitConfigFile, NumbersByNameAreWrittenAndReadAgain) {
  const FitConfig c = read(minimal, {"training.loss.group_weights={'a: b': 2, c.d: 0.5, 7: 0}",
                                     "training.isolated_atoms={O: -2042.1, H: -13.6}",
                                     "training.loss.energy_per_atom=true"});
  EXPECT_EQ(c.training.loss.group_weights,
            (std::map<std::string, double>{{"a: b", 2.0}, {"c.d", 0.5}, {"7", 0.0}}));
  EXPECT_EQ(c.training.isolated_atoms.source(), "given");
  const FitConfig again = FitConfig::parse(c.to_yaml(), "again", {});
  EXPECT_EQ(again.to_yaml(), c.to_yaml());
  EXPECT_EQ(again.training.loss.group_weights, c.training.loss.group_weights);
  EXPECT_EQ(again.training.isolated_atoms.energies, c.training.isolated_atoms.energies);
  EXPECT_TRUE(again.training.loss.energy_per_atom);
  EXPECT_EQ(FitConfig::parse(read(minimal, {"training.isolated_atoms=frames"}).to_yaml(), "x", {})
                .training.isolated_atoms.source(),
            "frames");
  // configurations of before are written as they were
  EXPECT_THAT(read(minimal).to_yaml(),
              Not(AnyOf(HasSubstr("group_weights"), HasSubstr("per_atom"), HasSubstr("isolated"))));
  EXPECT_THAT(refusal(minimal + "training:\n  loss:\n    group_weights:\n      a: 1\n      a: 2\n"),
              AllOf(HasSubstr(at(7)), HasSubstr("twice")));
}

// Configurations of version 0.1.0 say amsgrad, and no optimizer.
TEST_F(FitConfigFile, AmsgradAsksForAdam) {
  EXPECT_EQ(read(minimal).training.optimizer, "muon");
  EXPECT_EQ(read(minimal, {"training.amsgrad=true"}).training.optimizer, "adam");
  EXPECT_EQ(read(minimal, {"training.optimizer=adam"}).training.amsgrad, true);
}

TEST_F(FitConfigFile, DirectedChannelsFollowProductChannels) {
  EXPECT_EQ(read(minimal, {"model.product_channels=8"}).model.directed_channels, 8);
  EXPECT_EQ(read(minimal, {"model.product_channels=24"}).model.directed_channels, 16);
}

TEST_F(FitConfigFile, ThePresetsHaveKeysWithAnEffectAlone) {
  const std::string grid = commented_preset("grid"), small = commented_preset("small"),
                    paper = commented_preset("paper");
  for (const char* key :
       {"l_max:", "m_max:", "channel_groups:", "roll_activation:", "normalization:"}) {
    EXPECT_THAT(grid, Not(HasSubstr(key)));
    EXPECT_THAT(paper, HasSubstr(key));
    EXPECT_THAT(read(minimal, {"model.preset=grid"}).to_yaml(), Not(HasSubstr(key)));
  }
  for (const char* key : {"product_channels:", "directed_channels:"}) {
    EXPECT_THAT(small, HasSubstr(key));
    EXPECT_THAT(paper, Not(HasSubstr(key)));
  }
  for (const char* key : {"latitudes:", "longitudes:", "max_neighbors:"}) {
    EXPECT_THAT(grid, HasSubstr(key));
    EXPECT_THAT(small, Not(HasSubstr(key)));
  }
  EXPECT_THAT(read(minimal).to_yaml(),
              AllOf(Not(HasSubstr("huber_delta")), Not(HasSubstr("plateau")),
                    Not(HasSubstr("roll_samples"))));
}

TEST_F(FitConfigFile, TheExamplesAreReadWithoutComplaint) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(
           core::environment("SPINCONV_SOURCE_DIR") + "/examples/train")) {
    if (entry.path().extension() == ".yaml") {
      EXPECT_NO_THROW(FitConfig::read(entry.path().string(), {})) << entry.path();
      ++count;
    }
  }
  EXPECT_GT(count, 0);
}

TEST_F(FitConfigFile, FilesThatAreNoConfigurationAreRefusedWithTheCure) {
  EXPECT_THAT(core::error_of([&] { FitConfig::read(folder_ / "none.yaml", {}); }),
              AllOf(HasSubstr(folder_ / "none.yaml"), HasSubstr("preset small")));
  EXPECT_THAT(core::error_of([&] { FitConfig::read(folder_.path().string(), {}); }),
              HasSubstr(folder_.path().string()));
  EXPECT_THAT(refusal(""), AllOf(HasSubstr(path()), HasSubstr("empty")));
  EXPECT_THAT(refusal("- data\n- model\n"), AllOf(HasSubstr(path()), HasSubstr("mapping")));
  EXPECT_THAT(refusal(minimal + "training: {epochs: 3\n"),
              AllOf(HasSubstr(path() + ":"), HasSubstr("not valid YAML")));
  EXPECT_THAT(refusal("output: {folder: out}\n"), HasSubstr("data.file is missing"));
  EXPECT_THAT(refusal("data: {file: a.extxyz}\n"), HasSubstr("output.folder is missing"));
  EXPECT_THAT(refusal("data: a.extxyz\noutput: {folder: out}\n"),
              AllOf(HasSubstr(at(1)), HasSubstr("'data'"), HasSubstr("section")));
}

TEST_F(FitConfigFile, OverridesReplaceAndAddKeys) {
  const auto c = read(minimal + "training: {epochs: 3, seed: 4}\n",
                      {"training.epochs=10", "training.loss.type=huber", "model.l_max=1",
                       "model.elements=[O, H]", "output.name=a=b", "training.epochs=11"});
  EXPECT_EQ(c.training.epochs, 11);  // the last one counts
  EXPECT_EQ(c.training.seed, 4u);
  EXPECT_EQ(c.training.loss.type, "huber");
  EXPECT_EQ(c.model.l_max, 1);
  EXPECT_EQ(c.model.m_max, 1);  // never above l_max unless asked for
  EXPECT_EQ(c.model.elements, (std::vector<std::string>{"O", "H"}));
  EXPECT_EQ(c.output.name, "a=b");
}

TEST_F(FitConfigFile, PlainTextsOfOverridesAreTakenToTheirEnd) {
  const auto c =
      read(minimal, {"output.name=run #5", "output.description=#1", "output.citation=---",
                     "output.license=\"a # b\"", "data.split={train: 3}"});
  EXPECT_EQ(c.output.name, "run #5");
  EXPECT_EQ(c.output.description, "#1");
  EXPECT_EQ(c.output.citation, "---");
  EXPECT_EQ(c.output.license, "a # b");
  EXPECT_EQ(c.data.split.train.resolve(100), 3u);
  EXPECT_THAT(refusal(minimal, {"model=&a {b: *a}"}), HasSubstr("--set"));
  EXPECT_THAT(refusal(minimal, {"training.=1"}), HasSubstr("key=value"));
}

TEST_F(FitConfigFile, BadOverridesAreRefusedAndNotBlamedOnALineOfTheFile) {
  for (const char* text : {"training.epochs", "=3", ""}) {
    EXPECT_THAT(refusal(minimal, {text}), AllOf(HasSubstr("--set"), HasSubstr("key=value")));
  }
  EXPECT_THAT(refusal(minimal + "training: {epochs: 3}\n", {"training.epochs.x=1"}),
              AllOf(HasSubstr("training.epochs.x=1"), HasSubstr("not a section")));
  EXPECT_THAT(refusal(minimal, {"training.epochs=[1"}), HasSubstr("training.epochs=[1"));
  EXPECT_THAT(refusal(minimal, {"training.epoch=1"}),
              AllOf(HasSubstr("--set: "), HasSubstr("did you mean 'training.epochs'"),
                    Not(HasSubstr(".yaml"))));
  EXPECT_THAT(refusal(minimal, {"training.epochs=many"}),
              AllOf(HasSubstr("--set: training.epochs is 'many'"), Not(HasSubstr(".yaml"))));
  EXPECT_THAT(refusal(minimal, {"model.elements=H"}),
              AllOf(HasSubstr("--set: model.elements"), HasSubstr("a list")));
}

TEST_F(FitConfigFile, StressIsTrainedOnWhereForcesAreAGradientAndWrittenOnlyThen) {
  EXPECT_THAT(read(minimal).to_yaml(), Not(HasSubstr("stress_weight")));
  EXPECT_THAT(refusal(minimal, {"training.loss.stress_weight=-1"}), HasSubstr("not negative"));
  EXPECT_THAT(refusal(minimal, {"training.loss.stress_weight=2", "model.forces=direct"}),
              AllOf(HasSubstr("stress_weight"), HasSubstr("gradient"), HasSubstr("direct")));
}

}  // namespace
}  // namespace spinconv::train::test
