// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/hyperparameters.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>
#include <stdexcept>

#include "spinconv/model_error.hpp"

namespace spinconv {
namespace {

using Condition = Hyperparameter::Condition;
using Range = Hyperparameter::Range;
using Source = Hyperparameter::Source;
using Shown = Hyperparameter::Shown;
constexpr double infinity = std::numeric_limits<double>::infinity();

const Range positive{0.0, infinity, true};

const Condition harmonics{"sphere", {"harmonics"}};
const Condition of_spinconv2{"sphere", {"spinconv2"}};
const Condition of_degrees{"sphere", {"harmonics", "spinconv2"}};
const Condition published{"sphere", {"harmonics", "grid"}};  // the blocks of the paper
const Condition grid{"sphere", {"grid"}};
const Condition convolution{"roll", {"convolution"}};
const Condition sampled{"roll_activation", {"swish"}};
const Condition zbl{"repulsion", {"zbl"}};
const Condition direct{"forces", {"direct"}};
const Condition drawn{"force_rotations", {"24"}, true};  // the rotations of the cube are not drawn

// The operator graph of the grid has the published activation, normalization and groups (M/8) and
// no others: those keys belong to the harmonics.
std::vector<Hyperparameter> make_table() {
  using C = ModelConfig;
  return {
      {.key = "elements",
       .member = &C::elements,
       .help = "symbols, in the order of the file; default: those of the training frames",
       .fixes_weights = false},
      {.key = "sphere",
       .member = &C::sphere,
       .help = "architecture, by what holds the surroundings of an atom",
       .choices = {{"spinconv2",
                    "harmonics of both atoms of an edge, and directed messages; smooth"},
                   {"harmonics", "of the source of an edge, with the blocks of the paper; smooth"},
                   {"grid", "points about the source of each edge, as published; not smooth"}},
       .shown = Shown::always},
      {.key = "roll",
       .member = &C::roll,
       .help = "rotation of the filters about the edge",
       .choices = {{"convolution", "every roll, averaged"},
                   {"none", "one orientation, that of the target's mean neighbor"}},
       .only_with = {published}},
      {.key = "forces",
       .member = &C::forces,
       .help = "where forces come from",
       .choices = {{"gradient", "-dE/dx"},
                   {"direct",
                    "from a force block; not the gradient of an energy, no virial",
                    {"harmonics", "grid"}},
                   {"distance", "-dE/dx with directions held fixed, as published", {"grid"}}}},
      {.key = "force_rotations",
       .member = &C::force_rotations,
       .help = "orientations of the force block, averaged; 24: the rotations of the cube",
       .range = {1, 100},
       .only_with = {direct},
       .fixes_weights = false},
      {.key = "force_seed",
       .member = &C::force_seed,
       .help = "draws those orientations",
       .range = {0},
       .only_with = {direct, drawn},
       .fixes_weights = false},
      {.key = "cutoff",
       .member = &C::cutoff,
       .help = "Angstrom, of the edges",
       .range = {0.0, 100.0, true},
       .shown = Shown::in_presets},
      {.key = "layers",
       .member = &C::layers,
       .help = "message updates, K",
       .range = {1, 16},
       .shown = Shown::always},
      {.key = "message_channels",
       .member = &C::message_channels,
       .help = "width of the message of an edge, M",
       .range = {1, 1024},
       .shown = Shown::always},
      {.key = "hidden_channels",
       .member = &C::hidden_channels,
       .help = "width inside the blocks, D",
       .range = {4, 4096},
       .shown = Shown::always},
      {.key = "latitudes",
       .member = &C::latitudes,
       .help = "of the sphere about an atom",
       .range = {2, 256},
       .only_with = {grid},
       .shown = Shown::always},
      {.key = "longitudes",
       .member = &C::longitudes,
       .help = "of the sphere about an atom",
       .range = {2, 256},
       .only_with = {grid},
       .shown = Shown::always},
      {.key = "max_neighbors",
       .member = &C::max_neighbors,
       .help = "nearest ones of an atom that are kept; 0: all",
       .range = {0, 100000},
       .only_with = {grid},
       .shown = Shown::in_presets},
      {.key = "l_max",
       .member = &C::l_max,
       .help = "degree of the harmonics, L",
       .range = {1, 10},
       .only_with = {of_degrees},
       .shown = Shown::always},
      {.key = "m_max",
       .member = &C::m_max,
       .help = "orders that are kept in the frame of an edge, at most l_max",
       .range = {0, infinity},
       .only_with = {of_degrees},
       .shown = Shown::always},
      {.key = "channel_groups",
       .member = &C::channel_groups,
       .help = "of the spin convolution; a divisor of message_channels and hidden_channels",
       .range = {1, infinity},
       .only_with = {harmonics},
       .shown = Shown::in_presets},
      {.key = "experts",
       .member = &C::experts,
       .help = "linear maps that are mixed for each pair of elements, B",
       .range = {1, 256},
       .only_with = {published},
       .shown = Shown::always},
      {.key = "embedding_channels",
       .member = &C::embedding_channels,
       .help = "width of the network of the elements that mixes the experts",
       .range = {1, 1024},
       .only_with = {published}},
      {.key = "product_channels",
       .member = &C::product_channels,
       .help = "products of Fourier components of each order of the roll, C",
       .range = {1, 1024},
       .only_with = {of_spinconv2},
       .shown = Shown::always},
      {.key = "directed_channels",
       .member = &C::directed_channels,
       .help =
           "Fourier components of each order passed on with a direction, at most product_channels",
       .range = {1, 1024},
       .only_with = {of_spinconv2},
       .shown = Shown::always},
      {.key = "gaussians",
       .member = &C::gaussians,
       .help = "functions of the distance; few and wide learn better",
       .range = {2, 4096},
       .shown = Shown::in_presets},
      {.key = "gaussian_width",
       .member = &C::gaussian_width,
       .help = "in spacings of their centers",
       .range = positive,
       .shown = Shown::in_presets},
      {.key = "envelope_exponent",
       .member = &C::envelope_exponent,
       .help = "p of the polynomial that takes messages to 0 at the cutoff",
       .range = {3, 20, false, 0, "none, with sphere: grid"}},
      {.key = "repulsion",
       .member = &C::repulsion,
       .help = "energy of pairs of atoms that is added to the network's",
       .choices = {{"none", "the network's alone"},
                   {"zbl", "of screened nuclei, nearer than in any training frame"}},
       .only_with = {of_spinconv2},
       .fixes_weights = false},
      {.key = "repulsion_radii",
       .member = &C::repulsion_radii,
       .help = "Angstrom, where it ends: the shortest distance of each pair of elements",
       .range = {0.0},
       .only_with = {of_spinconv2, zbl},
       .source = Source::data,
       .fixes_weights = false},
      // The one list of them; harmonics.py tells them apart by name.
      {.key = "roll_activation",
       .member = &C::roll_activation,
       .help = "activation, averaged over the roll",
       .choices = {{"gated",
                    "swish of the mean and the size of the Fourier components; exactly invariant"},
                   {"quadratic", "y/2 + y^2/4; exactly invariant"},
                   {"swish", "at roll_samples rolls; invariant up to aliasing"}},
       .only_with = {harmonics, convolution},
       .shown = Shown::in_presets},
      {.key = "roll_samples",
       .member = &C::roll_samples,
       .help = "rolls at which the activation is taken",
       .range = {1, 256},
       .only_with = {harmonics, convolution, sampled},
       .fixes_weights = false},
      {.key = "normalization",
       .member = &C::normalization,
       .help = "after the spin convolution",
       .choices = {{"none", "none"}, {"group", "of 4 groups of channels"}},
       .only_with = {harmonics},
       .shown = Shown::in_presets},
      {.key = "reference_energies",
       .member = &C::reference_energies,
       .help = "eV, one for each of elements, which is given then; default: least squares",
       .fixes_weights = false},
      {.key = "average_neighbors",
       .member = &C::average_neighbors,
       .help = "mean number of edges of an atom; sums over neighbors are divided by its root",
       .range = positive,
       .source = Source::data},
      {.key = "energy_scale",
       .member = &C::energy_scale,
       .help = "eV, by which the output of the energy block is multiplied",
       .range = positive,
       .source = Source::data},
      {.key = "energy_offset",
       .member = &C::energy_offset,
       .help = "eV of a structure, whatever its size",
       .source = Source::data},
      {.key = "force_scale",
       .member = &C::force_scale,
       .help = "eV/Angstrom, by which the output of the force block is multiplied",
       .range = positive,
       .only_with = {direct},
       .source = Source::data},
      {.key = "distance_scale_max",
       .member = &C::distance_scale_max,
       .help = "largest factor on the distances of a pair of elements",
       .range = {1, infinity},
       .only_with = {grid},
       .source = Source::import},
      {.key = "message_filters",
       .member = &C::message_filters,
       .help = "form of the filters of the messages",
       .choices = {{"grid", "a number for each point"}, {"harmonics", "of degree l_max"}},
       .only_with = {grid},
       .source = Source::import},
      {.key = "force_filters",
       .member = &C::force_filters,
       .help = "form of the filters of the force block",
       .choices = {{"grid", "a number for each point"}, {"harmonics", "of degree l_max"}},
       .only_with = {grid, direct},
       .source = Source::import},
  };
}

std::string text_of(double value) {
  if (value == std::floor(value) && std::abs(value) < 1e9) {
    return std::to_string(static_cast<long>(value));  // else 100000 would be 1e+05
  }
  char digits[32];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), value).ptr;
  return {digits, end};
}
std::string text_of(int value) {
  return std::to_string(value);
}
std::string text_of(std::uint64_t value) {
  return std::to_string(value);
}
std::string text_of(const std::string& value) {
  return value;
}
template <class T>
std::string text_of(const std::vector<T>& values) {
  std::string text;
  for (const T& value : values) {
    text += (text.empty() ? "" : ", ") + text_of(value);
  }
  return "[" + text + "]";
}

