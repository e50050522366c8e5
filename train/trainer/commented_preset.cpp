// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <algorithm>
#include <sstream>

#include "data/number_text.hpp"
#include "trainer/fit_config.hpp"
#include "trainer/key_effects.hpp"

namespace spinconv::train {

std::string commented_preset(const std::string& name) {
  FitConfig config;
  config.preset = name;
  config.model = ModelConfig::preset(name);
  const ModelConfig& m = config.model;
  const TrainingConfig& t = config.training;
  std::ostringstream out;
  // "  key: value            # comment", comments below each other
  const auto line = [&](const std::string& key, const std::string& value,
                        const std::string& comment = "") {
    std::string text = "  " + key + ": " + value;
    if (!comment.empty()) {
      text.resize(std::max<std::size_t>(text.size() + 2, 27), ' ');
      text += "# " + comment;
    }
    out << text << "\n";
  };
  const auto model = [&](const std::string& key, const std::string& value,
                         const std::string& comment = "") {
    if (has_effect(config, "model." + key)) {
      line(key, value, comment);
    }
  };
  const auto text = [](double value) { return number_text(value); };
  out << "# Configuration of 'spinconv-train fit', preset '" << name
      << "'. Lengths in Angstrom, energies in eV.\n"
      << R"(# Change the lines marked <-- and run: spinconv-train fit THIS_FILE

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
)";
  line("preset", name);
  out << "  # elements: [H, C, O]    # default: those of the training frames\n";
  line("cutoff", text(m.cutoff));
  line("layers", text(m.layers), "message updates, K");
  line("message_channels", text(m.message_channels), "M");
  line("hidden_channels", text(m.hidden_channels), "D");
  model("latitudes", text(m.latitudes), "of the sphere of an atom");
  model("longitudes", text(m.longitudes));
  model("max_neighbors", text(m.max_neighbors), "nearest ones that are kept; 0: all");
  model("l_max", text(m.l_max), "degree of the harmonics");
  model("m_max", text(m.m_max), "orders kept in the edge frame");
  model("channel_groups", text(m.channel_groups));
  line("experts", text(m.experts));
  line("gaussians", text(m.gaussians), "radial basis; few and wide learn better");
  line("gaussian_width", text(m.gaussian_width), "in spacings of their centers");
  model("roll_activation", m.roll_activation,
        "gated, quadratic: exactly invariant; swish: roll_samples points");
  model("normalization", m.normalization, "none, group");
  out << "\ntraining:\n";
  line("seed", std::to_string(t.seed));
  line("epochs", text(t.epochs), "<--");
  line("batch_size", text(t.batch_size), "frames");
  line("precision", t.precision, "single, double, mixed");
  line("learning_rate", text(t.learning_rate));
  line("ema_decay", text(t.ema_decay), "running average of the weights, which is what is saved");
  line("gradient_clip", text(t.gradient_clip), "largest norm of the gradient; 0: off");
  line("early_stop", text(t.early_stop), "epochs without improvement; 0: off");
  out << R"(  loss: {type: l1, energy_weight: 1, force_weight: 100}   # l1, l2, huber, norm
  schedule: {type: cosine, warmup_steps: 0}                 # cosine, plateau, constant

output:
)";
  line("folder", "runs/" + name, "<-- log.csv, checkpoint.pt, report.html, the potential");
  line("name", "my-potential", "<-- the potential is folder/name.pt");
  out << "  # license: CC-BY-4.0\n  # citation: who to cite\n";
  return out.str();
}

}  // namespace spinconv::train
