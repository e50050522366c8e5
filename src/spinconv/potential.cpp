// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/potential.hpp"

#include <zlib.h>

#include <map>
#include <sstream>

#include "spinconv/atomic_file.hpp"
#include "spinconv/error.hpp"
#include "spinconv/hyperparameters.hpp"
#include "spinconv/json_text.hpp"
#include "spinconv/model_error.hpp"
#include "spinconv/torch_archive.hpp"
#include "spinconv/training_ranges_json.hpp"
#include "spinconv/version.hpp"

namespace spinconv {
namespace {

constexpr const char* metadata_name = "spinconv.json";

// Over the weights and the hyperparameters as the file spells them (older files lack newer keys): a
// flipped bit in either gives other energies.
std::uint32_t checksum(const Model& model, const nlohmann::json& hyperparameters) {
  uLong crc = crc32(0, nullptr, 0);
  for (const auto& p : model.parameters()) {
    const auto bytes = p.detach().to(torch::kCPU, torch::kFloat64).contiguous();
    crc = crc32_z(crc, static_cast<const Bytef*>(bytes.data_ptr()), bytes.nbytes());
  }
  const std::string config = hyperparameters.dump();
  crc = crc32_z(crc, reinterpret_cast<const Bytef*>(config.data()), config.size());
  return static_cast<std::uint32_t>(crc);
}

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) {
    text += (text.empty() ? "" : " ") + word;
  }
  return text;
}

void check_is_archive(const std::string& path) {
  if (!begins_zip_archive(beginning_of_file(path, "potential file '" + path + "'"))) {
    throw Error("'" + path +
                "' is not a potential file (it is no TorchScript archive); make one with "
                "'spinconv-train fit'");
  }
}

// The text of spinconv.json in the archive.
std::string metadata_text(const TorchArchive& archive, const std::string& path) {
  const std::string record = std::string("extra/") + metadata_name;
  if (archive.has(record)) {
    return archive.record(record);
  }
  throw Error("'" + path +
              (archive.has("constants.pkl")
                   ? "' is a TorchScript archive but no SpinConv potential (it has no "
                     "spinconv.json); make one with 'spinconv-train fit', or of a checkpoint of "
                     "fit with 'spinconv-train export CHECKPOINT OUT.pt'"
                   : "' is an archive but no TorchScript potential; a training checkpoint or "
                     "state_dict must be exported first ('spinconv-train fit' writes NAME.pt)"));
}

// The tensors of the archive by their names.
std::map<std::string, torch::Tensor> tensors_of(TorchArchive& archive) {
  std::map<std::string, torch::Tensor> tensors;
  const auto root = archive.root();
  if (!root->state) {
    archive.fail("data.pkl has no weights");
  }
  for (const auto& [key, value] : root->state->entries) {
    if (const auto tensor = archive.tensor(*value); tensor.defined()) {
      tensors[key->text] = tensor;
    }
  }
  return tensors;
}

std::string name_of_file(const std::string& path) {
  return "potential file '" + path + "'";
}

Error bad_metadata(const std::string& name, const nlohmann::json::exception& e) {
  return Error(name + " has bad metadata (spinconv.json): " + e.what() + "; get the file again");
}

nlohmann::json checked_metadata(const TorchArchive& archive, const std::string& path,
                                const std::string& name) {
  nlohmann::json metadata = parse_json(metadata_text(archive, path), name);
  if (metadata.contains("module_version")) {
    throw Error(
        "'" + path +
        "' is the TorchScript module of a potential, which 'spinconv-train export' made for "
        "other programs; name the potential file it was made of");
  }
  const auto& stated = metadata.at("format_version");
  if (!stated.is_number_integer() || stated.get<int>() < 1) {
    throw Error(name + " has format version " + stated.dump() +
                ", which there is not; the file is damaged or was edited: get it again");
  }
  const int version = stated.get<int>();
  if (version > Potential::format_version) {
    throw Error(name + " has format version " + std::to_string(version) + ", this build reads " +
                std::to_string(Potential::format_version) + " (SpinConv " + SPINCONV_VERSION +
                "); update SpinConv");
  }
  Target::from_metadata(metadata, name);
  if (const auto precision = metadata.value("precision", "single");
      precision != "single" && precision != "double") {
    throw Error(name + ": precision is '" + precision +
                "', neither single nor double; the file is damaged or was edited: get it again");
  }
  const nlohmann::json units = {{"length", "Angstrom"}, {"energy", "eV"}};
  if (metadata.contains("units") && metadata["units"] != units) {
    throw Error(name + " has units " + metadata["units"].dump() + ", not " + units.dump() +
                "; make it anew in these");
  }
  const auto model = ModelConfig::from_json(metadata.at("model"), name);
  try {
    model.validate();
  } catch (const ModelError& e) {
    throw Error(name + ": " + e.text() + "; the file is damaged or was edited: get it again");
  }
  training_ranges_of(metadata, model, name);
  return metadata;
}

}  // namespace

