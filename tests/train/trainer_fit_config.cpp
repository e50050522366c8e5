// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "trainer/fit_config.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "support/error_text.hpp"
#include "support/temporary_folder.hpp"

namespace spinconv::train::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
namespace core = spinconv::testing;

const std::string minimal = "data: {file: a.extxyz}\noutput: {folder: out}\n";

class FitConfigFile : public ::testing::Test {
 protected:
  FitConfig read(const std::string& yaml, const std::vector<std::string>& overrides = {}) const {
    core::write_bytes(path(), yaml);
    return FitConfig::read(path(), overrides);
  }
  std::string refusal(const std::string& yaml,
                      const std::vector<std::string>& overrides = {}) const {
    return core::error_of([&] { read(yaml, overrides); });
  }
  std::string path() const { return folder_ / "fit.yaml"; }
  // "file:line: ", with which an editor or a person finds the place
  std::string at(int line) const { return path() + ":" + std::to_string(line) + ": "; }

  core::TemporaryFolder folder_;
};

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
      {"ema_decay: 1", "training.ema_decay", "below 1"},
      {"early_stop: -1", "training.early_stop", "negative"},
      {"precision: doubel", "training.precision", "did you mean 'double'"},
      {"device: gpu", "training.device", "cuda"},
      {"loss: {type: l3}", "training.loss.type", "huber"},
      {"loss: 5", "training.loss", "section"},
      {"loss: {huber_delta: -1}", "training.loss.huber_delta", "not negative"},
      {"loss: {huber_delta: 0}", "training.loss.huber_delta", "positive"},
      {"schedule: {type: cosin}", "training.schedule.type", "did you mean 'cosine'"},
      {"schedule: {plateau_factor: 1.5}", "training.schedule.plateau_factor", "below 1"},
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
  EXPECT_THAT(refusal(minimal + "model:\n  preset: larg\n"),
              HasSubstr("small, medium, paper, grid"));
  EXPECT_THAT(refusal(minimal + "model:\n  elements: [H, O]\n  reference_energies: [-13.6]\n"),
              AllOf(HasSubstr(at(5)), HasSubstr("1 values"), HasSubstr("(2)")));
  EXPECT_THAT(refusal("data: {file: a.extxyz, split: {validation: some}}\noutput: {folder: out}\n"),
              HasSubstr("data.split.validation"));
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

const std::string everything = R"(data:
  file: train.extxyz
  units: {energy: kcal/mol, length: Bohr}
  keys: {energy: REF_energy, forces: REF_forces, virial: REF_virial}
  frames: "5:-10:3"
  validation: {file: valid.npz, units: {energy: eV}, frames: ":7"}
  test: test.extxyz.xz
  split: {train: 950, validation: 0.125, test: rest, seed: 18446744073709551615}
model:
  preset: paper
  elements: [H, "N", O]
  cutoff: 4.1000000000000005
  layers: 2
  message_channels: 8
  hidden_channels: 24
  l_max: 4
  m_max: 1
  channel_groups: 2
  experts: 5
  embedding_channels: 6
  gaussians: 9
  gaussian_width: 1.7
  envelope_exponent: 5
  roll_activation: swish
  roll_samples: 48
  normalization: none
  reference_energies: [-13.600000000000001, -1484.5, -2040.0]
training:
  seed: 12
  epochs: 7
  batch_size: 3
  precision: double
  device: auto
  learning_rate: 0.0030000000000000001
  amsgrad: false
  weight_decay: 1e-7
  ema_decay: 0.5
  gradient_clip: 10
  early_stop: 4
  checkpoint_minutes: 0.25
  loss: {type: huber, energy_weight: 0.125, force_weight: 33, stress_weight: 7, huber_delta: 0.02}
  schedule: {type: plateau, warmup_steps: 11, minimum: 1e-6, plateau_factor: 0.6, plateau_patience: 2}
output:
  folder: "runs/a b"
  potential: "models/x: y.pt"
  name: "yes"
  description: "two\nlines, \"quoted\" # and more"
  license: CC-BY-4.0
  citation: "A: B, 2024"
)";

