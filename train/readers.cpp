// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
// The one place that knows all formats of data: a new one is a file that reads it, and an entry.
#include <filesystem>

#include "cache/frame_cache.hpp"
#include "data/extxyz.hpp"
#include "data/frame_stream.hpp"
#include "data/md17.hpp"
#include "data/ocp_reference.hpp"
#include "data/qm9.hpp"
#include "data/s2ef.hpp"

namespace spinconv::train {
namespace {

template <auto read>
std::unique_ptr<FrameStream> all_of(const DataSource& source, SourceRecord& record) {
  return stream_of(read(source, record));
}

std::unique_ptr<FrameStream> open_ocp_reference(const DataSource& source, SourceRecord& record) {
  return stream_of({read_ocp_reference(source, record)});
}

bool is_folder(const std::string& path) {
  std::error_code unknown;
  return std::filesystem::is_directory(path, unknown);
}

}  // namespace

std::span<const FrameReader> readers() {
  static const std::vector<FrameReader> all{
      {.recognizes = is_cache, .open = stream_cache, .open_store = open_cache, .hash = cache_hash},
      {.recognizes = is_folder, .open = open_folder},
      {.endings = {".npz"}, .recognizes = is_qm9_npz, .open = all_of<read_qm9_npz>},
      {.endings = {".npz"}, .open = all_of<read_md17>},
      {.endings = {".xyz", ".xyz.xz"}, .recognizes = is_qm9_xyz, .open = open_qm9_xyz},
      {.endings = {".extxyz", ".xyz", ".extxyz.xz", ".xyz.xz"}, .open = open_extxyz},
      {.endings = {".json"}, .remark = " (reference outputs)", .open = open_ocp_reference}};
  return all;
}

}  // namespace spinconv::train
