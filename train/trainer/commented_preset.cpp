// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <algorithm>
#include <sstream>

#include "data/number_text.hpp"
#include "spinconv/hyperparameters.hpp"
#include "trainer/commented_line.hpp"
#include "trainer/fit_config.hpp"

namespace spinconv::train {

std::string commented_preset(const std::string& name) {
  FitConfig config;
  config.preset = name;
  config.model = ModelConfig::preset(name);
  const TrainingConfig& t = config.training;
  std::ostringstream out;
  const auto line = [&](const std::string& key, const std::string& value,
                        const std::string& comment = "") {
    out << commented_line(key, value, comment);
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
  for (const Hyperparameter& h : hyperparameters()) {
    if (h.shown != Hyperparameter::Shown::if_changed && h.has_effect(config.model)) {
      std::string comment = h.help;
      for (const auto& choice : h.choices) {
        comment += (&choice == &h.choices.front() ? ": " : ", ") + choice.name;
      }
      line(h.key, h.text(config.model), comment);
    }
  }
  out << "\ntraining:\n";
  line("seed", std::to_string(t.seed));
  line("epochs", text(t.epochs), "<--");
  line("batch_size", text(t.batch_size), "frames");
  line("precision", t.precision, "single, double, mixed");
  line("learning_rate", text(t.learning_rate));
  line("optimizer", t.optimizer, "muon, for matrices, with Adam for the rest; adam");
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
