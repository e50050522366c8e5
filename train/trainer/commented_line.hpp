// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <string>

namespace spinconv::train {

// A line of a configuration, "  key: value            # comment", comments below each other. With a
// newline.
inline std::string commented_line(const std::string& key, const std::string& value,
                                  const std::string& comment = "") {
  std::string text = "  " + key + ": " + value;
  if (!comment.empty()) {
    text.resize(std::max<std::size_t>(text.size() + 2, 27), ' ');
    text += "# " + comment;
  }
  return text + "\n";
}

}  // namespace spinconv::train
