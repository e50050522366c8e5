// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/text.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <system_error>

#include "spinconv/error.hpp"

namespace spinconv::train {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  while (at < text.size() && is_blank(text[at])) {
    ++at;
  }
  return at;
}

std::string_view without_plus(std::string_view text) {
  return text.size() > 1 && text[0] == '+' && text[1] != '-' ? text.substr(1) : text;
}

// Take the quoted or bracketed text that opens at `at`; `at` is left behind its end.
std::string take_enclosed(std::string_view line, std::size_t& at) {
  const char opening = line[at];
  const char closing = opening == '{' ? '}' : opening == '[' ? ']' : opening;
  std::string value;
  int depth = 1;
  for (std::size_t i = at + 1; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '\\' && opening == '"' && i + 1 < line.size()) {
      value += line[++i];
      continue;
    }
    if (c == closing && --depth == 0) {
      at = i + 1;
      return value;
    }
    depth += c == opening && opening != closing ? 1 : 0;
    value += c;
  }
  throw Error(std::string("the ") + opening + " in column " + std::to_string(at + 1) +
              " of the comment line is not closed by " + closing);
}

std::string take_bare(std::string_view line, std::size_t& at, bool stop_at_equals) {
  const std::size_t begin = at;
  while (at < line.size() && !is_blank(line[at]) && !(stop_at_equals && line[at] == '=')) {
    ++at;
  }
  return std::string(line.substr(begin, at - begin));
}

}  // namespace

std::optional<double> parse_real(std::string_view text) {
  text = without_plus(text);
  const char* const end = text.data() + text.size();
  double value = 0.0;
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc() && stop == end) {
    return value;
  }
  if (error == std::errc::result_out_of_range && stop == end) {
    // too small is as good as zero, too large is not a number we can use
    const std::size_t exponent = text.find_first_of("eE");
    const bool tiny =
        exponent != std::string_view::npos && text.substr(exponent + 1).starts_with('-');
    return tiny ? std::optional<double>(0.0) : std::nullopt;
  }
  if (error == std::errc() && (*stop == 'D' || *stop == 'd')) {
    std::string with_e(text);
    with_e[static_cast<std::size_t>(stop - text.data())] = 'e';
    return parse_real(with_e);
  }
  return std::nullopt;
}

std::optional<long> parse_integer(std::string_view text) {
  text = without_plus(text);
  const char* const end = text.data() + text.size();
  long value = 0;
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end ? std::optional<long>(value) : std::nullopt;
}

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string text;
  for (const auto& word : words) {
    text += (text.empty() ? "" : between) + word;
  }
  return text;
}

bool contains(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

void split_blanks(std::string_view text, std::vector<std::string_view>& parts) {
  parts.clear();
  std::size_t at = skip_blanks(text, 0);
  while (at < text.size()) {
    const std::size_t begin = at;
    while (at < text.size() && !is_blank(text[at])) {
      ++at;
    }
    parts.push_back(text.substr(begin, at - begin));
    at = skip_blanks(text, at);
  }
}

std::vector<CommentEntry> parse_comment_line(std::string_view line) {
  std::vector<CommentEntry> entries;
  std::size_t at = skip_blanks(line, 0);
  while (at < line.size()) {
    CommentEntry entry;
    if (line[at] == '"' || line[at] == '\'') {
      entry.key = take_enclosed(line, at);
    } else {
      entry.key = take_bare(line, at, true);
    }
    const std::size_t equals = skip_blanks(line, at);
    if (equals < line.size() && line[equals] == '=') {
      at = skip_blanks(line, equals + 1);
      const bool enclosed =
          at < line.size() && std::string_view("\"'{[").find(line[at]) != std::string_view::npos;
      entry.value = enclosed ? take_enclosed(line, at) : take_bare(line, at, false);
    } else {
      entry.value = "T";
      entry.bare = true;
    }
    entries.push_back(std::move(entry));
    at = skip_blanks(line, at);
  }
  return entries;
}

std::optional<std::vector<double>> parse_reals(std::string_view value) {
  std::string plain(value);
  for (char& c : plain) {
    if (c == ',' || c == '[' || c == ']') {
      c = ' ';
    }
  }
  std::vector<std::string_view> parts;
  split_blanks(plain, parts);
  std::vector<double> numbers;
  for (const auto part : parts) {
    const auto number = parse_real(part);
    if (!number) {
      return std::nullopt;
    }
    numbers.push_back(*number);
  }
  return numbers;
}

}  // namespace spinconv::train
