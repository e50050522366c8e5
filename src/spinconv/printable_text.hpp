// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace spinconv {

// `text` for a message: what would not show (control characters, a byte order mark, blanks and
// marks without width, bytes that are not UTF-8) as \r, \t or \xEF\xBB\xBF; cut after `longest`
// bytes.
std::string printable(std::string_view text, std::size_t longest = 80);

}  // namespace spinconv
