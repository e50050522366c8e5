// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "commands/fit_checks.hpp"

#include <algorithm>
#include <set>

#include "data/label_names.hpp"
#include "data/number_text.hpp"
#include "spinconv/elements.hpp"
#include "spinconv/error.hpp"

namespace spinconv::train {
namespace {

// "a, b or c"
std::string listed(const std::vector<std::string>& words, const char* last) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    text += (i == 0 ? "" : i + 1 < words.size() ? ", " : std::string(" ") + last + " ") + words[i];
  }
  return text;
}

std::string frames_of(std::size_t n) {
  return std::to_string(n) + (n == 1 ? " frame" : " frames");
}

bool has_element(const FrameStore& frames, std::size_t index, int number) {
  const auto composition = frames.figures(index).composition;
  return std::any_of(composition.begin(), composition.end(),
                     [&](const auto& pair) { return pair.first == number; });
}

std::size_t count_frames(const Part& part, int number) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < part.size(); ++i) {
    count += has_element(*part.frames, i, number) ? 1 : 0;
  }
  return count;
}

std::string yaml_list(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) {
    text += (text.empty() ? "" : ", ") + word;
  }
  return "[" + text + "]";
}

// Which of the terms of the loss.
enum class Term { energy, forces, stress };

// A term of the loss that has a weight, and what a part has of its labels.
struct WeighedTerm {
  Term term;
  std::string one, many;  // "an energy", "energies"
  std::string key;        // "energy_weight"
  double weight = 0.0;
};

std::vector<WeighedTerm> weighed_terms(const LossConfig& loss, const Target& target) {
  const std::string name = target.name;
  std::vector<WeighedTerm> terms;
  if (loss.energy_weight > 0) {
    terms.push_back({Term::energy, target.is_energy() ? "an energy" : name,
                     target.is_energy() ? "energies" : name, "energy_weight", loss.energy_weight});
  }
  if (loss.force_weight > 0 && target.is_energy()) {
    terms.push_back({Term::forces, "forces", "forces", "force_weight", loss.force_weight});
  }
  if (loss.stress_weight > 0 && target.is_energy()) {
    terms.push_back({Term::stress, "a stress", "stresses", "stress_weight", loss.stress_weight});
  }
  return terms;
}

LabelCounts labels_of(const Part& part) {
  LabelCounts sum;
  for (std::size_t i = 0; i < part.size(); ++i) {
    sum += part.set().labels(i);
  }
  return sum;
}

bool has_labels(const LabelCounts& labels, Term term, const LossConfig& loss) {
  switch (term) {
    case Term::energy:
      return labels.n_energies > 0;
    case Term::forces:
      return (loss.type == "norm" ? labels.n_atoms : labels.n_components) > 0;
    default:
      return labels.n_stresses > 0;
  }
}

std::vector<WeighedTerm> with_labels(const LabelCounts& labels,
                                     const std::vector<WeighedTerm>& terms,
                                     const LossConfig& loss) {
  std::vector<WeighedTerm> found;
  for (const auto& term : terms) {
    if (has_labels(labels, term.term, loss)) {
      found.push_back(term);
    }
  }
  return found;
}

std::vector<std::string> names(const std::vector<WeighedTerm>& terms,
                               std::string WeighedTerm::*name) {
  std::vector<std::string> words;
  for (const auto& term : terms) {
    words.push_back(term.*name);
  }
  return words;
}

// Why a part has no label for a term.
std::string reason(const Part& part, const WeighedTerm& term, const LossConfig& loss) {
  const auto& record = part.record;
  const std::string& key = term.term == Term::energy   ? record.energy_key
                           : term.term == Term::forces ? record.forces_key
                                                       : record.stress_key;
  if (key.empty()) {
    return "no " + term.many + " were read";
  }
  std::int64_t components = 0, atoms = 0, free_components = 0;
  bool has_stress = false;
  for (std::size_t i = 0; i < part.size(); ++i) {
    const auto figures = part.frames->figures(i);
    components += figures.force_components;
    free_components += figures.free_components;
    atoms += figures.force_atoms;
    has_stress = has_stress || figures.has_stress;
  }
  if (term.term == Term::forces && loss.free_atoms_only && components > 0 && free_components == 0) {
    return "all atoms with forces are held fixed, and training.loss.free_atoms_only leaves these "
           "out";
  }
  if (term.term == Term::forces && components > 0) {
    return "no atom has all three components of its force, which training.loss.type norm needs";
  }
  if (term.term == Term::stress && has_stress) {
    return "no frame with a stress is periodic in all three directions";
  }
  return "'" + key + "' is missing, or NaN, in all of them";
}

