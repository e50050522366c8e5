// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "trainer/yaml_section.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <vector>

#include "data/number_text.hpp"
#include "data/text.hpp"
#include "spinconv/error.hpp"

namespace spinconv::train {
namespace {

// Deeper than any configuration; an anchor that holds itself has no end.
constexpr int max_depth = 20;

std::string position(const std::string& file, const YAML::Mark& mark) {
  return mark.is_null() ? file : file + ":" + std::to_string(mark.line + 1);
}

// Where a node of the configuration comes from; what --set brings has no line.
std::string origin(const std::string& file, const YAML::Mark& mark) {
  return mark.is_null() ? "--set" : position(file, mark);
}

// Line ends as \n, no byte order mark. A text of two bytes a character is left to yaml-cpp.
void unify_text_forms(std::string& text) {
  if (text.find('\0') != std::string::npos) {
    return;
  }
  if (text.compare(0, 3, "\xEF\xBB\xBF") == 0) {
    text.erase(0, 3);
  }
  std::string lines;
  lines.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r') {
      lines += text[i];
    } else if (i + 1 == text.size() || text[i + 1] != '\n') {
      lines += '\n';
    }
  }
  text = std::move(lines);
}

// What usually lies behind yaml-cpp's terse message about this line of the text.
std::string hint(const std::string& text, const YAML::Mark& mark, const std::string& message) {
  std::istringstream lines(text);
  std::string line;
  for (int i = 0; i <= mark.line && std::getline(lines, line); ++i) {
  }
  const auto blanks = line.substr(0, line.find_first_not_of(" \t"));
  if (blanks.find('\t') != std::string::npos) {
    return "; indent the line with spaces, YAML takes no tabs";
  }
  if (message.find("illegal map value") != std::string::npos) {
    return "; indent the keys of a section alike, and put a text that has ': ' in it in quotes";
  }
  return "";
}

[[noreturn]] void refuse_syntax(const std::string& name, const std::string& text,
                                const YAML::Exception& e) {
  throw Error(position(name, e.mark) + ": not valid YAML: " + e.msg + hint(text, e.mark, e.msg));
}

// Where the documents of a text begin. YAML::LoadAll makes them without end, and takes all memory,
// of some texts whose lines are not indented alike.
struct DocumentStarts : YAML::EventHandler {
  std::vector<YAML::Mark> marks;

