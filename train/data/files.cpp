// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/files.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <vector>

#include "data/frame_stream.hpp"
#include "data/number_text.hpp"
#include "spinconv/error.hpp"

namespace spinconv::train {

void require_data_file(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) {
    throw Error(path + ": no such file; check the path (it is relative to " +
                std::filesystem::current_path(error).string() + ")");
  }
  if (std::filesystem::is_directory(status)) {
    throw Error(path + ": is a folder; name one data file in it");
  }
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw Error(path + ": cannot be opened (" + std::strerror(errno) + ")");
  }
  if (file.peek() == std::ifstream::traits_type::eof()) {
    throw Error(path + ": the file is empty; copy or download it again");
  }
}

namespace {

void add_file(const std::string& path, std::uint64_t& hash) {
  std::ifstream file(path, std::ios::binary);
  std::vector<char> buffer(std::size_t{1} << 16);
  while (file.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) ||
         file.gcount() > 0) {
    for (std::streamsize i = 0; i < file.gcount(); ++i) {
      hash ^= static_cast<unsigned char>(buffer[static_cast<std::size_t>(i)]);
      hash *= 0x100000001b3ULL;
    }
  }
}

}  // namespace

std::string file_hash(const std::string& path) {
  if (const FrameReader* reader = prepared_reader(path)) {
    return reader->hash(path);
  }
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
      if (entry.is_regular_file()) {
        files.push_back(entry.path().string());
      }
    }
    std::sort(files.begin(), files.end());
    for (const auto& file : files) {
      add_file(file, hash);
    }
  } else {
    require_data_file(path);
    add_file(path, hash);
  }
  return format("fnv1a64:%016llx", static_cast<unsigned long long>(hash));
}

}  // namespace spinconv::train