// What the file has in place of the labels of `terms`, and what to do.
std::string what_there_is(const Part& part, bool own_file, const std::vector<WeighedTerm>& terms,
                          const LossConfig& loss) {
  const auto& record = part.record;
  std::string text;
  for (const auto& term : terms) {
    text += (text.empty() ? "" : "; ") + reason(part, term, loss);
  }
  if (!record.not_read.empty()) {
    text += "; not read:";
    for (const auto& name : record.not_read) {
      text += " " + name;
    }
  }
  const std::string section = own_file ? "data." + part.name : "data";
  const std::string suggestion = label_suggestion(record);
  if (!suggestion.empty()) {
    return text + "; " + suggestion +
           (own_file ? " (" + section + ".keys: of this file alone)" : "");
  }
  if (record.format == "cache") {
    return text +
           "; make the cache again with the keys of the labels: spinconv-train prepare "
           "--energy-key NAME --forces-key NAME";
  }
  return text + "; give labelled frames, or name the keys of the labels (" + section +
         ".keys: {energy: NAME, forces: NAME})";
}

bool has_own_file(const FitConfig& config, const Part& part) {
  return (part.name == "validation" && config.data.validation) ||
         (part.name == "test" && config.data.test);
}

[[noreturn]] void refuse_element(const FitConfig& config, const Parts& parts, const Part& part,
                                 int number, bool elements_given) {
  const std::string element = element_symbol(number);
  std::size_t first = 0;
  while (!has_element(*part.frames, first, number)) {
    ++first;
  }
  auto elements = config.model.elements;
  const std::string known = yaml_list(elements);
  elements.push_back(element);
  const std::string extended = "model.elements: " + yaml_list(elements);
  const std::string frame =
      part.frames->frame(first)->source + " (" + part.name + " set): element " + element;
  const std::size_t count = count_frames(part, number);
  if (elements_given) {
    throw Error(frame + " is not among model.elements " + known + "; add it (" + extended +
                "), or leave the " + frames_of(count) + " of the " + part.name +
                " set that have it out");
  }
  const std::string lack = " is in no training frame, and those name the model's elements " + known;
  const std::string name_it =
      "name all elements (" + extended + "; what belongs to " + element + " is then not trained)";
  if (has_own_file(config, part)) {
    throw Error(frame + lack + ". " + frames_of(count) + " of data." + part.name + " (" +
                part.record.path +
                ") have it; leave them out, add such frames to the training "
                "data, or " +
                name_it);
  }
  std::string dealt;
  for (const Part* other : {&parts.training, &parts.validation, &parts.test}) {
    if (!has_own_file(config, *other)) {
      dealt += (dealt.empty() ? "" : ", ") + std::to_string(count_frames(*other, number)) + " to " +
               other->name;
    }
  }
  throw Error(frame + lack + ". data.split (seed " + std::to_string(config.data.split.seed) +
              ") dealt the frames of " + part.record.path + " that have it: " + dealt +
              "; take another data.split.seed, give validation and test files of their own "
              "(data.validation, data.test), leave these frames out, or " +
              name_it);
}

}  // namespace

void require_a_loss(const LossConfig& loss, const Target& target) {
  if (!weighed_terms(loss, target).empty()) {
    return;
  }
  throw Error(target.is_energy()
                  ? "training.loss: energy_weight, force_weight and stress_weight are all 0, so "
                    "that every loss is 0; give at least one of them"
                  : "training.loss.energy_weight is 0, but it is the weight of data.target " +
                        target.name + ", without which every loss is 0; leave it out (1)");
}

std::vector<std::string> require_elements(const FitConfig& config, const Parts& parts,
                                          bool elements_given) {
  const auto& known = config.model.elements;
  for (const Part* part : {&parts.training, &parts.validation, &parts.test}) {
    for (const auto& [number, atoms] : part->summary.atoms_of_element) {
      if (std::find(known.begin(), known.end(), element_symbol(number)) == known.end()) {
        refuse_element(config, parts, *part, number, elements_given);
      }
    }
  }
  const auto trained = parts.training.summary.elements();
  std::vector<std::string> untrained;
  for (const auto& element : known) {
    if (std::find(trained.begin(), trained.end(), element) == trained.end()) {
      untrained.push_back(element);
    }
  }
  if (untrained.empty()) {
    return {};
  }
  return {"note: no training frame has " + listed(untrained, "or") +
          " of model.elements: what belongs to " + (untrained.size() > 1 ? "them" : "it") +
          " is not trained"};
}

