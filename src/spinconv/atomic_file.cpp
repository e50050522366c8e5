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

// 0, or the errno. The file is closed in any case.
int write_and_close(int descriptor, std::string_view contents, bool sync) {
  int error = write_all(descriptor, contents);
  // a file system that has no fsync is no failure
  if (error == 0 && sync && ::fsync(descriptor) != 0 && errno != EINVAL && errno != ENOTSUP &&
      errno != ENOSYS) {
    error = errno;
  }
  if (::close(descriptor) != 0 && error == 0) {
    error = errno;
  }
  return error;
}

void write_directly(const std::string& path, std::string_view contents) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (descriptor < 0) {
    refuse(path, errno);
  }
  if (const int error = write_and_close(descriptor, contents, false)) {
    refuse(path, error);
  }
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

// Beside the file, so that it can be renamed.
std::filesystem::path temporary_of(const std::filesystem::path& target) {
  const std::filesystem::path folder =
      target.has_parent_path() ? target.parent_path() : std::filesystem::path(".");
  return folder / ("." + target.filename().string() + ".tmp" + std::to_string(::getpid()));
}

}  // namespace

void write_file_atomically(const std::string& path, std::string_view contents) {
  struct stat existing {};
  const bool exists = ::stat(path.c_str(), &existing) == 0;
  if (exists && S_ISDIR(existing.st_mode)) {
    refuse(path, EISDIR);
  }
  if (const int descriptor = exists ? standard_descriptor(existing) : -1; descriptor >= 0) {
    std::cout.flush();
    std::cerr.flush();
    if (const int error = write_all(descriptor, contents)) {
      refuse(path, error);
    }
    return;
  }
  if (exists && !S_ISREG(existing.st_mode)) {
    write_directly(path, contents);
    return;
  }

  const std::filesystem::path target = follow_links(path);
  const std::filesystem::path temporary = temporary_of(target);
  const std::filesystem::path folder = temporary.parent_path();

  // Mode 0666 less the umask, which mkstemp would not give.
  const int descriptor =
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (descriptor < 0) {
    refuse(path, errno);
  }
  if (exists) {
    // A mode that cannot be kept is no reason to lose the contents.
    [[maybe_unused]] const int ignored = ::fchmod(descriptor, existing.st_mode & 07777);
  }
  int error = write_and_close(descriptor, contents, true);
  if (error == 0 && ::rename(temporary.c_str(), target.c_str()) != 0) {
    error = errno;
  }
  if (error != 0) {
    ::unlink(temporary.c_str());
    refuse(path, error);
  }

  // The rename itself survives a power cut only when the folder is on disk; some file systems
  // refuse to sync a folder, and the contents are safe either way.
  const int folder_descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder_descriptor >= 0) {
    ::fsync(folder_descriptor);
    ::close(folder_descriptor);
  }
}

void require_writable(const std::string& path) {
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
