// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/npz.hpp"

#include <zip.h>

#include <algorithm>

#include "data/files.hpp"
#include "spinconv/error.hpp"

namespace spinconv::train {
namespace {

const std::string suffix = ".npy";

struct CloseMember {
  void operator()(zip_file_t* member) const { zip_fclose(member); }
};

}  // namespace

struct NpzFile::Archive {
  zip_t* handle = nullptr;
  ~Archive() {
    if (handle != nullptr) {
      zip_discard(handle);
    }
  }
};

NpzFile::NpzFile(const std::string& path) : path_(path), archive_(std::make_unique<Archive>()) {
  require_data_file(path);
  int code = 0;
  archive_->handle = zip_open(path.c_str(), ZIP_RDONLY, &code);
  if (archive_->handle == nullptr) {
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    const std::string reason = zip_error_strerror(&error);
    zip_error_fini(&error);
    throw Error(path + ": not an .npz file, or a truncated one (" + reason +
                "); copy or download it again, or write it with numpy.savez");
  }
  const zip_int64_t n_members = zip_get_num_entries(archive_->handle, 0);
  for (zip_int64_t i = 0; i < n_members; ++i) {
    const char* const name = zip_get_name(archive_->handle, static_cast<zip_uint64_t>(i), 0);
    std::string key = name == nullptr ? "" : name;
    if (key.size() > suffix.size() && key.ends_with(suffix)) {
      keys_.push_back(key.substr(0, key.size() - suffix.size()));
    }
  }
  if (keys_.empty()) {
    throw Error(path + ": a zip archive without NumPy arrays; write it with numpy.savez");
  }
}

NpzFile::~NpzFile() = default;

bool NpzFile::contains(const std::string& key) const {
  return std::find(keys_.begin(), keys_.end(), key) != keys_.end();
}

NpyArray NpzFile::read(const std::string& key) const {
  if (!contains(key)) {
    throw Error(path_ + ": " + unknown_name_message("array", key, keys_));
  }
  const std::string where = path_ + ": array '" + key + "'";
  const auto damaged = [&](const std::string& reason) {
    return Error(where + " cannot be read (" + reason + "); copy or download the file again");
  };
  const std::unique_ptr<zip_file_t, CloseMember> member(
      zip_fopen(archive_->handle, (key + suffix).c_str(), 0));
  if (!member) {
    throw damaged(zip_strerror(archive_->handle));
  }
  std::vector<char> bytes;
  constexpr std::size_t buffer_size = std::size_t{1} << 16;
  while (true) {
    const std::size_t filled = bytes.size();
    bytes.resize(filled + buffer_size);
    // the checksum is compared by libzip on reaching the end
    const zip_int64_t count = zip_fread(member.get(), bytes.data() + filled, buffer_size);
    if (count < 0) {
      throw damaged(zip_file_strerror(member.get()));
    }
    bytes.resize(filled + static_cast<std::size_t>(count));
    if (count == 0) {
      break;
    }
  }
  return NpyArray(bytes, where);
}

}  // namespace spinconv::train
