// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/folder_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "spinconv/error.hpp"

namespace spinconv::train {
namespace {

std::string this_process() {
  char host[256] = "";
  ::gethostname(host, sizeof host - 1);
  return "process " + std::to_string(::getpid()) + " on " + host;
}

// What the holder of the lock has written into its file; "" where it has not yet.
std::string content_of(int descriptor) {
  char text[400];
  const ssize_t n = ::pread(descriptor, text, sizeof text, 0);
  return {text, n > 0 ? static_cast<std::size_t>(n) : 0};
}

// Whether `path` still is the file that was opened: its last holder removes it.
bool is_file(int descriptor, const std::string& path) {
  struct stat opened {
  }, named{};
  return ::fstat(descriptor, &opened) == 0 && ::stat(path.c_str(), &named) == 0 &&
         opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

}  // namespace

FolderLock::FolderLock(const std::string& folder, const std::string& name)
    : path_(folder + "/" + name) {
  do {
    if (descriptor_ >= 0) {
      ::close(descriptor_);
    }
    descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor_ < 0) {
      throw Error("cannot write to '" + folder + "' (" + std::generic_category().message(errno) +
                  "); choose a folder that you may write to");
    }
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
      const std::string holder = content_of(descriptor_);
      ::close(descriptor_);
      throw Error("'" + folder + "' is being written by another process" +
                  (holder.empty() ? "" : " (" + holder + ")") +
                  "; wait for it, or end that one first");
    }
  } while (!is_file(descriptor_, path_));
  const std::string text = this_process();
  if (::ftruncate(descriptor_, 0) == 0) {  // for messages alone: a full disk is none of its matter
    [[maybe_unused]] const ssize_t ignored = ::pwrite(descriptor_, text.data(), text.size(), 0);
  }
}

FolderLock::~FolderLock() {
  ::unlink(path_.c_str());
  ::close(descriptor_);
}

}  // namespace spinconv::train
