// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "data/frame.hpp"
#include "data/source.hpp"

namespace spinconv::train {

class FrameStore;

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

// Frames that were read as a whole.
std::unique_ptr<FrameStream> stream_of(std::vector<Frame> frames);

// A format of files or folders with data. Its functions throw spinconv::Error.
struct FrameReader {
  // Of the names of its files; none: `recognizes` alone tells. A format that looks into files
  // shares endings with one that takes all others of them.
  std::vector<std::string> endings = {};
  std::string remark = {};  // to the endings, where an error lists them
  // Whether what is there is of this format; null: the ending says so.
  bool (*recognizes)(const std::string& path) = nullptr;
  // All frames as they are in the data, without reference, filters and slice. Completes `record`,
  // which names path, reference and target and outlives the stream.
  std::unique_ptr<FrameStream> (*open)(const DataSource& source, SourceRecord& record) = nullptr;
  // Both of data that are prepared: units, labels and references are settled, a frame is read when
  // it is asked for. As open_store() and file_hash(); null: frames in memory, hash of the bytes.
  std::shared_ptr<const FrameStore> (*open_store)(const DataSource& source,
                                                  SourceRecord& record) = nullptr;
  std::string (*hash)(const std::string& path) = nullptr;
};

// All formats, in the order in which they are asked (train/readers.cpp).
std::span<const FrameReader> readers();

// That of prepared data, which has open_store() and hash(); null where `path` is something else.
const FrameReader* prepared_reader(const std::string& path);

// Whether a file of this name, there or not, is one of data.
bool has_known_ending(const std::string& path);

// Open a file or a folder by the first of readers() that it is for, and apply, in this order,
// `reference`, the filters `max_energy` and `max_force`, and the slice. `record`, which must
// outlive the stream, is complete when the stream has ended. Where `reference` is `last` or the
// slice counts from the end the files are read twice. Throws spinconv::Error: nothing there,
// unknown ending, damaged content.
std::unique_ptr<FrameStream> open_frames(const DataSource& source, SourceRecord& record);

}  // namespace spinconv::train
