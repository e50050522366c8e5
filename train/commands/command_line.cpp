// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "commands/command_line.hpp"

#include <algorithm>
#include <cctype>

namespace spinconv::train {
namespace {

std::string quoted(const std::string& word) {
  const auto is_plain = [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("_-./=:,+@%").find(static_cast<char>(c)) != std::string_view::npos;
  };
  if (!word.empty() && std::all_of(word.begin(), word.end(), is_plain)) {
    return word;
  }
  std::string text = "'";
  for (const char c : word) {
    text += c == '\'' ? "'\\''" : std::string(1, c);
  }
  return text + "'";
}

bool is_flag(const std::string& word, const std::string& flag) {
  return word == flag || word.starts_with(flag + "=");
}

}  // namespace

std::string command_text(const std::vector<std::string>& arguments) {
  std::string text = "spinconv-train";
  for (const auto& word : arguments) {
    text += " " + quoted(word);
  }
  return text;
}

std::string resume_command(const std::vector<std::string>& arguments) {
  std::vector<std::string> words;
  for (const auto& word : arguments) {
    if (!is_flag(word, "--resume") && !is_flag(word, "--overwrite")) {
      words.push_back(word);
    }
  }
  words.emplace_back("--resume");
  return command_text(words);
}

}  // namespace spinconv::train
