// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "commands/fit_output.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "spinconv/error.hpp"

namespace spinconv::train {
namespace {

namespace fs = std::filesystem;

constexpr const char* fit_lock_name = ".spinconv-fit.lock";

// The folder that a path lies in.
std::string folder_of(const std::string& path) {
  const auto parent = fs::path(path).parent_path();
  return parent.empty() ? "." : parent.string();
}

// Whether two paths mean one file, there or not.
bool same_file(const std::string& a, const std::string& b) {
  std::error_code unknown;
  if (fs::exists(a, unknown) && fs::exists(b, unknown)) {
    return fs::equivalent(a, b, unknown);
  }
  const auto whole = [&](const std::string& path) { return fs::weakly_canonical(path, unknown); };
  return whole(a) == whole(b);
}

// Makes a file in `folder` and removes it: permissions alone do not tell of a file system that is
// read-only, or of a quota.
void test_folder(const std::string& key, const std::string& folder) {
  const std::string probe = folder + "/.spinconv-fit.tmp" + std::to_string(::getpid());
  const int descriptor = ::open(probe.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    throw Error(key + ": cannot write to the folder '" + folder + "' (" +
                std::generic_category().message(errno) + "); choose one that you may write to");
  }
  ::close(descriptor);
  ::unlink(probe.c_str());
}

}  // namespace

FitOutput::FitOutput(const FitConfig& config)
    : folder_(config.output.folder), potential_(config.potential_path()) {
  try {
    create_folder();
    test_files(config);
  } catch (...) {
    remove_created();
    throw;
  }
}

FitOutput::~FitOutput() {
  lock_.reset();
  remove_created();
}

std::string FitOutput::checkpoint_in(const std::string& folder) {
  return (fs::path(folder) / "checkpoint.pt").string();
}

std::string FitOutput::in_folder(const std::string& name) const {
  return (fs::path(folder_) / name).string();
}

void FitOutput::create_folder() {
  std::error_code status;
  std::vector<std::string> missing;  // the innermost first
  fs::path path = fs::path(folder_).lexically_normal();
  if (!path.has_filename()) {  // "runs/"
    path = path.parent_path();
  }
  for (; !path.empty() && !fs::exists(path, status) && !status; path = path.parent_path()) {
    missing.push_back(path.string());
  }
  for (auto folder = missing.rbegin(); folder != missing.rend(); ++folder) {
    if (fs::create_directory(*folder, status)) {
      created_.push_back(*folder);
    }
    if (status) {
      throw Error("cannot create output.folder '" + folder_ + "': " + status.message() +
                  "; choose another one");
    }
  }
  if (!fs::is_directory(folder_, status)) {
    throw Error("output.folder '" + folder_ + "' " +
                (fs::exists(folder_, status) ? "is a file" : "cannot be made") +
                "; name a folder for the log, the checkpoint and the potential");
  }
}

void FitOutput::test_files(const FitConfig& config) const {
  test_folder("output.folder", folder_);
  std::error_code status;
  for (const auto& file : {checkpoint(), this->config(), log(), report()}) {
    if (fs::is_directory(file, status)) {
      throw Error("'" + file + "' is a folder, and a file of this name is to be written there; " +
                  "remove it or choose another output.folder");
    }
  }
  const std::string key = config.output.potential.empty() ? "output.name" : "output.potential";
  const std::string said = key + ": the potential '" + potential_ + "'";
  if (fs::is_directory(potential_, status)) {
    throw Error(said + " is a folder; name a file");
  }
  const std::string folder = folder_of(potential_);
  if (!fs::is_directory(folder, status)) {
    throw Error(said + " cannot be written: " +
                (fs::exists(folder, status) ? "'" + folder + "' is no folder"
                                            : "there is no folder '" + folder + "'; create it") +
                (key == "output.name" ? ", or give a name without '/'" : ", or name another"));
  }
  if (fs::exists(potential_, status) && !fs::is_regular_file(potential_, status)) {
    return;  // a pipe or a device
  }
  test_folder(key, folder);
  for (const auto& [file, what] :
       {std::pair{checkpoint(), "the checkpoint"},
        {this->config(), "the configuration"},
        {log(), "the log"},
        {report(), "the report"},
        {config.data.train.path, "the training data"},
        {config.data.validation ? config.data.validation->path : "", "the validation data"},
        {config.data.test ? config.data.test->path : "", "the test data"},
        {config.init, "the potential that it begins with (model.init)"}}) {
    if (!file.empty() && same_file(file, potential_)) {
      throw Error(said + " would be written over " + what + "; name another file");
    }
  }
}

void FitOutput::lock() {
  lock_.emplace(folder_, fit_lock_name);
}

void FitOutput::remove_created() {
  std::error_code not_empty;
  for (auto folder = created_.rbegin(); folder != created_.rend(); ++folder) {
    fs::remove(*folder, not_empty);
  }
  created_.clear();
}

std::string FitOutput::earlier_training() const {
  std::error_code status;
  for (const std::string& file : {checkpoint(), potential_}) {
    if (fs::is_regular_file(file, status)) {
      return file;
    }
  }
  return "";
}

}  // namespace spinconv::train
