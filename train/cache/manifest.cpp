// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "cache/manifest.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "data/number_text.hpp"
#include "spinconv/atomic_file.hpp"
#include "spinconv/error.hpp"
#include "spinconv/json_text.hpp"
#include "spinconv/version.hpp"

namespace spinconv::train {

using nlohmann::json;

namespace {

std::string size_text(double bytes) {
  return bytes < 1e9 ? format("%.1f MB", bytes / 1e6) : format("%.2f GB", bytes / 1e9);
}

double bytes_of(const Manifest& manifest) {
  double sum = 0.0;
  for (const auto& shard : manifest.shards) {
    sum += static_cast<double>(shard.size);
  }
  return sum;
}

}  // namespace

bool is_cache(const std::string& path) {
  std::error_code unknown;
  return std::filesystem::is_regular_file(std::filesystem::path(path) / manifest_name, unknown);
}

double Manifest::cutoff() const {
  return request.at("cutoff").get<double>();
}

bool Manifest::has_edges() const {
  return request.at("edges").get<bool>();
}

std::string Manifest::hash() const {
  Checksum sum;
  for (const auto& shard : shards) {
    sum.add(shard.checksum);
  }
  return sum.text();
}

Manifest Manifest::read(const std::string& folder) {
  const std::string path = folder + "/" + manifest_name;
  std::ifstream in(path);
  if (!in) {
    throw Error(path + ": cannot be read; is '" + folder +
                "' a cache that 'spinconv-train prepare' has written?");
  }
  try {
    const json file = parse_json({std::istreambuf_iterator<char>(in), {}}, path);
    if (const auto& found = file.at("version"); found != version) {
      throw Error(path + ": the cache has version " + found.dump() +
                  " of the format, this build (" + SPINCONV_VERSION + ") reads version " +
                  std::to_string(version) +
                  "; make it anew: spinconv-train prepare ... --overwrite");
    }
    Manifest manifest;
    manifest.complete = file.at("complete").get<bool>();
    manifest.request = file.at("request");
    manifest.sources = file.at("sources");
    manifest.summary = file.at("summary");
    manifest.statistics = file.at("statistics");
    for (const auto& shard : file.at("shards")) {
      auto& entry = manifest.shards.emplace_back();
      shard.at("file").get_to(entry.file);
      shard.at("bytes").get_to(entry.size);
      shard.at("index_from").get_to(entry.index_from);
      shard.at("frames").get_to(entry.frames);
      shard.at("checksum").get_to(entry.checksum);
      shard.at("index_checksum").get_to(entry.index_checksum);
      if (entry.index_from == 0 || entry.index_from > entry.size ||
          entry.frames > entry.size / sizeof(IndexRecord)) {
        throw Error(path + ": the entry of '" + entry.file +
                    "' is damaged; make the cache anew: spinconv-train prepare ... --overwrite");
      }
    }
    manifest.cutoff();
    manifest.has_edges();
    cache_text(folder, manifest);  // has all that it tells
    for (const auto& source : manifest.sources) {
      for (const char* key : {"energy_key", "forces_key", "stress_key"}) {
        source.value(key, std::string());
      }
    }
    return manifest;
  } catch (const json::exception& e) {
    throw Error(path + ": the manifest of the cache is damaged (" + e.what() +
                "); make it anew: spinconv-train prepare ... --overwrite");
  }
}

void Manifest::write(const std::string& folder) const {
  json list = json::array();
  for (const auto& shard : shards) {
    list.push_back({{"file", shard.file},
                    {"bytes", shard.size},
                    {"index_from", shard.index_from},
                    {"frames", shard.frames},
                    {"checksum", shard.checksum},
                    {"index_checksum", shard.index_checksum}});
  }
  const json file = {{"format", "frames of spinconv-train"},
                     {"version", version},
                     {"complete", complete},
                     {"request", request},
                     {"sources", sources},
                     {"summary", summary},
                     {"statistics", statistics},
                     {"shards", list}};
  write_file_atomically(folder + "/" + manifest_name, file.dump(1) + "\n");
}

std::string cache_text(const std::string& folder, const Manifest& manifest) {
  std::string out = folder + ": a cache of frames, " + std::to_string(manifest.shards.size()) +
                    (manifest.shards.size() == 1 ? " shard, " : " shards, ") +
                    size_text(bytes_of(manifest));
  if (!manifest.complete) {
    return out + ", not complete: the same 'spinconv-train prepare' goes on where it was ended\n";
  }
  out += " (" + manifest.hash() + ")\n  edges within " + format("%g", manifest.cutoff()) +
         " Angstrom: " + (manifest.has_edges() ? "stored\n" : "counted\n");
  for (const auto& source : manifest.sources) {
    out += "  from " + source.at("path").get<std::string>() + ": " + source.at("frames").dump() +
           " frames (" + source.at("format").get<std::string>() + ", " +
           source.at("hash").get<std::string>() + ")\n";
  }
  return out + manifest.summary.at("text").get<std::string>() +
         manifest.statistics.at("text").get<std::string>();
}

}  // namespace spinconv::train