  void OnDocumentStart(const YAML::Mark& mark) override { marks.push_back(mark); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

// A copy without the lines of the text it was parsed from.
YAML::Node without_marks(const YAML::Node& node, int depth = 0) {
  if (depth > max_depth) {
    throw YAML::Exception(YAML::Mark(), "nested too deep");
  }
  if (node.IsScalar()) {
    return YAML::Node(node.Scalar());
  }
  YAML::Node copy(node.Type());
  for (const auto& entry : node) {
    if (node.IsSequence()) {
      copy.push_back(without_marks(entry, depth + 1));
    } else {
      copy[without_marks(entry.first, depth + 1)] = without_marks(entry.second, depth + 1);
    }
  }
  return copy;
}

// YAML would read "#5" as a comment and cut "run #5" short: a plain text is taken to its end.
YAML::Node value_of(const std::string& text) {
  const std::string whole(trimmed(text));
  const bool plain =
      !whole.empty() && std::string("\"'[{&*!|>").find(whole[0]) == std::string::npos;
  const bool comment = plain && (whole[0] == '#' || whole.find(" #") != std::string::npos);
  const YAML::Node value = comment ? YAML::Node(whole) : YAML::Load(text);
  const bool null = whole == "~" || whole == "null" || whole == "Null" || whole == "NULL";
  if (plain && !null && !value.IsMap() && !value.IsSequence()) {
    return YAML::Node(whole);
  }
  return without_marks(value);
}

}  // namespace

YAML::Node parse_configuration(std::string text, const std::string& name) {
  unify_text_forms(text);
  YAML::Node document;
  DocumentStarts starts;
  try {
    document = YAML::Load(text);
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    while (starts.marks.size() < 2 && parser.HandleNextDocument(starts)) {
    }
  } catch (const YAML::Exception& e) {
    refuse_syntax(name, text, e);
  }
  if (starts.marks.size() > 1) {
    throw Error(
        position(name, starts.marks[1]) +
        ": this does not belong to what is above it (by its indentation, or '---'), and would "
        "not be read; keep one mapping");
  }
  if (!document.IsMap()) {
    throw Error(name +
                ": empty, or not a mapping; 'spinconv-train preset small' prints an example");
  }
  return document;
}

void apply_override(YAML::Node root, const std::string& override_text) {
  const auto equals = override_text.find('=');
  if (equals == std::string::npos || equals == 0 || override_text[equals - 1] == '.') {
    throw Error("--set '" + override_text + "' is not key=value, e.g. --set training.epochs=10");
  }
  YAML::Node value;
  try {
    value = value_of(override_text.substr(equals + 1));
  } catch (const YAML::Exception& e) {
    throw Error("--set '" + override_text + "': " + e.msg);
  }
  std::vector<std::string> keys;
  std::istringstream parts(override_text.substr(0, equals));
  for (std::string part; std::getline(parts, part, '.');) {
    keys.push_back(part);
  }
  YAML::Node node = root;
  for (std::size_t i = 0; i + 1 < keys.size(); ++i) {
    YAML::Node next = node[keys[i]];
    if (!next || next.IsNull()) {
      node[keys[i]] = YAML::Node(YAML::NodeType::Map);
      next.reset(node[keys[i]]);
    }
    if (!next.IsMap()) {
      throw Error("--set '" + override_text + "': '" + keys[i] + "' is not a section");
    }
    node.reset(next);
  }
  node[keys.back()] = value;
}

Section::Section(const std::string& file, const std::string& name, const YAML::Node& node)
    : file_(file), name_(name), node_(node) {
  if (node_ && !node_.IsNull() && !node_.IsMap()) {
    throw Error(origin(file_, node_.Mark()) + ": '" + name_ +
                "' must be a section of 'key: value' lines");
  }
}

bool Section::has(const std::string& key) {
  known_.push_back(key);
  return node_ && node_.IsMap() && node_[key] && !node_[key].IsNull();
}

std::string Section::place(const std::string& key) const {
  const bool given = node_ && node_.IsMap() && node_[key];
  return given ? origin(file_, node_[key].Mark()) : file_;
}

std::string Section::where(const std::string& key) const {
  return place(key) + ": " + full(key);
}

std::string Section::text(const std::string& key) const {
  return node_[key].IsScalar() ? node_[key].Scalar() : "a list or section";
}

template <class T>
T Section::number(const YAML::Node& node, const std::string& what,
                  const std::string& expected) const {
  std::string problem;
  if (node.IsScalar()) {
    if (const auto value = read_number<T>(node.Scalar(), problem)) {
      return *value;
    }
  }
  const std::string text = node.IsScalar() ? node.Scalar() : "a list or section";
  throw Error(origin(file_, node.Mark()) + ": " + what + " is '" + text + "'" +
              (problem.empty() ? "" : ", " + problem) + "; it must be " + expected);
}

template <class T>
bool Section::get_number(const std::string& key, T& value, const std::string& expected) {
  if (!has(key)) {
    return false;
  }
  value = number<T>(node_[key], full(key), expected);
  return true;
}

bool Section::get(const std::string& key, bool& value) {
  if (!has(key)) {
    return false;
  }
  try {
    value = node_[key].as<bool>();
  } catch (const YAML::Exception&) {
    throw Error(where(key) + " is '" + text(key) + "'; it must be true or false");
  }
  return true;
}

bool Section::get(const std::string& key, int& value) {
  return get_number(key, value, "a whole number");
}

bool Section::get(const std::string& key, std::uint64_t& value) {
  return get_number(key, value, "a whole number that is not negative");
}

bool Section::get(const std::string& key, double& value) {
  return get_number(key, value, "a number");
}

bool Section::get(const std::string& key, std::string& value) {
  if (!has(key)) {
    return false;
  }
  if (!node_[key].IsScalar()) {
    throw Error(where(key) + " is a list or section; it must be a text");
  }
  value = node_[key].Scalar();
  return true;
}

std::vector<YAML::Node> Section::list(const std::string& key) const {
  const YAML::Node node = node_[key];
  if (!node.IsSequence()) {
    std::string entries;
    std::istringstream words(node.IsScalar() ? node.Scalar() : "A B");
    for (std::string word; words >> word;) {
      entries += (entries.empty() ? "" : ", ") + word.substr(0, word.find(','));
    }
    throw Error(where(key) + " is '" + text(key) + "'; it must be a list, [" + entries + "]");
  }
  return {node.begin(), node.end()};
}

bool Section::get(const std::string& key, std::vector<double>& value) {
  if (!has(key)) {
    return false;
  }
  value.clear();
  for (const YAML::Node& entry : list(key)) {
    value.push_back(number<double>(
        entry, "entry " + std::to_string(value.size() + 1) + " of " + full(key), "a number"));
  }
  return true;
}

bool Section::get(const std::string& key, std::vector<std::string>& value,
                  const std::function<std::string(const std::string&)>& read) {
  if (!has(key)) {
    return false;
  }
  value.clear();
  for (const YAML::Node& entry : list(key)) {
    const std::string at = origin(file_, entry.Mark()) + ": " + full(key);
    if (!entry.IsScalar()) {
      throw Error(at +
                  " has an empty entry, a list or a section in it; it must be a list of texts");
    }
    try {
      value.push_back(read ? read(entry.Scalar()) : entry.Scalar());
    } catch (const Error& e) {
      throw Error(at + ": " + e.what());
    }
  }
  return true;
}

bool Section::get(const std::string& key, std::map<std::string, double>& value) {
  if (!has(key)) {
    return false;
  }
  if (!node_[key].IsMap()) {
    throw Error(where(key) + " is '" + text(key) +
                "'; it must be a section, {NAME: 2, OTHER: 0.5}");
  }
  value.clear();
  for (const auto& entry : node_[key]) {
    const std::string at = origin(file_, entry.first.Mark()) + ": ";
    if (!entry.first.IsScalar()) {
      throw Error(at + "a key of '" + full(key) + "' is a list or section; a key is a name");
    }
    const std::string& name = entry.first.Scalar();
    if (value.count(name) > 0) {
      throw Error(at + "'" + full(key) + "." + name + "' is given twice; keep one of them");
    }
    value[name] = number<double>(entry.second, full(key) + "." + name, "a number");
  }
  return true;
}

void Section::get_positive(const std::string& key, int& value) {
  if (get(key, value) && value < 1) {
    throw Error(where(key) + " is " + text(key) + "; it must be at least 1");
  }
}

void Section::get_not_negative(const std::string& key, double& value) {
  const std::string expected = "a number that is not negative";
  if (get_number(key, value, expected) && value < 0) {
    throw Error(where(key) + " is " + text(key) + "; it must be " + expected);
  }
}

void Section::get_not_negative(const std::string& key, int& value) {
  if (get(key, value) && value < 0) {
    throw Error(where(key) + " is " + text(key) + "; it must not be negative");
  }
}

void Section::get_not_negative(const std::string& key, std::map<std::string, double>& value) {
  if (!get(key, value)) {
    return;
  }
  for (const auto& entry : node_[key]) {
    if (const std::string& name = entry.first.Scalar(); value.at(name) < 0) {
      throw Error(origin(file_, entry.first.Mark()) + ": " + full(key) + "." + name + " is " +
                  entry.second.Scalar() + "; it must not be negative");
    }
  }
}

bool Section::get_choice(const std::string& key, std::string& value,
                         const std::vector<std::string>& valid) {
  const bool given = get(key, value);
  if (given && std::find(valid.begin(), valid.end(), value) == valid.end()) {
    throw Error(place(key) + ": " + unknown_name_message(full(key), value, valid));
  }
  return given;
}

Section Section::section(const std::string& key) {
  known_.push_back(key);
  return Section(file_, full(key), node_ && node_.IsMap() ? YAML::Node(node_[key]) : YAML::Node());
}

YAML::Node Section::raw(const std::string& key) {
  return has(key) ? YAML::Node(node_[key]) : YAML::Node();
}

void Section::finish() const {
  if (!node_ || !node_.IsMap()) {
    return;
  }
  std::vector<std::string> seen;
  for (const auto& entry : node_) {
    const std::string at = origin(file_, entry.first.Mark()) + ": ";
    if (!entry.first.IsScalar()) {
      throw Error(at + "a key" + (name_.empty() ? "" : " of '" + name_ + "'") +
                  " is a list or section; a key is a name");
    }
    const std::string& key = entry.first.Scalar();
    if (std::find(seen.begin(), seen.end(), key) != seen.end()) {
      throw Error(at + "'" + full(key) + "' is given twice; keep one of them");
    }
    seen.push_back(key);
    if (std::find(known_.begin(), known_.end(), key) != known_.end()) {
      continue;
    }
    if (key == "<<") {
      throw Error(at +
                  "merge keys ('<<') are not read; write the keys out, or let one key be an "
                  "alias of another (key: *name)");
    }
    std::vector<std::string> names;
    for (const auto& known : known_) {
      names.push_back(full(known));
    }
    throw Error(at + unknown_name_message("key", name_.empty() ? key : full(key), names));
  }
}

}  // namespace spinconv::train