std::string listed(const std::vector<std::string>& words, const std::string& between) {
  std::string text;
  for (const auto& word : words) {
    text += (text.empty() ? "" : between) + word;
  }
  return text;
}

[[noreturn]] void refuse(const std::string& key, const std::string& value,
                         const std::string& valid) {
  throw ModelError(key, key + " is " + value + "; it must be " + valid);
}

bool is_one_of(const std::string& name, const std::vector<std::string>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void check_choice(const Hyperparameter& h, const std::string& name, const ModelConfig& config) {
  if (!is_one_of(name, h.choice_names())) {
    throw ModelError(h.key, unknown_name_message(h.key, name, h.choice_names()));
  }
  std::vector<std::string> here;
  for (const auto& choice : h.choices) {
    if (choice.architectures.empty() || is_one_of(config.sphere, choice.architectures)) {
      here.push_back(choice.name);
    }
  }
  if (!is_one_of(name, here)) {
    refuse(h.key, name, listed(here, " or ") + " with sphere " + config.sphere);
  }
}

}  // namespace

bool Hyperparameter::Range::contains(double value) const {
  const bool inside = std::isfinite(value) && value >= low && value <= high;
  return (inside && !(above_low && value == low)) || (also && value == *also);
}

std::string Hyperparameter::Range::text() const {
  std::string text = "a number";
  if (above_low && low == 0) {
    text = "a positive number" + (std::isfinite(high) ? ", at most " + text_of(high) : "");
  } else if (std::isfinite(low)) {
    text = std::isfinite(high) ? "between " + text_of(low) + " and " + text_of(high)
                               : text_of(low) + " or more";
  }
  return text + (also ? ", or " + text_of(*also) + " (" + also_means + ")" : "");
}

