// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "trainer/fit_config.hpp"

#include <yaml-cpp/yaml.h>

#include <cmath>
#include <filesystem>
#include <sstream>

#include "cache/manifest.hpp"
#include "data/target.hpp"
#include "spinconv/error.hpp"

namespace spinconv::train {
namespace {

std::string position(const std::string& file, const YAML::Mark& mark) {
  return mark.is_null() ? file : file + ":" + std::to_string(mark.line + 1);
}

// Where a node of the configuration comes from; what --set brings has no line.
std::string origin(const std::string& file, const YAML::Mark& mark) {
  return mark.is_null() ? "--set" : position(file, mark);
}

// A copy without the lines of the text it was parsed from.
YAML::Node without_marks(const YAML::Node& node) {
  if (node.IsScalar()) {
    return YAML::Node(node.Scalar());
  }
  YAML::Node copy(node.Type());
  for (const auto& entry : node) {
    if (node.IsSequence()) {
      copy.push_back(without_marks(entry));
    } else {
      copy[without_marks(entry.first)] = without_marks(entry.second);
    }
  }
  return copy;
}

template <class T>
constexpr const char* type_name() {
  if constexpr (std::is_same_v<T, bool>) {
    return "true or false";
  } else if constexpr (std::is_floating_point_v<T>) {
    return "a number";
  } else if constexpr (std::is_integral_v<T>) {
    return "a whole number";
  } else if constexpr (std::is_same_v<T, std::string>) {
    return "a text";
  } else {
    return "a list";
  }
}

// One mapping of the file. Every key that is asked for is known; finish() refuses the others.
class Section {
 public:
  Section(const std::string& file, const std::string& name, const YAML::Node& node)
      : file_(file), name_(name), node_(node) {
    if (node_ && !node_.IsNull() && !node_.IsMap()) {
      throw Error(origin(file_, node_.Mark()) + ": '" + name_ +
                  "' must be a section of 'key: value' lines");
    }
  }

  bool has(const std::string& key) {
    known_.push_back(key);
    return node_ && node_.IsMap() && node_[key] && !node_[key].IsNull();
  }

  template <class T>
  bool get(const std::string& key, T& value) {
    if (!has(key)) {
      return false;
    }
    try {
      value = node_[key].as<T>();
    } catch (const YAML::Exception&) {
      throw Error(where(key) + " is '" + text(key) + "'; it must be " + type_name<T>());
    }
    return true;
  }

  void get_positive(const std::string& key, int& value) {
    if (get(key, value) && value < 1) {
      throw Error(where(key) + " is " + text(key) + "; it must be at least 1");
    }
  }

  void get_not_negative(const std::string& key, double& value) {
    if (get(key, value) && !(std::isfinite(value) && value >= 0)) {
      throw Error(where(key) + " is " + text(key) + "; it must be a number that is not negative");
    }
  }

  void get_not_negative(const std::string& key, int& value) {
    if (get(key, value) && value < 0) {
      throw Error(where(key) + " is " + text(key) + "; it must not be negative");
    }
  }

  void get_choice(const std::string& key, std::string& value,
                  const std::vector<std::string>& valid) {
    if (get(key, value) && std::find(valid.begin(), valid.end(), value) == valid.end()) {
      throw Error(origin(file_, node_[key].Mark()) + ": " +
                  unknown_name_message(full(key), value, valid));
    }
  }

  Section section(const std::string& key) {
    known_.push_back(key);
    return Section(file_, full(key),
                   node_ && node_.IsMap() ? YAML::Node(node_[key]) : YAML::Node());
  }

  YAML::Node raw(const std::string& key) {
    return has(key) ? YAML::Node(node_[key]) : YAML::Node();
  }

  std::string where(const std::string& key) const {
    return origin(file_, node_[key].Mark()) + ": " + full(key);
  }

