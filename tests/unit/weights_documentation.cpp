// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <map>
#include <sstream>

#include "spinconv/module_definition.hpp"
#include "support/command.hpp"
#include "support/test_models.hpp"

// docs/potential_file.md has each parameter of the models, with its shape.
namespace spinconv::test {
namespace {

using Sizes = std::map<char, std::int64_t>;

// "(L+1) M/G" in numbers; factors stand beside each other.
class Expression {
 public:
  Expression(const std::string& text, const Sizes& sizes) : sizes_(sizes) {
    for (const char c : text) {
      if (c != ' ') {
        text_ += c;
      }
    }
  }
  std::int64_t value() {
    const auto result = sum();
    EXPECT_EQ(at_, text_.size()) << text_;
    return result;
  }

 private:
  char next() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  std::int64_t sum() {
    auto result = product();
    while (next() == '+') {
      ++at_;
      result += product();
    }
    return result;
  }
  std::int64_t product() {
    auto result = factor();
    while (next() == '/' || next() == '(' || std::isalnum(next()) != 0) {
      if (next() == '/') {
        ++at_;
        result /= factor();
      } else {
        result *= factor();
      }
    }
    return result;
  }
  std::int64_t factor() {
    const char c = next();
    ++at_;
    std::int64_t result = 0;
    if (c == '(') {
      result = sum();
      ++at_;
    } else {
      result = std::isdigit(c) != 0 ? c - '0' : sizes_.at(c);
    }
    const std::string squared = "\u00b2";
    if (text_.compare(at_, squared.size(), squared) == 0) {
      at_ += squared.size();
      result *= result;
    }
    return result;
  }

  const Sizes& sizes_;
  std::string text_;
  std::size_t at_ = 0;
};

// What stands between `begin` and `end`, each time.
std::vector<std::string> between(const std::string& text, const std::string& begin,
                                 const std::string& end) {
  std::vector<std::string> found;
  for (auto at = text.find(begin); at != std::string::npos; at = text.find(begin, at)) {
    at += begin.size();
    const auto stop = text.find(end, at);
    found.push_back(text.substr(at, stop - at));
    at = stop + end.size();
  }
  return found;
}

using Shapes = std::map<std::string, std::vector<std::int64_t>>;

// The rows of the table of an architecture.
Shapes documented(const std::string& architecture, const Sizes& sizes) {
  std::ifstream in(environment("SPINCONV_SOURCE_DIR") + "/docs/potential_file.md");
  Shapes shapes;
  bool here = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("With `sphere: ")) {
      here = line.starts_with("With `sphere: " + architecture + "`");
    } else if (line.starts_with("## ") || line.starts_with("A grid has") ||
               line.starts_with("H is the number")) {
      here = false;
    }
    if (!here || !line.starts_with("| `")) {
      continue;
    }
    const auto column = line.find(" | ");
    const auto names = between(line.substr(0, column), "`", "`");
    const auto texts = between(line.substr(column), "[", "]");
    EXPECT_TRUE(texts.size() == 1 || texts.size() == names.size()) << line;
    for (std::size_t i = 0; i < names.size(); ++i) {
      std::string text = texts[std::min(i, texts.size() - 1)];
      if (const auto filter = text.find('F'); filter != std::string::npos) {
        text.replace(filter, 1, "8 T, O");
      }
      std::vector<std::int64_t> shape;
      std::istringstream axes(text);
      for (std::string axis; std::getline(axes, axis, ',');) {
        shape.push_back(Expression(axis, sizes).value());
      }
      EXPECT_TRUE(shapes.emplace(names[i], shape).second) << names[i] << " is there twice";
    }
  }
  return shapes;
}

TEST(WeightsInTheDocumentation, AreThoseOfTheGraphsWithTheirShapes) {
  ModelConfig harmonics = small_config();
  harmonics.forces = "direct";
  harmonics.layers = 3;
  harmonics.hidden_channels = 24;
  harmonics.channel_groups = 2;
  harmonics.embedding_channels = 7;
  harmonics.gaussians = 11;
  harmonics.experts = 5;
  harmonics.m_max = 2;
  ModelConfig grid = small_grid_config();
  grid.forces = "direct";
  grid.hidden_channels = 10;
  grid.longitudes = 9;
  grid.embedding_channels = 7;
  grid.gaussians = 11;
  grid.layers = 4;
  ModelConfig both_ends = small_spinconv2_config();
  both_ends.l_max = 4;
  both_ends.m_max = 3;
  both_ends.layers = 3;
  both_ends.hidden_channels = 24;
  both_ends.gaussians = 11;
  for (const auto& c : {harmonics, both_ends, grid}) {
    std::int64_t one_sign = 0;
    for (int m = 1; m <= c.m_max; ++m) {
      one_sign += c.l_max + 1 - m;
    }
    const Sizes sizes = {
        {'N', static_cast<std::int64_t>(c.elements.size())},
        {'K', c.layers},
        {'M', c.message_channels},
        {'D', c.hidden_channels},
        {'B', c.experts},
        {'C', c.embedding_channels},
        {'J', c.gaussians},
        {'G', c.channel_groups},
        {'L', c.l_max},
        {'P', c.product_channels},
        {'E', c.directed_channels},
        {'X', c.m_max},
        {'Y', c.layers - 1},
        {'R', 2 * c.hidden_channels +
                  c.layers * ((c.l_max + 1) * c.message_channels + c.hidden_channels)},
        {'Q', one_sign},
        {'H', 2 * c.layers + 4},
        {'T', c.latitudes},
        {'O', c.longitudes}};
    Shapes shapes;
    for (const auto& p : module_definition(c).parameters) {
      shapes[p.name] = p.shape();
    }
    EXPECT_EQ(documented(c.sphere, sizes), shapes) << c.sphere;
  }
}

}  // namespace
}  // namespace spinconv::test