TEST_F(FitConfigFile, EveryKeyIsTakenAndTheWholeConfigurationIsWrittenBack) {
  const auto a = read(everything);
  const std::string yaml = a.to_yaml();
  const auto b = read(yaml);
  EXPECT_EQ(b.to_yaml(), yaml);
  for (const FitConfig* c : {&a, &b}) {
    EXPECT_EQ(c->data.train.energy_unit, "kcal/mol");
    EXPECT_EQ(c->data.train.keys.forces, "REF_forces");
    EXPECT_EQ(c->data.train.keys.virial, "REF_virial");
    EXPECT_EQ(c->training.loss.stress_weight, 7.0);
    EXPECT_EQ(c->data.train.slice.indices(30), (std::vector<std::size_t>{5, 8, 11, 14, 17}));
    ASSERT_TRUE(c->data.validation && c->data.test);
    EXPECT_EQ(c->data.validation->path, "valid.npz");
    EXPECT_EQ(c->data.validation->energy_unit, "eV");
    EXPECT_EQ(c->data.validation->length_unit, "Bohr");
    EXPECT_EQ(c->data.validation->slice.indices(100).size(), 7u);
    EXPECT_EQ(c->data.test->path, "test.extxyz.xz");
    EXPECT_EQ(c->data.test->keys.energy, "REF_energy");
    EXPECT_EQ(c->data.test->slice.indices(100).size(), 100u);  // the slice is the first file's
    EXPECT_EQ(c->data.split.train.resolve(2000), 950u);
    EXPECT_EQ(c->data.split.validation.resolve(2000), 250u);
    EXPECT_TRUE(c->data.split.test.is_rest());
    EXPECT_EQ(c->data.split.seed, 18446744073709551615u);
    EXPECT_EQ(c->model.cutoff, 4.1000000000000005);
    EXPECT_EQ(c->model.elements, (std::vector<std::string>{"H", "N", "O"}));
    EXPECT_EQ(c->model.m_max, 1);
    EXPECT_EQ(c->model.roll_activation, "swish");
    EXPECT_EQ(c->model.embedding_channels, 6);
    ASSERT_TRUE(c->reference_energies.has_value());
    EXPECT_EQ(c->reference_energies->at(0), -13.600000000000001);
    EXPECT_FALSE(c->training.amsgrad);
    EXPECT_EQ(c->training.learning_rate, 0.003);
    EXPECT_EQ(c->training.checkpoint_minutes, 0.25);
    EXPECT_EQ(c->training.loss.huber_delta, 0.02);
    EXPECT_EQ(c->training.schedule.plateau_patience, 2);
    EXPECT_EQ(c->output.folder, "runs/a b");
    EXPECT_EQ(c->potential_path(), "models/x: y.pt");
    EXPECT_EQ(c->output.name, "yes");
    EXPECT_EQ(c->output.description, "two\nlines, \"quoted\" # and more");
    EXPECT_EQ(c->output.citation, "A: B, 2024");
  }
  EXPECT_EQ(a.model.to_json(), b.model.to_json());
}

TEST_F(FitConfigFile, AValidationFileLeavesAllFramesToTheTraining) {
  const auto with = read("data: {file: a.extxyz, validation: b.extxyz}\noutput: {folder: out}\n");
  EXPECT_EQ(with.data.split.validation.resolve(100), 0u);
  EXPECT_EQ(read(minimal).data.split.validation.resolve(100), 10u);
}

TEST_F(FitConfigFile, TheCommentedPresetsSpellOutTheDefaults) {
  for (const auto& name : ModelConfig::preset_names()) {
    const auto preset = read(commented_preset(name),
                             {"output.folder=out", "output.name=spinconv", "data.file=a.extxyz"});
    const auto plain = read(minimal, {"model.preset=" + name});
    EXPECT_EQ(preset.to_yaml(), plain.to_yaml()) << name;
    auto model = preset.model;
    model.elements = {"H"};
    model.reference_energies = {0.0};
    EXPECT_NO_THROW(model.validate()) << name;
  }
}

}  // namespace
}  // namespace spinconv::train::testing
