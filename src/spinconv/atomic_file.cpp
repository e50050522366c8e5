// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/atomic_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <system_error>

#include "spinconv/error.hpp"

namespace spinconv {

namespace {

std::string cause(int error) {
  return std::generic_category().message(error);
}

[[noreturn]] void refuse(const std::string& path, int error) {
  std::string cure;
  if (error == ENOENT) {
    cure = "; create its folder first";
  } else if (error == EACCES || error == EPERM || error == EROFS) {
    cure = "; choose a folder that you may write to";
  } else if (error == ENOSPC || error == EDQUOT) {
    cure = "; free some space and try again";
  } else if (error == EISDIR) {
    cure = "; name a file, not a folder";
  } else if (error == EPIPE) {
    cure = "; the program that reads it has ended";
  }
  throw Error("cannot write '" + path + "': " + cause(error) + cure);
}

void check_name(const std::string& path) {
  if (path.empty()) {
    throw Error("the name of a file to write is empty; give one");
  }
}

// 0, or the errno of the write that failed.
int write_all(int descriptor, std::string_view contents) {
  while (!contents.empty()) {
    const ssize_t n = ::write(descriptor, contents.data(), contents.size());
    if (n < 0) {
      if (errno == EINTR) {
        continue;
      }
      return errno;
    }
    contents.remove_prefix(static_cast<std::size_t>(n));
  }
  return 0;
}

// stdout or stderr, where one of them is this file; else -1. Opened again by its name it would be
// written from its start, over what is there already.
int standard_descriptor(const struct stat& file) {
  for (const int descriptor : {STDOUT_FILENO, STDERR_FILENO}) {
    struct stat standard {};
    if (::fstat(descriptor, &standard) == 0 && standard.st_dev == file.st_dev &&
        standard.st_ino == file.st_ino) {
      return descriptor;
    }
  }
  return -1;
}

// The file that `path` means: the end of a chain of symbolic links, which may not exist yet.
std::filesystem::path follow_links(std::filesystem::path path) {
  constexpr int max_links = 40;  // as the kernel's own limit
  std::error_code error;
  for (int i = 0; i < max_links && std::filesystem::is_symlink(path, error); ++i) {
    const std::filesystem::path next = std::filesystem::read_symlink(path, error);
    if (error) {
      break;
    }
    path = next.is_absolute() ? next : path.parent_path() / next;
  }
  return path;
}

std::filesystem::path folder_of(const std::filesystem::path& file) {
  return file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
}

// Beside the file, so that it can be renamed.
std::filesystem::path temporary_of(const std::filesystem::path& target) {
  return folder_of(target) /
         ("." + target.filename().string() + ".tmp" + std::to_string(::getpid()));
}

}  // namespace

AtomicFile::AtomicFile(const std::string& path) : path_(path) {
  check_name(path);
  struct stat existing {};
  const bool exists = ::stat(path.c_str(), &existing) == 0;
  if (exists && S_ISDIR(existing.st_mode)) {
    fail(EISDIR);
  }
  const int standard = exists ? standard_descriptor(existing) : -1;
  if (standard >= 0 || (exists && !S_ISREG(existing.st_mode))) {
    std::cout.flush();
    std::cerr.flush();
    descriptor_ = standard >= 0 ? ::dup(standard) : ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor_ < 0) {
      fail(errno);
    }
    return;
  }
  const std::filesystem::path target = follow_links(path);
  target_ = target.string();
  temporary_ = temporary_of(target).string();
  // Mode 0666 less the umask, which mkstemp would not give.
  constexpr mode_t mode = 0666;
  if (::access("/proc/self/fd", X_OK) == 0) {
    descriptor_ = ::open(folder_of(target).c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
  }
  if (descriptor_ < 0) {
    descriptor_ =
        ::open(temporary_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode);
    if (descriptor_ < 0) {
      fail(errno);
    }
    named_ = true;
  }
  if (exists) {
    // A mode that cannot be kept is no reason to lose the contents.
    [[maybe_unused]] const int ignored = ::fchmod(descriptor_, existing.st_mode & 07777);
  }
}

AtomicFile::~AtomicFile() {
  close();
}

void AtomicFile::close() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
    descriptor_ = -1;
  }
  if (named_) {
    ::unlink(temporary_.c_str());
    named_ = false;
  }
}

