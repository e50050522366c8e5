// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace spinconv {

// Put `contents` into `path` so that a reader, or a crash at any moment, finds the old file or the
// new one, never a part: written to a temporary name in the same folder, flushed to disk, renamed.
// A symbolic link is followed; the mode of a file that is replaced is kept. What cannot be renamed
// over (/dev/stdout, a pipe) is written directly. Throws spinconv::Error naming the path and the
// cause; the temporary file is then gone.
void write_file_atomically(const std::string& path, std::string_view contents);

}  // namespace spinconv
