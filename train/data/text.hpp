// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spinconv/printable_text.hpp"

namespace spinconv::train {

// A number, the whole of `text`: 1, -2.5, +1e-3, 1.0D+02 (Fortran), nan, inf. Independent of the
// locale. No value where it is anything else, or too large for a double.
std::optional<double> parse_real(std::string_view text);

// A whole number, the whole of `text`.
std::optional<long> parse_integer(std::string_view text);

// ASCII letters in lower case.
std::string lower_case(std::string text);

// Without blanks and tabs at both ends.
std::string_view trimmed(std::string_view text);

// The words one after the other, `between` between them.
std::string joined(const std::vector<std::string>& words, const char* between);

bool contains(const std::vector<std::string>& words, const std::string& word);

// The parts of `text` between blanks and tabs, appended to the emptied `parts`.
void split_blanks(std::string_view text, std::vector<std::string_view>& parts);

// One key=value of the comment line of an extended XYZ file. Quotes, {} and the outer [] are taken
// off.
struct CommentEntry {
  std::string key;
  std::string value;
  bool bare = false;  // a key without a value, which means "T"
};

// All of a comment line, in its order: key=value, key="a value", key='...', key={...}, key=[...], a
// key alone. Throws spinconv::Error (cause only; the caller adds file and line): quote or bracket
// not closed.
std::vector<CommentEntry> parse_comment_line(std::string_view line);

// The numbers of a value such as "1 2 3", "1, 2, 3" or "[1, 2], [3, 4]", in order; no value where
// something else is among them.
std::optional<std::vector<double>> parse_reals(std::string_view value);

}  // namespace spinconv::train
