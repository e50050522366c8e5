// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace spinconv {

// Put `contents` into `path` so that a reader, or a crash at any moment, finds the old file or the
// new one, never a part: written to a temporary name in the same folder, flushed to disk, renamed.
// A symbolic link is followed; the mode of a file that is replaced is kept. What cannot be renamed
// over (a device, a pipe) is written directly; what stdout or stderr is redirected into (/dev/stdout,
// or the same file by its name) gets the contents behind what they have written. Throws
// spinconv::Error naming the path and the cause; the temporary file is then gone.
void write_file_atomically(const std::string& path, std::string_view contents);

// Throws what write_file_atomically() would for want of a folder or of permission, before the work
// whose result is to be written. Leaves nothing behind.
void require_writable(const std::string& path);

}  // namespace spinconv