nlohmann::json Potential::read_metadata(const std::string& path) {
  check_is_archive(path);
  const std::string name = name_of_file(path);
  try {
    return checked_metadata(TorchArchive(path, name), path, name);
  } catch (const nlohmann::json::exception& e) {
    throw bad_metadata(name, e);
  }
}

Potential Potential::load(const std::string& path) {
  check_is_archive(path);
  const std::string name = name_of_file(path);
  try {
    TorchArchive archive(path, name);
    nlohmann::json metadata = checked_metadata(archive, path, name);
    Model model = Model::with_weights(ModelConfig::from_json(metadata.at("model"), name),
                                      tensors_of(archive), name);
    for (const auto& p : model.module().named_parameters()) {
      if (!p.value.isfinite().all().item<bool>()) {
        throw Error(name + " has weights that are not finite (parameter '" + p.name +
                    "'); the training diverged: train again with a lower learning rate");
      }
    }
    if (checksum(model, metadata.at("model")) != metadata.at("crc32").get<std::uint32_t>()) {
      archive.fail("its weights do not match their checksum");
    }
    Potential potential{std::move(model), std::move(metadata)};
    // metadata that are what they have to be
    describe(potential);
    potential.metadata.value("precision", "");
    return potential;
  } catch (const nlohmann::json::exception& e) {
    throw bad_metadata(name, e);
  }
}

Target Potential::target() const {
  return Target::from_metadata(metadata, "potential");
}

std::optional<TrainingRanges> Potential::training_ranges() const {
  return training_ranges_of(metadata, model.config(), "potential");
}

void Potential::save(const std::string& path, const std::string& precision) const {
  Model stored = model.clone();
  const auto dtype = precision == "double" ? torch::kFloat64 : torch::kFloat32;
  stored.to(dtype, torch::kCPU);
  nlohmann::json json = metadata;
  json["format_version"] = target().is_energy() ? 1 : format_version;
  json["library_version"] = SPINCONV_VERSION;
  json["units"] = {{"length", "Angstrom"}, {"energy", "eV"}};
  json["precision"] = precision;
  json["model"] = stored.config().to_json();
  json["parameters"] = stored.parameter_count();
  json["crc32"] = checksum(stored, json["model"]);
  const torch::jit::ExtraFilesMap extra{{metadata_name, json.dump(2)}};
  std::ostringstream bytes;
  stored.module().save(bytes, extra);
  write_file_atomically(path, bytes.view());
}

std::string describe(const Potential& potential) {
  const auto& c = potential.model.config();
  const auto& m = potential.metadata;
  const Target target = potential.target();
  std::ostringstream out;
  out << (target.is_energy() ? "SpinConv potential" : "SpinConv model");
  if (m.contains("name")) {
    out << " " << m["name"].get<std::string>();
  }
  out << ": elements " << join(c.elements) << ", cutoff " << c.cutoff << " A, "
      << potential.model.parameter_count() << " parameters\n";
  out << hyperparameter_summary(c);
  if (!target.is_energy()) {
    out << "  target " << target.name << " (" << target.unit
        << "): no potential energy, it has no forces\n";
  }
  if (m.contains("training")) {
    const auto& t = m["training"];
    out << "  trained";
    if (t.contains("train_frames")) {
      out << " on " << t["train_frames"] << " frames";
    }
    if (t.contains("data") && t["data"].is_array() && !t["data"].empty()) {
      out << " of " << t["data"][0].value("file", "?");
    }
    if (m.contains("created")) {
      out << ", " << m["created"].get<std::string>();
    }
    if (!t.value("finished", true)) {
      out << ", not finished (" << t.value("epochs", 0) << " epochs)";
    }
    out << "\n";
    if (t.contains("reference_energies") && t["reference_energies"].is_string()) {
      out << "  reference energies: " << t["reference_energies"].get<std::string>() << "\n";
    }
  }
  if (const auto ranges = potential.training_ranges()) {
    out << ranges->text();
  }
  if (m.contains("errors")) {
    for (const auto& [split, e] : m["errors"].items()) {
      out << "  " << split << " errors:";
      if (e.contains("force_mae_ev_a") && e["force_mae_ev_a"].is_number()) {
        out << " force MAE " << 1000.0 * e["force_mae_ev_a"].get<double>() << " meV/A";
      }
      if (e.contains("energy_mae_per_atom_ev") && e["energy_mae_per_atom_ev"].is_number()) {
        out << ", energy MAE " << 1000.0 * e["energy_mae_per_atom_ev"].get<double>() << " meV/atom";
      }
      if (e.contains("target_mae") && e["target_mae"].is_number()) {
        out << " " << target.name << " MAE " << e["target_mae"].get<double>() << " "
            << e.value("unit", "");
      }
      out << "\n";
    }
  }
  if (m.contains("license")) {
    out << "  licence " << m["license"].get<std::string>() << "\n";
  }
  if (m.contains("citation")) {
    out << "  cite: " << m["citation"].get<std::string>() << "\n";
  }
  return out.str();
}

}  // namespace spinconv