  void finish() const {
    if (!node_ || !node_.IsMap()) {
      return;
    }
    std::vector<std::string> seen;
    for (const auto& entry : node_) {
      if (!entry.first.IsScalar()) {
        throw Error(origin(file_, entry.first.Mark()) + ": " +
                    (name_.empty() ? "" : "'" + name_ + "': ") +
                    "a key is a list or a section; keys are names");
      }
      const auto key = entry.first.Scalar();
      if (std::find(seen.begin(), seen.end(), key) != seen.end()) {
        throw Error(origin(file_, entry.first.Mark()) + ": '" + full(key) +
                    "' is given twice; keep one of them");
      }
      seen.push_back(key);
      if (std::find(known_.begin(), known_.end(), key) == known_.end()) {
        throw Error(origin(file_, entry.first.Mark()) + ": " +
                    unknown_name_message("key", name_.empty() ? key : full(key), qualified()));
      }
    }
  }

 private:
  std::string full(const std::string& key) const { return name_.empty() ? key : name_ + "." + key; }

  std::vector<std::string> qualified() const {
    std::vector<std::string> names;
    for (const auto& key : known_) {
      names.push_back(full(key));
    }
    return names;
  }

  std::string text(const std::string& key) const {
    return node_[key].IsScalar() ? node_[key].Scalar() : "a list or section";
  }

