// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
// The text of a configuration: that all of it is taken, and written back.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "train/fit_config_file.hpp"

namespace spinconv::train::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
namespace core = spinconv::test;

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
  description: "two\nlines,\r \"quoted\" # and more"
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
    EXPECT_EQ(c->output.description, "two\nlines,\r \"quoted\" # and more");
    EXPECT_EQ(c->output.citation, "A: B, 2024");
  }
  EXPECT_EQ(a.model.to_json(), b.model.to_json());
}

// As version 0.1.0 wrote it, with all keys and 17 digits.
const std::string written_before = R"(data:
  file: a.extxyz
  split:
    train: rest
    validation: 0.1
    test: 0
    seed: 0
model:
  preset: grid
  elements: [H, O]
  sphere: grid
  roll: convolution
  forces: gradient
  latitudes: 8
  longitudes: 12
  max_neighbors: 0
  cutoff: 6
  layers: 3
  message_channels: 16
  hidden_channels: 64
  l_max: 2
  m_max: 2
  channel_groups: 1
  experts: 8
  embedding_channels: 32
  gaussians: 64
  gaussian_width: 3
  envelope_exponent: 6
  roll_activation: gated
  roll_samples: 24
  normalization: none
training:
  seed: 1
  epochs: 100
  batch_size: 5
  precision: single
  device: cpu
  learning_rate: 0.0040000000000000001
  amsgrad: true
  weight_decay: 9.9999999999999995e-08
  ema_decay: 0.98999999999999999
  gradient_clip: 0
  early_stop: 0
  checkpoint_minutes: 5
  loss:
    type: l1
    energy_weight: 1
    force_weight: 100
    huber_delta: 0.050000000000000003
    free_atoms_only: false
  schedule:
    type: cosine
    warmup_steps: 0
    minimum: 0
    plateau_factor: 0.80000000000000004
    plateau_patience: 5
output:
  folder: out
  name: spinconv
)";

TEST_F(FitConfigFile, ConfigurationsOfCheckpointsAreComparedByValue) {
  const auto now = read(minimal, {"model.preset=grid", "model.elements=[H, O]",
                                  "training.weight_decay=1e-7", "training.optimizer=adam"});
  EXPECT_EQ(FitConfig::normalized(written_before), now.to_yaml());
  EXPECT_EQ(FitConfig::normalized(now.to_yaml()), now.to_yaml());
  EXPECT_THAT(now.to_yaml(),
              AllOf(HasSubstr("learning_rate: 0.004\n"), HasSubstr("ema_decay: 0.99\n"),
                    HasSubstr("weight_decay: 1e-07\n")));
  auto other = written_before;
  other.replace(other.find("seed: 1"), 7, "seed: 2");
  EXPECT_NE(FitConfig::normalized(other), now.to_yaml());
  EXPECT_THAT(core::error_of([] { FitConfig::normalized("x: 1\n"); }), HasSubstr("checkpoint"));
  // as a file of today, it names what has no effect
  EXPECT_THAT(refusal(written_before), HasSubstr("model.l_max has no effect"));
}

TEST_F(FitConfigFile, FractionsOfASplitKeepTheirDigits) {
  const auto c = read(minimal, {"data.split={train: 1.0, validation: 0}"});
  EXPECT_EQ(read(c.to_yaml()).data.split.train.resolve(50), 50u);
  const auto third = read(minimal, {"data.split.validation=0.33333333333"});
  EXPECT_THAT(third.to_yaml(), HasSubstr("validation: 0.33333333333\n"));
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
}  // namespace spinconv::train::test
