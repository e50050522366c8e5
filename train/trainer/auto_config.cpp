// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "trainer/auto_config.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>
#include <sstream>

#include "data/number_text.hpp"
#include "data/text.hpp"
#include "spinconv/error.hpp"
#include "trainer/commented_line.hpp"

namespace spinconv::train {
namespace {

// The rules, from what docs/md17.md, docs/model.md and docs/materials.md have measured.
constexpr double atoms_of_a_step = 20.0;
constexpr double steps_of_few_frames = 20000.0;  // of so many atoms
constexpr double few_frames = 1000.0;            // more of them are worth more steps
constexpr long most_epochs = 500;  // a few frames teach no more however often they are seen
constexpr std::size_t frames_of_three_layers = 100;  // of periodic data
constexpr double spread_of_sizes = 0.5;              // a few slabs among many cells are no reason
constexpr double most_neighbors = 45.0, least_neighbors = 12.0;

struct AutoChoice {
  std::size_t validation = 0;  // frames
  std::uint64_t split_seed = 1;
  std::size_t training = 0;  // frames
  double cutoff = 5.0;       // Angstrom
  std::string why_cutoff;
  int layers = 3;
  int batch_size = 1;
  int epochs = 1;
  std::int64_t steps = 0;
  int warmup_steps = 0;
  double energy_weight = 1.0, force_weight = 100.0, stress_weight = 0.0;
  bool energy_per_atom = false;
  bool isolated_atoms = false;
};

// One in ten of few frames, one in twenty of more, as many as tell one epoch from another.
std::size_t validation_frames(std::size_t n) {
  if (n < 10) {
    return n < 4 ? 0 : 1;
  }
  return std::clamp<std::size_t>(n / 20, std::min<std::size_t>(10, n / 10), 500);
}

// The first seed that leaves every element in the training part; 1 where none does.
std::uint64_t seed_of_split(const FrameStore& frames, const SplitRequest& request,
                            std::size_t n_elements) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SplitRequest tried = request;
    tried.seed = seed;
    std::set<int> there;
    for (const std::size_t i : split_frames(frames.size(), tried).train) {
      for (const auto& [number, count] : frames.figures(i).composition) {
        there.insert(number);
      }
      if (there.size() == n_elements) {
        return seed;
      }
    }
  }
  return 1;
}

void choose_cutoff(const DataProfile& p, AutoChoice& c) {
  if (p.counted_cutoff) {
    c.cutoff = *p.counted_cutoff;
    c.why_cutoff = "that of the cache";
    return;
  }
  for (const double cutoff : {4.5, 4.0}) {
    if (p.neighbors_within(c.cutoff) > most_neighbors) {
      c.cutoff = cutoff;
    }
  }
  for (const double cutoff : {5.5, 6.0, 7.0, 8.0}) {
    if (p.mostly_periodic() && p.neighbors_within(c.cutoff) < least_neighbors) {
      c.cutoff = cutoff;
    }
  }
  c.why_cutoff = format("%.0f neighbors an atom", p.neighbors_within(c.cutoff));
}

AutoChoice choose(const DataConfig& data, const FrameStore& frames, const DataProfile& p) {
  AutoChoice c;
  c.validation = data.validation ? 0 : validation_frames(p.frames);
  c.training = p.frames - c.validation;
  SplitRequest request;
  request.validation = Share::count(c.validation);
  c.split_seed = seed_of_split(frames, request, p.elements.size());
  choose_cutoff(p, c);
  c.layers = p.mostly_periodic() && c.training < frames_of_three_layers ? 2 : 3;
  c.batch_size = std::max(1, static_cast<int>(std::lround(atoms_of_a_step / p.mean_atoms)));
  c.batch_size =
      static_cast<int>(std::min<std::size_t>(static_cast<std::size_t>(c.batch_size), c.training));
  const double atoms = p.mean_atoms * c.batch_size;
  const double wanted = steps_of_few_frames * std::sqrt(atoms_of_a_step / atoms) *
                        std::sqrt(std::max(1.0, static_cast<double>(c.training) / few_frames));
  const auto size = static_cast<std::size_t>(c.batch_size);
  const auto batches = static_cast<double>((c.training + size - 1) / size);
  c.epochs = static_cast<int>(std::clamp(std::lround(wanted / batches), 1L, most_epochs));
  c.steps = static_cast<std::int64_t>(batches) * c.epochs;
  c.warmup_steps = static_cast<int>(std::min<std::int64_t>(200, c.steps / 50));
  // without any label `fit` says what the file holds in their place
  const bool labelled = p.n_energies + p.n_forces > 0;
  if (labelled && p.n_energies == 0) {
    c.energy_weight = 0.0;
  } else if (p.atoms_deviation > spread_of_sizes * p.mean_atoms) {
    c.energy_per_atom = true;
    c.energy_weight = std::max(1.0, std::round(p.mean_atoms));
  }
  c.force_weight = labelled && p.n_forces == 0 ? 0.0 : 100.0;
  c.stress_weight = p.n_stresses > 0 ? 1000.0 : 0.0;
  c.isolated_atoms = !p.isolated_differ && p.isolated == p.elements;
  return c;
}

