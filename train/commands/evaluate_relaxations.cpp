// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "commands/evaluate_relaxations.hpp"

#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "data/frame_stream.hpp"
#include "data/relaxations.hpp"
#include "metrics/oc20_metrics.hpp"
#include "spinconv/atomic_file.hpp"
#include "spinconv/error.hpp"

namespace spinconv::train {
namespace {

double energy_of(Predictor& predictor, const Frame& frame, OcpGraph graph) {
  PrepareOptions prepare;
  prepare.graph = graph;
  const PreparedFrame prepared = prepare_frame(frame, predictor.model().config(), prepare);
  const Frame* const f = &frame;
  const PreparedFrame* const p = &prepared;
  double result = 0.0;
  evaluate_frames(predictor, {&f, 1}, {&p, 1},
                  [&](std::size_t, const FramePrediction& found) { result = found.energy; });
  return result;
}

// The last frame of each system of a file.
std::map<std::string, Frame> last_frames(const std::string& path) {
  DataSource source;
  source.path = path;
  SourceRecord record;
  std::map<std::string, Frame> frames;
  for (auto& r : read_relaxations(source, record)) {
    frames.emplace(r.system, std::move(r.relaxed));
  }
  return frames;
}

// Of the same system, or an error.
const Frame& partner(const std::map<std::string, Frame>& frames, const Relaxation& r,
                     const std::string& path) {
  const auto found = frames.find(r.system);
  if (found == frames.end()) {
    throw Error(path + ": no structure of system '" + r.system + "' (sid=" + r.system + ")");
  }
  if (found->second.atomic_numbers != r.relaxed.atomic_numbers) {
    throw Error(found->second.source + ": system '" + r.system +
                "' has other atoms, or another order of them, than in the data");
  }
  return found->second;
}

}  // namespace

int evaluate_relaxations(Predictor& predictor, const std::string& precision,
                         const EvaluateOptions& options) {
  const bool structures = options.task == "is2rs";
  if (structures && options.relaxed.empty()) {
    throw Error(
        "--task is2rs compares relaxed structures: relax the first frames in LAMMPS "
        "(examples/oc20) and give them by --relaxed FILE");
  }
  SourceRecord record;
  const auto relaxations = read_relaxations(options.data, record);
  std::cout << record.text() << relaxations.size() << " systems\n";
  const OcpGraph graph = ocp_graph(options.graph);
  std::map<std::string, Frame> relaxed, dft;
  if (!options.relaxed.empty()) {
    relaxed = last_frames(options.relaxed);
  }
  if (!options.dft_forces.empty()) {
    dft = last_frames(options.dft_forces);
  }

  nlohmann::json json = {{"task", options.task}};
  std::string text;
  if (structures) {
    Is2rsMetrics metrics;
    for (const auto& r : relaxations) {
      metrics.add(partner(relaxed, r, options.relaxed), r.relaxed);
      if (!dft.empty()) {
        Frame with_forces = partner(dft, r, options.dft_forces);
        if (with_forces.forces.empty()) {
          throw Error(with_forces.source + ": no forces; --dft-forces needs them for AFbT");
        }
        with_forces.fixed = r.relaxed.fixed;
        metrics.add_forces(with_forces);
      }
    }
    json["is2rs"] = metrics.to_json();
    text = "IS2RS\n" + metrics.to_text();
  } else {
    Is2reMetrics direct, by_relaxation;
    for (const auto& r : relaxations) {
      if (!r.relaxed.energy) {
        throw Error(r.relaxed.source + ": no energy of the relaxed structure");
      }
      direct.add(energy_of(predictor, r.initial, graph), *r.relaxed.energy);
      if (!relaxed.empty()) {
        by_relaxation.add(energy_of(predictor, partner(relaxed, r, options.relaxed), graph),
                          *r.relaxed.energy);
      }
    }
    json["is2re_direct"] = direct.to_json();
    text = "IS2RE, energy of the initial structure\n" + direct.to_text();
    if (!relaxed.empty()) {
      json["is2re_relaxed"] = by_relaxation.to_json();
      text +=
          "IS2RE, energy of the structure relaxed with the potential\n" + by_relaxation.to_text();
    }
  }
  std::cout << text;
  if (!options.json.empty()) {
    json["potential"] = options.potential;
    json["data"] = {{"file", options.data.path}, {"hash", record.hash}};
    json["precision"] = precision;
    json["implementation"] = predictor.implementation();
    write_file_atomically(options.json, json.dump(2) + "\n");
    std::cout << "figures: " << options.json << "\n";
  }
  return 0;
}

}  // namespace spinconv::train
