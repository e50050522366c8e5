// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/error.hpp"

#include <algorithm>
#include <cctype>
#include <numeric>

namespace spinconv {
namespace {

std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = std::tolower(static_cast<unsigned char>(a[i - 1])) ==
                        std::tolower(static_cast<unsigned char>(b[j - 1]));
      const std::size_t replaced = diagonal + (same ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row.back();
}

}  // namespace

std::string nearest_name(const std::string& name, const std::vector<std::string>& valid) {
  std::string best;
  // more than half of the letters wrong is no longer a misspelling
  std::size_t best_distance = std::max<std::size_t>(2, name.size() / 2) + 1;
  for (const auto& candidate : valid) {
    const std::size_t distance = edit_distance(name, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

std::string unknown_name_message(const std::string& what, const std::string& name,
                                 const std::vector<std::string>& valid) {
  std::string text = "unknown " + what + " '" + name + "'";
  const std::string near = nearest_name(name, valid);
  text += near.empty() ? ". Valid: " : "; did you mean '" + near + "'? Valid: ";
  for (std::size_t i = 0; i < valid.size(); ++i) {
    text += (i ? ", " : "") + valid[i];
  }
  return text;
}

}  // namespace spinconv