bool Hyperparameter::Condition::met(const ModelConfig& config) const {
  return is_one_of(hyperparameter(key).text(config), values) != unless;
}

std::string Hyperparameter::Condition::needed() const {
  return (unless ? "a number but " : "") + listed(values, " or ");
}

const Hyperparameter::Condition* Hyperparameter::unmet(const ModelConfig& config) const {
  const auto found =
      std::find_if(only_with.begin(), only_with.end(),
                   [&](const Condition& condition) { return !condition.met(config); });
  return found == only_with.end() ? nullptr : &*found;
}

std::string Hyperparameter::text(const ModelConfig& config) const {
  return std::visit([&](auto m) { return text_of(config.*m); }, member);
}

bool Hyperparameter::same(const ModelConfig& a, const ModelConfig& b) const {
  return std::visit([&](auto m) { return a.*m == b.*m; }, member);
}

void Hyperparameter::copy(const ModelConfig& from, ModelConfig& to) const {
  std::visit([&](auto m) { to.*m = from.*m; }, member);
}

std::vector<std::string> Hyperparameter::choice_names() const {
  std::vector<std::string> names;
  for (const auto& choice : choices) {
    names.push_back(choice.name);
  }
  return names;
}

void Hyperparameter::check(const ModelConfig& config) const {
  std::visit(
      [&](auto m) {
        const auto& value = config.*m;
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, std::string>) {
          check_choice(*this, value, config);
        } else if constexpr (std::is_arithmetic_v<T>) {
          if (!range.contains(static_cast<double>(value))) {
            refuse(key, text_of(value), range.text());
          }
        } else if constexpr (std::is_same_v<T, std::vector<double>>) {
          for (const double v : value) {
            if (!range.contains(v)) {
              refuse(key, text_of(value), "a list of numbers");
            }
          }
        }
      },
      member);
}

