// SpinConv for LAMMPS. SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/frame_stream.hpp"

namespace spinconv::train {

// The .extxyz, .extxyz.xz files of a folder in natural order (2 before 10). Throws spinconv::Error
// where there is none.
std::vector<std::string> extxyz_files(const std::string& folder);

// Frames of a folder. S2EF data of OC20: each NAME.extxyz.xz has a NAME.txt.xz (or both without
// .xz) whose line n is "system,frame,reference energy" of frame n; the energy of a frame is that in
// the .extxyz file minus the reference. Without .txt files each .extxyz file is one system, named
// by the `sid` in its comments or by the file. Throws spinconv::Error naming file and line: a .txt
// missing beside others, more or fewer lines than frames, a line of other fields.
std::unique_ptr<FrameStream> open_folder(const DataSource& source, SourceRecord& record);

}  // namespace spinconv::train