  std::string file_;
  std::string name_;
  YAML::Node node_;
  std::vector<std::string> known_;
};

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
    source.slice = Slice::parse(slice);
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
  // units, keys and reference of a cache are those of `prepare`
  if (const YAML::Node path = node.IsMap() ? node["file"] : node;
      path && path.IsScalar() && is_cache(path.as<std::string>())) {
    source.energy_unit.clear();
    source.length_unit.clear();
    source.keys = LabelKeys();
    source.reference.clear();
  }
  if (node.IsScalar()) {
    source.path = node.as<std::string>();
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
    share = Share::parse(text, "data.split." + key);
  }
}

// A name that is known, or {name, unit, key} of what other data have.
Target read_target(Section& data) {
  const YAML::Node node = data.raw("target");
  if (!node || node.IsNull()) {
    return {};
  }
  if (node.IsScalar()) {
    return named_target(node.as<std::string>(), data.where("target"));
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

void read_model(Section section, FitConfig& config) {
  section.get("preset", config.preset);
  section.get("init", config.init);
  config.model = ModelConfig::preset(config.preset);
  auto& m = config.model;
  section.get_choice("sphere", m.sphere, {"harmonics", "grid"});
  section.get_choice("roll", m.roll, {"convolution", "none"});
  section.get_choice("forces", m.forces, {"gradient", "direct", "distance"});
  section.get_positive("force_rotations", m.force_rotations);
  section.get("force_seed", m.force_seed);
  section.get("elements", m.elements);
  section.get("cutoff", m.cutoff);
  section.get("layers", m.layers);
  section.get("message_channels", m.message_channels);
  section.get("hidden_channels", m.hidden_channels);
  const bool has_m_max = section.get("l_max", m.l_max) | section.get("m_max", m.m_max);
  if (has_m_max && !section.has("m_max")) {
    m.m_max = std::min(m.m_max, m.l_max);
  }
  section.get("channel_groups", m.channel_groups);
  section.get("experts", m.experts);
  section.get("embedding_channels", m.embedding_channels);
  section.get("gaussians", m.gaussians);
  section.get("gaussian_width", m.gaussian_width);
  section.get("envelope_exponent", m.envelope_exponent);
  section.get("roll_activation", m.roll_activation);
  section.get("roll_samples", m.roll_samples);
  section.get("normalization", m.normalization);
  section.get_positive("latitudes", m.latitudes);
  section.get_positive("longitudes", m.longitudes);
  section.get_not_negative("max_neighbors", m.max_neighbors);
  std::vector<double> reference;
  if (section.get("reference_energies", reference)) {
    config.reference_energies = reference;
    if (reference.size() != m.elements.size()) {
      throw Error(section.where("reference_energies") + " has " + std::to_string(reference.size()) +
                  " values; give one for each of model.elements (" +
                  std::to_string(m.elements.size()) + ")");
    }
  }
  section.finish();
}

void read_training(Section section, const std::string& forces, TrainingConfig& t) {
  section.get("seed", t.seed);
  section.get_positive("epochs", t.epochs);
  section.get_positive("batch_size", t.batch_size);
  section.get_choice("precision", t.precision, {"single", "double", "mixed"});
  section.get_choice("device", t.device, {"cpu", "cuda", "auto"});
  section.get_not_negative("learning_rate", t.learning_rate);
  section.get("amsgrad", t.amsgrad);
  section.get_not_negative("weight_decay", t.weight_decay);
  section.get_not_negative("ema_decay", t.ema_decay);
  if (t.ema_decay >= 1.0) {
    throw Error(section.where("ema_decay") + " must be below 1 (0.99 averages about 100 steps)");
  }
  section.get_not_negative("gradient_clip", t.gradient_clip);
  section.get_not_negative("early_stop", t.early_stop);
  section.get_not_negative("checkpoint_minutes", t.checkpoint_minutes);
  Section loss = section.section("loss");
  loss.get_choice("type", t.loss.type, {"l1", "l2", "huber", "norm"});
  loss.get_not_negative("energy_weight", t.loss.energy_weight);
  loss.get_not_negative("force_weight", t.loss.force_weight);
  loss.get_not_negative("stress_weight", t.loss.stress_weight);
  if (t.loss.stress_weight > 0 && forces != "gradient") {
    throw Error(loss.where("stress_weight") + " needs model.forces: gradient, but that is " +
                forces + ", which has no stress; change one of the two");
  }
  loss.get_not_negative("huber_delta", t.loss.huber_delta);
  loss.get("free_atoms_only", t.loss.free_atoms_only);
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

void apply_override(YAML::Node root, const std::string& override_text) {
  const auto equals = override_text.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw Error("--set '" + override_text + "' is not key=value, e.g. --set training.epochs=10");
  }
  YAML::Node value;
  try {
    value = without_marks(YAML::Load(override_text.substr(equals + 1)));
  } catch (const YAML::Exception& e) {
    throw Error("--set '" + override_text + "': " + e.msg);
  }
  std::vector<std::string> keys;
  std::istringstream parts(override_text.substr(0, equals));
  for (std::string part; std::getline(parts, part, '.');) {
    keys.push_back(part);
  }
  YAML::Node node = root;
  for (std::size_t i = 0; i + 1 < keys.size(); ++i) {
    YAML::Node next = node[keys[i]];
    if (!next || next.IsNull()) {
      node[keys[i]] = YAML::Node(YAML::NodeType::Map);
      next.reset(node[keys[i]]);
    }
    if (!next.IsMap()) {
      throw Error("--set '" + override_text + "': '" + keys[i] + "' is not a section");
    }
    node.reset(next);
  }
  node[keys.back()] = value;
}

}  // namespace

FitConfig FitConfig::read(const std::string& path, const std::vector<std::string>& overrides) {
  if (!std::filesystem::is_regular_file(path)) {
    throw Error("configuration '" + path + "' does not exist; 'spinconv-train preset small > " +
                path + "' writes one");
  }
  YAML::Node root;
  try {
    root = YAML::LoadFile(path);
  } catch (const YAML::Exception& e) {
    throw Error(position(path, e.mark) + ": not valid YAML: " + e.msg);
  }
  if (!root.IsMap()) {
    throw Error(path +
                ": empty, or not a mapping; 'spinconv-train preset small' prints an example");
  }
  for (const auto& text : overrides) {
    apply_override(root, text);
  }
  FitConfig config;
  Section top(path, "", root);
  read_data(top.section("data"), path, config.data);
  read_model(top.section("model"), config);
  if (!config.data.train.target.is_energy() && config.model.has_direct_forces()) {
    throw Error(path + ": model.forces is direct, but data.target " +
                config.data.train.target.name + " has no forces; leave model.forces out");
  }
  read_training(top.section("training"), config.model.forces, config.training);
  if (!config.data.train.target.is_energy() && config.training.loss.stress_weight > 0) {
    throw Error(path + ": training.loss.stress_weight is not 0, but data.target " +
                config.data.train.target.name + " has no stress; leave it out");
  }
  read_output(top.section("output"), path, config.output);
  top.finish();
  return config;
}

std::string FitConfig::potential_path() const {
  return output.potential.empty()
             ? (std::filesystem::path(output.folder) / (output.name + ".pt")).string()
             : output.potential;
}

}  // namespace spinconv::train
