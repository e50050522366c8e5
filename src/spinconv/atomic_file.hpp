// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace spinconv {

// Put `contents` into `path` so that a reader, or a crash at any moment, finds the old file or the
// new one, never a part: written to a temporary name in the same folder, flushed to disk, renamed.
// A symbolic link is followed; the mode of a file that is replaced is kept. What cannot be renamed
// over (a device, a pipe) is written directly; what stdout or stderr is redirected into
// (/dev/stdout, or the same file by its name) gets the contents behind what they have written.
// Throws spinconv::Error naming the path and the cause; the temporary file is then gone.
void write_file_atomically(const std::string& path, std::string_view contents);

// The same for contents that come piece by piece. Until finish() nothing is at `path` but what was
// there before; what is not finished disappears, where the file system can do it (O_TMPFILE) also
// when the program is killed. A disk that runs full ends in the Error of the write that met it.
class AtomicFile {
 public:
  explicit AtomicFile(const std::string& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::string_view contents);
  // Flush to disk and give the file its name. Nothing may be written after it.
  void finish();

 private:
  [[noreturn]] void fail(int error);
  void close();
  int give_name();  // to the unnamed file; 0, or the errno

  std::string path_;
  std::string target_;     // what path_ means behind symbolic links; empty: written directly
  std::string temporary_;  // beside the target
  bool named_ = false;     // `temporary_` is there
  int descriptor_ = -1;
};

// Throws what write_file_atomically() would for want of a folder or of permission, before the work
// whose result is to be written. Leaves nothing behind.
void require_writable(const std::string& path);

}  // namespace spinconv
