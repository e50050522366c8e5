// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "spinconv/training_ranges_json.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "spinconv/error.hpp"
#include "spinconv/model_config.hpp"

namespace spinconv {
namespace {

using nlohmann::json;
using Ends = TrainingRanges::Range;
using Counts = TrainingRanges::Counts;

std::string pair_name(const std::vector<std::string>& elements, std::size_t a, std::size_t b) {
  return elements[a] + "-" + elements[b];
}

// Reads `trained_on`: each function takes one key, whose name is in every message.
class Reader {
 public:
  Reader(const json& object, const ModelConfig& config, const std::string& where)
      : object_(object), cutoff_(config.cutoff), where_(where) {
    ranges_.elements = config.elements;
  }

  TrainingRanges read() {
    only_known(
        object_, "",
        {"frames", "atoms", "compositions", "atoms_of_element", "periodic", "volume_per_atom",
         "nearest_distance", "neighbors", "force", "temperature", "stress", "config_types"});
    with("frames", [&](const json& j) { ranges_.frames = count(j, 1); });
    with("atoms", [&](const json& j) { ranges_.atoms = counts(j, 1); });
    with("periodic", [&](const json& j) { read_periodic(j); });
    with("atoms_of_element", [&](const json& j) { read_atoms_of_element(j); });
    with("nearest_distance", [&](const json& j) { read_nearest(j); });
    with("neighbors", [&](const json& j) { read_neighbors(j); });
    if_there("compositions", [&](const json& j) { read_compositions(j); });
    if_there("volume_per_atom", [&](const json& j) { ranges_.volume_per_atom = range(j, false); });
    if_there("temperature", [&](const json& j) { ranges_.temperature = range(j, true); });
    if_there("force", [&](const json& j) {
      only_known(j, "", {"max", "rms"});
      ranges_.forces = {number(j.at("max"), true), number(j.at("rms"), true)};
    });
    if_there("stress", [&](const json& j) {
      only_known(j, "", {"frames", "learned"});
      ranges_.stress = {count(j.at("frames"), 0), j.at("learned").get<bool>()};
    });
    if_there("config_types", [&](const json& j) {
      for (const auto& [name, frames] : j.items()) {
        ranges_.config_types[name] = count(frames, 1);
      }
    });
    return std::move(ranges_);
  }

 private:
  [[noreturn]] void fail(const std::string& reason) const {
    throw Error(where_ + ": trained_on" + (key_.empty() ? "" : " key '" + key_ + "'") + ": " +
                reason + "; the file is damaged or was edited: get it again");
  }

  template <class Use>
  void with(const std::string& key, const Use& use) {
    key_ = key;
    try {
      use(object_.at(key));
    } catch (const json::exception& e) {
      fail(e.what());
    }
    key_.clear();
  }
  template <class Use>
  void if_there(const std::string& key, const Use& use) {
    if (object_.contains(key)) {
      with(key, use);
    }
  }

  void only_known(const json& object, const std::string& what,
                  const std::vector<std::string>& valid) const {
    if (!object.is_object()) {
      fail(object.dump() + " is not an object of keys and values");
    }
    for (const auto& [key, value] : object.items()) {
      if (std::find(valid.begin(), valid.end(), key) == valid.end()) {
        fail(unknown_name_message(what.empty() ? "key" : what, key, valid));
      }
    }
  }

  std::int64_t count(const json& j, std::int64_t least) const {
    constexpr double most = 1e15;  // sums of these fit
    if (!j.is_number_integer() || !(j.get<double>() >= double(least)) || j.get<double>() > most) {
      fail(j.dump() + " is not a whole number, at least " + std::to_string(least));
    }
    return j.get<std::int64_t>();
  }
  double number(const json& j, bool may_be_zero) const {
    const double value = j.get<double>();
    if (!std::isfinite(value) || value < 0.0 || (value == 0.0 && !may_be_zero)) {
      fail(j.dump() + " is not a " + (may_be_zero ? "number of 0 or more" : "positive number"));
    }
    return value;
  }
  template <class Result, class Value>
  Result both(const json& j, const Value& value) const {
    if (!j.is_array() || j.size() != 2) {
      fail(j.dump() + " is not the two ends of a range");
    }
    const Result result{value(j[0]), value(j[1])};
    if (result.min > result.max) {
      fail(j.dump() + " is a range that ends before it begins");
    }
    return result;
  }
  Counts counts(const json& j, std::int64_t least) const {
    return both<Counts>(j, [&](const json& end) { return count(end, least); });
  }
  Ends range(const json& j, bool may_be_zero) const {
    return both<Ends>(j, [&](const json& end) { return number(end, may_be_zero); });
  }

  void read_periodic(const json& j) {
    only_known(j, "", {"not", "partly", "fully"});
    ranges_.not_periodic = count(j.at("not"), 0);
    ranges_.partly_periodic = count(j.at("partly"), 0);
    ranges_.fully_periodic = count(j.at("fully"), 0);
    if (ranges_.not_periodic + ranges_.partly_periodic + ranges_.fully_periodic != ranges_.frames) {
      fail("the numbers of frames do not sum to the " + std::to_string(ranges_.frames) +
           " of 'frames'");
    }
  }