void AtomicFile::fail(int error) {
  close();
  refuse(path_, error);
}

void AtomicFile::write(std::string_view contents) {
  if (descriptor_ < 0) {
    fail(EBADF);
  }
  if (const int error = write_all(descriptor_, contents)) {
    fail(error);
  }
}

int AtomicFile::give_name() {
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor_);
  ::unlink(temporary_.c_str());  // of a process of this number that was killed
  if (::linkat(AT_FDCWD, link.c_str(), AT_FDCWD, temporary_.c_str(), AT_SYMLINK_FOLLOW) == 0) {
    named_ = true;
    return 0;
  }
  // a file system that has unnamed files but does not give them names
  struct stat status {};
  ::fstat(descriptor_, &status);
  const int copy =
      ::open(temporary_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (copy < 0) {
    return errno;
  }
  named_ = true;
  [[maybe_unused]] const int ignored = ::fchmod(copy, status.st_mode & 07777);
  std::string buffer(std::size_t{1} << 20U, '\0');
  int error = ::lseek(descriptor_, 0, SEEK_SET) < 0 ? errno : 0;
  while (error == 0) {
    const ssize_t n = ::read(descriptor_, buffer.data(), buffer.size());
    if (n <= 0) {
      error = n < 0 ? errno : 0;
      break;
    }
    error = write_all(copy, std::string_view(buffer).substr(0, static_cast<std::size_t>(n)));
  }
  ::close(descriptor_);
  descriptor_ = copy;
  return error;
}

void AtomicFile::finish() {
  if (descriptor_ < 0) {
    fail(EBADF);
  }
  int error = 0;
  if (!target_.empty()) {
    error = named_ ? 0 : give_name();
    // a file system that has no fsync is no failure
    if (error == 0 && ::fsync(descriptor_) != 0 && errno != EINVAL && errno != ENOTSUP &&
        errno != ENOSYS) {
      error = errno;
    }
  }
  const int descriptor = descriptor_;
  descriptor_ = -1;
  if (::close(descriptor) != 0 && error == 0) {
    error = errno;
  }
  if (error == 0 && !target_.empty() && ::rename(temporary_.c_str(), target_.c_str()) != 0) {
    error = errno;
  }
  if (error != 0) {
    fail(error);
  }
  named_ = false;
  if (target_.empty()) {
    return;
  }
  // The rename itself survives a power cut only when the folder is on disk; some file systems
  // refuse to sync a folder, and the contents are safe either way.
  const std::filesystem::path folder = folder_of(target_);
  const int folder_descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder_descriptor >= 0) {
    ::fsync(folder_descriptor);
    ::close(folder_descriptor);
  }
}

void write_file_atomically(const std::string& path, std::string_view contents) {
  AtomicFile file(path);
  file.write(contents);
  file.finish();
}

void require_writable(const std::string& path) {
  check_name(path);
  struct stat existing {};
  const bool exists = ::stat(path.c_str(), &existing) == 0;
  if (exists && S_ISDIR(existing.st_mode)) {
    refuse(path, EISDIR);
  }
  if (exists && !S_ISREG(existing.st_mode)) {
    if (::access(path.c_str(), W_OK) != 0) {
      refuse(path, errno);
    }
    return;
  }
  const std::filesystem::path temporary = temporary_of(follow_links(path));
  const int descriptor =
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (descriptor < 0) {
    refuse(path, errno);
  }
  ::close(descriptor);
  ::unlink(temporary.c_str());
}

}  // namespace spinconv
