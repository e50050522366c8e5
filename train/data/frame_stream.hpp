// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "data/frame.hpp"
#include "data/source.hpp"

namespace spinconv::train {

// Frames one after the other; memory does not grow with their number.
class FrameStream {
 public:
  virtual ~FrameStream() = default;
  // The next frame; false at the end. Throws spinconv::Error as the reader of the format does.
  virtual bool next(Frame& frame) = 0;
  // No more frames are wanted: completes the record. Throws where a label that was asked for by
  // name has not been there.
  virtual void finish() {}
  // About how much of the input has been read, 0 to 1.
  virtual double fraction() const = 0;
};

// Open a file or a folder and apply, in this order, `reference`, the filters `max_energy` and
// `max_force`, and the slice. Formats by the ending: .npz (md17.hpp, qm9.hpp; read as a whole),
// .extxyz, .xyz and these with .xz (extxyz.hpp; the text of QM9, qm9.hpp), .json
// (ocp_reference.hpp); a folder is read as in s2ef.hpp, or is a cache (cache/frame_cache.hpp).
// `record`, which must outlive the stream, is complete when the stream has ended. Where `reference`
// is `last` or the slice counts from the end the files are read twice. Throws spinconv::Error:
// nothing there, unknown ending, damaged content.
std::unique_ptr<FrameStream> open_frames(const DataSource& source, SourceRecord& record);

}  // namespace spinconv::train
