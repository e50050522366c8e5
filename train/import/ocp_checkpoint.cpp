// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "import/ocp_checkpoint.hpp"

#include <cmath>

#include "spinconv/error.hpp"
#include "spinconv/pickle.hpp"
#include "spinconv/torch_archive.hpp"

namespace spinconv::train {
namespace {

using pickle::Value;
using torch::Tensor;

void require_zip(const std::string& path) {
  const std::string bytes = beginning_of_file(path, "checkpoint '" + path + "'");
  if (begins_zip_archive(bytes)) {
    return;
  }
  // the magic number that torch.save() began with before version 1.6
  if (bytes.compare(0, 14, "\x80\x02\x8a\x0al\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 14) == 0) {
    throw Error("checkpoint '" + path +
                "' has the layout of PyTorch before 1.6; save it again with a newer one: "
                "torch.save(torch.load(FILE, map_location='cpu'), NEW_FILE)");
  }
  throw Error("'" + path + "' is not a checkpoint (torch.save() writes zip archives)");
}

// What is plain data of a value, up to a depth and a number of values that no config reaches: a
// pickle may refer to a value any number of times, from within itself too.
class PlainData {
 public:
  explicit PlainData(const std::string& path) : path_(path) {}

  nlohmann::json of(const Value& v, int depth = 0) {
    if (depth > 64 || ++count_ > 100000) {
      throw Error("checkpoint '" + path_ +
                  "' is damaged: its config has no end; copy or download it again");
    }
    switch (v.kind) {
      case Value::Kind::boolean:
        return v.integer != 0;
      case Value::Kind::integer:
        return v.integer;
      case Value::Kind::real:
        return v.real;
      case Value::Kind::text:
        return text(v.text);
      case Value::Kind::list:
      case Value::Kind::tuple: {
        auto list = nlohmann::json::array();
        for (const auto& item : v.items) {
          list.push_back(of(*item, depth + 1));
        }
        return list;
      }
      case Value::Kind::dict: {
        auto dict = nlohmann::json::object();
        for (const auto& [key, value] : v.entries) {
          if (key->is_text() && text(key->text).is_string()) {
            dict[key->text] = of(*value, depth + 1);
          }
        }
        return dict;
      }
      default:
        return nullptr;
    }
  }

 private:
  // Bytes that are no text are no plain data.
  static nlohmann::json text(const std::string& bytes) {
    nlohmann::json json = bytes;
    try {
      json.dump();
    } catch (const nlohmann::json::type_error&) {
      return nullptr;
    }
    return json;
  }

  const std::string& path_;
  int count_ = 0;
};

// Of a config, where it has one.
std::string model_of(const nlohmann::json& config) {
  const auto model =
      config.is_object() ? config.value("model", nlohmann::json()) : nlohmann::json();
  const auto name = model.is_object() ? model.value("name", nlohmann::json()) : model;
  return name.is_string() ? name.get<std::string>() : "";
}

std::shared_ptr<const Value> root_of(const TorchArchive& archive, const std::string& path) {
  if (archive.has("constants.pkl") || archive.has("spinconv.json")) {
    throw Error("'" + path +
                "' is a TorchScript file, no checkpoint; if it is a potential, use it as it is");
  }
  if (!archive.has("data.pkl")) {
    throw Error("'" + path + "' is a zip archive but no checkpoint (it has no data.pkl)");
  }
  return archive.root();
}

std::string keys_of(const Value& v) {
  std::string text;
  for (const auto& [key, value] : v.entries) {
    if (key->is_text() && text.size() < 200) {
      text += (text.empty() ? "" : ", ") + key->text;
    }
  }
  return text.empty() ? "none" : text;
}

double number(TorchArchive& archive, const Value* v, double otherwise) {
  if (v == nullptr) {
    return otherwise;
  }
  if (v->is_number()) {
    return v->number();
  }
  const Tensor t = archive.tensor(*v);
  return t.defined() && t.numel() == 1 ? t.to(torch::kFloat64).item<double>() : otherwise;
}

}  // namespace

OcpCheckpoint OcpCheckpoint::read(const std::string& path) {
  require_zip(path);
  TorchArchive archive(path, "checkpoint '" + path + "'");
  const auto root = root_of(archive, path);
  const Value* const state = root->find("state_dict");
  const Value* const config = root->find("config");
  if (state == nullptr || config == nullptr) {
    throw Error("'" + path +
                "' is not a checkpoint of the Open Catalyst code: it lacks state_dict or config "
                "(its keys: " +
                keys_of(*root) + ")");
  }
  OcpCheckpoint c;
  c.path = path;
  c.config = PlainData(path).of(*config);
  const std::string model = model_of(c.config);
  if (model != "spinconv") {
    throw Error("'" + path + "' is a checkpoint of model '" + (model.empty() ? "?" : model) +
                "'; only spinconv can be imported");
  }
  if (c.config["model"].is_object()) {  // later layout: attributes beside the name
    c.config["model_attributes"] = c.config["model"];
  }
  if (!c.config.contains("model_attributes") || !c.config["model_attributes"].is_object()) {
    throw Error("'" + path + "': config has no model_attributes; it is not complete");
  }
  for (const auto& [key, value] : state->entries) {
    std::string name = key->text;
    while (name.rfind("module.", 0) == 0) {
      name = name.substr(7);
    }
    Tensor tensor = archive.tensor(*value);
    if (!tensor.defined()) {
      archive.fail("state_dict entry '" + key->text + "' is no tensor");
    }
    if (tensor.is_floating_point() && !tensor.isfinite().all().item<bool>()) {
      throw Error("'" + path + "': weight '" + name +
                  "' is not finite; the training diverged: use an earlier checkpoint");
    }
    c.state[name] = tensor;
  }
  if (const Value* const normalizers = root->find("normalizers")) {
    for (const auto& [key, value] : normalizers->entries) {
      c.normalizers[key->text] = {number(archive, value->find("mean"), 0.0),
                                  number(archive, value->find("std"), 1.0)};
    }
  }
  for (auto [name, to] : {std::pair{"epoch", &c.epoch}, std::pair{"step", &c.step}}) {
    const Value* const v = root->find(name);
    if (v != nullptr && v->is_number() && std::abs(v->number()) < 1e15) {
      *to = static_cast<std::int64_t>(v->number());
    }
  }
  return c;
}

}  // namespace spinconv::train