std::string sizes(const DataProfile& p) {
  return p.min_atoms == p.max_atoms
             ? format("%zu atoms", p.min_atoms)
             : format("%zu to %zu atoms (mean %.0f)", p.min_atoms, p.max_atoms, p.mean_atoms);
}

std::string described(const DataProfile& p) {
  std::string text = format("%zu frames of ", p.structures) + sizes(p) + ", " +
                     joined(p.elements, " ") + ", " +
                     (p.periodic == 0              ? "not periodic"
                      : p.periodic == p.structures ? "periodic"
                                                   : format("%zu periodic", p.periodic));
  text += p.n_stresses > 0 ? format("; stress in %zu", p.n_stresses) : "; no stress";
  if (p.structures < p.frames) {
    text += format("; %zu isolated atoms", p.frames - p.structures);
  }
  if (!p.groups.empty()) {
    text += format("; %zu groups", p.groups.size());
  }
  return text;
}

std::string steps_text(const DataProfile& p, const AutoChoice& c) {
  return format("%d epochs of batches of %d: %lld steps of %.0f atoms", c.epochs, c.batch_size,
                static_cast<long long>(c.steps), p.mean_atoms * c.batch_size);
}

std::string layers_text(const DataProfile& p, const AutoChoice& c) {
  return c.layers == 3
             ? (p.periodic > 0 ? "frames enough for three" : "a molecule's atoms see all others")
             : "few frames of something periodic";
}

std::string loss_text(const AutoChoice& c) {
  std::string text =
      "forces " + number_text(c.force_weight) + ", energies " + number_text(c.energy_weight);
  text += c.energy_per_atom ? " of the error per atom, as frames differ in size" : "";
  return text + (c.stress_weight > 0 ? ", stress " + number_text(c.stress_weight) : "");
}

// File or folder without its endings.
std::string name_of(const std::string& path) {
  auto file = std::filesystem::path(path).lexically_normal();
  if (!file.has_filename()) {  // "frames/"
    file = file.parent_path();
  }
  std::string name = file.filename().string();
  for (const char* ending : {".xz", ".npz", ".extxyz", ".xyz"}) {
    const std::string end = ending;
    if (name.size() > end.size() && name.ends_with(end)) {
      name.erase(name.size() - end.size());
    }
  }
  return name.empty() || name == "." || name == ".." ? "spinconv" : name;
}

// The keys of `data` as to_yaml() writes them, but for the split, indented.
std::string data_lines(const DataConfig& data) {
  FitConfig config;
  config.data = data;
  config.output.folder = "none";
  YAML::Node section = YAML::Load(config.to_yaml())["data"];
  section.remove("split");
  std::istringstream lines(YAML::Dump(section));
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    text += "  " + line + "\n";
  }
  return text;
}

std::string yaml_text(const std::string& text) {
  YAML::Emitter out;
  out << YAML::DoubleQuoted << text;
  return out.c_str();
}

