// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/npy.hpp"

namespace spinconv::train {

// An .npz file: a zip archive of .npy files, stored (numpy.savez) or deflated (savez_compressed).
class NpzFile {
 public:
  // Throws spinconv::Error: missing, empty, truncated or foreign file.
  explicit NpzFile(const std::string& path);
  ~NpzFile();
  NpzFile(const NpzFile&) = delete;
  NpzFile& operator=(const NpzFile&) = delete;

  const std::string& path() const { return path_; }
  const std::vector<std::string>& keys() const { return keys_; }  // array names, as in the file
  bool contains(const std::string& key) const;

  // Throws spinconv::Error: no such array (with the nearest name), damaged array, dtype not
  // accepted.
  NpyArray read(const std::string& key) const;

 private:
  struct Archive;
  std::string path_;
  std::vector<std::string> keys_;
  std::unique_ptr<Archive> archive_;
};

}  // namespace spinconv::train
