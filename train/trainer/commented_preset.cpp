// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <sstream>

#include "trainer/fit_config.hpp"

namespace spinconv::train {

std::string commented_preset(const std::string& name) {
  const ModelConfig m = ModelConfig::preset(name);
  const TrainingConfig t;
  std::ostringstream out;
  out << R"(# Configuration of 'spinconv-train fit', preset ')" << name
      << R"('. Lengths in Angstrom, energies in eV.
# Change the lines marked <-- and run: spinconv-train fit THIS_FILE

data:
  file: frames.extxyz      # <-- .npz (MD17, rMD17), .extxyz, .extxyz.xz, or a folder of `prepare`
  # units: {energy: kcal/mol, length: Angstrom}   # only where the file does not say
  # validation: other.extxyz   # a file of its own; else dealt from `file`
  # test: another.extxyz
  split:                   # numbers of frames, fractions, or rest
    train: rest
    validation: 0.1
    test: 0
    seed: 0

model:
  preset: )"
      << name << R"(
  # elements: [H, C, O]    # default: those of the training frames
  cutoff: )"
      << m.cutoff << R"(
  layers: )"
      << m.layers << R"(                # message updates, K
  message_channels: )"
      << m.message_channels << R"(    # M
  hidden_channels: )"
      << m.hidden_channels << R"(     # D
  l_max: )"
      << m.l_max << R"(                 # degree of the harmonics
  m_max: )"
      << m.m_max << R"(                 # orders kept in the edge frame
  channel_groups: )"
      << m.channel_groups << R"(
  experts: )"
      << m.experts << R"(
  gaussians: )"
      << m.gaussians << R"(            # radial basis; few and wide learn better
  gaussian_width: )"
      << m.gaussian_width << R"(        # in spacings of their centers
  roll_activation: gated   # gated, quadratic: exactly invariant; swish: roll_samples points
  normalization: )"
      << m.normalization << R"(      # none, group

training:
  seed: )"
      << t.seed << R"(
  epochs: )"
      << t.epochs << R"(              # <--
  batch_size: )"
      << t.batch_size << R"(            # frames
  precision: single        # single, double, mixed
  learning_rate: )"
      << t.learning_rate << R"(
  ema_decay: )"
      << t.ema_decay << R"(          # running average of the weights, which is what is saved
  gradient_clip: 0         # largest norm of the gradient; 0: off
  early_stop: 0            # epochs without improvement; 0: off
  loss: {type: l1, energy_weight: 1, force_weight: 100}   # l1, l2, huber, norm
  schedule: {type: cosine, warmup_steps: 0}                 # cosine, plateau, constant

output:
  folder: runs/)"
      << name << R"(      # <-- log.csv, checkpoint.pt, report.html, the potential
  name: my-potential       # <-- the potential is folder/name.pt
  # license: CC-BY-4.0
  # citation: who to cite
)";
  return out.str();
}

}  // namespace spinconv::train
