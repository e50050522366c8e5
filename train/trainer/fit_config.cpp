// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "trainer/fit_config.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "data/frame_stream.hpp"
#include "data/target.hpp"
#include "spinconv/elements.hpp"
#include "spinconv/error.hpp"
#include "spinconv/hyperparameters.hpp"
#include "spinconv/model_error.hpp"
#include "trainer/key_effects.hpp"
#include "trainer/yaml_section.hpp"

namespace spinconv::train {
namespace {

// The line of `key` before the errors of `read`.
template <class F>
void with_place(const Section& section, const std::string& key, F&& read) {
  try {
    read();
  } catch (const Error& e) {
    throw Error(section.place(key) + ": " + e.what());
  }
}

DataSource read_source(Section& section, const DataSource& defaults) {
  DataSource source = defaults;
  section.get("file", source.path);
  Section units = section.section("units");
  units.get("energy", source.energy_unit);
  units.get("length", source.length_unit);
  units.finish();
  Section keys = section.section("keys");
  keys.get("energy", source.keys.energy);
  keys.get("forces", source.keys.forces);
  keys.get("stress", source.keys.stress);
  keys.get("virial", source.keys.virial);
  keys.finish();
  section.get("reference", source.reference);
  section.get_not_negative("max_energy", source.max_energy);
  section.get_not_negative("max_force", source.max_force);
  std::string slice;
  if (section.get("frames", slice)) {
    with_place(section, "frames", [&] { source.slice = Slice::parse(slice); });
  }
  return source;
}

std::optional<DataSource> read_optional_source(Section& data, const std::string& key,
                                               const DataSource& defaults) {
  const YAML::Node node = data.raw(key);
  if (!node || node.IsNull()) {
    return std::nullopt;
  }
  DataSource source = defaults;
  source.slice = Slice{};
  // units, keys and reference of prepared data are those of `prepare`
  if (const YAML::Node path = node.IsMap() ? node["file"] : node;
      path && path.IsScalar() && prepared_reader(path.Scalar())) {
    source.energy_unit.clear();
    source.length_unit.clear();
    source.keys = LabelKeys();
    source.reference.clear();
  }
  if (node.IsScalar()) {
    source.path = node.Scalar();
    return source;
  }
  Section section = data.section(key);
  source = read_source(section, source);
  section.finish();
  return source;
}

void read_share(Section& split, const std::string& key, Share& share) {
  std::string text;
  if (split.get(key, text)) {
    with_place(split, key, [&] { share = Share::parse(text, "data.split." + key); });
  }
}

// A name that is known, or {name, unit, key} of what other data have.
Target read_target(Section& data) {
  const YAML::Node node = data.raw("target");
  if (!node || node.IsNull()) {
    return {};
  }
  if (node.IsScalar()) {
    return named_target(node.Scalar(), data.where("target"));
  }
  Section section = data.section("target");
  Target target{"", "", ""};
  section.get("name", target.name);
  section.get("unit", target.unit);
  section.get("key", target.key);
  section.finish();
  return custom_target(target, data.where("target"));
}

void read_data(Section data, const std::string& file, DataConfig& config) {
  DataSource defaults;
  defaults.target = read_target(data);
  config.train = read_source(data, defaults);
  if (config.train.path.empty()) {
    throw Error(file +
                ": data.file is missing; name the file to train on, e.g. data: {file: "
                "frames.extxyz}");
  }
  config.validation = read_optional_source(data, "validation", config.train);
  config.test = read_optional_source(data, "test", config.train);
  Section split = data.section("split");
  if (config.validation) {
    config.split.validation = Share::count(0);
  }
  read_share(split, "train", config.split.train);
  read_share(split, "validation", config.split.validation);
  read_share(split, "test", config.split.test);
  split.get("seed", config.split.seed);
  split.finish();
  data.get_not_negative("prefetch", config.prefetch);
  data.finish();
}

void read_elements(Section& section, std::vector<std::string>& elements) {
  std::vector<std::string> seen;
  section.get("elements", elements, [&](const std::string& text) {
    const std::string symbol = element_symbol(atomic_number(text));
    if (std::find(seen.begin(), seen.end(), symbol) != seen.end()) {
      throw Error("'" + symbol + "' is there twice; keep one of them");
    }
    seen.push_back(symbol);
    return symbol;
  });
}

void read_reference_energies(Section& section, FitConfig& config) {
  std::vector<double> reference;
  if (!section.get("reference_energies", reference)) {
    return;
  }
  const auto& elements = config.model.elements;
  if (elements.empty()) {
    throw Error(section.where("reference_energies") +
                " needs model.elements, the order that the energies are in, e.g. elements: [H, O]");
  }
  if (reference.size() != elements.size()) {
    throw Error(section.where("reference_energies") + " has " + std::to_string(reference.size()) +
                " values; give one for each of model.elements (" + std::to_string(elements.size()) +
                ")");
  }
  config.reference_energies = reference;
}

void read_model(Section section, FitConfig& config) {
  section.get_choice("preset", config.preset, ModelConfig::preset_names());
  section.get("init", config.init);
  config.model = ModelConfig::preset(config.preset);
  ModelConfig& m = config.model;
  std::set<std::string> given;
  for (const Hyperparameter& h : hyperparameters()) {
    if (h.source != Hyperparameter::Source::configuration) {
      continue;
    }
    const bool found = std::visit(
        [&](auto member) {
          auto& value = m.*member;
          using T = std::decay_t<decltype(value)>;
          if constexpr (std::is_same_v<T, std::string>) {
            return section.get_choice(h.key, value, h.choice_names());
          } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
            read_elements(section, value);
            return true;
          } else if constexpr (std::is_same_v<T, std::vector<double>>) {
            read_reference_energies(section, config);
            return true;
          } else {
            return section.get(h.key, value);
          }
        },
        h.member);
    if (found) {
      given.insert(h.key);
    }
  }
  if (given.count("l_max") > 0 && given.count("m_max") == 0) {
    m.m_max = std::min(m.m_max, m.l_max);
  }
  if (given.count("product_channels") > 0 && given.count("directed_channels") == 0) {
    m.directed_channels = std::min(m.directed_channels, m.product_channels);
  }
  section.finish();
}

// `frames`, or the energy of each element.
void read_isolated_atoms(Section& section, IsolatedAtoms& atoms) {
  const std::string key = "isolated_atoms";
  const YAML::Node node = section.raw(key);
  if (!node || node.IsNull()) {
    return;
  }
  if (node.IsScalar()) {
    std::string text;
    section.get_choice(key, text, {"frames", "none"});
    atoms.from_frames = text == "frames";
    return;
  }
  std::map<std::string, double> given;
  section.get(key, given);
  for (const auto& [text, energy] : given) {
    with_place(section, key, [&] {
      const std::string symbol = element_symbol(atomic_number(text));
      if (!atoms.energies.emplace(symbol, energy).second) {
        throw Error("training.isolated_atoms: '" + symbol + "' is there twice; keep one of them");
      }
    });
  }
}

void read_training(Section section, const std::string& forces, TrainingConfig& t) {
  section.get("seed", t.seed);
  section.get_positive("epochs", t.epochs);
  section.get_positive("batch_size", t.batch_size);
  section.get_choice("precision", t.precision, {"single", "double", "mixed"});
  section.get_choice("device", t.device, {"cpu", "cuda", "auto"});
  section.get_choice("implementation", t.implementation, {"auto", "fused", "graph"});
  section.get_not_negative("learning_rate", t.learning_rate);
  // version 0.1.0 had Adam alone, and wrote amsgrad into every configuration
  if (section.get("amsgrad", t.amsgrad)) {
    t.optimizer = "adam";
  }
  section.get_choice("optimizer", t.optimizer, {"muon", "adam"});
  section.get_not_negative("muon_momentum", t.muon_momentum);
  if (t.muon_momentum >= 1.0) {
    throw Error(section.where("muon_momentum") + " must be below 1 (default 0.95)");
  }
  section.get_positive("muon_iterations", t.muon_iterations);
  section.get_not_negative("muon_clip", t.muon_clip);
  section.get_not_negative("muon_decay", t.muon_decay);
  section.get_not_negative("weight_decay", t.weight_decay);
  section.get_not_negative("ema_decay", t.ema_decay);
  if (t.ema_decay >= 1.0) {
    throw Error(section.where("ema_decay") + " must be below 1 (0.99 averages about 100 steps)");
  }
  section.get_not_negative("gradient_clip", t.gradient_clip);
  section.get_not_negative("early_stop", t.early_stop);
  section.get_not_negative("checkpoint_minutes", t.checkpoint_minutes);
  read_isolated_atoms(section, t.isolated_atoms);
  Section loss = section.section("loss");
  loss.get_choice("type", t.loss.type, {"l1", "l2", "huber", "norm"});
  loss.get_not_negative("energy_weight", t.loss.energy_weight);
  loss.get("energy_per_atom", t.loss.energy_per_atom);
  loss.get_not_negative("force_weight", t.loss.force_weight);
  loss.get_not_negative("stress_weight", t.loss.stress_weight);
  if (t.loss.stress_weight > 0 && forces != "gradient") {
    throw Error(loss.where("stress_weight") + " needs model.forces: gradient, but that is " +
                forces + ", which has no stress; change one of the two");
  }
  loss.get_not_negative("huber_delta", t.loss.huber_delta);
  if (t.loss.huber_delta == 0) {
    throw Error(loss.where("huber_delta") +
                " is 0, with which every loss is 0; it must be positive (default 0.05)");
  }
  loss.get("free_atoms_only", t.loss.free_atoms_only);
  loss.get_not_negative("group_weights", t.loss.group_weights);
  loss.finish();
  Section schedule = section.section("schedule");
  schedule.get_choice("type", t.schedule.type, {"cosine", "plateau", "constant"});
  schedule.get_not_negative("warmup_steps", t.schedule.warmup_steps);
  schedule.get_not_negative("minimum", t.schedule.minimum);
  schedule.get_not_negative("plateau_factor", t.schedule.plateau_factor);
  if (t.schedule.plateau_factor >= 1.0) {
    throw Error(schedule.where("plateau_factor") + " must be below 1");
  }
  schedule.get_not_negative("plateau_patience", t.schedule.plateau_patience);
  schedule.finish();
  section.finish();
}

void read_output(Section section, const std::string& file, OutputConfig& o) {
  section.get("folder", o.folder);
  section.get("potential", o.potential);
  section.get("name", o.name);
  section.get("description", o.description);
  section.get("license", o.license);
  section.get("citation", o.citation);
  section.finish();
  if (o.folder.empty()) {
    throw Error(file +
                ": output.folder is missing; name the folder for the log, the checkpoint and "
                "the potential, e.g. output: {folder: runs/ethanol}");
  }
}

// Where "training.loss.type" stands: the file, its line, or --set.
std::string place_of(const std::string& file, const YAML::Node& root, const std::string& key) {
  const auto point = key.rfind('.');
  YAML::Node node = root;
  std::istringstream names(key.substr(0, point));
  for (std::string name; std::getline(names, name, '.');) {
    if (!node[name] || !node[name].IsMap()) {
      return file;
    }
    node.reset(node[name]);
  }
  return Section(file, key.substr(0, point), node).place(key.substr(point + 1));
}

// What can be said of the model before the data are read. Elements are known then; their number and
// names do not matter to the rest.
void check_model(const std::string& file, const YAML::Node& root, ModelConfig model) {
  if (model.elements.empty()) {
    model.elements = {"H"};
  }
  model.reference_energies.assign(model.elements.size(), 0.0);
  try {
    model.validate();
  } catch (const ModelError& e) {
    std::string text = e.text();
    text.insert(text.find(e.key()), "model.");
    throw Error(place_of(file, root, "model." + e.key()) + ": " + text);
  }
}

FitConfig read_configuration(const std::string& file, const YAML::Node& root) {
  FitConfig config;
  Section top(file, "", root);
  read_data(top.section("data"), file, config.data);
  read_model(top.section("model"), config);
  if (!config.data.train.target.is_energy() && config.model.has_direct_forces()) {
    throw Error(file + ": model.forces is direct, but data.target " +
                config.data.train.target.name + " has no forces; leave model.forces out");
  }
  read_training(top.section("training"), config.model.forces, config.training);
  if (config.training.isolated_atoms.any() && config.reference_energies) {
    throw Error(file +
                ": training.isolated_atoms and model.reference_energies are both given, and the "
                "former are reference energies too; leave one of them out");
  }
  if (!config.data.train.target.is_energy() && config.model.repulsion != "none") {
    throw Error(file + ": model.repulsion is " + config.model.repulsion + ", but data.target " +
                config.data.train.target.name + " is no energy; leave it out");
  }
  if (!config.data.train.target.is_energy() && config.training.loss.stress_weight > 0) {
    throw Error(file + ": training.loss.stress_weight is not 0, but data.target " +
                config.data.train.target.name + " has no stress; leave it out");
  }
  read_output(top.section("output"), file, config.output);
  top.finish();
  return config;
}

}  // namespace

