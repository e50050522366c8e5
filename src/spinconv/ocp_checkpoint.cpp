// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/ocp_checkpoint.hpp"

#include <caffe2/serialize/inline_container.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "spinconv/error.hpp"
#include "spinconv/pickle.hpp"
#include "spinconv/torch_storage.hpp"

namespace spinconv {
namespace {

namespace fs = std::filesystem;
using caffe2::serialize::PyTorchStreamReader;
using pickle::Value;
using torch::Tensor;

std::vector<char> first_bytes(const std::string& path) {
  std::error_code status;
  if (!fs::exists(path, status)) {
    throw Error("checkpoint '" + path + "' does not exist; check the path");
  }
  if (fs::is_directory(path, status)) {
    throw Error("checkpoint '" + path + "' is a folder; name the .pt file in it");
  }
  std::ifstream in(path, std::ios::binary);
  std::vector<char> bytes(32);
  in.read(bytes.data(), 32);
  bytes.resize(static_cast<std::size_t>(in.gcount()));
  if (bytes.empty()) {
    throw Error("checkpoint '" + path + "' is empty or cannot be read; download it again");
  }
  return bytes;
}

void require_zip(const std::string& path) {
  const auto bytes = first_bytes(path);
  if (bytes.size() >= 4 && std::memcmp(bytes.data(), "PK\x03\x04", 4) == 0) {
    return;
  }
  // the magic number that torch.save() began with before version 1.6
  const char legacy[] = "\x80\x02\x8a\x0al\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
  if (bytes.size() >= 14 && std::memcmp(bytes.data(), legacy, 14) == 0) {
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

struct Storage {
  torch::Dtype dtype;
  Tensor bytes;
};

class Archive {
 public:
  explicit Archive(const std::string& path)
      : path_(path), name_("checkpoint '" + path + "'"), reader_(open(path)) {
    std::error_code unknown;
    size_ = fs::file_size(path, unknown);
  }

  std::shared_ptr<const Value> root() {
    if (reader_->hasRecord("constants.pkl") || reader_->hasRecord("spinconv.json")) {
      throw Error("'" + path_ +
                  "' is a TorchScript file, no checkpoint; if it is a potential, use it as it is");
    }
    if (!reader_->hasRecord("data.pkl")) {
      throw Error("'" + path_ + "' is a zip archive but no checkpoint (it has no data.pkl)");
    }
    if (reader_->hasRecord("byteorder")) {
      const auto [data, size] = record("byteorder");
      if (std::string(static_cast<const char*>(data.get()), size) == "big") {
        throw Error(name_ + " was written on a big-endian machine; save it again on another one");
      }
    }
    const auto [data, size] = record("data.pkl");
    return pickle::parse({static_cast<const char*>(data.get()), size}, name_);
  }

  // A tensor, or undefined where `v` is something else.
  Tensor tensor(const Value& v) {
    if (v.kind != Value::Kind::object) {
      return {};
    }
    if (v.text == "torch._utils _rebuild_parameter" && !v.items.empty()) {
      return v.items[0]->text == v.text ? Tensor() : tensor(*v.items[0]);
    }
    if (v.text != "torch._utils _rebuild_tensor_v2" || v.items.size() < 4) {
      return {};
    }
    const auto sizes = integers(*v.items[2]), strides = integers(*v.items[3]);
    const std::int64_t offset = v.items[1]->integer;
    const Storage storage = read_storage(*v.items[0]);
    const auto width = static_cast<std::int64_t>(c10::elementSize(storage.dtype));
    const std::int64_t count = storage.bytes.numel() / width;
    if (sizes.size() != strides.size() || sizes.size() > 16 || offset < 0 || offset > count) {
      fail("a tensor of an impossible shape");
    }
    std::int64_t last = offset, size = 1;
    for (std::size_t k = 0; k < sizes.size(); ++k) {
      if (sizes[k] < 0 || strides[k] < 0 || (strides[k] > 0 && sizes[k] > count / strides[k] + 1)) {
        fail("a tensor of an impossible shape");
      }
      // nor more numbers than the storage has, by strides of 0
      size = sizes[k] > 0 && size > count / sizes[k] ? count + 1 : size * sizes[k];
      last += (sizes[k] - 1) * strides[k];
    }
    if (size > count || (size > 0 && last >= count)) {
      fail("a tensor that is larger than its storage");
    }
    given_ += static_cast<std::uint64_t>(storage.bytes.numel());
    if (given_ > 64 * (size_ + 1024)) {  // tied weights share a storage, a few of them
      fail("more weights than its size allows");
    }
    if (size == 0) {
      return torch::empty(sizes, storage.dtype);
    }
    return storage.bytes.view(storage.dtype).as_strided(sizes, strides, offset).clone();
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw Error(name_ + " is damaged: " + what + "; copy or download it again");
  }

 private:
  std::unique_ptr<PyTorchStreamReader> open(const std::string& path) const {
    require_zip(path);
    try {
      return std::make_unique<PyTorchStreamReader>(path);
    } catch (const c10::Error& e) {
      const std::string text = e.what_without_backtrace();
      fail("it is no whole zip archive (" + text.substr(0, text.find('\n')) + ")");
    } catch (const std::logic_error& e) {  // of std::stoull
      fail(std::string("its version is no number (") + e.what() + ")");
    }
  }

  std::pair<at::DataPtr, std::size_t> record(const std::string& name) const {
    try {
      // torch.save() stores, zip programs compress: what compression cannot do is not asked memory
      // for
      if (reader_->getRecordSize(name) / 1040 > size_) {
        fail("record " + name + " has an impossible size");
      }
      auto [data, size] = reader_->getRecord(name);
      return {std::move(data), size};
    } catch (const c10::Error& e) {
      const std::string text = e.what_without_backtrace();
      fail("record " + name + " cannot be read (" + text.substr(0, text.find('\n')) + ")");
    }
  }

  std::vector<std::int64_t> integers(const Value& v) const {
    std::vector<std::int64_t> result;
    for (const auto& item : v.items) {
      result.push_back(item->integer);
    }
    return result;
  }

  Storage read_storage(const Value& v) const {
    const auto reference = StorageReference::of(v);
    if (!reference) {
      fail("a tensor without a storage");
    }
    if (!reference->dtype) {
      throw Error(name_ + ": numbers of type '" + reference->type + "' are not read");
    }
    const auto [data, size] = record("data/" + reference->key);
    Tensor bytes = torch::empty({static_cast<std::int64_t>(size)}, torch::kUInt8);
    if (size > 0) {  // else there is no memory, on either side
      std::memcpy(bytes.data_ptr(), data.get(), size);
    }
    const auto width = static_cast<std::int64_t>(c10::elementSize(*reference->dtype));
    return {*reference->dtype, bytes.narrow(0, 0, bytes.numel() / width * width)};
  }

  std::string path_, name_;
  std::unique_ptr<PyTorchStreamReader> reader_;
  std::uint64_t size_ = 0;   // of the file, bytes
  std::uint64_t given_ = 0;  // of storages that tensors were made of, bytes
};

std::string keys_of(const Value& v) {
  std::string text;
  for (const auto& [key, value] : v.entries) {
    if (key->is_text() && text.size() < 200) {
      text += (text.empty() ? "" : ", ") + key->text;
    }
  }
  return text.empty() ? "none" : text;
}

double number(Archive& archive, const Value* v, double otherwise) {
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
  Archive archive(path);
  const auto root = archive.root();
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

}  // namespace spinconv