const std::vector<Hyperparameter>& hyperparameters() {
  static const std::vector<Hyperparameter> table = make_table();
  return table;
}

const Hyperparameter& hyperparameter(const std::string& key) {
  for (const Hyperparameter& h : hyperparameters()) {
    if (h.key == key) {
      return h;
    }
  }
  throw std::invalid_argument("no hyperparameter '" + key + "'");
}

std::string hyperparameter_summary(const ModelConfig& config) {
  const ModelConfig defaults;
  std::vector<std::string> sizes, changed;
  for (const Hyperparameter& h : hyperparameters()) {
    const bool listed_elsewhere = h.source == Source::data || h.key == "cutoff" ||
                                  h.key == "elements" || h.key == "reference_energies";
    if (listed_elsewhere || !h.has_effect(config)) {
      continue;
    }
    const std::string entry = h.key + " " + h.text(config);
    if (h.shown == Shown::always) {
      sizes.push_back(entry);
    } else if (!h.same(config, defaults)) {
      changed.push_back(entry);
    }
  }
  return "  " + listed(sizes, ", ") + "\n" +
         (changed.empty() ? "" : "  " + listed(changed, ", ") + "\n");
}

std::string hyperparameter_reference(const ModelConfig& config) {
  constexpr std::size_t column = 30;
  std::ostringstream out;
  const auto line = [&](std::string left, const std::string& right) {
    left.resize(std::max(left.size() + 2, column), ' ');
    out << left << right << "\n";
  };
  const auto entry = [&](const Hyperparameter& h) {
    const bool filled_in = h.source == Source::data || h.text(config) == "[]";
    const bool number = h.choices.empty() && h.text(config).front() != '[';
    line(h.key + ":" + (filled_in ? "" : " " + h.text(config)), h.help);
    for (const auto& choice : h.choices) {
      line("  " + choice.name,
           choice.help + (choice.architectures.empty()
                              ? ""
                              : "; only with sphere: " + listed(choice.architectures, " or ")));
    }
    std::vector<std::string> conditions;
    for (const auto& condition : h.only_with) {
      conditions.push_back(condition.key + ": " + condition.needed());
    }
    const std::string needs = conditions.empty() ? "" : "only with " + listed(conditions, ", ");
    if (number) {
      line("", h.range.text() + (needs.empty() ? "" : "; " + needs));
    } else if (!needs.empty()) {
      line("", needs);
    }
  };
  for (const auto& [source, title] :
       {std::pair{Source::configuration, "Keys of model in a configuration"},
        {Source::data, "In the potential file, from the training set"},
        {Source::import, "In the potential file, from a published checkpoint"}}) {
    out << (source == Source::configuration ? "" : "\n") << "# " << title << "\n";
    for (const Hyperparameter& h : hyperparameters()) {
      if (h.source == source) {
        entry(h);
      }
    }
  }
  return out.str();
}

}  // namespace spinconv
