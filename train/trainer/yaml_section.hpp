// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <yaml-cpp/yaml.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace spinconv::train {

// The mapping that is a configuration. A byte order mark and line ends of other systems (\r\n, \r)
// are read as what they mean. `name` is that of the file, for messages. Throws spinconv::Error: not
// valid YAML, empty, not a mapping, more than one document.
YAML::Node parse_configuration(std::string text, const std::string& name);

// Put "key=value" of --set into a configuration, "training.epochs=10". The value is YAML: a list
// [H, O], a section {train: 3}, a quoted text, or a plain one, which is taken to its end. Throws
// spinconv::Error.
void apply_override(YAML::Node root, const std::string& override_text);

// One mapping of a configuration. Every key that is asked for is known; finish() refuses the
// others. Values are left as they are where their key is not given. Throws spinconv::Error naming
// file, line, key and the cure.
class Section {
 public:
  // `file`: for messages. `name`: where in the file, "training.loss"; "" for the whole.
  Section(const std::string& file, const std::string& name, const YAML::Node& node);

  bool has(const std::string& key);

  // Whether the key is given. Numbers are read by read_number().
  bool get(const std::string& key, bool& value);
  bool get(const std::string& key, int& value);
  bool get(const std::string& key, std::uint64_t& value);
  bool get(const std::string& key, double& value);
  bool get(const std::string& key, std::string& value);
  bool get(const std::string& key, std::vector<double>& value);
  // `read`, where given, turns each text into what is kept; its errors get the line of the entry.
  bool get(const std::string& key, std::vector<std::string>& value,
           const std::function<std::string(const std::string&)>& read = {});

  // A section of numbers under names that the user gives. Whether the key is given.
  bool get(const std::string& key, std::map<std::string, double>& value);

  void get_positive(const std::string& key, int& value);
  void get_not_negative(const std::string& key, int& value);
  void get_not_negative(const std::string& key, double& value);
  void get_not_negative(const std::string& key, std::map<std::string, double>& value);
  bool get_choice(const std::string& key, std::string& value,
                  const std::vector<std::string>& valid);

  Section section(const std::string& key);
  // The node of a key, not defined where it is not given.
  YAML::Node raw(const std::string& key);

  // "fit.yaml:3: training.epochs", to begin a message with.
  std::string where(const std::string& key) const;
  // The same without the key.
  std::string place(const std::string& key) const;

  void finish() const;

 private:
  std::string full(const std::string& key) const { return name_.empty() ? key : name_ + "." + key; }
  std::string text(const std::string& key) const;
  template <class T>
  bool get_number(const std::string& key, T& value, const std::string& expected);
  template <class T>
  T number(const YAML::Node& node, const std::string& what, const std::string& expected) const;
  // The entries of a list of scalars.
  std::vector<YAML::Node> list(const std::string& key) const;

  std::string file_;
  std::string name_;
  YAML::Node node_;
  std::vector<std::string> known_;
};

}  // namespace spinconv::train
