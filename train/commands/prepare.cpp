// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include <filesystem>
#include <iostream>
#include <map>

#include "cache/cache_writer.hpp"
#include "commands/commands.hpp"
#include "commands/interruption.hpp"
#include "data/files.hpp"
#include "data/frame_stream.hpp"
#include "report/progress.hpp"
#include "spinconv/error.hpp"

namespace spinconv::train {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// Bytes of the files of a source, for the progress.
double bytes_of(const std::string& path) {
  std::error_code unknown;
  if (!fs::is_directory(path, unknown)) {
    const auto size = fs::file_size(path, unknown);
    return unknown ? 0.0 : static_cast<double>(size);
  }
  double sum = 0.0;
  for (const auto& entry : fs::directory_iterator(path, unknown)) {
    sum += entry.is_regular_file() ? static_cast<double>(entry.file_size()) : 0.0;
  }
  return sum;
}

// How a source is read, but for its path. A new member of these structures stops the compiler here:
// it belongs to the request, by a name that is only there where the member is not its default, so
// that caches of earlier versions stay valid.
void add_reading(json& request, const DataSource& source, const std::string& frames) {
  const auto& [path, energy_unit, length_unit, keys, target, reference, max_energy, max_force,
               slice] = source;
  const auto& [energy_key, forces_key, stress_key, virial_key] = keys;
  request.update({{"energy_unit", energy_unit},
                  {"length_unit", length_unit},
                  {"energy_key", energy_key},
                  {"forces_key", forces_key},
                  {"reference", reference},
                  {"max_energy", max_energy},
                  {"max_force", max_force},
                  {"frames", frames}});  // the text of `slice`
  if (!stress_key.empty()) {
    request["stress_key"] = stress_key;
  }
  if (!virial_key.empty()) {
    request["virial_key"] = virial_key;
  }
  if (!target.is_energy()) {
    request["target"] = target.to_json();
  }
  if (!reference.empty() && reference != "last") {
    request["reference_hash"] = file_hash(reference);
  }
}

// Everything that the bytes of the cache depend on, but for Manifest::version.
json request_of(const PrepareDataOptions& options) {
  const auto& [paths, folder, data, frames, cutoff, edges, shard_size, overwrite] = options;
  std::map<std::string, std::string> hashes;  // a file may be given more than once
  json inputs = json::array();
  for (const auto& path : paths) {
    if (!fs::exists(path)) {
      require_data_file(path);
    }
    auto& hash = hashes[path];
    if (hash.empty()) {
      hash = file_hash(path);
    }
    inputs.push_back({{"path", path}, {"hash", hash}});
  }
  json request = {{"inputs", inputs},
                  {"cutoff", cutoff},
                  {"edges", edges},
                  {"shard_bytes", static_cast<std::uint64_t>(shard_size * 1e6)}};
  add_reading(request, data, frames);
  return request;
}

json to_json(const SourceRecord& record, const std::string& hash) {
  return {{"path", record.path},
          {"format", record.format},
          {"hash", hash},
          {"frames", record.n_frames},
          {"energy_key", record.energy_key},
          {"forces_key", record.forces_key},
          {"stress_key", record.stress_key},
          {"energy_unit", record.energy_unit},
          {"length_unit", record.length_unit},
          {"units_from", record.units_from},
          {"reference", record.reference},
          {"dropped_by_max_energy", record.n_dropped_energy},
          {"dropped_by_max_force", record.n_dropped_force},
          {"not_read", record.not_read}};
}

}  // namespace

int prepare_data(const PrepareDataOptions& options) {
  for (const auto& input : options.inputs) {
    std::error_code unknown;
    if (fs::equivalent(input, options.folder, unknown)) {
      throw Error("'" + input + "' is input and output; the last name is the folder to write");
    }
  }
  double total = 0.0;
  for (const auto& input : options.inputs) {
    total += bytes_of(input);
  }
  if (total > 2e9) {  // seconds, in which nothing else is to be seen
    std::cout << "hashing the input, and the shards that are there\n" << std::flush;
  }
  const json request = request_of(options);
  CacheWriter writer(options.folder, request, options.overwrite);
  for (const auto& line : writer.damage()) {
    std::cout << "written again: " << line << "\n";
  }
  if (writer.is_complete()) {
    std::cout << "complete, all checksums are right\n"
              << cache_text(options.folder, writer.manifest());
    return 0;
  }
  if (writer.good_shards() > 0) {
    std::cout << "going on: " << writer.good_shards() << " shards with " << writer.good_frames()
              << " frames are there\n";
  }
  std::cout << std::flush;

  const Interruption
      interruption;  // after the frame it comes in; one that does not wait leaves the same
  // the unit of the rate is MB, of the input
  const auto megabytes = [](double bytes) { return static_cast<std::int64_t>(bytes / 1e6); };
  ProgressBar bar(std::max<std::int64_t>(1, megabytes(total)), "MB of the input",
                  ProgressOptions::passing());  // what was written says more
  std::int64_t shown = 0;
  double before = 0.0;  // bytes of the inputs that are done
  std::size_t frames = 0;
  json sources = json::array();
  for (std::size_t k = 0; k < options.inputs.size(); ++k) {
    DataSource source = options.data;
    source.path = options.inputs[k];
    const double bytes = bytes_of(source.path);
    SourceRecord record;
    const auto stream = open_frames(source, record);
    Frame frame;
    while (stream->next(frame)) {
      writer.add(frame);
      if (interruption.requested()) {
        bar.finish();
        std::cout << "interrupted; the same command goes on behind the last complete shard\n"
                  << std::flush;
        return 130;
      }
      if (++frames % 64 == 0) {
        bar.set_status(std::to_string(frames) + " frames");
        const std::int64_t done = megabytes(before + bytes * stream->fraction());
        bar.advance(done - shown);
        shown = done;
      }
    }
    before += bytes;
    sources.push_back(to_json(record, request.at("inputs")[k].at("hash")));
  }
  bar.set_status(std::to_string(frames) + " frames");
  bar.advance(megabytes(total) - shown);
  bar.finish();
  writer.finish(std::move(sources));
  std::cout << cache_text(options.folder, writer.manifest());
  return 0;
}

}  // namespace spinconv::train