  void read_atoms_of_element(const json& j) {
    only_known(j, "element", ranges_.elements);
    for (const auto& element : ranges_.elements) {
      ranges_.atoms_of_element.push_back(counts(j.at(element), 0));
    }
  }

  void read_compositions(const json& j) {
    if (!j.is_array()) {
      fail(j.dump() + " is not a list");
    }
    for (const auto& entry : j) {
      only_known(entry, "element", ranges_.elements);
      auto& atoms = ranges_.compositions.emplace_back();
      for (const auto& element : ranges_.elements) {
        atoms.push_back(entry.contains(element) ? count(entry.at(element), 0) : 0);
      }
    }
  }

  void read_nearest(const json& j) {
    const auto& elements = ranges_.elements;
    const std::size_t n = elements.size();
    ranges_.nearest.assign(n * n, std::numeric_limits<double>::infinity());
    std::vector<std::string> pairs;
    for (std::size_t a = 0; a < n; ++a) {
      for (std::size_t b = a; b < n; ++b) {
        pairs.push_back(pair_name(elements, a, b));
      }
    }
    only_known(j, "pair", pairs);
    for (std::size_t a = 0; a < n; ++a) {
      for (std::size_t b = a; b < n; ++b) {
        const json& value = j.at(pair_name(elements, a, b));
        if (value.is_null()) {
          continue;
        }
        const double distance = number(value, false);
        if (distance >= cutoff_) {
          fail(pair_name(elements, a, b) + ": " + value.dump() +
               " is not within the cutoff of the model");
        }
        ranges_.nearest[a * n + b] = ranges_.nearest[b * n + a] = distance;
      }
    }
  }

  void read_neighbors(const json& j) {
    only_known(j, "element", ranges_.elements);
    ranges_.neighbors.resize(ranges_.elements.size());
    for (std::size_t e = 0; e < ranges_.elements.size(); ++e) {
      if (!j.contains(ranges_.elements[e])) {
        continue;
      }
      const json& of = j.at(ranges_.elements[e]);
      only_known(of, "", {"min", "mean", "max"});
      const auto [min, max] = both<Counts>(json::array({of.at("min"), of.at("max")}),
                                           [&](const json& end) { return count(end, 0); });
      ranges_.neighbors[e] = {min, max, number(of.at("mean"), true)};
    }
  }

  const json& object_;
  const double cutoff_;
  const std::string& where_;
  std::string key_;
  TrainingRanges ranges_;
};

}  // namespace

json to_json(const TrainingRanges& r) {
  const auto& elements = r.elements;
  const auto ends = [](const auto& range) { return json::array({range.min, range.max}); };
  json j = {{"frames", r.frames},
            {"atoms", ends(r.atoms)},
            {"periodic",
             {{"not", r.not_periodic}, {"partly", r.partly_periodic}, {"fully", r.fully_periodic}}},
            {"atoms_of_element", json::object()},
            {"nearest_distance", json::object()},
            {"neighbors", json::object()}};
  for (std::size_t a = 0; a < elements.size(); ++a) {
    j["atoms_of_element"][elements[a]] = ends(r.atoms_of_element[a]);
    for (std::size_t b = a; b < elements.size(); ++b) {
      const double distance = r.nearest_of(a, b);
      j["nearest_distance"][pair_name(elements, a, b)] =
          std::isfinite(distance) ? json(distance) : json();
    }
    if (const auto& n = r.neighbors[a]) {
      j["neighbors"][elements[a]] = {{"min", n->min}, {"mean", n->mean}, {"max", n->max}};
    }
  }
  for (const auto& atoms : r.compositions) {
    json entry = json::object();
    for (std::size_t e = 0; e < elements.size(); ++e) {
      if (atoms[e] > 0) {
        entry[elements[e]] = atoms[e];
      }
    }
    j["compositions"].push_back(entry);
  }
  if (r.volume_per_atom) {
    j["volume_per_atom"] = ends(*r.volume_per_atom);
  }
  if (r.forces) {
    j["force"] = {{"max", r.forces->max}, {"rms", r.forces->rms}};
  }
  if (r.temperature) {
    j["temperature"] = ends(*r.temperature);
  }
  if (r.stress) {
    j["stress"] = {{"frames", r.stress->frames}, {"learned", r.stress->learned}};
  }
  if (!r.config_types.empty()) {
    j["config_types"] = r.config_types;
  }
  return j;
}

std::optional<TrainingRanges> training_ranges_of(const json& metadata, const ModelConfig& config,
                                                 const std::string& where) {
  if (!metadata.contains("trained_on")) {
    return std::nullopt;
  }
  return Reader(metadata.at("trained_on"), config, where).read();
}

}  // namespace spinconv
