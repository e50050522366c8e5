// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
// The configuration with all defaults, as config.yaml and checkpoints have it.
#include <yaml-cpp/yaml.h>

#include "data/number_text.hpp"
#include "data/target.hpp"
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
  if (!model.elements.empty()) {
    out << YAML::Key << "elements" << YAML::Value << YAML::Flow << model.elements;
  }
  key("sphere", model.sphere);
  key("roll", model.roll);
  key("forces", model.forces);
  key_of("model.", "force_rotations", model.force_rotations);
  key_of("model.", "force_seed", model.force_seed);
  key_of("model.", "latitudes", model.latitudes);
  key_of("model.", "longitudes", model.longitudes);
  key_of("model.", "max_neighbors", model.max_neighbors);
  key("cutoff", model.cutoff);
  key("layers", model.layers);
  key("message_channels", model.message_channels);
  key("hidden_channels", model.hidden_channels);
  key_of("model.", "l_max", model.l_max);
  key_of("model.", "m_max", model.m_max);
  key_of("model.", "channel_groups", model.channel_groups);
  key("experts", model.experts);
  key("embedding_channels", model.embedding_channels);
  key("gaussians", model.gaussians);
  key("gaussian_width", model.gaussian_width);
  key("envelope_exponent", model.envelope_exponent);
  key_of("model.", "roll_activation", model.roll_activation);
  key_of("model.", "roll_samples", model.roll_samples);
  key_of("model.", "normalization", model.normalization);
  if (reference_energies) {
    out << YAML::Key << "reference_energies" << YAML::Value << YAML::Flow << YAML::BeginSeq;
    for (const double energy : *reference_energies) {
      out << number_text(energy);
    }
    out << YAML::EndSeq;
  }
  out << YAML::EndMap;

  begin("training");
  key("seed", training.seed);
  key("epochs", training.epochs);
  key("batch_size", training.batch_size);
  key("precision", training.precision);
  key("device", training.device);
  key("learning_rate", training.learning_rate);
  key("amsgrad", training.amsgrad);
  key("weight_decay", training.weight_decay);
  key("ema_decay", training.ema_decay);
  key("gradient_clip", training.gradient_clip);
  key("early_stop", training.early_stop);
  key("checkpoint_minutes", training.checkpoint_minutes);
  begin("loss");
  key("type", training.loss.type);
  key("energy_weight", training.loss.energy_weight);
  key_of("training.loss.", "force_weight", training.loss.force_weight);
  if (training.loss.stress_weight > 0) {  // else as version 0.1.0 wrote it, for its checkpoints
    key("stress_weight", training.loss.stress_weight);
  }
  key_of("training.loss.", "huber_delta", training.loss.huber_delta);
  key_of("training.loss.", "free_atoms_only", training.loss.free_atoms_only);
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
