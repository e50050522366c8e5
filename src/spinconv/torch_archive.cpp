// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/torch_archive.hpp"

#include <caffe2/serialize/inline_container.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <vector>

#include "spinconv/error.hpp"

namespace spinconv {
namespace {

using caffe2::serialize::PyTorchStreamReader;
using pickle::Value;
using torch::Tensor;

// A message of LibTorch without the stack it came by.
std::string first_line(const c10::Error& error) {
  const std::string text = error.what_without_backtrace();
  return text.substr(0, text.find('\n'));
}

std::vector<std::int64_t> integers(const Value& v) {
  std::vector<std::int64_t> result;
  for (const auto& item : v.items) {
    result.push_back(item->integer);
  }
  return result;
}

}  // namespace

std::string beginning_of_file(const std::string& path, const std::string& name) {
  std::error_code status;
  if (!std::filesystem::exists(path, status)) {
    throw Error(name + " does not exist; check the path");
  }
  if (std::filesystem::is_directory(path, status)) {
    throw Error(name + " is a folder; name the .pt file in it");
  }
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    throw Error(name + " cannot be read: " + std::strerror(errno));
  }
  std::string bytes(32, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(in.gcount()));
  if (bytes.empty()) {
    throw Error(name + " is empty; copy or download it again");
  }
  return bytes;
}

bool begins_zip_archive(const std::string& beginning) {
  return beginning.compare(0, 4, "PK\x03\x04", 4) == 0;
}

TorchArchive::TorchArchive(const std::string& path, std::string name) : name_(std::move(name)) {
  try {
    reader_ = std::make_unique<PyTorchStreamReader>(path);
  } catch (const c10::Error& e) {
    throw Error(name_ + " is truncated or damaged: it is no whole zip archive (" + first_line(e) +
                "); copy or download it again");
  } catch (const std::logic_error& e) {  // of std::stoull
    fail(std::string("its version is no number (") + e.what() + ")");
  }
  std::error_code unknown;
  size_ = std::filesystem::file_size(path, unknown);
}

TorchArchive::~TorchArchive() = default;

bool TorchArchive::has(const std::string& record) const {
  return reader_->hasRecord(record);
}

std::string TorchArchive::record(const std::string& name) const {
  const auto [data, size] = bytes_of(name);
  return {static_cast<const char*>(data.get()), size};
}

std::shared_ptr<const Value> TorchArchive::root() const {
  if (has("byteorder") && record("byteorder") == "big") {
    throw Error(name_ + " was written on a big-endian machine; save it again on another one");
  }
  return pickle::parse(record("data.pkl"), name_);
}

Tensor TorchArchive::tensor(const Value& v) {
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
  if (std::find(sizes.begin(), sizes.end(), 0) != sizes.end()) {
    // the others have no numbers to be compared with: their product has to fit into 64 bits
    if (sizes.size() > 5 ||
        std::any_of(sizes.begin(), sizes.end(), [](std::int64_t n) { return n < 0 || n > 4096; })) {
      fail("a tensor of an impossible shape");
    }
    return torch::empty(sizes, storage.dtype);
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
  if (size > count || last >= count) {
    fail("a tensor that is larger than its storage");
  }
  given_ += static_cast<std::uint64_t>(storage.bytes.numel());
  if (given_ > 64 * (size_ + 1024)) {  // tied weights share a storage, a few of them
    fail("more weights than its size allows");
  }
  return storage.bytes.view(storage.dtype).as_strided(sizes, strides, offset).clone();
}

void TorchArchive::fail(const std::string& what) const {
  throw Error(name_ + " is damaged: " + what + "; copy or download it again");
}

std::pair<at::DataPtr, std::size_t> TorchArchive::bytes_of(const std::string& name) const {
  try {
    // torch.save() stores, zip programs compress: what compression cannot do is not asked memory
    // for
    if (reader_->getRecordSize(name) / 1040 > size_) {
      fail("record " + name + " has an impossible size");
    }
    auto [data, size] = reader_->getRecord(name);
    return {std::move(data), size};
  } catch (const c10::Error& e) {
    fail("record " + name + " cannot be read (" + first_line(e) + ")");
  }
}

// What torch.save() and TorchScript write in place of the numbers of a tensor:
// ('storage', torch.FloatStorage, key of the record, device, count).
TorchArchive::Storage TorchArchive::read_storage(const Value& v) const {
  static const std::map<std::string, torch::Dtype> types = {
      {"torch FloatStorage", torch::kFloat32}, {"torch DoubleStorage", torch::kFloat64},
      {"torch HalfStorage", torch::kFloat16},  {"torch BFloat16Storage", torch::kBFloat16},
      {"torch LongStorage", torch::kInt64},    {"torch IntStorage", torch::kInt32},
      {"torch ShortStorage", torch::kInt16},   {"torch CharStorage", torch::kInt8},
      {"torch ByteStorage", torch::kUInt8},    {"torch BoolStorage", torch::kBool}};
  if (v.kind != Value::Kind::persistent || v.items[0]->items.size() < 5) {
    fail("a tensor without a storage");
  }
  const auto& id = v.items[0]->items;
  const auto type = types.find(id[1]->text);
  if (type == types.end()) {
    throw Error(name_ + ": numbers of type '" + id[1]->text + "' are not read");
  }
  const auto [data, size] = bytes_of("data/" + id[2]->text);
  Tensor bytes = torch::empty({static_cast<std::int64_t>(size)}, torch::kUInt8);
  if (size > 0) {  // else there is no memory, on either side
    std::memcpy(bytes.data_ptr(), data.get(), size);
  }
  const auto width = static_cast<std::int64_t>(c10::elementSize(type->second));
  return {type->second, bytes.narrow(0, 0, bytes.numel() / width * width)};
}

}  // namespace spinconv
