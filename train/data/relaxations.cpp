// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#include "data/relaxations.hpp"

#include <map>

#include "data/files.hpp"
#include "data/frame_stream.hpp"
#include "spinconv/error.hpp"

namespace spinconv::train {

std::vector<Relaxation> read_relaxations(const DataSource& source, SourceRecord& record) {
  const auto stream = open_frames(source, record);
  std::vector<Relaxation> relaxations;
  std::map<std::string, std::size_t> index;
  Frame frame;
  while (stream->next(frame)) {
    if (frame.system.empty()) {
      throw Error(frame.source +
                  ": the frame names no system; give each frame sid=NAME in its comment, so that "
                  "first and last frames can be told");
    }
    const auto [found, is_new] = index.emplace(frame.system, relaxations.size());
    if (is_new) {
      relaxations.push_back({frame.system, frame, frame});
    } else if (frame.size() != relaxations[found->second].initial.size()) {
      throw Error(frame.source + ": system '" + frame.system + "' has " +
                  std::to_string(frame.size()) + " atoms here and " +
                  std::to_string(relaxations[found->second].initial.size()) + " before");
    } else {
      relaxations[found->second].relaxed = std::move(frame);
    }
  }
  if (relaxations.empty()) {
    throw Error(source.path + ": no frame is left; correct `frames`, max_energy or max_force");
  }
  record.hash = file_hash(source.path);
  return relaxations;
}

}  // namespace spinconv::train