std::string yaml_of(const DataConfig& data, const DataProfile& p, const AutoChoice& c) {
  std::ostringstream out;
  const auto line = [&](const std::string& key, const std::string& value,
                        const std::string& comment = "") {
    out << commented_line(key, value, comment);
  };
  const auto count = [](auto n) { return std::to_string(n); };
  const std::string name = name_of(data.train.path);
  out << "# Configuration of 'spinconv-train fit', chosen for the data by 'spinconv-train preset "
         "auto' (docs/training.md).\n# "
      << described(p)
      << "\n# Lengths in Angstrom, energies in eV. How long it will take: spinconv-train fit "
         "THIS_FILE --dry-run\n\ndata:\n"
      << data_lines(data) << "  split:\n";
  const std::string indent = "  ";
  line(indent + "train", "rest", count(c.training) + " frames");
  line(indent + "validation", count(c.validation),
       data.validation ? "a file of its own" : "frames that tell the best epoch");
  line(indent + "test", "0");
  line(indent + "seed", count(c.split_seed));
  out << "\nmodel:\n";
  line("preset", "small");
  line("cutoff", number_text(c.cutoff), c.why_cutoff);
  line("layers", count(c.layers), layers_text(p, c));
  out << "\ntraining:\n";
  line("seed", "1");
  line("epochs", count(c.epochs), steps_text(p, c));
  line("batch_size", count(c.batch_size), "frames, some twenty atoms a step");
  line("learning_rate", "0.004");
  line("ema_decay", "0.998", "running average of the weights, which is what is saved");
  if (c.isolated_atoms) {
    line("isolated_atoms", "frames", "single atoms keep exactly their energies");
  }
  out << "  loss:\n";
  line(indent + "type", "norm", "the length of an atom's force error");
  line(indent + "energy_weight", number_text(c.energy_weight));
  if (c.energy_per_atom) {
    line(indent + "energy_per_atom", "true", "frames differ in size");
  }
  line(indent + "force_weight", number_text(c.force_weight));
  if (c.stress_weight > 0) {
    line(indent + "stress_weight", number_text(c.stress_weight),
         count(p.n_stresses) + " frames have one");
  }
  if (!p.groups.empty() && p.groups.size() <= 20) {
    std::string groups;
    for (const auto& [group, frames] : p.groups) {
      groups += (groups.empty() ? "" : ", ") + yaml_text(group) + ": 1";
    }
    out << "    # group_weights: {" << groups << "}   # by config_type\n";
  }
  out << "  schedule: {type: cosine, warmup_steps: " << c.warmup_steps << "}\n\noutput:\n";
  line("folder", yaml_text("runs/" + name), "log.csv, checkpoint.pt, report.html, the potential");
  line("name", yaml_text(name), "the potential is folder/name.pt");
  out << "  # license: CC-BY-4.0\n  # citation: who to cite\n";
  return out.str();
}

}  // namespace

AutoConfig choose_config(const DataConfig& data, const FrameStore& frames,
                         const DataProfile& profile) {
  if (!data.train.target.is_energy()) {
    throw Error("a configuration is chosen for energies alone, but data.target is " +
                data.train.target.name + "; docs/qm9.md has settings of such targets");
  }
  if (profile.structures == 0) {
    throw Error(data.train.path +
                ": all frames are isolated atoms, so that there is nothing to learn; add frames "
                "of more atoms");
  }
  const AutoChoice c = choose(data, frames, profile);
  AutoConfig result;
  result.yaml = yaml_of(data, profile, c);
  result.reasons = {
      "  data      " + described(profile),
      "  split     " +
          (data.validation ? "validation frames from a file of their own"
                           : format("%zu frames to train, %zu validate", c.training, c.validation)),
      format("  model     preset small, cutoff %g Angstrom (%s), %d layers (%s)", c.cutoff,
             c.why_cutoff.c_str(), c.layers, layers_text(profile, c).c_str()),
      "  training  " + steps_text(profile, c), "  loss      norm, " + loss_text(c)};
  if (c.isolated_atoms) {
    result.reasons.push_back(
        "  energies  relative to the isolated atoms in the data, which stay exact");
  } else if (profile.isolated_differ) {
    result.reasons.push_back(
        "  energies  isolated atoms of one element differ, so that none are taken as reference");
  } else if (!profile.isolated.empty()) {
    result.reasons.push_back("  energies  isolated atoms are there of " +
                             joined(profile.isolated, " ") +
                             " alone, so that they are no reference");
  }
  if (profile.max_force > 50.0) {
    result.reasons.push_back(format(
        "  note      the largest force on an atom is %.0f eV/Angstrom: data.max_force leaves such "
        "frames out",
        profile.max_force));
  }
  return result;
}

}  // namespace spinconv::train
