// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "spinconv/pickle.hpp"

namespace caffe2::serialize {
class PyTorchStreamReader;
}

namespace spinconv {

// The first 32 bytes of a .pt file, fewer where it is shorter. `name` is what messages call it
// ("potential file 'x.pt'"). Throws Error: not there, a folder, not to be read, empty.
std::string beginning_of_file(const std::string& path, const std::string& name);
bool begins_zip_archive(const std::string& beginning);

// A zip archive as torch.save() and TorchScript write it, read as data: its pickles are parsed and
// its numbers copied, nothing in it is executed. What a file says of its own sizes is not believed.
class TorchArchive {
 public:
  // The file exists and begins as a zip archive. `name` is what messages call it ("potential file
  // 'x.pt'"). Throws Error with it where the archive is damaged.
  TorchArchive(const std::string& path, std::string name);
  ~TorchArchive();

  bool has(const std::string& record) const;
  // Throws Error where it cannot be read, or is larger than the file can hold.
  std::string record(const std::string& name) const;
  // The pickle in data.pkl.
  std::shared_ptr<const pickle::Value> root() const;
  // A tensor or parameter of root(), copied; undefined where `value` is something else.
  torch::Tensor tensor(const pickle::Value& value);

  // Throws Error: "NAME is damaged: WHAT; copy or download it again".
  [[noreturn]] void fail(const std::string& what) const;

 private:
  struct Storage {
    torch::Dtype dtype;
    torch::Tensor bytes;
  };

  std::pair<at::DataPtr, std::size_t> bytes_of(const std::string& record) const;
  Storage read_storage(const pickle::Value& value) const;

  std::string name_;
  std::unique_ptr<caffe2::serialize::PyTorchStreamReader> reader_;
  std::uint64_t size_ = 0;   // of the file, bytes
  std::uint64_t given_ = 0;  // of storages that tensors were made of, bytes
};

}  // namespace spinconv
