// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
// The configuration with all defaults, as config.yaml and checkpoints have it.
#include <yaml-cpp/yaml.h>

#include "data/number_text.hpp"
#include "data/target.hpp"
#include "spinconv/hyperparameters.hpp"
#include "trainer/fit_config.hpp"
#include "trainer/key_effects.hpp"

namespace spinconv::train {
namespace {

// yaml-cpp would write a carriage return as it is, which reads as the end of a line.
void emit_text(YAML::Emitter& out, const char* name, const std::string& text) {
  out << YAML::Key << name << YAML::Value;
  if (text.find('\r') != std::string::npos) {
    out << YAML::DoubleQuoted;
  }
  out << text;
}

template <class T>
void emit(YAML::Emitter& out, const char* name, const T& value) {
  if constexpr (std::is_convertible_v<T, std::string>) {
    emit_text(out, name, value);
  } else if constexpr (std::is_floating_point_v<T>) {
    out << YAML::Key << name << YAML::Value << number_text(value);
  } else {
    out << YAML::Key << name << YAML::Value << value;
  }
}

// Where it is given: an empty list is none.
template <class T>
void emit(YAML::Emitter& out, const char* name, const std::vector<T>& values) {
  if (values.empty()) {
    return;
  }
  out << YAML::Key << name << YAML::Value << YAML::Flow << YAML::BeginSeq;
  for (const T& value : values) {
    if constexpr (std::is_floating_point_v<T>) {
      out << number_text(value);
    } else {
      out << value;
    }
  }
  out << YAML::EndSeq;
}

// The same of numbers by name.
void emit(YAML::Emitter& out, const char* name, const std::map<std::string, double>& values) {
  if (values.empty()) {
    return;
  }
  out << YAML::Key << name << YAML::Value << YAML::Flow << YAML::BeginMap;
  for (const auto& [key, value] : values) {
    out << YAML::Key << YAML::DoubleQuoted << key << YAML::Value << number_text(value);
  }
  out << YAML::EndMap;
}

void emit_source(YAML::Emitter& out, const DataSource& s) {
  emit_text(out, "file", s.path);
  if (!s.energy_unit.empty() || !s.length_unit.empty()) {
    out << YAML::Key << "units" << YAML::Value << YAML::Flow << YAML::BeginMap;
    if (!s.energy_unit.empty()) {
      emit_text(out, "energy", s.energy_unit);
    }
    if (!s.length_unit.empty()) {
      emit_text(out, "length", s.length_unit);
    }
    out << YAML::EndMap;
  }
  const auto& k = s.keys;
  if (!(k.energy + k.forces + k.stress + k.virial).empty()) {
    out << YAML::Key << "keys" << YAML::Value << YAML::Flow << YAML::BeginMap;
    for (const auto& [name, key] : {std::pair{"energy", &k.energy},
                                    {"forces", &k.forces},
                                    {"stress", &k.stress},
                                    {"virial", &k.virial}}) {
      if (!key->empty()) {
        emit_text(out, name, *key);
      }
    }
    out << YAML::EndMap;
  }
  if (!s.reference.empty()) {
    emit_text(out, "reference", s.reference);
  }
  if (s.max_energy > 0) {
    emit(out, "max_energy", s.max_energy);
  }
  if (s.max_force > 0) {
    emit(out, "max_force", s.max_force);
  }
  if (s.slice.start || s.slice.stop || s.slice.step != 1) {
    const auto text = [](const std::optional<long>& v) { return v ? std::to_string(*v) : ""; };
    out << YAML::Key << "frames" << YAML::Value << YAML::DoubleQuoted
        << text(s.slice.start) + ":" + text(s.slice.stop) + ":" + std::to_string(s.slice.step);
  }
}

}  // namespace

std::string FitConfig::to_yaml() const {
  YAML::Emitter out;
  const auto key = [&](const char* name, const auto& value) { emit(out, name, value); };
  // where it has an effect; `section`: "model."
  const auto key_of = [&](const std::string& section, const char* name, const auto& value) {
    if (has_effect(*this, section + name)) {
      emit(out, name, value);
    }
  };
  const auto begin = [&](const char* name) {
    out << YAML::Key << name << YAML::Value << YAML::BeginMap;
  };
  out << YAML::BeginMap;
  begin("data");
  const Target& target = data.train.target;
  if (qm9_target(target.name)) {
    key("target", target.name);
  } else if (!target.is_energy()) {
    out << YAML::Key << "target" << YAML::Value << YAML::Flow << YAML::BeginMap;
    key("name", target.name);
    key("unit", target.unit);
    key("key", target_key(target));
    out << YAML::EndMap;
  }
  emit_source(out, data.train);
  for (const auto& [name, source] :
       {std::pair{"validation", &data.validation}, {"test", &data.test}}) {
    if (*source) {
      begin(name);
      emit_source(out, **source);
      out << YAML::EndMap;
    }
  }
  begin("split");
  key("train", data.split.train.text());
  key("validation", data.split.validation.text());
  key("test", data.split.test.text());
  key("seed", data.split.seed);
  out << YAML::EndMap;
  if (data.prefetch != DataConfig().prefetch) {
    key("prefetch", data.prefetch);
  }
  out << YAML::EndMap;

  begin("model");
  key("preset", preset);
  if (!init.empty()) {
    key("init", init);
  }
  ModelConfig written = model;
  written.reference_energies = reference_energies.value_or(std::vector<double>());
  for (const Hyperparameter& h : hyperparameters()) {
    if (h.source == Hyperparameter::Source::configuration && h.has_effect(model)) {
      std::visit([&](auto member) { emit(out, h.key.c_str(), written.*member); }, h.member);
    }
  }
  out << YAML::EndMap;

  begin("training");
  key("seed", training.seed);
  key("epochs", training.epochs);
  key("batch_size", training.batch_size);
  key("precision", training.precision);
  key("device", training.device);
  key("implementation", training.implementation);
  key("learning_rate", training.learning_rate);
  key("optimizer", training.optimizer);
  key_of("training.", "amsgrad", training.amsgrad);
  key_of("training.", "muon_momentum", training.muon_momentum);
  key_of("training.", "muon_iterations", training.muon_iterations);
  key_of("training.", "muon_clip", training.muon_clip);
  key_of("training.", "muon_decay", training.muon_decay);
  key("weight_decay", training.weight_decay);
  key("ema_decay", training.ema_decay);
  key("gradient_clip", training.gradient_clip);
  key("early_stop", training.early_stop);
  key("checkpoint_minutes", training.checkpoint_minutes);
  if (training.isolated_atoms.from_frames) {
    key_of("training.", "isolated_atoms", training.isolated_atoms.source());
  } else {
    emit(out, "isolated_atoms", training.isolated_atoms.energies);
  }
  begin("loss");
  key("type", training.loss.type);
  key("energy_weight", training.loss.energy_weight);
  if (training.loss.energy_per_atom) {  // else as earlier versions wrote it, for their checkpoints
    key_of("training.loss.", "energy_per_atom", true);
  }
  key_of("training.loss.", "force_weight", training.loss.force_weight);
  if (training.loss.stress_weight > 0) {
    key("stress_weight", training.loss.stress_weight);
  }
  key_of("training.loss.", "huber_delta", training.loss.huber_delta);
  key_of("training.loss.", "free_atoms_only", training.loss.free_atoms_only);
  emit(out, "group_weights", training.loss.group_weights);
  out << YAML::EndMap;
  begin("schedule");
  key("type", training.schedule.type);
  key("warmup_steps", training.schedule.warmup_steps);
  key_of("training.schedule.", "minimum", training.schedule.minimum);
  key_of("training.schedule.", "plateau_factor", training.schedule.plateau_factor);
  key_of("training.schedule.", "plateau_patience", training.schedule.plateau_patience);
  out << YAML::EndMap << YAML::EndMap;

  begin("output");
  key("folder", output.folder);
  if (!output.potential.empty()) {
    key("potential", output.potential);
  }
  key("name", output.name);
  for (const auto& [name, value] : {std::pair{"description", &output.description},
                                    {"license", &output.license},
                                    {"citation", &output.citation}}) {
    if (!value->empty()) {
      key(name, *value);
    }
  }
  out << YAML::EndMap << YAML::EndMap;
  return std::string(out.c_str()) + "\n";
}

}  // namespace spinconv::train