FitConfig FitConfig::read(const std::string& path, const std::vector<std::string>& overrides) {
  std::error_code unknown;
  if (!std::filesystem::exists(path, unknown)) {
    throw Error("configuration '" + path + "' does not exist; 'spinconv-train preset small > " +
                path + "' writes one");
  }
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  if (std::filesystem::is_directory(path, unknown) || !in) {
    throw Error("configuration '" + path +
                "' cannot be read; it must be a YAML file that you may read");
  }
  text << in.rdbuf();
  return parse(text.str(), path, overrides);
}

FitConfig FitConfig::parse(const std::string& text, const std::string& path,
                           const std::vector<std::string>& overrides) {
  const YAML::Node root = parse_configuration(text, path);
  for (const auto& change : overrides) {
    apply_override(root, change);
  }
  FitConfig config = read_configuration(path, root);
  for (const std::string& key : lost_keys(config)) {
    throw Error(place_of(path, root, key) + ": " + why_without_effect(config, key));
  }
  check_model(path, root, config.model);
  return config;
}

std::string FitConfig::normalized(const std::string& yaml) {
  const std::string name = "configuration of the checkpoint";
  return read_configuration(name, parse_configuration(yaml, name)).to_yaml();
}

std::string FitConfig::potential_path() const {
  return output.potential.empty()
             ? (std::filesystem::path(output.folder) / (output.name + ".pt")).string()
             : output.potential;
}

}  // namespace spinconv::train