void require_groups(const FitConfig& config, const Parts& parts) {
  const auto& weights = config.training.loss.group_weights;
  if (weights.empty()) {
    return;
  }
  std::set<std::string> missing, there;
  for (const auto& [name, weight] : weights) {
    missing.insert(name);
  }
  bool any_weight = false;
  for (const Part* part : {&parts.training, &parts.validation}) {
    for (std::size_t i = 0; i < part->size() && !(missing.empty() && any_weight); ++i) {
      const std::string group = part->frames->frame(i)->config_type;
      const auto found = weights.find(group);
      any_weight =
          any_weight || (part == &parts.training && (found == weights.end() || found->second > 0));
      missing.erase(group);
      if (!group.empty()) {
        there.insert(group);
      }
    }
  }
  const std::string key = "training.loss.group_weights";
  if (!missing.empty()) {
    if (there.empty()) {
      throw Error(key + ": no frame of " + parts.training.record.path +
                  " says which group it belongs to (config_type=NAME in extended XYZ); leave the "
                  "key out, or name the groups in the data");
    }
    throw Error(parts.training.record.path + ": " +
                unknown_name_message(key + ", group (config_type)", *missing.begin(),
                                     {there.begin(), there.end()}));
  }
  if (!any_weight) {
    throw Error(key +
                ": all training frames belong to groups of weight 0, so that there is "
                "nothing to learn; give at least one of them a weight");
  }
}

std::vector<std::string> require_labels(const FitConfig& config, const Parts& parts) {
  const auto& loss = config.training.loss;
  const auto& target = config.data.train.target;
  const auto wanted = weighed_terms(loss, target);
  const Part& training = parts.training;
  const LabelCounts training_labels = labels_of(training);
  const auto trained = with_labels(training_labels, wanted, loss);
  const auto weights = [&](const std::vector<WeighedTerm>& terms) {
    std::string text;
    for (const auto& term : terms) {
      text += (text.empty() ? "" : ", ") + term.key + format(" %g", term.weight);
    }
    return text;
  };
  if (trained.empty()) {
    throw Error(
        training.record.path + ": no training frame (of " + std::to_string(training.size()) +
        ") has " + listed(names(wanted, &WeighedTerm::one), "or") +
        ", which training.loss weighs (" + weights(wanted) +
        "), so that there is nothing to learn: " + what_there_is(training, false, wanted, loss));
  }
  std::vector<std::string> warnings;
  for (const auto& term : wanted) {
    if (has_labels(training_labels, term.term, loss)) {
      continue;
    }
    const std::string there = what_there_is(training, false, {term}, loss);
    if (term.term == Term::stress) {  // nobody gives this weight without meaning it
      throw Error(training.record.path +
                  ": training.loss.stress_weight is not 0, but no training frame has a stress "
                  "(`stress` or `virial` in extended XYZ, of a cell that is periodic in all "
                  "directions): " +
                  there + ", or set it to 0");
    }
    warnings.push_back("warning: no training frame has " + term.one + ", so that training.loss." +
                       term.key + " has no effect: " + there);
  }
  if (parts.validation.empty()) {
    const auto& share = config.data.split.validation;
    const std::string why =
        share.is_rest() || share.text() == "0"
            ? ""
            : " (data.split.validation: " + share.text() + " of the frames are none)";
    if (config.training.early_stop > 0) {
      warnings.push_back("warning: there are no validation frames" + why +
                         ": training.early_stop has no effect");
    }
    if (config.training.schedule.type == "plateau") {
      warnings.push_back("warning: there are no validation frames" + why +
                         ": training.schedule.type plateau goes by the training loss");
    }
    if (warnings.empty() && !why.empty()) {
      warnings.push_back("note: there are no validation frames" + why +
                         ": the last epoch counts as the best one");
    }
  } else {
    const Part& validation = parts.validation;
    const LabelCounts labels = labels_of(validation);
    const auto validated = with_labels(labels, wanted, loss);
    const auto shared = with_labels(labels, trained, loss);
    if (shared.empty()) {
      throw Error(validation.record.path + ": no validation frame (of " +
                  std::to_string(validation.size()) + ") has " +
                  listed(names(trained, &WeighedTerm::one), "or") +
                  ", which training.loss weighs (" + weights(trained) +
                  "), so that no epoch could be told from a better one: " +
                  what_there_is(validation, has_own_file(config, validation), trained, loss) +
                  ", or train without validation (data.split.validation: 0, no data.validation)");
    }
    if (names(validated, &WeighedTerm::many) != names(trained, &WeighedTerm::many)) {
      warnings.push_back("warning: the validation loss is of " +
                         listed(names(validated, &WeighedTerm::many), "and") +
                         ", the training loss of " +
                         listed(names(trained, &WeighedTerm::many), "and") +
                         ": the best epoch, early stop and plateau go by the former");
    }
  }
  LossConfig all_terms = loss;
  all_terms.energy_weight = all_terms.force_weight = all_terms.stress_weight = 1.0;
  const auto any = weighed_terms(all_terms, target);
  if (!parts.test.empty() && with_labels(labels_of(parts.test), any, loss).empty()) {
    warnings.push_back("warning: " + parts.test.record.path + ": no test frame (of " +
                       std::to_string(parts.test.size()) +
                       ") has a label, so that no error of the test set can be given: " +
                       what_there_is(parts.test, has_own_file(config, parts.test), any, loss));
  }
  return warnings;
}

}  // namespace spinconv::train
