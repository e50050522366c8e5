// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "data/source.hpp"
#include "spinconv/error.hpp"
#include "support/error_text.hpp"

namespace spinconv::train::test {

// A folder of its own for each test, removed at its end.
class DataTest : public ::testing::Test {
 protected:
  DataTest() {
    std::string name = (std::filesystem::temp_directory_path() / "spinconv-data-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
      throw Error("no temporary folder");
    }
    folder_ = name;
  }
  ~DataTest() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string write(const std::string& name, const std::string& content) const {
    std::ofstream(path(name), std::ios::binary) << content;
    return path(name);
  }

 private:
  std::filesystem::path folder_;
};

inline std::string sample(const std::string& name) {
  const char* const root = std::getenv("SPINCONV_SOURCE_DIR");
  return std::string(root == nullptr ? "." : root) + "/tests/data/" + name;
}

inline std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline DataSource source_of(const std::string& path, const std::string& energy_unit = "",
                            const std::string& length_unit = "") {
  DataSource source;
  source.path = path;
  source.energy_unit = energy_unit;
  source.length_unit = length_unit;
  return source;
}

using spinconv::test::error_of;

// A .npy file, format version 1, with `values` as its bytes.
template <typename T>
std::string npy(const std::string& descr, const std::string& shape, const std::vector<T>& values,
                bool fortran_order = false) {
  std::string header = "{'descr': '" + descr +
                       "', 'fortran_order': " + (fortran_order ? "True" : "False") +
                       ", 'shape': " + shape + ", }";
  while ((header.size() + 11) % 64 != 0) {
    header += ' ';
  }
  header += '\n';
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += static_cast<char>(header.size() & 0xFF);
  bytes += static_cast<char>(header.size() >> 8);
  bytes += header;
  bytes.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
  return bytes;
}

// A zip archive of the members (name, bytes) that are given.
void write_zip(const std::string& path,
               const std::vector<std::pair<std::string, std::string>>& members);

}  // namespace spinconv::train::test
